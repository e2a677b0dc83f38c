#!/usr/bin/python3
"""
Messages signed by dkimpy in all canonicalisations and both algorithms must pass; then each is
changed in one way at a time. What must come of a change follows from its kind, and dkimpy has to
agree.
"""
import os
import random
import re
import sys

sys.dont_write_bytecode = True
HERE = sys.path.pop(0)  # holds a dkim.py of our own
import dkim  # noqa: E402

sys.path.insert(0, HERE)
from dkim_lib import SRCDIR, Jobs, Tally  # noqa: E402

FOLDER = os.path.join(SRCDIR, "tests/conformance/dkim")
NOW = 1900000000
ROUNDS = 13  # messages of each (algorithm, canonicalisation)
SIGNED = [b"from", b"from", b"to", b"subject", b"subject", b"date", b"x-trace", b"x-trace",
          b"mime-version", b"x-odd"]


def read(name):
    with open(os.path.join(FOLDER, name), "rb") as f:
        return f.read()


KEYS = {
    b"rsa-sha256": (read("sign-test.private"),
                    re.sub(rb"\s+", b" ", read("sign-test.txt")).strip()),
    b"ed25519-sha256": (read("sign-ed25519test.key"), read("sign-ed25519test.dns").strip()),
}
BODIES = [
    b"", b"\r\n", b"\r\n\r\n\r\n", b"x", b"x\r\n", b"Hello world.\r\nSecond  line here.\r\n",
    b"trailing blanks \t \r\nand a tab\there\r\n \r\nend\r\n\r\n\r\n", b" \r\n",
    b"\t\r\n \t\r\nword one\r\n",
    b"no final newline at all", b"blanks and no newline \t ", b"\r\n\r\nleading empty lines\r\n",
    b"8-bit \xe4\xf6\xfc \x80\xff\r\nand \xc3\xa4 utf-8\r\n", b"y" * 5000 + b" z\r\n",
    (b"many words " * 300 + b"\r\n") * 3, b"one\r\n\r\n\r\n\r\ntwo words\r\n", b". \r\n..\r\n.\r\n",
    b"a  b\tc \t d\r\n" * 40, b"".join(b" " * n + b"x\r\n" for n in range(40)),
]


def make_message(rng, n):
    body = BODIES[n % len(BODIES)]
    if n >= len(BODIES):
        pieces = [b"word", b" ", b"  ", b"\t", b"\r\n", b"\r\n\r\n", b"\xe9", b"x" * 90]
        body = b"".join(rng.choice(pieces) for _ in range(rng.randrange(400)))
    subjects = [b" plain subject", b"", b" two  blanks\tand tab ", b"\r\n folded first"]
    headers = [
        (b"X-Trace", b" from a by b;\r\n\t%d" % rng.randrange(10**9)),
        (b"X-Trace", b" from c by d; %d" % rng.randrange(10**9)),
        (b"From", b" Joe SixPack <joe@example.com>"),
        (b"To", b" sue@example.net,\r\n  bob@example.net"),
        (b"SUBJect", rng.choice(subjects)),
        (b"Date", b" Fri, 11 Jul 2003 21:00:37 -0700"),
        (b"MIME-Version", b"1.0"),
        (b"X-Odd", b" \xe4 8-bit  value \t"),
        (b"X-Unsigned", b" whatever"),
    ]
    return headers, body


def join(headers, body):
    return b"".join(name + b":" + value + b"\r\n" for name, value in headers) + b"\r\n" + body


def sign(message, algorithm, canon):
    field = dkim.sign(message, b"test", b"example.com", KEYS[algorithm][0], canonicalize=canon,
                      signature_algorithm=algorithm, include_headers=list(SIGNED))
    name, value = field[:-2].split(b":", 1)
    return name, value


class Case:
    """A signed message with the parts that mutations work on; header 0 is the signature."""

    def __init__(self, headers, body, canon):
        self.headers, self.body = headers, body
        self.relaxed_head = canon[0] == b"relaxed"
        self.relaxed_body = canon[1] == b"relaxed"

    def with_value(self, name, change, nth=0):
        hits = [i for i, (n, _) in enumerate(self.headers) if n.lower() == name.lower()]
        at = hits[nth]
        out = list(self.headers)
        out[at] = (out[at][0], change(out[at][1]))
        return join(out, self.body)

    def swap(self, name, old, new):
        return self.with_value(name, lambda v: v.replace(old, new))

    def with_headers(self, headers):
        return join(headers, self.body)

    def with_body(self, body):
        return join(self.headers, body)


