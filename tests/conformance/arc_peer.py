#!/usr/bin/python3
"""
Chains sealed by dkimpy, hop after hop, must pass, with the oldest signature that still verifies
where it must be; then each is changed in one way at a time. What must come of a change follows from
its kind, and dkimpy has to agree.
"""
import os
import re
import sys

sys.dont_write_bytecode = True
HERE = sys.path.pop(0)  # holds a dkim.py of our own
import dkim  # noqa: E402

sys.path.insert(0, HERE)
from dkim_lib import SRCDIR, Jobs, Tally  # noqa: E402

FOLDER = os.path.join(SRCDIR, "tests/conformance/dkim")
NOW = 1900000000
SIGNED = [b"from", b"to", b"subject", b"date", b"mime-version"]


def read(name):
    with open(os.path.join(FOLDER, name), "rb") as f:
        return f.read()


KEY = read("sign-test.private")
RECORD = re.sub(rb"\s+", b" ", read("sign-test.txt")).strip()
ZONE = {"test._domainkey.hop%d.example" % i: [RECORD] for i in range(1, 9)}
START = (b"From: Joe <joe@example.com>\r\nTo: sue@example.net\r\nSUBJect: two  blanks\r\n"
         b"Date: Fri, 11 Jul 2003 21:00:37 -0700\r\nMIME-Version: 1.0\r\n\r\n")
BODIES = [b"", b"one line\r\n", b"a  b\t\r\n\r\n\r\n", b"\r\nx" * 50 + b"\r\n"]


def seal(message, hop):
    """The message as it leaves the hop: its own results, then its set on top."""
    authserv = b"mx.hop%d.example" % hop
    arc = b"none" if hop == 1 else b"pass"
    message = (b"Authentication-Results: " + authserv + b";\r\n arc=" + arc +
               b"; dkim=pass header.d=example.com\r\n") + message
    fields = dkim.arc_sign(message, b"test", b"hop%d.example" % hop, KEY, authserv,
                           include_headers=list(SIGNED), timestamp=1700000000)
    return b"".join(fields) + message


def chain(hops, body, change_before):
    """A chain of so many hops; the subject is changed before the one hop."""
    message = START + body
    for hop in range(1, hops + 1):
        if hop == change_before:
            message = message.replace(b"two  blanks", b"[list] two  blanks")
        message = seal(message, hop)
    return message


def split(message):
    head, body = message.split(b"\r\n\r\n", 1)
    return re.split(rb"\r\n(?![ \t])", head), body


def flip_b64(value, tag):
    at = re.search(rb"[;\s]" + tag + rb"=", value).end()
    while not value[at:at + 1].isalnum() or not value[at + 1:at + 2].isalnum():
        at += 1
    return value[:at] + (b"A" if value[at:at + 1] != b"A" else b"B") + value[at + 1:]


def field_mutations(fields, i):
    """(what, changed fields, must pass) for the ARC field at i."""
    f = fields[i]
    name = f.split(b":")[0].decode()

    def put(*new):
        return fields[:i] + list(new) + fields[i + 1:]
    yield name + " removed", put(), False
    yield name + " twice", put(f, f), False
    yield name + " at the bottom", put() + [f], True
    yield name + " in another case", put(f[:20].swapcase() + f[20:] if name != "ARC-Seal"
                                         else f[:8].swapcase() + f[8:]), True
    yield name + " with wider blanks", put(f.replace(b"; ", b";\r\n\t  ")), True
    yield name + " with another instance", put(re.sub(rb"i=\d+", b"i=7", f, 1)), False
    yield name + " without instance", put(re.sub(rb"i=\d+; ?", b"", f, 1)), False
    if name == "ARC-Authentication-Results":
        yield name + " with another result", put(f.replace(b"dkim=pass", b"dkim=fail")), False
        return
    yield name + " with a changed b=", put(flip_b64(f, b"b")), False
    yield name + " without b=", put(re.sub(rb"b=[^;]*", b"b=", f, 1)), False
    yield name + " with another key", put(re.sub(rb"s=test", b"s=none", f)), False
    yield name + " with a changed t=", put(f.replace(b"t=17", b"t=16")), False
    yield name + " with a tag twice", put(f + b"; t=1"), False
    if name == "ARC-Seal":
        yield name + " with another cv=", put(re.sub(
            rb"cv=(\w+)", lambda m: b"cv=pass" if m.group(1) == b"none" else b"cv=none", f)), False
    else:
        yield name + " with a changed bh=", put(flip_b64(f, b"bh")), False


def mutations(message, hops):
    fields, body = split(message)

    def join(new, octets=body):
        return b"\r\n".join(new) + b"\r\n\r\n" + octets
    yield "nothing", message, True
    yield "body", join(fields, body + b"more\r\n"), False
    yield "empty lines", join(fields, body + b"\r\n\r\n"), True
    yield "subject", message.replace(b"two  blanks", b"three  blanks"), False
    yield "blanks in the subject", message.replace(b"two  blanks", b"two blanks"), True
    yield "unsigned field", join([b"X-New: x"] + fields), True
    for i, f in enumerate(fields):
        if f.lower().startswith(b"arc-"):
            hop = int(re.search(rb"i=(\d+)", f).group(1))
            for what, new, must_pass in field_mutations(fields, i):
                yield "%s, i=%d of %d" % (what, hop, hops), join(new), must_pass


def main():
    jobs, wants, tally = Jobs(), [], Tally()
    for hops in (1, 2, 3, 4):
        for change_before in (0, 2, hops + 1) if hops > 1 else (0,):
            body = BODIES[(hops + change_before) % len(BODIES)]
            # A change after the last hop breaks the chain; one before hop n all AMS older than n.
            broken = change_before > hops
            message = chain(hops, body, change_before)
            if broken:
                message = message.replace(b"two  blanks", b"[list] two  blanks")
            oldest = -1 if broken else change_before
            for what, mutated, must_pass in mutations(message, hops):
                text = "%d hops, changed before %d, %s" % (hops, change_before, what)
                must_pass = must_pass and not broken
                peer = dkim.arc_verify(mutated, dnsfunc=lambda name, timeout=5: ZONE.get(
                    name.decode().rstrip("."), [b""])[0])[0]
                # dkimpy takes the fields by position; RFC 8617 5.1.1 orders them by instance.
                if "at the bottom" not in what:
                    tally.check((peer == dkim.CV_Pass) == must_pass,
                                "dkimpy: %s: %s" % (text, peer))
                jobs.add(mutated, ZONE, NOW)
                wants.append((text, must_pass, oldest if what == "nothing" else None))
    for (text, must_pass, oldest), answer in zip(wants, jobs.run()):
        arc = answer["arc"]
        tally.check(arc["result"] == ("pass" if must_pass else "fail"),
                    "%s: %s (%s)" % (text, arc["result"], arc["reason"]))
        if oldest is not None:
            tally.check(arc["oldest_pass"] == oldest, "%s: oldest pass %d instead of %d"
                        % (text, arc["oldest_pass"], oldest))
    tally.end()


main()
