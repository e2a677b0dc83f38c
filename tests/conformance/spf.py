#!/usr/bin/python3
"""Runs the public SPF suites against src/auth/spf, with DNS at once and in round trips."""
import os
import subprocess
import sys

import yaml

SRC = os.environ.get("srcdir", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
SUITES = os.path.join(SRC, "tests/conformance/spf")
PROBE = "tests/conformance/spf_probe"
TYPES = ("A", "AAAA", "MX", "TXT", "PTR")
MODES = ("now", "rounds")

# (suite, test) -> (what we say, why)
DEFAULT = "default= is a private extension of pyspf; to RFC 7208 6 it is unknown, and ignored"
EXCEPTIONS = {
    ("pyspf-adhoc-tests.yml", "default-modifier"): ("neutral", DEFAULT),
    ("pyspf-adhoc-tests.yml", "default-modifier-harsh"): ("neutral", DEFAULT),
}

# What must be there: nobody shortens a suite by accident.
COUNTS = {"rfc7208-tests.yml": 203, "rfc4408-tests.yml": 191, "pyspf-adhoc-tests.yml": 16}


def octets(value):
    """YAML's \\xNN are octets; anything beyond them is UTF-8."""
    text = str(value)
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8")


def word(value):
    """A quoted word of the zone text."""
    out = bytearray(b'"')
    for c in octets(value):
        if c < 32 or c > 126 or c in b'"\\':
            out += b"\\x%02x" % c
        else:
            out.append(c)
    return bytes(out + b'"')


def fault(name, rtype, kind):
    return b"%s FAULT %s %s" % (word(name), kind, rtype.encode())


def rcode(value):
    return {3: b"NXDOMAIN", 5: b"REFUSED"}.get(int(value), b"SERVFAIL")


def record(name, rtype, value):
    if value == "TIMEOUT":
        return fault(name, rtype, b"TIMEOUT")
    if rtype == "TXT":
        strings = value or [""] if isinstance(value, list) else [value]
        return b" ".join([word(name), b"TXT"] + [word(s) for s in strings])
    if rtype == "MX":
        return b" ".join([word(name), b"MX", word(value[0]), word(value[1])])
    return b" ".join([word(name), rtype.encode(), word(value)])


def name_lines(name, entries):
    lines, seen = [], set()
    entries = entries or []
    has_txt = any(isinstance(e, dict) and "TXT" in e for e in entries)
    for entry in entries:
        if entry == "TIMEOUT":
            lines += [fault(name, t, b"TIMEOUT") for t in TYPES if t not in seen]
            continue
        (rtype, value), = entry.items()
        if rtype == "RCODE":
            lines += [fault(name, t, rcode(value)) for t in TYPES if t not in seen]
            continue
        if rtype == "SPF":
            if has_txt:
                continue
            rtype = "TXT"
        if value == "NONE":
            continue
        seen.add(rtype)
        lines.append(record(name, rtype, value))
    return lines


def zone_text(zonedata):
    lines = []
    for name, entries in (zonedata or {}).items():
        lines += name_lines(name, entries)
    return b"\n".join(lines) + b"\n"


class Probe:
    def __init__(self):
        self.p = subprocess.Popen([os.path.join(os.getcwd(), PROBE)],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def send(self, *fields):
        self.p.stdin.write(b" ".join(fields) + b"\n")
        self.p.stdin.flush()

    def zone(self, text):
        self.send(b"zone", text.hex().encode())

    def check(self, mode, test):
        sender, helo = octets(test["mailfrom"]), octets(test["helo"])
        local, at, domain = sender.rpartition(b"@")
        if not sender:
            local, domain = b"postmaster", helo
        elif not at:
            local, domain = b"postmaster", sender
        texts = [octets(test["host"]), helo, local, domain, octets(test.get("receiver", ""))]
        texts = [t.hex().encode() or b"-" for t in texts]
        self.send(b"check", mode.encode(), *texts, b"1700000000")
        line = self.p.stdout.readline().decode().split()
        if len(line) != 10:
            sys.exit("the probe is gone")
        return line[0], None if line[2] == "." else bytes.fromhex(line[2].strip("-")), line

    def close(self):
        self.p.stdin.close()
        if self.p.wait() != 0:
            sys.exit("the probe failed")


def wrong(suite, name, test, result, explanation):
    """None, or what is wrong."""
    want = test["result"] if isinstance(test["result"], list) else [test["result"]]
    want = [w.lower() for w in want]
    if (suite, name) in EXCEPTIONS:
        want = [EXCEPTIONS[suite, name][0]]
    if result not in want:
        return "%s instead of %s" % (result, " or ".join(want))
    if "explanation" not in test or result != "fail":
        return None
    text = None if test["explanation"] == "DEFAULT" else octets(test["explanation"])
    if explanation != text:
        return "explanation %r instead of %r" % (explanation, text)
    return None


def run_suite(probe, suite):
    passed = failed = 0
    seen = set()
    with open(os.path.join(SUITES, suite), encoding="utf-8") as f:
        scenarios = [d for d in yaml.safe_load_all(f) if d]
    for scenario in scenarios:
        probe.zone(zone_text(scenario.get("zonedata")))
        for name, test in scenario["tests"].items():
            seen.add(name)
            answers = [probe.check(mode, test) for mode in MODES]
            faults = [wrong(suite, name, test, a[0], a[1]) for a in answers]
            if answers[0][2][:5] != answers[1][2][:5]:
                faults.append("the order of answers changes the result")
            faults = [f for f in faults if f]
            if faults:
                failed += 1
                reason = bytes.fromhex(answers[0][2][9].strip("-."))
                print("FAIL %s %s: %s (%s)" % (suite, name, faults[0], reason))
            else:
                passed += 1
    if len(seen) != COUNTS[suite]:
        failed += 1
        print("FAIL %s: %d tests instead of %d" % (suite, len(seen), COUNTS[suite]))
    print("%s: %d of %d, in both modes" % (suite, passed, len(seen)))
    return passed, failed


def main():
    probe = Probe()
    total = [run_suite(probe, suite) for suite in COUNTS]
    probe.close()
    for (suite, name), (result, why) in EXCEPTIONS.items():
        print("exception: %s %s is %s: %s" % (suite, name, result, why))
    passed, failed = (sum(t[i] for t in total) for i in (0, 1))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
