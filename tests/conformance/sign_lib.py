"""What the runners that sign share: the probe that signs, its keys, and key records."""
import base64
import json
import os
import re
import subprocess
import tempfile

from dkim_lib import SRCDIR, quoted

PROBE = os.path.join(os.environ.get("builddir", "."), "tests/conformance/sign_probe")
FOLDER = os.path.join(SRCDIR, "tests/conformance/dkim")
CANONS = [h + "/" + b for h in ("simple", "relaxed") for b in ("simple", "relaxed")]


def read(name):
    with open(os.path.join(FOLDER, name), "rb") as f:
        return f.read()


def ed25519_pem(seed):
    """PKCS#8 (RFC 8410 7) of 32 octets."""
    der = bytes.fromhex("302e020100300506032b657004220420") + seed
    return (b"-----BEGIN PRIVATE KEY-----\n" + base64.b64encode(der) +
            b"\n-----END PRIVATE KEY-----\n")


RSA_RECORD = re.sub(rb"\s+", b" ", read("sign-test.txt")).strip()
ED_RECORD = read("sign-ed25519test.dns").strip()
ED_SEED = base64.b64decode(read("sign-ed25519test.key"))


class Probe:
    """One process that signs, asked line by line."""

    def __init__(self):
        self.dir = tempfile.TemporaryDirectory()
        self.zones = {}
        self.keys = {"rsa": os.path.join(FOLDER, "sign-test.private"),
                     "ed25519": self.write("ed25519.pem", ed25519_pem(ED_SEED))}
        self.process = subprocess.Popen([PROBE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def write(self, name, octets):
        path = os.path.join(self.dir.name, name)
        with open(path, "wb") as f:
            f.write(octets)
        return path

    def zone(self, records):
        text = "".join("%s TXT %s\n" % (name, quoted(txt)) for name, txt in sorted(records.items()))
        if text not in self.zones:
            self.zones[text] = self.write("zone%d" % len(self.zones), text.encode())
        return self.zones[text]

    def ask(self, message=None, **words):
        """The answer; message is written to a file first, unless file= says where it is."""
        if message is not None:
            words["file"] = self.write("message", message)
        line = "\t".join("%s=%s" % pair for pair in words.items())
        self.process.stdin.write(line.encode("utf-8", "surrogateescape") + b"\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit("probe: exit %d at %s" % (self.process.wait(), line))
        return json.loads(answer)

    def end(self):
        self.process.stdin.close()
        if self.process.wait():
            raise SystemExit("probe: exit %d" % self.process.returncode)


def octets(fields):
    """Fields of an answer as they stand in a message that a milter has put them into."""
    return b"".join(name.encode() + b": " + value.encode("latin-1") + b"\r\n"
                    for name, value in fields)


def shape_fault(name, value):
    """What is wrong with the form of a value, or None."""
    if value[:1] in " \t\r\n" or value[-1:] in " \t\r\n":
        return "white space at its ends"
    if re.search(r"\r(?!\n)|(?<!\r)\n|\r\n(?![ \t])|[^\x20-\x7e\r\n\t]", value):
        return "an octet that must not be there"
    lines = (name + ": " + value).split("\r\n")
    if any(not line.strip() for line in lines):
        return "an empty line"
    long = [line for line in lines if len(line) > 77]
    if long and not all(re.fullmatch(r"\t?\S+", line) for line in long):
        return "a line over 77 octets: %r" % long
    return None
