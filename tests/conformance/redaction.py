#!/usr/bin/python3
"""An independent look at what the mode "redacted" sends: no address, phone number, IBAN, card number or recipient's name
of the message may be in it. Without arguments: the mails of redaction/mails.py, and that the mode "full" of the same mails
does not pass (the scanner sees something). With directories or files: those."""
import email
import email.header
import email.policy
import json
import os
import re
import subprocess
import sys
import tempfile
import unicodedata

sys.dont_write_bytecode = True
HERE = sys.path.pop(0)
sys.path.insert(0, os.path.join(HERE, "redaction"))
import mails  # noqa: E402

BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.environ.get("builddir", ".")))
MODEL = os.path.join(os.path.dirname(os.path.dirname(HERE)), "models/llm/openai.conf")
MARKS = dict.fromkeys(map(ord, "\u02c6\u00a6\u01c1\u02ed\u0298\u02df\u00ac\u01c2"), " ")
LEFT = {"authentication", "rules_hit", "flags", "own_domains", "type", "country", "from_is_odd", "language"}
# Words of recipients' fields that name a role or a list and nobody.
NOBODY = set("""abuse account accounts administrator admin all and announce billing buyer client clients club colleague colleagues com
 company contact customer customers dev devel discuss email enquiries everybody everyone fans folks for fork from friend friends
 general group groups guys hello help helpdesk home hostmaster info information list lists madam mail mailbox mailer mailing
 manager marketing member members mrs net news newsletter noreply not office org our owner people postmaster press privacy
 recipient recipients reply root sales security service shop sir sirs spam staff subscriber subscribers support talk team test the
 this undisclosed user users valued web webmaster will with www you your kunde kunden cust der die das des von fur""".split())

ADDRESS = re.compile(r"[\w.+%-]+\s?(?:@|%40|\(at\)|\[at\])\s?[\w-]+(?:\s?(?:\.|\(dot\)|\[dot\])\s?[\w-]+)*\s?(?:\.|\(dot\)|\[dot\])\s?[^\W\d_]{2,}", re.I)
SPOKEN = re.compile(r"\b[\w.+-]+ at [\w-]+ dot [a-z]{2,}\b", re.I)
DATE = re.compile(r"(?<!\d)(?:(?:19|20)\d\d-\d\d-\d\d|\d{1,2}[./-]\d{1,2}[./-](?:(?:19|20)\d\d|\d\d))(?![\d/-])")
SUM = re.compile(r"(?<![\d,.])[1-9]\d{0,2}(?:,\d{3}){1,4}(?!\d)|(?<![\d,.])[1-9]\d{0,2}(?:\.\d{3}){1,4}(?= ?(?:€|EUR|eur))")
PHONE = re.compile(r"(?:\+|00|\(0?)?\d(?:[ ./()\-\u2010-\u2015]{0,3}\d){6,}")
IBAN = re.compile(r"\b[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b", re.I)
PLACEHOLDER = re.compile(r"\[(?:EMAIL|PHONE|IBAN|CARD|NAME|NUMBER|TOKEN|IP)\]")
failed = passed = 0


def check(good, text):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED", text)


def fold(text):
    text = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in text if not unicodedata.combining(c))


def decoded(value):
    try:
        return str(email.header.make_header(email.header.decode_header(value)))
    except Exception:
        return value


def recipients(octets):
    """Words that name recipients: of the names, and of the local parts, in To and Cc."""
    m = email.message_from_bytes(octets, policy=email.policy.compat32)
    words = set()
    for field in ("To", "Cc"):
        for value in m.get_all(field, []):
            value = re.sub(r"\s+", " ", decoded(str(value)))
            for token in re.split(r"[\s,;:<>()\"\[\]]+", value):
                local = token.rsplit("@", 1)[0]
                words |= {w for w in re.findall(r"[^\W\d_]+", fold(local))}
    return {w for w in words if len(w) >= 3 and w not in NOBODY or len(w) == 2 and ord(w[0]) > 0x3000}


def strings(value, key=""):
    if key in LEFT:
        return
    if isinstance(value, dict):
        for k, v in value.items():
            yield from strings(v, k)
    elif isinstance(value, list):
        for v in value:
            yield from strings(v, key)
    elif isinstance(value, str):
        yield value.translate(MARKS)


def found(sent, names):
    """What is in the strings that should not be."""
    for s in strings(sent):
        bare = unicodedata.normalize("NFKC", s)
        for kind, pattern in (("address", ADDRESS), ("spoken address", SPOKEN), ("iban", IBAN)):
            for hit in pattern.finditer(bare):
                if kind != "iban" or sum(c.isdigit() for c in hit[0]) >= 8:
                    yield f"{kind}: {hit[0]!r}"
        rest = SUM.sub("#", DATE.sub("#", bare))
        for hit in PHONE.finditer(rest):
            yield f"number: {hit[0]!r}"
        for word in re.findall(r"[^\W\d_]+", fold(PLACEHOLDER.sub("", bare))):
            if word in names:
                yield f"name: {word!r}"
        for name in names:
            if ord(name[0]) > 0x3000 and name in bare:
                yield f"name: {name!r}"


def sent(mode, files):
    out = []
    for i in range(0, len(files), 400):
        r = subprocess.run([f"{BUILD}/tests/lib/llm_driver", MODEL, mode, *files[i:i + 400]], capture_output=True, timeout=900)
        if r.returncode:
            check(False, f"driver: {r.stderr[-300:]}")
        out += [json.loads(line) for line in r.stdout.splitlines()]
    for o in out:
        yield o["file"], json.loads(o["user"].split("\n", 1)[1].rsplit("\n", 2)[0])


def look(mode, files):
    """For each file what was found."""
    for file, data in sent(mode, files):
        with open(file, "rb") as f:
            names = recipients(f.read())
        yield file, list(found(data, names)), data


def listed(paths):
    for path in paths:
        if os.path.isdir(path):
            yield from (os.path.join(path, n) for n in sorted(os.listdir(path)))
        else:
            yield path


def corpus(paths):
    bad = 0
    for file, hits, _ in look("redacted", list(listed(paths))):
        check(not hits, f"{os.path.basename(file)}: {hits[:4]}")
        bad += bool(hits)
    print(f"{bad} messages with something left")


def own():
    with tempfile.TemporaryDirectory() as tmp:
        files, secret, kept = [], {}, {}
        for name, octets, secrets, stays in mails.mails():
            files.append(os.path.join(tmp, name + ".eml"))
            secret[files[-1]], kept[files[-1]] = secrets, stays
            with open(files[-1], "wb") as f:
                f.write(octets)
        for file, hits, data in look("redacted", files):
            name, text = os.path.basename(file), fold(" ".join(strings(data)))
            check(not hits, f"{name}: {hits[:4]}")
            for s in secret[file]:
                check(fold(s) not in text, f"{name}: {s!r} is sent")
            for s in kept[file]:
                check(fold(s) in text, f"{name}: {s!r} is gone: {text[:300]}")
        seen = sum(bool(hits) for _, hits, _ in look("full", files))
        check(seen * 10 >= len(files) * 6, f"the scanner sees something in {seen} of {len(files)} only, unredacted")
        for file, data in sent("features", files):
            text = fold(" ".join(strings(data)))
            check("text" not in data and "subject" not in data, f"{file}: text in the mode features")
            for s in secret[file]:
                check(fold(s) not in text, f"{os.path.basename(file)}: {s!r} in the mode features")


if len(sys.argv) > 1:
    corpus(sys.argv[1:])
else:
    own()
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
