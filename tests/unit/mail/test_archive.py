#!/usr/bin/python3
"""What archives hold: real ones of every format, hostile ones, bombs, and what each may cost."""
import bz2
import gzip
import io
import lzma
import os
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
import zlib

PROBE = os.path.abspath("tests/unit/mail/archive_probe")
MAX_CPU_US, MAX_KIB = 300_000, 64 * 1024
SANITIZED = 10  # times as long, as large
EXE = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0\x4c\x01" + bytes(16) + b"\x02\x01" + bytes(100)
passed = failed = 0
where = tempfile.mkdtemp(prefix="merlon-archive-")


def check(good, what):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("FAILED:", what)


def probe(name, octets):
    path = os.path.join(where, name)
    if octets is not None:
        with open(path, "wb") as f:
            f.write(octets)
    done = subprocess.run([PROBE, path], capture_output=True, check=False)
    out = {"entries": [], "code": done.returncode}
    for line in done.stdout.decode("utf-8").split("\n"):
        key, _, rest = line.partition(" ")
        if key == "entry":
            level, size, kind, entry = rest.split(" ", 3)
            out["entries"].append((int(level), int(size), kind, entry))
        elif key:
            out[key] = rest
    out["names"] = [e[3] for e in out["entries"]]
    out["flags"] = set(out.get("flags", "").split())
    check(done.returncode == 0, f"{name}: exit {done.returncode} {done.stderr[-2000:]!r}")
    return out


def expect(name, octets, fmt, flags, names=None, within=None):
    """fmt "-": no archive. flags: all of them, as words. names: all, in order; within: some."""
    got = probe(name, octets)
    cpu, kib = int(got.get("cpu_us", 0)), int(got.get("memory_kib", 0))
    check(got.get("format") == fmt, f"{name}: format {got.get('format')}, expected {fmt}")
    check(got["flags"] == set(flags.split()), f"{name}: flags {sorted(got['flags'])}, expected {flags}")
    if names is not None:
        check(got["names"] == names, f"{name}: {got['names'][:20]}, expected {names}")
    for want in within or []:
        check(want in got["names"], f"{name}: no {want} in {got['names'][:20]}")
    most = SANITIZED if "sanitized" in got else 1
    check(cpu <= MAX_CPU_US * most, f"{name}: {cpu} us of CPU")
    check(kib <= MAX_KIB * most, f"{name}: {kib} KiB")
    check(len(got["entries"]) <= 1000, f"{name}: {len(got['entries'])} entries")
    if os.environ.get("VERBOSE"):
        print(f"{name:24} {cpu:8} us {kib:7} KiB {len(got['entries']):5} entries {sorted(got['flags'])}")
    return got


