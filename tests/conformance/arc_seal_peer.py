#!/usr/bin/python3
"""
Chains of 1 to 10 hops, each sealed by us, by dkimpy or by Mail::DKIM in mixed order, must pass with
us and dkimpy after every hop and with all three at the end. A list that changes the message before
it seals leaves the chain whole; a change that nobody sealed breaks it: the next hop says so once,
over its own set alone, and then nothing is added.
"""
import os
import random
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = sys.path.pop(0)  # holds a dkim.py of our own
import dkim  # noqa: E402

sys.path.insert(0, HERE)
from dkim_lib import SRCDIR, Jobs, Tally  # noqa: E402
from sign_lib import CANONS, RSA_RECORD, Probe, octets, read, shape_fault  # noqa: E402

T = 1700000000
HOPS = 10
KEY = read("sign-test.private")
# dkimpy knows no Ed25519 in ARC, nor does RFC 8617.
RECORDS = {"rsa._domainkey.hop%d.example" % i: RSA_RECORD for i in range(1, HOPS + 1)}
ZONE = {name: [txt] for name, txt in RECORDS.items()}
STARTS = [
    b"From: Joe <joe@example.com>\r\nTo: sue@example.net\r\nSUBJect: two  blanks\r\n"
    b"Date: Fri, 11 Jul 2003 21:00:37 -0700\r\nMIME-Version: 1.0\r\n\r\na  b\t\r\n\r\n\r\n",
    b"Received: from a by b;\r\n\tFri, 11 Jul 2003 21:00:37 -0700\r\nDKIM-Signature: v=1; a=rsa-sha256;"
    b"\r\n d=example.com; s=x; h=from; bh=x; b=y\r\nDKIM-Signature: other\r\n"
    b"From: \xe4 <joe@example.com>,\r\n  b@example.com\r\nSubject: again\r\nSubject: two  blanks\r\n"
    b"List-Id: <l.example>\r\n\r\n",
    b"from:x\r\nsubject:two  blanks\r\n\r\n" + b"x" * 2000 + b"\r\n",
]


def record_of(name, timeout=5):
    return RECORDS.get(name.decode().rstrip("."), b"")


def authserv(hop):
    return "mx.hop%d.example" % hop


def results(hop, arc):
    return (b"Authentication-Results: %s; arc=%s; spf=pass smtp.mailfrom=joe@example.com\r\n"
            b"Authentication-Results: %s;\r\n\tdkim=pass (a comment; with \"it\") header.d=example.com;\r\n"
            b"\tdkim=fail reason=\"bad; (signature)\" header.d=example.net header.b=abcdefgh\r\n"
            b"Authentication-Results: other.example; spf=fail\r\n"
            % (authserv(hop).encode(), arc.encode(), authserv(hop).encode()))


def peer_seal(message, hop):
    fields = dkim.arc_sign(message, b"rsa", b"hop%d.example" % hop, KEY, authserv(hop).encode(),
                           include_headers=[b"from", b"to", b"subject", b"date", b"mime-version"],
                           timestamp=T)
    return b"".join(fields)


