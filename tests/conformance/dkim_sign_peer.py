#!/usr/bin/python3
"""
What we sign is verified by dkimpy and by us: every mail of this tree and generated nasty ones, in
all four canonicalisations, with RSA and Ed25519. Each mail carries all eight signatures at once.

dkim_sign_peer.py FOLDER takes the mails of a folder instead (and of those in it), and says how many
there were of what; --limit N the first N of them. --opendkim FOLDER asks OpenDKIM's library as well,
which tests/lib/peers.sh FOLDER opendkim-tools has unpacked there.
"""
import argparse
import collections
import ctypes
import os
import random
import re
import sys

sys.dont_write_bytecode = True
HERE = sys.path.pop(0)  # holds a dkim.py of our own
import dkim  # noqa: E402

sys.path.insert(0, HERE)
from dkim_lib import SRCDIR, Jobs, Tally  # noqa: E402
from sign_lib import CANONS, ED_RECORD, RSA_RECORD, Probe, octets, shape_fault  # noqa: E402

T, X = 1700000000, 4000000000
DOMAIN = "example.com"
RECORDS = {"rsa._domainkey.example.com": RSA_RECORD, "ed25519._domainkey.example.com": ED_RECORD}
IDENTITIES = [None, "@example.com", "joe@example.com", "a b;c=d@sub.example.com", "\xe4@example.com",
              "x" * 64 + "@" + "y" * 50 + ".example.com", "out@example.org"]
KINDS = [(key, canon) for key in ("rsa", "ed25519") for canon in CANONS]


def as_sent(text):
    """A file as SMTP carries it: CRLF at the end of every line, no line of an mbox in front."""
    text = re.sub(rb"\r*\n", b"\r\n", text)
    text = re.sub(rb"\A(?:>?From [^\n]*\n)+", b"", text)
    text = text if text.endswith(b"\r\n") else text + b"\r\n"
    return text if b"\r\n\r\n" in b"\r\n" + text else text + b"\r\n"


def files(folder):
    for where, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if not name.endswith((".tsv", ".md", ".py", ".yaml", ".json")):
                yield os.path.join(where, name)


def tree():
    """The mails that are committed."""
    for folder in ("tests", "contrib", "docs"):
        for path in files(os.path.join(SRCDIR, folder)):
            if path.endswith(".eml"):
                yield path


# ---- generated ones ----

NAMES = [b"From", b"from", b"FROM", b"To", b"tO", b"Cc", b"Subject", b"Date", b"Message-ID",
         b"MIME-Version", b"Content-Type", b"Content-Transfer-Encoding", b"Reply-To", b"Sender",
         b"References", b"In-Reply-To", b"List-Id", b"List-Unsubscribe", b"List-Unsubscribe-Post",
         b"Resent-From", b"Resent-To", b"CFBL-Address", b"Received", b"Return-Path", b"X-Any",
         b"DKIM-Signature", b"Authentication-Results", b"ARC-Seal", b"Bcc", b"B", b"Bh"]
PIECES = [b"word", b" ", b"  ", b"\t", b"\r\n ", b"\r\n\t \t", b"b=", b"bh=", b";", b":", b"=", b"\"",
          b"(", b")", b"\\", b"\xc3\xa4", b"\xe4", b"\xff", b"a@example.com", b"<x@y.example>",
          b"i=1; ", b"x" * 80, b"y" * 900, b"\x01", b"\x7f", b"From: evil@example.org", b","]
BODY = [b"word", b" ", b"  ", b"\t", b"\r\n", b"\r\n\r\n", b" \r\n", b"\t\r\n", b"\xe9", b"x" * 990,
        b".", b"\x01", b"=\r\n", b"-- \r\n", b"From here\r\n"]


def pick(rng, pieces, most):
    return b"".join(rng.choice(pieces) for _ in range(rng.randrange(most)))


def clean_value(value):
    """No fold of nothing but blanks, which RFC 5322 forbids and MTAs undo."""
    value = re.sub(rb"\r\n[ \t]*(?=\r\n|\Z)", b"", value)
    return value


def nasty(rng):
    head = b"".join(rng.choice(NAMES) + b":" + rng.choice((b"", b" ", b" ", b"\t", b"\r\n ")) +
                    clean_value(pick(rng, PIECES, 12)) + b"\r\n"
                    for _ in range(rng.randrange(1, 30)))
    return re.sub(rb":\r\n[ \t]+\r\n", b":\r\n", head) + b"\r\n" + pick(rng, BODY, 60)


