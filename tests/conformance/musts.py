#!/usr/bin/python3
"""Holds MUSTS.md against the tree: each row names a file and a text that stands in it."""
import os
import sys

SRCDIR = os.environ.get("srcdir", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
FOLDERS = {"unit": "tests/unit", "conf": "tests/conformance"}


def rows(path):
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            cells = [c.strip() for c in line.replace("\\|", "\0").split("|")[1:-1]]
            if len(cells) == 4 and cells[0] != "Section" and not cells[0].startswith("--"):
                yield number, [c.replace("\0", "|") for c in cells]


def check(cells):
    """What is wrong with a row, or None."""
    section, must, where, text = cells
    if not section or not must:
        return "an empty cell"
    kind, _, name = where.partition("/")
    path = os.path.join(SRCDIR, FOLDERS.get(kind, "?"), name)
    if not os.path.isfile(path):
        return "no file %s" % where
    with open(path, encoding="utf-8", errors="replace") as f:
        if text.strip("`") not in f.read():
            return "%s does not have %s" % (where, text)
    return None


def main():
    passed = failed = 0
    for number, cells in rows(os.path.join(SRCDIR, "tests/conformance/MUSTS.md")):
        wrong = check(cells)
        passed, failed = passed + (not wrong), failed + bool(wrong)
        if wrong:
            print("MUSTS.md:%d: %s" % (number, wrong))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or passed < 100 else 0


sys.exit(main())
