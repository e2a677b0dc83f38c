#!/usr/bin/python3
"""Pyzor's digest: the vectors of its authors, and Debian's pyzor as the peer over the mails of this
tree and over mails made of their pieces. With a directory in MERLON_CORPUS: over its files too."""
import base64
import email
import glob
import json
import os
import random
import subprocess
import sys
import tempfile

try:
    import pyzor.digest
except ImportError:
    pyzor = None

SRC = os.environ.get("srcdir", ".")
BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.environ.get("builddir", ".")))
VECTORS = f"{SRC}/tests/conformance/pyzor"
MUTANTS = int(os.environ.get("MERLON_MUTANTS", "1200"))
PIECES = [
    b"<", b">", b"<a href='", b'<b x="', b"<!--", b"-->", b"<![if x]>", b"<![endif]>", b"</", b"<br/>",
    b"<script>", b"</script >", b"<style a=b>", b"</STYLE>", b"<!doctype", b"<? x", b"&amp", b"&#65;",
    b"&#x80;", b"&#1;", b"&notit;", b"&", b"=", b"=\n", b"=41", b"==", b"='", b"/>", b"/", b"\x0b", b"\x85",
    b"\xa0", b"\xe2\x80\xa8", b"\r", b"\r\n", b"\n", b"\n\n", b"\n \n", b"From x y\n", b"--", b"\xff", b"\xc3",
    b"Content-Type: text/html; charset=utf-8\n", b"Content-Type: text/plain; charset=latin-9\n",
    b"Content-Type: multipart/mixed; boundary=b\n\n--b\n", b"\n--b--\n", b"\n--b\n",
    b"Content-Type: message/rfc822\n\n", b"Content-Type: message/delivery-status\n\n",
    b"Content-Type: multipart/digest; boundary=\"<b>\"\n\n", b"charset*=us-ascii'en'utf-8", b"boundary*0=b;",
    b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: quoted-printable\n",
    b"Content-Transfer-Encoding: x-uuencode\n", b"begin 644 x\n", b"end\n", b"SGVsbG8gd29ybGQgYW5k=", b"a@b",
    b"http://x.y ", b"K\xe2\x84\xaa:1 ", b"utf-16", b"cp037", b"koi8-r", b"windows-1252", b"utf-7", b"\x1c",
]
passed = failed = 0


def check(good, text):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED", text)


def ours(paths):
    """The digests that one merlon prints for all of them."""
    out = []
    for i in range(0, len(paths), 500):
        r = subprocess.run([f"{BUILD}/merlon", "digest", "--"] + paths[i:i + 500], capture_output=True,
                           timeout=300)
        assert r.returncode == 0, r.stderr
        out += r.stdout.decode().split()
    assert len(out) == len(paths)
    return out


def theirs(octets):
    """None: it stops with an error (a charset with NUL, sections of SGML)."""
    try:
        return pyzor.digest.DataDigester(email.message_from_bytes(octets)).value
    except Exception:
        return None


def read(path):
    with open(path, "rb") as f:
        return f.read()


def vectors(tmp):
    rows = json.load(open(f"{VECTORS}/vectors.json"))
    check(len(rows) == 21, f"{len(rows)} vectors")
    for row in rows:
        octets = read(f"{VECTORS}/{row['eml']}")
        crlf = f"{tmp}/crlf.eml"
        with open(crlf, "wb") as f:
            f.write(octets.replace(b"\n", b"\r\n"))
        lf, cr = ours([f"{VECTORS}/{row['eml']}", crlf])
        check(lf == row["digest"], f"{row['id']}: {lf}, not {row['digest']}")
        check(cr == row["digest"] or not row.get("same_with_crlf"), f"{row['id']} with CRLF: {cr}")
        r = subprocess.run([f"{BUILD}/merlon", "digest", "--lines", f"{VECTORS}/{row['eml']}"],
                           capture_output=True)
        check(r.stdout.decode().splitlines() == row["predigest"], f"{row['id']}: lines")


def mutants(samples, n):
    """Mails with pieces taken out, doubled, and put in, always the same ones."""
    dice = random.Random(24441)
    for _ in range(n):
        octets = bytearray(dice.choice(samples)[:20000])
        for _ in range(dice.randint(1, 12)):
            at, size = dice.randint(0, len(octets)), dice.randint(0, 40)
            what = dice.random()
            if what < 0.2:
                del octets[at:at + size]
            elif what < 0.3:
                octets[at:at] = octets[at:at + size]
            else:
                octets[at:at] = dice.choice(PIECES)
        yield bytes(octets)


CHARSETS = """us-ascii latin-1 iso-8859-2 iso-8859-7 iso-8859-15 windows-1250 windows-1251 cp1252 windows-1256 koi8-r
koi8-u cp437 cp850 cp866 macintosh cp037 cp864 utf-8 utf-8-sig utf-16 utf-16le utf-16be utf-32 gb2312 gbk big5 big5-hkscs
cp950 euc-kr ks_c_5601-1987 cp949 shift_jis cp932 euc-jp tis-620 default x-unknown unknown-8bit hex""".split()


def charsets():
    """Octets of every kind under every name: pairs for those of pairs, and what fits nowhere."""
    dice = random.Random(2441)
    for name in CHARSETS:
        for i in range(4):
            lines = []
            for _ in range(8):
                octets = bytes(dice.choice((dice.randrange(256), dice.randrange(0xA1, 0xFF))) for _ in range(24))
                lines.append(b" ".join(octets[k:k + 6] for k in range(0, 24, 6)) + b" and words")
            text = base64.encodebytes(b"\n".join(lines)).decode()
            yield (f"Content-Type: text/{('plain', 'html')[i % 2]}; charset={name}\n"
                   f"Content-Transfer-Encoding: base64\n\n{text}").encode()


def without_nuls():
    """Pyzor's authors leave them out of lines (the vectors say so); Debian's release is older."""
    normalize = pyzor.digest.DataDigester.normalize
    pyzor.digest.DataDigester.normalize = staticmethod(lambda s: normalize(s.replace("\0", "")))


def peer(tmp):
    without_nuls()
    paths = sorted(glob.glob(f"{SRC}/tests/conformance/*/*.eml") + glob.glob(f"{SRC}/tests/parity/mails/*.eml"))
    samples = [read(p) for p in paths]
    for i, octets in enumerate(list(mutants(samples, MUTANTS)) + list(charsets())):
        paths.append(f"{tmp}/{i}")
        samples.append(octets)
        with open(paths[-1], "wb") as f:
            f.write(octets)
    corpus = os.environ.get("MERLON_CORPUS")
    for where, _, names in os.walk(corpus) if corpus else ():
        for name in sorted(names):
            paths.append(os.path.join(where, name))
            samples.append(read(paths[-1]))
    left_out = 0
    for path, octets, digest in zip(paths, samples, ours(paths)):
        want = theirs(octets)
        if want is None:
            left_out += 1
            continue
        check(digest == want, f"{path}: {digest}, pyzor says {want}")
    print(f"{len(paths)} messages, of {left_out} of which pyzor makes nothing")
    check(left_out < len(paths) / 5, "most have a digest")


def main():
    with tempfile.TemporaryDirectory(dir=os.environ.get("MERLON_KEEP")) as tmp:
        vectors(tmp)
        if pyzor:
            peer(tmp)
        else:
            print("no python3 module pyzor: vectors only")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
