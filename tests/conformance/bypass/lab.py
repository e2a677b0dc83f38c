"""The bench of the bypass suite: signs messages, writes zones and jobs, runs merlon, compares answers."""
import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile

import dkim.crypto
import nacl.signing

SRCDIR = os.environ.get("srcdir", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.."))
HERE = os.path.join(SRCDIR, "tests/conformance/bypass")
NOW = 1700000000
AUTHSERV = "mx.lab.example"
KEYS = ("rsa512", "rsa1024", "rsa2048", "other")
ED_SEED = hashlib.sha256(b"merlon bypass suite").digest()


def octets(value):
    """YAML's \\xNN are octets; anything beyond them is UTF-8."""
    if isinstance(value, bytes):
        return value
    try:
        return str(value).encode("latin-1")
    except UnicodeEncodeError:
        return str(value).encode("utf-8")


# ---- keys ----

def tlv(tag, body):
    n = len(body)
    size = bytes([n]) if n < 128 else (lambda b: bytes([128 + len(b)]) + b)(n.to_bytes((n.bit_length() + 7) // 8, "big"))
    return bytes([tag]) + size + body


def der_int(n):
    return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def spki(n, e):
    rsa = tlv(0x30, der_int(n) + der_int(e))
    return tlv(0x30, tlv(0x30, tlv(6, bytes.fromhex("2a864886f70d010101")) + tlv(5, b"")) + tlv(3, b"\0" + rsa))


def load_keys():
    keys = {}
    for name in KEYS:
        with open(os.path.join(HERE, "key-%s.pem" % name), "rb") as f:
            keys[name] = dkim.crypto.parse_pem_private_key(f.read())
    return keys


PRIVATE = load_keys()
ED = nacl.signing.SigningKey(ED_SEED)
PUBLIC = {name: base64.b64encode(spki(k["modulus"], k["publicExponent"])).decode() for name, k in PRIVATE.items()}
PUBLIC["ed"] = base64.b64encode(bytes(ED.verify_key)).decode()
PUBLIC["pkcs1"] = base64.b64encode(tlv(0x30, der_int(PRIVATE["rsa2048"]["modulus"])
                                       + der_int(PRIVATE["rsa2048"]["publicExponent"]))).decode()


def with_keys(text):
    """@rsa2048@ stands for that public key in base64."""
    return re.sub(r"@(\w+)@", lambda m: PUBLIC.get(m.group(1), m.group(0)), text)


# ---- canonical forms, straight from RFC 6376 3.4 ----

def fields_of(block):
    """[(name, value)] of a header block with CRLF ends; the value keeps its folds."""
    out = []
    for line in re.split(rb"\r\n(?![ \t])", block):
        if line:
            name, _, value = line.partition(b":")
            out.append((name, value))
    return out


def canon_field(name, value, relaxed, end=b"\r\n"):
    if not relaxed:
        return name + b":" + value + end
    value = re.sub(rb"[ \t]+", b" ", re.sub(rb"\r\n(?=[ \t])", b"", value)).strip(b" \t")
    return name.strip(b" \t").lower() + b":" + value + end


def canon_body(body, relaxed):
    if relaxed:
        body = b"\r\n".join(re.sub(rb"[ \t]+", b" ", re.sub(rb"[ \t]+\Z", b"", x)) for x in body.split(b"\r\n"))
    while body.endswith(b"\r\n"):
        body = body[:-2]
    return body + b"\r\n" if body or not relaxed else b""


def select(fields, names):
    """Lowest first, each once (5.4.2)."""
    left, out = list(fields), []
    for name in names:
        for i in range(len(left) - 1, -1, -1):
            if left[i][0].strip(b" \t").lower() == name.strip().lower():
                out.append(left.pop(i))
                break
    return out


def private_sign(key, algorithm, data):
    digest = (hashlib.sha1 if algorithm == "rsa-sha1" else hashlib.sha256)(data)
    if key == "ed":
        return ED.sign(digest.digest()).signature
    return dkim.crypto.RSASSA_PKCS1_v1_5_sign(digest, PRIVATE[key])


def split(message):
    head, sep, body = message.partition(b"\r\n\r\n")
    return (head + b"\r\n", body) if sep else (message, b"")


def signature(message, d, s="sel", key="rsa2048", a=None, c="relaxed/relaxed", h="from:to:subject:date", l=None,
              tags="", order="v a c d s +h bh b", name="DKIM-Signature", fold=False, v="1", first="", **more):
    """A signature field (with its CRLF) over the message."""
    a = a or ("ed25519-sha256" if key == "ed" else "rsa-sha256")
    head, body = split(message)
    ch, _, cb = c.partition("/")
    canon = canon_body(body, cb == "relaxed")
    hashed = canon if l is None else canon[:int(l)]
    bh = base64.b64encode((hashlib.sha1 if a == "rsa-sha1" else hashlib.sha256)(hashed).digest())
    have = {"v": v, "a": a, "c": c, "d": d, "s": s, "bh": bh, "b": b""}
    have.update(more)
    parts = []
    for tag in order.split():
        if tag == "+h":
            parts += [octets(t) for t in ([tags] if tags else [])]
            parts += [b"l=%d" % int(l)] if l is not None else []
            parts.append(b"h=" + octets(h))
        else:
            parts.append(octets(tag) + b"=" + octets(have[tag]))
    value = octets(first) + b" " + (b";\r\n\t" if fold else b"; ").join(parts)
    names = [re.sub(rb"\s", b"", n) for n in octets(h).split(b":")]
    data = b"".join(canon_field(n, x, ch == "relaxed") for n, x in select(fields_of(head), names))
    data += canon_field(octets(name), value, ch == "relaxed", b"")
    b = base64.b64encode(private_sign(key, a, data))
    at = re.search(rb"(?:^|[;\s])b=(?=;|\Z)", value).end()
    if fold:
        b = b"\r\n\t ".join(b[i:i + 60] for i in range(0, len(b), 60))
    return octets(name) + b":" + value[:at] + b + value[at:] + b"\r\n"


def sign(message, **how):
    return signature(message, **how) + message


def arc_seal(message, i, d, cv, aar, s="sel", key="rsa2048", h="from:to:subject:date", seal_tags="", ams_tags=""):
    """Prepends ARC set i; the sets below it are read from the message."""
    aar_field = b"ARC-Authentication-Results: i=%d; %s\r\n" % (i, octets(aar))
    ams = signature(message, d=d, s=s, key=key, h=h, name="ARC-Message-Signature", order="i a c d s +h bh b",
                    tags=ams_tags, i=str(i))
    sets = {}
    for name, value in fields_of(split(ams + aar_field + message)[0]):
        if name.lower().startswith(b"arc-"):
            n = int(re.search(rb"\bi\s*=\s*(\d+)", value).group(1))
            sets.setdefault(n, {}).setdefault(name.lower(), (name, value))
    data = b""
    for n in sorted(sets):
        for part in (b"arc-authentication-results", b"arc-message-signature", b"arc-seal"):
            if part in sets[n]:
                data += canon_field(*sets[n][part], True)
    value = b" i=%d; a=%s; d=%s; s=%s; cv=%s;%s b=" % (
        i, b"ed25519-sha256" if key == "ed" else b"rsa-sha256", octets(d), octets(s), octets(cv), octets(seal_tags))
    data += canon_field(b"ARC-Seal", value, True, b"")
    algorithm = "ed25519-sha256" if key == "ed" else "rsa-sha256"
    value += base64.b64encode(private_sign(key, algorithm, data))
    return b"ARC-Seal:" + value + b"\r\n" + ams + aar_field + message


# ---- zones ----

def quoted(text):
    return '"' + "".join(chr(c) if 32 <= c < 127 and chr(c) not in '"\\;' else "\\x%02x" % c
                         for c in octets(text)) + '"'


def txt(name, *texts):
    return "".join("%s TXT %s\n" % (name, quoted(t)) for t in texts)


def key_zone(domain, s="sel", key="rsa2048", extra=""):
    k = "k=ed25519; " if key == "ed" else ""
    return txt("%s._domainkey.%s" % (s, domain), "v=DKIM1; %s%sp=%s" % (k, extra, PUBLIC[key]))


# ---- running ----

class Server:
    """The test DNS server over a zone; stopped by its own pid."""

    def __init__(self, folder, zone, stats=None):
        path = os.path.join(folder, "zone%d" % len(os.listdir(folder)))
        with open(path, "w", encoding="ascii") as f:
            f.write(zone)
        args = [os.path.join(os.environ.get("builddir", "."), "tests/lib/dnsd"), "--max-seconds", "600"]
        args += ["--stats", stats] if stats else []
        self.process = subprocess.Popen(args + [path], stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline() or 0)
        if not self.port:
            sys.exit("the DNS server did not start: %s" % path)

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def merlon():
    return os.path.abspath(os.path.join(os.environ.get("builddir", "."), "merlon"))


class Job:
    """One message with its envelope and what must come of it."""

    def __init__(self, name, message, expect, ip="192.0.2.66", helo="mail.evil.example", mail_from="", conf=""):
        self.name, self.message, self.expect = name, message, expect
        self.ip, self.helo, self.mail_from, self.conf = ip, helo, mail_from, conf

    def line(self, path):
        o = {"path": path}
        for key, value in (("client_ip", self.ip), ("helo", self.helo), ("mail_from", self.mail_from)):
            if value is not None:
                o[key] = value
        return json.dumps(o) + "\n"


def run_jobs(folder, jobs, port, conf=""):
    """The answers in the order of the jobs."""
    base = tempfile.mkdtemp(dir=folder)
    with open(os.path.join(base, "jobs.jsonl"), "w", encoding="ascii") as f:
        for n, job in enumerate(jobs):
            with open(os.path.join(base, "%d.eml" % n), "wb") as m:
                m.write(job.message)
            f.write(job.line("%d.eml" % n))
    args = [merlon(), "auth", "--json", "--dns", "127.0.0.1@%d" % port, "--now", str(NOW),
            "--authserv-id", AUTHSERV, "--jobs", f.name]
    if conf:
        path = os.path.join(base, "merlon.conf")
        with open(path, "w", encoding="ascii") as f:
            f.write(conf)
        args += ["-c", path]
    p = subprocess.run(args, stdout=subprocess.PIPE, check=False)
    answers = [json.loads(line) for line in p.stdout.splitlines()]
    if p.returncode not in (0, 1) or len(answers) != len(jobs):
        sys.exit("merlon: exit %d after %d of %d messages" % (p.returncode, len(answers), len(jobs)))
    for n, answer in enumerate(answers):
        if answer["file"] != "%d.eml" % n:
            sys.exit("merlon: answer %d is for %s" % (n, answer["file"]))
    return answers
