"""What the lints share: the files of the tree, C without comments and strings, and the tally."""
import os
import re
import sys

TOP = os.path.abspath(os.environ.get("srcdir") or os.path.join(os.path.dirname(__file__), "../.."))


def files(folders, endings):
    """Paths below TOP, sorted; build directories and seeds are not among them."""
    found = []
    for folder in folders:
        for base, dirs, names in os.walk(os.path.join(TOP, folder)):
            dirs[:] = sorted(d for d in dirs if d not in ("seeds", "__pycache__"))
            found += [os.path.join(base, n) for n in names if n.endswith(endings)]
    return sorted(os.path.relpath(f, TOP) for f in found)


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return f.read()


TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def bare(text):
    """C text with comments and what is in quotes blanked out, line for line."""

    def blank(match):
        found = match.group(0)
        if found[0] in "\"'":
            return found[0] * 2
        return re.sub(r"[^\n]", " ", found)

    return TOKEN.sub(blank, text)


class Tally:
    """Counts what was looked at, prints what is wrong, and ends the program."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, good, *why):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(*why)

    def end(self):
        if self.passed + self.failed == 0:
            print("nothing was looked at")
            self.failed = 1
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed else 0)