def flip_b64(value, tag):
    """Another base64 letter in the middle of a tag's value."""
    at = re.search(rb"[;\s]" + tag + rb"=", value).end()
    while not value[at:at + 1].isalnum() or not value[at + 1:at + 2].isalnum():
        at += 1
    return value[:at] + (b"A" if value[at:at + 1] != b"A" else b"B") + value[at + 1:]


def header_mutations(c):
    """(what, message, must pass)"""
    sig = c.headers[0]
    rest = c.headers[1:]
    yield "nothing", c.with_headers(c.headers), True
    yield "signed value", c.swap(b"from", b"joe@", b"joe@@"), False
    yield "one letter's case in a value", c.swap(b"from", b"Joe", b"joe"), False
    yield "octet over 127", c.swap(b"x-odd", b"\xe4", b"\xe5"), False
    yield "blank removed", c.swap(b"date", b"11 Jul", b"11Jul"), False
    yield "unsigned value", c.with_value(b"x-unsigned", lambda v: b" other"), True
    other_case = [sig] + [(n.swapcase(), v) for n, v in rest]
    yield "case of a name", c.with_headers(other_case), c.relaxed_head
    other_case = [(sig[0].lower(), sig[1])] + rest
    yield "case of the signature's name", c.with_headers(other_case), c.relaxed_head
    yield "blank doubled", c.swap(b"date", b"11 Jul", b"11  Jul"), c.relaxed_head
    yield "blank to tab", c.swap(b"date", b"11 Jul", b"11\tJul"), c.relaxed_head
    yield "fold added", c.swap(b"date", b"11 Jul", b"11\r\n Jul"), c.relaxed_head
    yield "fold undone", c.swap(b"to", b"\r\n", b""), c.relaxed_head
    yield "blank at the end", c.with_value(b"date", lambda v: v + b" \t"), c.relaxed_head
    yield "blank at the front", c.with_value(b"mime-version", lambda v: b" " + v), c.relaxed_head
    yield "blank inside a word", c.swap(b"date", b"2003", b"20 03"), False
    yield "upper X-Trace", c.with_value(b"x-trace", lambda v: v + b"1", 0), False
    yield "lower X-Trace", c.with_value(b"x-trace", lambda v: v + b"1", 1), False
    swapped = [sig, rest[1], rest[0]] + rest[2:]
    yield "two of one name swapped", c.with_headers(swapped), False
    swapped = [sig] + rest[:2] + [rest[3], rest[2]] + rest[4:]
    yield "two names swapped", c.with_headers(swapped), True
    yield "signature below", c.with_headers(rest + [sig]), True
    yield "second From above", c.with_headers([sig, (b"From", b" evil@example.org")] + rest), False
    yield "second From below", c.with_headers(c.headers + [(b"From", b" evil@example.org")]), False
    yield "second Subject", c.with_headers([sig, (b"Subject", b" evil")] + rest), False
    yield "second To above", c.with_headers([sig, (b"To", b" evil@example.org")] + rest), True
    yield "second To below", c.with_headers(c.headers + [(b"To", b" evil@example.org")]), False
    for name in (b"from", b"to", b"date", b"x-odd"):
        yield "%s removed" % name.decode(), c.with_headers(
            [h for h in c.headers if h[0].lower() != name]), False
    yield "Reply-To added", c.with_headers(rest + [sig, (b"Reply-To", b" e@example.org")]), True