def make_zip(files, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in files:
            z.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def make_tar(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


FILES = [("a.txt", b"hello"), ("dir/b.pdf", b"%PDF-1.4 x"), ("gr\u00fc\u00df.txt", b"x")]
NAMES = [n for n, _ in FILES]


def formats():
    expect("a.zip", make_zip(FILES), "zip", "", NAMES)
    expect("stored.zip", make_zip(FILES, zipfile.ZIP_STORED), "zip", "", NAMES)
    expect("a.tar", make_tar(FILES), "tar", "", NAMES)
    expect("a.tar.gz", gzip.compress(make_tar(FILES)), "tar", "", NAMES)
    expect("a.tar.bz2", bz2.compress(make_tar(FILES)), "tar", "", NAMES)
    expect("a.tar.xz", lzma.compress(make_tar(FILES)), "tar", "", NAMES)
    expect("a.tar.lzma", lzma.compress(make_tar(FILES), format=lzma.FORMAT_ALONE), "tar", "", NAMES)
    got = expect("a.gz", gzip.compress(EXE), "gzip", "risky")
    check(got["entries"][0][2] == "application/x-msdownload", f"a.gz: {got['entries']}")
    expect("exe.zip", make_zip([("readme.exe", EXE)]), "zip", "risky", ["readme.exe"])
    expect("hidden.zip", make_zip([("photo.jpg", EXE)]), "zip", "risky", ["photo.jpg"])
    expect("empty.zip", make_zip([]), "zip", "", [])
    expect("nested.zip", make_zip([("in.zip", make_zip([("x.js", b"1")]))]), "zip", "nested risky",
           ["in.zip", "x.js"])
    expect("renamed.zip", make_zip([("in.dat", make_tar([("x.scr", b"1")]))]), "zip", "nested risky",
           ["in.dat", "x.scr"])
    expect("text", b"no archive at all", "-", "", [])
    expect("unsupported.ace", bytes(7) + b"**ACE**" + bytes(100), "application/x-ace-compressed",
           "unsupported", [])


def tool(program, args, name, fmt, flags, names=None, within=None):
    if not shutil.which(program):
        return
    os.makedirs(os.path.join(where, "in"), exist_ok=True)
    for n, data in [("one.txt", b"hello"), ("two.exe", EXE)]:
        with open(os.path.join(where, "in", n), "wb") as f:
            f.write(data)
    done = subprocess.run([program] + args, cwd=os.path.join(where, "in"), capture_output=True,
                          check=False)
    check(done.returncode == 0, f"{program}: {done.stderr[-300:]!r}")
    expect(name, None, fmt, flags, names, within)


def tools():
    both = ["one.txt", "two.exe"]
    for name, more, flags in [("t.7z", [], "risky"), ("solid.7z", ["-ms=on"], "risky"),
                              ("plainheader.7z", ["-mhc=off"], "risky"),
                              ("copy.7z", ["-m0=Copy"], "risky"),
                              ("ppmd.7z", ["-m0=PPMd"], "risky"),
                              ("secret.7z", ["-psecret"], "risky encrypted")]:
        tool("7z", ["a", "../" + name] + more + both, name, "7z", flags, within=both)
    tool("7z", ["a", "../hidden.7z", "-psecret", "-mhe=on"] + both, "hidden.7z", "7z", "encrypted", [])
    tool("7z", ["a", "../secret.zip", "-psecret"] + both, "secret.zip", "zip", "risky encrypted",
         within=both)
    tool("7z", ["a", "../aes.zip", "-psecret", "-mem=AES256"] + both, "aes.zip", "zip",
         "risky encrypted", within=both)
    tool("7z", ["a", "../dict.7z", "-m0=LZMA2:d=1536m"] + both, "dict.7z", "7z", "risky", within=both)
    tool("genisoimage", ["-quiet", "-J", "-r", "-o", "../t.iso", "."], "t.iso", "iso9660", "risky",
         within=both)
    tool("zstd", ["-q", "-f", "two.exe", "-o", "../t.zst"], "t.zst", "zstd", "risky")


# ---- office documents ----

def ooxml(more):
    return make_zip([("[Content_Types].xml", b"<Types/>"), ("_rels/.rels", b"<Relationships/>"),
                     ("word/document.xml", b"<w/>")] + more)


def rels(kind, target, mode=' TargetMode="External"'):
    return (f'<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/'
            f'officeDocument/2006/relationships/{kind}" Target="{target}"{mode}/></Relationships>'
            ).encode()


def vba_pack(source):
    """MS-OVBA 2.4.1 with literals only."""
    out = b"\x01"
    for at in range(0, len(source), 3600):
        piece = source[at:at + 3600]
        data = b"".join(b"\0" + piece[i:i + 8] for i in range(0, len(piece), 8))
        out += struct.pack("<H", 0xb000 | (len(data) - 1)) + data
    return out


def compound(streams, loop=False):
    """A compound file of 512-octet sectors; streams: (name, data), data None for a storage."""
    body, fat, entries = b"", [], []

    def chain(data):
        nonlocal body
        first, n = len(fat), max(1, -(-len(data) // 512))
        fat.extend(list(range(first + 1, first + n)) + [0xfffffffe])
        body += data.ljust(n * 512, b"\0")
        return first

    def entry(name, kind, first, size):
        raw = name.encode("utf-16le")
        return (raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw) + 2, kind, 1, 0xffffffff,
                0xffffffff, 0xffffffff) + bytes(36) + struct.pack("<IQ", first, size))

    entries.append(entry("Root Entry", 5, 0xfffffffe, 0))
    for name, data in streams:
        if data is None:
            entries.append(entry(name, 1, 0, 0))
        else:
            entries.append(entry(name, 2, chain(data.ljust(4096, b"\0")), max(4096, len(data))))
    directory = chain(b"".join(entries))
    if loop:
        fat[-1] = directory
    at = len(fat)
    fat.append(0xfffffffd)
    while len(fat) > 128 * (len(fat) - at):
        fat.append(0xfffffffd)
    nfat = len(fat) - at
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(nfat * 512, b"\xff")
    head = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) +
            struct.pack("<HHHHH6xIIIIIIIII", 0x3e, 3, 0xfffe, 9, 6, 0, nfat, directory, 0, 4096,
                        0xfffffffe, 0, 0xfffffffe, 0))
    head += struct.pack(f"<{nfat}I", *range(at, at + nfat)) + b"\xff" * (436 - 4 * nfat)
    return head + body + table


MODULE = b'Attribute VB_Name = "ThisDocument"\r\nPrivate Sub %s()\r\n  Shell "calc"\r\nEnd Sub\r\n'


