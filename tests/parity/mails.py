#!/usr/bin/python3
"""Merlon and SpamAssassin on the messages of tests/parity/mails: with SpamAssassin's stock rules, and
with tests/parity/evals, which calls every function that needs no network."""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.environ.get("builddir", ".")))
passed = failed = 0


def check(good, text):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED", text)


def compare(name, *options, messages):
    done = subprocess.run([sys.executable, f"{HERE}/parity.py", *options, f"{BUILD}/merlon", f"{HERE}/mails"],
                          capture_output=True, text=True, timeout=600)
    print(f"-- {name}\n{done.stdout}{done.stderr[-2000:]}")
    figures = re.search(r"agreement ([\d.]+) % \(at least [\d.]+\), coverage ([\d.]+) %", done.stdout)
    check(done.returncode == 0 and figures, f"{name}: parity.py ends well")
    found = re.search(r"(\d+) messages, (\d+) hits", done.stdout)
    check(found and int(found[1]) == messages, f"{name}: all messages are compared")
    check(found and int(found[2]) > 20 * messages, f"{name}: there is something to compare")
    for figure, least, text in zip(figures.groups() if figures else (), (99.5, 97.0), ("agreement", "coverage")):
        check(float(figure) >= least, f"{name}: {text} {figure} %")


mails = len([n for n in os.listdir(f"{HERE}/mails") if n.endswith(".eml")])
check(mails >= 60, "there are messages")
compare("stock rules", messages=mails)
compare("functions", "--rules", f"{HERE}/evals", messages=mails)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