def fixed():
    """Mails at the edges."""
    frm = b"From: a@example.com\r\n"
    yield "only From", frm + b"\r\n"
    yield "no From", b"To: a@example.com\r\n\r\nx\r\n"
    yield "empty From", b"From:\r\n\r\nx\r\n"
    for n in (2, 98, 99, 100, 101, 500, 1500):
        yield "%d To" % n, frm + b"".join(b"To: %d@example.net\r\n" % i for i in range(n)) + b"\r\nx\r\n"
        yield "%d From" % n, frm * n + b"Subject: x\r\n\r\nx\r\n"
    # Over our own limits: what is signed verifies all the same, with those who have others.
    yield "10000 To", frm + b"To: x@example.net\r\n" * 10000 + b"Subject: x\r\n\r\nx\r\n"
    yield "long To", frm + b"To: " + b"x@example.net,\r\n " * 9000 + b"y\r\nSubject: x\r\n\r\nx\r\n"
    yield "every name twice", b"".join(n + b": x\r\n" for n in NAMES) * 2 + b"\r\n"
    yield "long value", frm + b"Subject: " + b"word " * 12000 + b"\r\n\r\nx\r\n"
    yield "empty lines", frm + b"\r\n" + b"\r\n" * 100
    yield "blank lines", frm + b"\r\n" + b" \r\n\t\r\n" * 100
    yield "long line", frm + b"\r\n" + b"x" * 300000 + b"\r\n"


def sources(args):
    if args.folder:
        for n, path in enumerate(files(args.folder)):
            if n == args.limit:
                return
            with open(path, "rb") as f:
                yield os.path.relpath(path, args.folder), as_sent(f.read())
        return
    for path in tree():
        with open(path, "rb") as f:
            yield os.path.relpath(path, SRCDIR), as_sent(f.read())
    for what, message in fixed():
        yield what, message
    rng = random.Random(6376)
    for n in range(args.nasty):
        yield "nasty %d" % n, as_sent(nasty(rng))


# ---- signing and verifying ----

def sign(probe, message, n, tally, what):
    """
    The eight fields, in the order of KINDS, and so from the top; None: not one of them; (): there
    are more From fields than h= may have names, and rightly nothing was signed.
    """
    out = []
    path = probe.write("message", message)
    for k, (key, canon) in enumerate(KINDS):
        words = {"i": IDENTITIES[(n + k) % len(IDENTITIES)], "x": X if (n + k) % 2 else None,
                 "t": None if (n + k) % 11 == 10 else T}
        answer = probe.ask(do="dkim", key=probe.keys[key], d=DOMAIN, s=key, c=canon, file=path,
                           **{w: v for w, v in words.items() if v})
        if "fields" not in answer and message.count(b"From: a@") > 100:
            return ()
        if "fields" not in answer:
            tally.check(False, "%s: not signed: %s" % (what, answer["why"]))
            return None
        fault = shape_fault(*answer["fields"][0])
        tally.check(fault is None, "%s: %s: %s" % (what, k, fault))
        out.append(octets(answer["fields"]))
    return out


def record_of(name, timeout=5):
    return RECORDS.get(name.decode().rstrip("."), b"")


def peer_verdicts(message):
    """dkimpy on each signature; None: it cannot read the message at all."""
    verdicts = []
    for k in range(len(KINDS)):
        try:
            verdicts.append(dkim.DKIM(message).verify(k, dnsfunc=record_of))
        except dkim.MessageFormatError:
            return None
        except dkim.DKIMException:
            verdicts.append(False)
    return verdicts


