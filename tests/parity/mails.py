#!/usr/bin/python3
"""Merlon and SpamAssassin on the messages of tests/parity/mails: the hits of SpamAssassin's stock rules,
and those of tests/parity/evals, which call every function that needs no network; the texts that rules
see; header fields and links."""
import os
import re
import subprocess
import sys
import tempfile

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


def dump(out, argv, names=""):
    with open(out, "wb") as f:
        done = subprocess.run(argv, input=names.encode(), stdout=f, stderr=subprocess.PIPE, timeout=600)
    check(done.returncode == 0, f"{argv[0]}: {done.stderr.decode(errors='replace')[-300:]}")


def shares(name, script, theirs, ours, least):
    done = subprocess.run([sys.executable, f"{HERE}/{script}", "--show", "1", theirs, ours], capture_output=True,
                          text=True, errors="replace", timeout=600)
    print(f"-- {name}\n{done.stdout[:6000]}{done.stderr[-2000:]}")
    for kind, equal, differ in re.findall(r"^(\w+):? +(\d+) equal, (\d+) differ", done.stdout, re.M):
        share = 100 * int(equal) / max(1, int(equal) + int(differ))
        check(share >= least, f"{name}: {kind}: {share:.2f} % of {int(equal) + int(differ)} are equal")


def views(d, files):
    names = "\n".join(files) + "\n"
    dump(f"{d}/sa", ["perl", "-T", f"{HERE}/dump_sa.pl"], names)
    dump(f"{d}/us", [f"{BUILD}/tests/parity/view_dump"], names)
    shares("texts", "views.py", f"{d}/sa", f"{d}/us", 98)


def headers(d, files):
    dump(f"{d}/sa", ["perl", f"{HERE}/dump_sa_headers.pl", *files])
    dump(f"{d}/us", [f"{BUILD}/tests/parity/dump_headers", "/usr/share/spamassassin/20_aux_tlds.cf", *files])
    shares("fields and links", "compare_headers.py", f"{d}/sa", f"{d}/us", 99)


mails = len([n for n in os.listdir(f"{HERE}/mails") if n.endswith(".eml")])
check(mails >= 60, "there are messages")
compare("stock rules", messages=mails)
compare("functions", "--rules", f"{HERE}/evals", messages=mails)
paths = sorted(f"{HERE}/mails/{n}" for n in os.listdir(f"{HERE}/mails"))
with tempfile.TemporaryDirectory() as scratch:
    views(scratch, paths)
    headers(scratch, paths)
check(passed >= 20, "both dumpers said something")
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
