#!/usr/bin/python3
"""merlon greylist and merlon limits as a user meets them, without a daemon."""
import os
import subprocess
import sys
import tempfile

BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.environ.get("builddir", ".")))
passed = failed = 0
CONF = """
rate "mine" { key = {"ip", "rcpt"} limit = "10/1h" }
rate "octets" { key = {"user"} count = bytes limit = "10M/1d" }
"""
# arguments, exit code, what standard output or error says
ROWS = [
    (["limits", "--help"], 0, "usage: merlon limits"),
    (["greylist", "--help"], 0, "usage: merlon greylist"),
    (["limits"], 2, "usage"),
    (["limits", "empty"], 2, "usage"),
    (["limits", "show", "mine"], 2, "usage"),
    (["limits", "raise", "mine", "192.0.2.1", "b@here.example"], 2, "usage"),
    (["limits", "--to", "5", "list"], 2, "usage"),
    (["limits", "list", *"abcdefghi"], 2, "usage"),
    (["limits", "--nonsense"], 2, "usage"),
    (["greylist"], 2, "usage"),
    (["greylist", "release"], 2, "usage"),
    (["greylist", "forget"], 2, "usage"),
    (["greylist", "grow"], 2, "usage"),
    (["limits", "reset", "mine", "192.0.2.1", "b@here.example"], 1, "there is no such bucket"),
    (["limits", "reset", "yours", "192.0.2.1"], 2, 'there is no rate limit "yours"'),
    (["limits", "reset", "mine", "192.0.2.1"], 2, 'the key of "mine" is ip rcpt'),
    (["limits", "--to", "many", "raise", "mine", "192.0.2.1", "b@here.example"], 2, "found --to many --for 1d"),
    (["limits", "--to", "5M", "raise", "mine", "192.0.2.1", "b@here.example"], 2, "found --to 5M --for 1d"),
    (["limits", "--to", "5", "--for", "ever", "raise", "mine", "192.0.2.1", "b@here.example"], 2, "--for ever"),
    (["limits", "--to", "50", "raise", "mine", "192.0.2.1", "B@here.example"], 0, "raised"),
    (["limits", "--to", "50M", "--for", "2h", "raise", "octets", "bob"], 0, "raised"),
    (["limits", "--json", "reset", "mine", "192.0.2.1", "b@HERE.example"], 0, '{"reset": true}'),
    (["limits", "--json", "reset", "mine", "192.0.2.1", "b@here.example"], 1, '{"reset": false}'),
    (["limits", "list"], 0, ""),
    (["limits", "list", "bob"], 0, "octets bob: 0 of 52428800 (0 %), raised"),
    (["limits", "--json", "list", "nobody"], 1, "[]"),
    (["limits", "reset", "octets", "bob"], 0, "reset"),
    (["limits", "--json", "list"], 0, "[]"),
    (["greylist", "list"], 0, ""),
    (["greylist", "list", "sender.example"], 1, ""),
    (["greylist", "--json", "list"], 0, "[]"),
    (["greylist", "release", "sender.example"], 1, "0 released"),
    (["greylist", "--json", "forget", "sender.example"], 1, '{"forgotten": 0}'),
]


def check(good, text):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED", text)


def run(argv, directory):
    extra = ["-c", f"{directory}/merlon.conf", "--state", directory] if "--help" not in argv else []
    return subprocess.run([f"{BUILD}/merlon", *argv, *extra], capture_output=True, text=True, timeout=60)


with tempfile.TemporaryDirectory() as d:
    with open(f"{d}/merlon.conf", "w", encoding="ascii") as f:
        f.write(CONF)
    for argv, code, says in ROWS:
        done = run(argv, d)
        check(done.returncode == code and says in done.stdout + done.stderr,
              f"merlon {' '.join(argv)}: {done.returncode} {done.stdout}{done.stderr}")
    with open(f"{d}/none.conf", "w", encoding="ascii") as f:
        f.write("store { backend = none }\n")
    done = subprocess.run([f"{BUILD}/merlon", "limits", "list", "-c", f"{d}/none.conf"], capture_output=True, text=True,
                          timeout=60)
    check(done.returncode == 2 and "nothing is remembered" in done.stderr, f"no store: {done}")
    done = subprocess.run([f"{BUILD}/merlon", "limits", "list", "-c", f"{d}/merlon.conf", "--state", f"{d}/nowhere"],
                          capture_output=True, text=True, timeout=60)
    check(done.returncode == 2 and "nowhere/store.db: No such file" in done.stderr, f"no state: {done}")
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