class Perl:
    """Mail::DKIM, asked line by line."""

    def __init__(self, probe):
        self.probe = probe
        keys = b"".join(n.encode() + b" " + t + b"\n" for n, t in RECORDS.items())
        self.process = subprocess.Popen(
            [os.path.join(SRCDIR, "tests/conformance/arc_perl.pl"), probe.write("keys", keys)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, do, message, *words):
        path = self.probe.write("perl", message)
        self.process.stdin.write("\t".join((do, path) + words) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")

    def seal(self, message, hop, state):
        return bytes.fromhex(self.ask("seal", message, "hop%d.example" % hop, "rsa",
                                      self.probe.keys["rsa"], authserv(hop), state))

    def end(self):
        self.process.stdin.close()
        if self.process.wait():
            raise SystemExit("arc_perl.pl: exit %d" % self.process.returncode)


class Chain:
    """One message on its way."""

    def __init__(self, lab, start, what):
        self.lab, self.message, self.what = lab, start, what
        self.hop, self.state, self.oldest = 0, "none", 0

    def text(self):
        return "%s, hop %d" % (self.what, self.hop)

    def change(self):
        self.message = self.message.replace(b"two  blanks", b"two  blanks more")

    def seal_by_us(self, number, before):
        probe = self.lab.probe
        answer = probe.ask(self.message, do="arc", key=probe.keys["rsa"], s="rsa",
                           d="hop%d.example" % self.hop, t=T, c=CANONS[number % len(CANONS)], srv=authserv(self.hop),
                           zone=self.lab.zone, before=probe.write("before", before))
        for name, value in answer.get("fields", []):
            fault = shape_fault(name, value)
            self.lab.tally.check(fault is None, "%s: %s: %s" % (self.text(), name, fault))
        return octets(answer.get("fields", [])), answer.get("why")

    def next(self, who, number, listed):
        """A hop: what must come of it is known from the state before it."""
        self.hop += 1
        tally, before = self.lab.tally, self.message
        self.message = results(self.hop, self.state) + self.message
        if listed:
            self.change()
            self.oldest = self.hop if self.hop > 1 else 0
        # After the end dkimpy would go on with the chain if it were told of a fail.
        by_us, why = who == "u" or self.state == "ended", None
        if by_us:
            new, why = self.seal_by_us(number, before)
        elif who == "p":
            new = peer_seal(self.message, self.hop)
        else:
            new = self.lab.perl.seal(self.message, self.hop, self.state)
        if self.state == "ended":
            tally.check(not new and why == "the chain was ended by cv=fail",
                        "%s: after the end: %r %s" % (self.text(), new, why))
            return
        tally.check(b"cv=" + self.state.encode() in new,
                    "%s: %r instead of %s (%s)" % (self.text(), new, self.state, why))
        if self.state == "fail" and by_us:
            self.check_alone(new)
        self.message = new + self.message
        self.state = "ended" if self.state == "fail" else "pass"

    def check_alone(self, new):
        """A seal that says cv=fail verifies over its own set, as if there were no other."""
        plain = [f for f in split(self.message) if not f.lower().startswith(b"arc-")]
        body = self.message.split(b"\r\n\r\n", 1)[1]
        arc = dkim.ARC(new + b"\r\n".join(plain) + b"\r\n\r\n" + body)
        got = arc.verify_instance(arc.sorted_arc_headers()[1], self.hop, dnsfunc=record_of)
        self.lab.tally.check(got["as-valid"] and got["ams-valid"] and got["cv"] == b"fail",
                             "%s: the set alone: %s" % (self.text(), got))

    def check(self, last):
        """Both verifiers now; Mail::DKIM, the slowest, at the end of the way."""
        code, _, reason = dkim.arc_verify(self.message, dnsfunc=record_of)
        want = {"pass": dkim.CV_Pass, "fail": dkim.CV_Fail, "ended": None}[self.state]
        self.lab.tally.check(code == want, "%s: dkimpy: %s, %s" % (self.text(), code, reason))
        if last:
            got = self.lab.perl.ask("verify", self.message)
            self.lab.tally.check(got.startswith("pass") == (self.state == "pass"),
                                 "%s: Mail::DKIM: %s" % (self.text(), got))
        self.lab.jobs.add(self.message, ZONE, T)
        self.lab.wants.append((self.text(), {"ended": "none"}.get(self.state, self.state),
                               self.oldest if self.state == "pass" else -1))


def split(message):
    """Fields, folds kept."""
    fields = []
    for line in message.split(b"\r\n\r\n", 1)[0].split(b"\r\n"):
        if line[:1] in (b" ", b"\t"):
            fields[-1] += b"\r\n" + line
        else:
            fields.append(line)
    return fields


class Lab:
    def __init__(self):
        self.probe, self.tally, self.jobs, self.wants = Probe(), Tally(), Jobs(), []
        self.zone = self.probe.zone(RECORDS)
        self.perl = Perl(self.probe)

    def run(self, start, order, listed, broken, what):
        """order: who seals: u we, p dkimpy, m Mail::DKIM; listed, broken: the hop that changes it, or finds it changed."""
        chain = Chain(self, start, what)
        for number, who in enumerate(order):
            if number + 1 == broken and number:
                chain.change()
                chain.state = "fail"
                chain.check(True)
            chain.next(who, number, number + 1 == listed)
            chain.check(number + 1 == len(order))

    def end(self):
        self.probe.end()
        self.perl.end()
        for (text, result, oldest), answer in zip(self.wants, self.jobs.run()):
            arc = answer["arc"]
            self.tally.check(arc["result"] == result and arc["oldest_pass"] == oldest,
                             "%s: %s, oldest %d instead of %s, %d (%s)"
                             % (text, arc["result"], arc["oldest_pass"], result, oldest,
                                arc["reason"]))
        self.tally.end()


def main():
    rng, lab = random.Random(8617), Lab()
    for hops in range(1, HOPS + 1):
        orders = {"u" * hops, ("up" * hops)[:hops], ("mu" * hops)[:hops]}
        orders |= {"".join(rng.choice("upm") for _ in range(hops)) for _ in range(3)}
        for n, order in enumerate(sorted(orders)):
            start = rng.choice(STARTS)
            lab.run(start, order, 0, 0, "%s" % order)
            lab.run(start, order, rng.randrange(1, hops + 1), 0, "%s with a list" % order)
            if hops > 1:
                lab.run(start, order, 0, rng.randrange(2, hops + 1), "%s, broken" % order)
    lab.end()


main()