class OpenDKIM:
    """libopendkim 2.11, with the keys in a file (its DKIM_QUERY_FILE)."""
    QUERY_METHOD, QUERY_INFO, QUERY_FILE, SET = 6, 7, 1, 1
    PASSED, BODY_MATCHES = 0x04, 0

    def __init__(self, folder, probe):
        libs = {n: os.path.join(where, n) for where, _, names in os.walk(folder) for n in names}
        self.lib = ctypes.CDLL(libs["libopendkim.so.11"])
        keys = b"".join(n.encode() + b" " + t + b"\n" for n, t in RECORDS.items())
        path = probe.write("opendkim.keys", keys).encode()
        self.lib.dkim_init.restype = self.lib.dkim_verify.restype = ctypes.c_void_p
        self.handle = ctypes.c_void_p(self.lib.dkim_init(None, None))
        method = ctypes.c_int(self.QUERY_FILE)
        self.option(self.QUERY_METHOD, ctypes.byref(method), ctypes.sizeof(method))
        self.option(self.QUERY_INFO, path, len(path))

    def option(self, which, value, size):
        if self.lib.dkim_options(self.handle, self.SET, which, value, ctypes.c_size_t(size)):
            raise SystemExit("opendkim: option %d" % which)

    def verdicts(self, message):
        status, test = ctypes.c_int(), ctypes.c_int()
        job = ctypes.c_void_p(self.lib.dkim_verify(self.handle, b"job", None,
                                                   ctypes.byref(status)))
        self.lib.dkim_chunk(job, message, ctypes.c_size_t(len(message)))
        self.lib.dkim_chunk(job, None, ctypes.c_size_t(0))
        self.lib.dkim_eom(job, ctypes.byref(test))
        sigs, n = ctypes.POINTER(ctypes.c_void_p)(), ctypes.c_int()
        if self.lib.dkim_getsiglist(job, ctypes.byref(sigs), ctypes.byref(n)):
            n.value = 0
        out = []
        for k in range(min(n.value, len(KINDS))):
            sig = ctypes.c_void_p(sigs[k])
            out.append(bool(self.lib.dkim_sig_getflags(sig) & self.PASSED) and
                       self.lib.dkim_sig_getbh(sig) == self.BODY_MATCHES)
        self.lib.dkim_free(job)
        return out if len(out) == len(KINDS) else None


class Counts(collections.Counter):
    def show(self):
        print("%d messages, %d signed" % (self["messages"], self["signed"]))
        for name in ("dkimpy", "opendkim", "merlon"):
            if any(who == name for who, *_ in (k for k in self if isinstance(k, tuple))):
                print("%s: %d messages it cannot read" % (name, self[name + " cannot"]))
                for key, canon in KINDS:
                    print("  %-8s %-16s %d verified, %d not" % (
                        key, canon, self[name, key, canon, True], self[name, key, canon, False]))


def judge(tally, counts, who, what, verdicts, whys):
    for (key, canon), good, why in zip(KINDS, verdicts, whys):
        counts[who, key, canon, good] += 1
        tally.check(good, "%s: %s, %s, %s%s" % (what, who, key, canon, why))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--limit", type=int, default=-1)
    parser.add_argument("--nasty", type=int, default=150)
    parser.add_argument("--opendkim")
    args = parser.parse_args()
    probe, tally, counts, jobs, names = Probe(), Tally(), Counts(), Jobs(), []
    opendkim = OpenDKIM(args.opendkim, probe) if args.opendkim else None
    zone = {name: [txt] for name, txt in RECORDS.items()}
    for n, (what, message) in enumerate(sources(args)):
        fields = sign(probe, message, n, tally, what)
        if fields == ():
            tally.check(True, "%s: refused" % what)
            continue
        counts["messages"] += 1
        if fields is None:
            continue
        counts["signed"] += 1
        message = b"".join(fields) + message
        jobs.add(message, zone, T + 1)
        names.append(what)
        if opendkim:
            # It reads a lone CR and a NUL in its own way, and RFC 5322 knows neither.
            odd = re.search(rb"\r(?!\n)|\0", message)
            verdicts = None if odd else opendkim.verdicts(message)
            if verdicts is None:
                counts["opendkim cannot"] += 1
                if args.folder:
                    print("opendkim cannot read %s" % what)
            else:
                judge(tally, counts, "opendkim", what, verdicts, [""] * len(KINDS))
        verdicts = peer_verdicts(message)
        if verdicts is None:
            counts["dkimpy cannot"] += 1
            continue
        judge(tally, counts, "dkimpy", what, verdicts, [""] * len(KINDS))
    probe.end()
    for what, answer in zip(names, jobs.run()):
        got = answer["dkim"][:len(KINDS)]
        if what in ("10000 To", "long To"):
            tally.check(all(s["reason"] == "header fields over the limit" for s in got), what)
            continue
        judge(tally, counts, "merlon", what, [s["result"] == "pass" for s in got],
              [" (%s)" % s["reason"] for s in got])
    if args.folder or opendkim:
        counts.show()
    tally.check(counts["signed"] == counts["messages"], "messages that were not signed")
    tally.end()


main()