def vba(name):
    return [("VBA", None), ("dir", vba_pack(b"")), ("_VBA_PROJECT", b"\xcc\x61"),
            ("ThisDocument", bytes(77) + vba_pack(MODULE % name))]


def documents():
    expect("plain.docx", ooxml([]), "ooxml", "")
    expect("link.docx", ooxml([("word/_rels/document.xml.rels", rels("hyperlink", "https://a.example"))]),
           "ooxml", "")
    expect("template.docx",
           ooxml([("word/_rels/settings.xml.rels", rels("attachedTemplate", "https://a.example/x"))]),
           "ooxml", "external")
    expect("utf16.docx",
           ooxml([("word/_rels/settings.xml.rels",
                   rels("attachedTemplate", "https://a.example/x").decode().encode("utf-16"))]),
           "ooxml", "external")
    expect("own.docx", ooxml([("word/_rels/settings.xml.rels", rels("attachedTemplate", "x.dotx", ""))]),
           "ooxml", "")
    expect("object.docx", ooxml([("word/embeddings/oleObject1.bin", compound([("x", b"y")]))]), "ooxml",
           "ole-object")
    expect("macro.docm", ooxml([("word/vbaProject.bin", compound(vba(b"Helper")))]), "ooxml", "macro")
    expect("auto.docm", ooxml([("word/vbaProject.bin", compound(vba(b"Document_Open")))]), "ooxml",
           "macro autoexec")
    expect("plain.doc", compound([("WordDocument", b"\xec\xa5")]), "ole", "", ["WordDocument"])
    expect("macro.doc", compound([("WordDocument", b"")] + vba(b"Helper")), "ole", "macro")
    expect("auto.doc", compound([("WordDocument", b"")] + vba(b"AutoOpen")), "ole", "macro autoexec")
    boundsheet = struct.pack("<HHIBB", 0x85, 8, 0, 0, 1) + b"\1\0"
    auto = struct.pack("<HHHBB", 0x18, 16, 0x20, 0, 1) + bytes(11) + b"\1"
    expect("xlm.xls", compound([("Workbook", boundsheet)]), "ole", "macro")
    expect("xlmauto.xls", compound([("Workbook", boundsheet + auto)]), "ole", "macro autoexec")
    expect("password.xls", compound([("Workbook", struct.pack("<HH", 0x2f, 0))]), "ole", "encrypted")
    expect("encrypted.docx", compound([("EncryptedPackage", b"x"), ("EncryptionInfo", b"y")]), "ole",
           "encrypted")
    package = (b"\0\0\0\0\x02\0" + b"bad.exe\0" + b"C:\\bad.exe\0" + bytes(4) + struct.pack("<I", 4) +
               b"tmp\0" + struct.pack("<I", len(EXE)) + EXE)
    expect("package.doc", compound([("WordDocument", b""), ("\1Ole10Native", package)]), "ole",
           "ole-object risky", ["WordDocument", "Ole10Native", "bad.exe"])
    expect("mail.msg", compound([("__substg1.0_3707001F", "invoice.scr".encode("utf-16le"))]), "ole",
           "risky")
    expect("loop.doc", compound([("WordDocument", b"x")], loop=True), "ole", "broken")
    whole = compound([("WordDocument", b"")] + vba(b"AutoOpen"))
    for cut in range(0, len(whole), 397):
        probe("cut.doc", whole[:cut])
    same = compound([("x%03d" % i, b"") for i in range(900)])
    expect("many.doc", same, "ole", "")
    expect("toomany.doc", compound([("x%04d" % i, None) for i in range(3000)]), "ole", "limit")


# ---- what lies ----

def local(name, data, packed=None):
    return (struct.pack("<IHHHHHIIIHH", 0x04034b50, 20, 0, 0, 0, 0, zlib.crc32(data),
                        len(data) if packed is None else packed, len(data), len(name), 0) + name + data)


def central(name, size, at, packed=None):
    return struct.pack("<IHHHHHHIIIHHHHHII", 0x02014b50, 20, 20, 0, 0, 0, 0, 0,
                       size if packed is None else packed, size, len(name), 0, 0, 0, 0, 0, at) + name


def end(n, size, at, comment=b""):
    return struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, n & 0xffff, n & 0xffff, size, at, len(comment)) + comment


