#!/usr/bin/python3
"""What a worker reads in a message: inside its sandbox, with the shipped rules, and what it says of it."""
import os
import re
import string

from contents import PAGE, PROGRAM, attached, body_of, headers_of, seven_zipped, text, zipped
from harness import Bench, equal, expect, run, wait_for
from milter_client import Milter
from test_filters import hyperscan
from test_supervisor import Site

RULES = r"""
body IN_RUSSIAN /\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82/
score IN_RUSSIAN 0.1
body IN_JAPANESE /\xe3\x81\x93\xe3\x82\x93\xe3\x81\xab\xe3\x81\xa1\xe3\x81\xaf/
score IN_JAPANESE 0.1
body IN_UTF7 /Gr\xc3\xbc\xc3\x9fe/
score IN_UTF7 0.1
"""

# Text, its charset, the rule of ours that sees it. The first is of iconv, which opens files.
CHARSETS = [(b"see http://p\xa0ypal.com/login now", "mik", "LOOKALIKE_URL"),
            ("\u041f\u0440\u0438\u0432\u0435\u0442", "koi8-r", "IN_RUSSIAN"),
            ("\u3053\u3093\u306b\u3061\u306f", "iso-2022-jp", "IN_JAPANESE"),
            ("\u3053\u3093\u306b\u3061\u306f", "shift_jis", "IN_JAPANESE"), (b"Gr+APwA3w-e", "utf-7", "IN_UTF7")]

FILES = [(attached("invoice.zip", zipped("invoice.pdf.exe", PROGRAM)), "ARCHIVE_RISKY"),
         (attached("invoice.7z", seven_zipped("invoice.pdf.exe", PROGRAM)), "ARCHIVE_RISKY"),
         (attached("photo.jpg.exe", PROGRAM), "MIME_DOUBLE_BAD_EXTENSION"),
         (text(PAGE, kind="html"), "LOOKALIKE_URL"), (text(PAGE, kind="html"), "PHISHING")]

# Octets that would end a field, begin one, or be none of a field's, where evidence is taken from.
HOSTILE = ["=?utf-8?q?urgent=0D=0AX-Smuggled:_yes?=", "=?utf-8?b?AHVyZ2VudAA=?=", "urgent \x7f\x01\x02 \x1b[2J",
           "Pa\u0443pal urgent \u202e \u2028 \u0085", "urgent " + "\u00fc" * 900, "=?utf-8?q?urgent=0AX-Smuggled:_yes=0A=0Abody?=",
           "urgent; " * 120]


def site_of(b, more=""):
    path = os.path.join(b.path("more"), "90_site.cf")
    with open(path, "w") as f:
        f.write(RULES)
    return Site(b, f'daemon {{ workers = 1 }}\nscore {{ tag = 1 reject = 1000 }}\nrules {{ files = {{"{path}"}} {more} }}\n')


def judged(site, parts, **kind):
    with Milter(site.where, 30) as m:
        v = m.open().message(headers_of("author.example", **kind), body_of(*parts))
        m.quit()
    return v


def names(verdict):
    return re.findall(r"([A-Z0-9_]+)\(", verdict.field("X-Merlon-Symbols"))


def test_charsets():
    with Bench() as b:
        site = site_of(b)
        for body, charset, rule in CHARSETS:
            got = names(judged(site, [text(body, charset)]))
            expect(rule in got, f"{charset}: {got}")
        equal(site.log().count("worker_crashed"), 0, "crashes")


def test_files():
    with Bench() as b:
        site = site_of(b)
        for part, rule in FILES:
            got = names(judged(site, [part]))
            expect(rule in got, f"{rule}: {got}")
        equal(site.log().count("worker_crashed"), 0, "crashes")


def test_evidence():
    """Nothing of a message makes a field, a line of a field, or a line of the log."""
    legal = set(string.printable) - set("\x0b\x0c\r")
    with Bench() as b:
        site = site_of(b)
        for subject in HOSTILE:
            before = len(site.log().splitlines())
            v = judged(site, [text(PAGE, kind="html"), attached("a\t.exe;.js", PROGRAM)], subject=subject, name=subject)
            expect("LOOKALIKE_URL" in names(v), f"{subject!r}: {v.inserted}")
            for name, value in v.inserted:
                expect(name in ("Authentication-Results", "X-Spam-Flag") or name.startswith("X-Merlon-"), name)
                expect(set(value) <= legal, f"{name}: {value!r}")
                expect(re.fullmatch(r"[^\n]{0,900}(\n[ \t][^\n]*\S[^\n]*)*", value), f"{name}: {value!r}")
            lines = site.log().splitlines()[before:]
            expect(all(re.match(r"\S+ (\S+=|\w+)", line) for line in lines), lines)
            expect(not any(c < " " for line in lines for c in line), lines)


def test_filters_change_nothing():
    """The same message, with the filters of patterns and without, gets the same symbols."""
    parts = [text(PAGE, kind="html"), FILES[0][0], text(*CHARSETS[1][:2])]
    got = []
    for more in ("hyperscan = off", "hyperscan = auto"):
        with Bench() as b:
            site = site_of(b, more)
            if more == "hyperscan = auto" and hyperscan():
                wait_for(lambda: 'event="filters_loaded"' in site.log(), "filters", 60)
            got.append(judged(site, parts).field("X-Merlon-Symbols"))
    equal(got[0], got[1], "symbols")


if __name__ == "__main__":
    run([v for k, v in list(globals().items()) if k.startswith("test_")])
