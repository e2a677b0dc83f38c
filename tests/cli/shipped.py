#!/usr/bin/python3
"""The rules that come with the program: every one is described, grouped, scored and tested both ways,
all of their tests hold, and nothing in them is left out."""
import json
import os
import subprocess
import sys

BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.environ.get("builddir", ".")))
passed = failed = 0

# Rules whose facts are answers of the network or of limits: tests/replay tests them. Those over a model
# that has learnt: tests/cli/classify.py does. Those over what scanners say: tests/e2e/test_antivirus.py.
# Over databases of addresses and names in DNS: tests/cli/networks.py.
# Those over answers of DNS lists: tests/cli/dnslists.py.
# Over feeds: tests/unit/checks/outside/test_feeds.c. Over redirectors: tests/unit/checks/outside/test_redirect.c.
BY_REPLAY = ("auth", "signing", "statistics", "scanners", "networks", "dnsbl", "dnshint", "dnswl", "dnslist", "feeds", "redirects")


def check(good, text):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED", text)


def run(*argv):
    return subprocess.run([f"{BUILD}/merlon", "rules", *argv], capture_output=True, text=True, timeout=300)


r = run("lint")
check(r.returncode == 0 and " 0 faults, 0 notes" in r.stdout, "lint: " + r.stdout[-400:])
r = run("test")
check(r.returncode == 0, "test: " + (r.stdout + r.stderr)[-2000:])
rules = json.loads(run("list", "--json").stdout)
named = [rule["name"] for rule in rules if not rule["name"].startswith("__")]
shown = {rule["name"]: rule for rule in json.loads(run("show", "--json", *named).stdout)}
for rule in rules:
    if rule["name"].startswith("__"):
        continue
    check(rule["describe"] and rule["group"], f"{rule['name']} is described and grouped")
    if rule["group"] in BY_REPLAY:
        continue
    results = {t["ok"] for t in shown[rule["name"]]["tests"]}
    check(results == {True, False}, f"{rule['name']} has a test that hits and one that does not")
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
