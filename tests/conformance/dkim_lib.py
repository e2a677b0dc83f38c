"""What the DKIM and ARC runners share: zone files, and the probe that verifies many messages."""
import json
import os
import subprocess
import tempfile

SRCDIR = os.environ.get("srcdir", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
PROBE = os.path.join(os.environ.get("builddir", "."), "tests/conformance/dkim_probe")
L_IGNORE, L_ACCEPT, L_FAIL = 0, 1, 2


def quoted(text):
    """A TXT string as zone files have it."""
    octets = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    return '"' + "".join(chr(c) if 32 <= c < 127 and chr(c) not in '"\\;' else "\\x%02x" % c
                         for c in octets) + '"'


class Jobs:
    """Messages to verify, each with its zone; run() gives the probe's answers in their order."""

    def __init__(self):
        self.dir = tempfile.TemporaryDirectory()
        self.lines = []
        self.zones = {}

    def _write(self, name, octets):
        path = os.path.join(self.dir.name, name)
        with open(path, "wb") as f:
            f.write(octets)
        return path

    def _zone(self, records, extra):
        text = "".join("%s TXT %s\n" % (name, quoted(txt))
                       for name, txts in sorted(records.items()) for txt in txts) + extra
        if text not in self.zones:
            self.zones[text] = self._write("zone%d" % len(self.zones), text.encode())
        return self.zones[text]

    def add(self, message, records, now=0, from_domain="", l_policy=L_IGNORE, extra=""):
        path = self._write("msg%d" % len(self.lines), message)
        zone = self._zone(records, extra)
        self.lines.append("%d\t%s\t%d\t%s\t%s\n" % (now, from_domain, l_policy, zone, path))

    def run(self):
        p = subprocess.run([PROBE], input="".join(self.lines).encode(), stdout=subprocess.PIPE,
                           check=False)
        answers = [json.loads(line) for line in p.stdout.splitlines()]
        if p.returncode or len(answers) != len(self.lines):
            raise SystemExit("probe: exit %d after %d of %d messages"
                             % (p.returncode, len(answers), len(self.lines)))
        return answers


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, good, text):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print("FAILED: %s" % text)

    def end(self):
        print("%d passed, %d failed" % (self.passed, self.failed))
        raise SystemExit(self.failed != 0)
