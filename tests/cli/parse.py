#!/usr/bin/python3
"""merlon parse: its JSON, its text and its views."""
import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
import zlib

BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.environ.get("builddir", ".")))
MERLON = f"{BUILD}/merlon"
passed = failed = 0


def check(good, what):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("FAILED:", what)


def run(*argv, stdin=b""):
    return subprocess.run(argv, capture_output=True, input=stdin, timeout=60, check=False)


def lines(done):
    return [json.loads(x) for x in done.stdout.splitlines()]


def write(path, data):
    with open(path, "w", encoding="utf-8") as f:
        f.write(data)
    return path


MIXED = """From: =?utf-8?q?Gr=C3=BC=C3=9Fe?= <a@good.example>
Subject: =?iso-8859-1?q?caf=E9?= http://subject.example/
List-Unsubscribe: <https://list.example/u>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

<p>seen caf=E9 <a href=3D"http://www.bank.co.uk/x">www.other.example</a></p><p style=3D"display:none">unseen</p>
--b
Content-Type: application/pdf; name="invoice.pdf.exe"
Content-Disposition: attachment
Content-Transfer-Encoding: base64

%s
--b--
"""
PARSED = {"file", "headers", "parts", "visible", "hidden", "urls", "urls_found", "ambiguities", "html"}
PART = {"path", "type", "detected", "agrees", "charset", "encoding", "name", "name_findings", "disposition", "size",
        "sha256", "ambiguities", "archive"}
URL = {"url", "raw", "host", "shown", "registrable", "origin", "part", "text", "flags"}


def parses(d):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as z:
        z.writestr("run.js", "x")
    text = MIXED % base64.encodebytes(packed.getvalue()).decode().strip()
    path = write(f"{d}/mixed.eml", text)
    done = run(MERLON, "parse", "--json", path)
    got = lines(done)[0]
    check(done.returncode == 0 and set(got) == PARSED, f"merlon parse --json: {sorted(got)}")
    check(got["headers"][0] == {"name": "From", "value": "Gr\u00fc\u00dfe <a@good.example>"}, "fields decoded")
    root, html, exe = got["parts"]
    check(all(set(p) == PART for p in got["parts"]), "keys of parts")
    check((html["path"], html["type"], html["charset"], html["encoding"], html["disposition"], html["name"]) ==
          ("1", "text/html", "iso-8859-1", "quoted-printable", None, None), f"an HTML part: {html}")
    check(root["size"] is None and root["sha256"] is None and root["archive"] is None, "a multipart has no octets")
    check(exe["detected"] == "application/zip" and exe["agrees"] is False and exe["size"] == len(packed.getvalue())
          and exe["name_findings"] == ["risky", "double-extension"]
          and exe["sha256"] == hashlib.sha256(packed.getvalue()).hexdigest(), f"a file: {exe}")
    check(exe["archive"]["format"] == "zip" and exe["archive"]["findings"] == ["risky"]
          and exe["archive"]["entries"][0]["name"] == "run.js", f"its list: {exe['archive']}")
    check("seen caf\u00e9 www.other.example" in got["visible"] and "unseen" not in got["visible"]
          and "unseen" in got["hidden"], "visible and hidden text")
    urls = {(u["origin"], u["host"]): u for u in got["urls"]}
    check(all(set(u) == URL for u in got["urls"]), "keys of links")
    link = urls.get(("html", "www.bank.co.uk"), {})
    check(link.get("registrable") == "bank.co.uk" and link.get("text") == "www.other.example"
          and link.get("part") == "1", f"a link: {link}")
    check({o for o, _ in urls} == {"html", "html-text", "subject", "list-unsubscribe"}, f"origins: {sorted(urls)}")
    check(got["html"][0]["part"] == "1" and got["html"][0]["hidden"] == {"display": 6}, f"HTML: {got['html']}")
    plain = run(MERLON, "parse", path).stdout.decode()
    check(all(x in plain for x in ("run.js", "double-extension", "hidden by display", "http://www.bank.co.uk/x",
                                   "Gr\u00fc\u00dfe")), "merlon parse")
    nothing = json.loads(run(MERLON, "parse", "--json", "-", stdin=b"\r\n").stdout)
    check(set(nothing) == PARSED and nothing["parts"][0]["name"] is None, "an empty message")
    nasty = run(MERLON, "parse", "-", stdin=b"From: \x1b[2J\x00\xff\r\n\r\n\x1b]0;x\x07\xe2\x80\xae\r\n").stdout
    check(b"\x1b" not in nasty and b"\x07" not in nasty and b"\xe2\x80\xae" not in nasty, "nothing plays with the terminal")
    for view, want in (("header:Subject", "caf\u00e9 http://subject.example/\\n"), ("uri", "http://www.bank.co.uk/x"),
                       ("body", "seen caf\u00e9 www.other.example\\n"), ("header:From:addr", "a@good.example"),
                       ("mimeheader:Content-Disposition", "attachment\\n"), ("html", "0 html 1"),
                       ("relays", "X-Spam-Relays-Untrusted: ")):
        done = run(MERLON, "parse", "--view", view, path)
        got = done.stdout.decode().split("\n")
        check(done.returncode == 0 and any(want in g for g in got), f"--view {view}: {got}")
        again = json.loads(run(MERLON, "parse", "--json", "--view", view, path).stdout)
        check([g.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r") for g in again] == got[:-1], f"--view {view} --json")
    check(run(MERLON, "parse", "--view", "header:X-None", path).stdout == b"", "no such field: no line")


def bombs(d):
    """Thirty files of a quarter of a GiB each: the last are not looked into, the whole is cheap."""
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    first, again = (pack.compress(bytes(1 << 20)) + pack.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    bomb = base64.encodebytes(first + again * 255).decode()
    part = ("--b\nContent-Type: application/gzip; name=a.gz\nContent-Disposition: attachment\n"
            "Content-Transfer-Encoding: base64\n\n" + bomb)
    path = write(f"{d}/bombs.eml", "From: a@b.example\nMIME-Version: 1.0\n"
                 "Content-Type: multipart/mixed; boundary=b\n\n" + part * 30 + "--b--\n")
    before = os.times()
    got = lines(run(MERLON, "parse", "--json", path))[0]["parts"][1:]
    spent = os.times().children_user - before.children_user
    check(all(p["archive"] and p["archive"]["findings"] for p in got), "each bomb is found")
    check("limit" in got[-1]["archive"]["findings"], f"the last: {got[-1]['archive']}")
    check(spent < 5, f"{spent} s for thirty bombs")


with tempfile.TemporaryDirectory() as where:
    parses(where)
    bombs(where)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