def signature_mutations(c):
    yield "b=", c.with_value(b"dkim-signature", lambda v: flip_b64(v, b"b")), False
    yield "bh=", c.with_value(b"dkim-signature", lambda v: flip_b64(v, b"bh")), False
    yield "blanks in b=", c.with_value(
        b"dkim-signature", lambda v: re.sub(rb"([;\s]b=\w\w)", rb"\1\r\n\t", v)), True
    yield "blank between tags", c.with_value(
        b"dkim-signature", lambda v: v.replace(b"; d=", b";\r\n\t d=")), c.relaxed_head
    yield "case of d=", c.with_value(
        b"dkim-signature", lambda v: v.replace(b"d=example", b"d=Example")), False
    yield "tag added", c.swap(b"dkim-signature", b"; d=", b"; y=z; d="), False
    yield "x= added", c.swap(b"dkim-signature", b"; d=", b"; x=1; d="), False
    yield "l= added", c.swap(b"dkim-signature", b"; d=", b"; l=0; d="), False
    yield "canonicalisation swapped", c.with_value(
        b"dkim-signature", lambda v: v.replace(b"c=relaxed", b"c=simple")
        if b"c=relaxed" in v else v.replace(b"c=simple", b"c=relaxed")), False
    yield "h= shortened", c.with_value(
        b"dkim-signature", lambda v: re.sub(rb"\s*:\s*x-odd", b"", v)), False
    yield "b= emptied", c.with_value(
        b"dkim-signature", lambda v: re.sub(rb"([;\s]b=)[^;]*", rb"\1", v)), False


def relaxed_text(body):
    """The relaxed form, straight from RFC 6376 3.4.4."""
    lines = [re.sub(rb"[ \t]+", b" ", re.sub(rb"[ \t]+$", b"", line))
             for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)


def simple_text(body):
    while body.endswith(b"\r\n"):
        body = body[:-2]
    return body + b"\r\n"


def body_mutations(c, rng):
    """Changed bodies pass if their canonical form is the same."""
    form = relaxed_text if c.relaxed_body else simple_text
    words = c.body.split(b" ")
    at = rng.randrange(len(c.body) + 1)
    changed = [
        ("empty lines at the end", c.body + b"\r\n\r\n"), ("CRLF at the end", c.body + b"\r\n"),
        ("blank line at the end", c.body + b" \r\n"), ("octets at the end", c.body + b"more\r\n"),
        ("line at the front", b"\r\n" + c.body), ("blank at the front", b" " + c.body),
        ("blanks doubled", b"  ".join(words)), ("blanks to tabs", b"\t".join(words)),
        ("blanks removed", b"".join(words)),
        ("blanks at line ends", c.body.replace(b"\r\n", b" \r\n")),
        ("blanks at line starts", c.body.replace(b"\r\n", b"\r\n ")),
        ("one letter", c.body[:at] + b"q" + c.body[at:]),
        ("one octet less", c.body[:at] + c.body[at + 1:]),
        ("cut", c.body[:at]),
        ("last newline off", c.body[:-2] if c.body[-2:] == b"\r\n" else c.body),
        ("case", c.body.swapcase()), ("emptied", b""),
    ]
    for what, body in changed:
        # A CR or LF on its own is not what an MTA hands on.
        if re.search(rb"\r(?!\n)|(?<!\r)\n", body):
            continue
        # dkimpy reads a last line of nothing but blanks in its own way.
        yield "body: " + what, c.with_body(body), form(body) == form(c.body), not re.search(
            rb"[ \t]\Z", body)


def main():
    rng = random.Random(6376)
    jobs, wants, tally = Jobs(), [], Tally()
    for algorithm, (_, record) in KEYS.items():
        zone = {"test._domainkey.example.com": [record]}
        for canon in [(h, b) for h in (b"simple", b"relaxed") for b in (b"simple", b"relaxed")]:
            for n in range(ROUNDS):
                headers, body = make_message(rng, rng.randrange(2 * len(BODIES)))
                if re.search(rb"[ \t]\Z", body):
                    body += b"\r\n"
                signature = sign(join(headers, body), algorithm, canon)
                c = Case([signature] + headers, body, canon)
                cases = [(w, m, p, True) for w, m, p in header_mutations(c)]
                cases += [(w, m, p, True) for w, m, p in signature_mutations(c)]
                cases += list(body_mutations(c, rng))
                for what, message, must_pass, ask_peer in cases:
                    text = "%s, c=%s, message %d, %s" % (
                        algorithm.decode(), b"/".join(canon).decode(), n, what)
                    if ask_peer:
                        peer = dkim.verify(message, dnsfunc=lambda name, timeout=5: record)
                        tally.check(peer == must_pass, "dkimpy: " + text)
                    jobs.add(message, zone, NOW)
                    wants.append((text, must_pass))
    for (text, must_pass), answer in zip(wants, jobs.run()):
        got = answer["dkim"][0]
        good = got["result"] == "pass" if must_pass else got["result"] in ("fail", "permerror")
        tally.check(good, "%s: %s (%s)" % (text, got["result"], got["reason"]))
    tally.end()


main()