def lies():
    one, other = local(b"good.txt", b"x"), local(b"evil.exe", b"y")
    directory = central(b"good.txt", 1, 0)
    expect("unlisted.zip", one + other + directory + end(1, len(directory), len(one + other)), "zip",
           "mismatch risky", ["evil.exe", "good.txt"])
    directory = central(b"good.txt", 1, 0)
    expect("othername.zip", local(b"evil.exe", b"y") + directory + end(1, len(directory), len(other)),
           "zip", "mismatch risky", within=["evil.exe"])
    two = local(b"a.txt", b"x") + local(b"a.txt", b"y")
    directory = central(b"a.txt", 1, 0) + central(b"a.txt", 1, len(two) // 2)
    expect("twice.zip", two + directory + end(2, len(directory), len(two)), "zip", "mismatch")
    expect("zeros.gz", gzip.compress(bytes(2000) + EXE), "gzip", "")
    expect("noend.zip", one + other, "zip", "broken risky", within=["good.txt", "evil.exe"])
    plain = make_zip(FILES)
    expect("prefix.zip", plain + b"", "zip", "", NAMES)
    for cut in range(0, len(plain), 17):
        probe("cut.zip", plain[:cut])
    expect("comment.zip", one + (d := central(b"good.txt", 1, 0)) + end(1, len(d), len(one), b"PK\5\6 no"),
           "zip", "", ["good.txt"])


# ---- bombs ----

def zeros(n):
    """n zeros by gzip: after a full flush, the same octets stand for the same MiB again."""
    c = zlib.compressobj(9, zlib.DEFLATED, 31)
    first, again = (c.compress(bytes(1 << 20)) + c.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + again * ((n >> 20) - 1) + c.flush()


def many_entries(n):
    body, directory = io.BytesIO(), io.BytesIO()
    for i in range(n):
        name = b"%x" % i
        directory.write(central(name, 0, body.tell()))
        body.write(local(name, b""))
    body, directory = body.getvalue(), directory.getvalue()
    return body + directory + end(n, len(directory), len(body))


def overlapping(n, kernel):
    """Entries whose data are all the same octets."""
    body = local(b"k", kernel)
    directory = b"".join(central(b"f%d" % i, len(kernel), 0) for i in range(n))
    return body + directory + end(n, len(directory), len(body))


def layers(depth, width, seed):
    data = seed
    for level in range(depth):
        data = make_zip([("%d-%d.zip" % (level, i), data) for i in range(width)])
    return data


def bombs():
    gib = zeros(1 << 30)
    expect("gib.gz", gib, "gzip", "limit")
    expect("tail.tar.gz", gzip.compress(make_tar([("z", b"x")]) + bytes(1 << 26)), "tar", "")
    expect("big.zip", make_zip([("z", bytes(1 << 26))]), "zip", "bomb", ["z"])
    expect("gib2.zip", make_zip([("z.gz", gib)]), "zip", "bomb")
    expect("42.zip", layers(5, 16, make_zip([("0", bytes(1 << 26))])), "zip", "nested limit")
    expect("million.zip", many_entries(150_000), "zip", "limit")
    expect("overlap.zip", overlapping(900, os.urandom(20000)), "zip", "bomb mismatch")
    expect("zeros.xz", lzma.compress(bytes(1 << 26)), "xz", "bomb")
    expect("zeros.bz2", bz2.compress(bytes(1 << 25)) * 8, "bzip2", "bomb")
    huge = lzma.compress(b"x" * 1000, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}])
    expect("dict.xz", huge, "xz", "")
    alone = b"\x5d" + struct.pack("<I", 0x80000000) + lzma.compress(
        b"x" * 1000, format=lzma.FORMAT_ALONE)[5:]
    expect("dict.lzma", alone, "lzma", "limit")
    expect("window.zst", b"\x28\xb5\x2f\xfd\x00\xf8" + bytes(64), "zstd", "limit")
    expect("random.zip", make_zip([("r%d" % i, os.urandom(300_000)) for i in range(30)]), "zip", "")
    expect("tenmeg.tar.gz", gzip.compress(make_tar([("r%d" % i, os.urandom(100_000)) for i in range(90)]), 1),
           "tar", "")
    expect("targz.many", gzip.compress(make_tar([("n%d" % i, b"") for i in range(20000)])), "tar", "limit")
    sevens = bytearray(b"7z\xbc\xaf\x27\x1c\0\4" + bytes(24))
    struct.pack_into("<QQ", sevens, 12, 0, 1 << 30)
    expect("header.7z", bytes(sevens) + bytes(1000), "7z", "limit")


def main():
    began = time.time()
    try:
        for part in (formats, tools, documents, lies, bombs):
            part()
    finally:
        shutil.rmtree(where)
    print(f"{passed} passed, {failed} failed in {time.time() - began:.0f} s")
    return 1 if failed else 0


if not os.path.exists(PROBE):
    print("no", PROBE)
    sys.exit(77)
sys.exit(main())
