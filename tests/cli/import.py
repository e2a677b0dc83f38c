#!/usr/bin/python3
"""merlon learn import: counts of bogofilter and SpamAssassin become counts of ours, exactly, and go away again; with
the programs themselves where they are installed."""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.environ.get("builddir", ".")))
MERLON = f"{BUILD}/merlon"
passed = failed = 0

# Word, messages of spam, of ham; and which of our tokens that is, if any.
WORDS = [("lottery", 40, 1, "lottery"), ("minutes", 2, 55, "minutes"), ("subj:Prize", 33, 0, "subject:prize"),
         ("from:bulk.example", 20, 0, "from:bulk.example"), ("rcvd:mx.work.example", 0, 44, "received:mx.work.example"),
         ("to:bob", 7, 9, "to:bob"), ("head:X-Mailer", 9, 9, None), ("rtrn:bulk.example", 9, 0, None),
         ("two.words,here", 5, 5, None), ("everywhere", 60, 70, "everywhere")]
SPAM, HAM = 60, 70
MAIL = ("Received: from mx.work.example by x; Mon, 5 Jan 2026 10:00:00 +0000\nFrom: a@bulk.example\n"
        "To: bob@here.example\nSubject: Prize\n\nlottery minutes everywhere\n")


def check(good, text):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED", text)


def run(*argv):
    return subprocess.run([MERLON, *argv], capture_output=True, text=True, timeout=120)


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    return path


def dump(extra=""):
    return f".MSG_COUNT {SPAM} {HAM} 20260105\n" + "".join(f"{w} {s} {h} 20260105\n" for w, s, h, _ in WORDS) + extra


def backup():
    def line(word, spam, ham):
        return f"t\t{spam}\t{ham}\t1500000000\t{hashlib.sha1(word.encode()).hexdigest()[-10:]}\n"
    return (f"v\t3\tdb_version # this must be the first line!!!\nv\t{SPAM}\tnum_spam\nv\t{HAM}\tnum_nonspam\n" +
            line("lottery", 30, 1) + line("LOTTERY", 10, 0) + line("minutes", 2, 55) + line("H*F:x", 9, 9) +
            line("unheard", 50, 0) + "s\ts\t0123@sa_generated\n")


def tokens(d, state):
    r = run("classify", "--state", state, "--json", "--explain", write(f"{d}/mail", MAIL))
    return {t["token"]: (t["spam"], t["ham"]) for t in json.loads(r.stdout)["tokens"]}


def status(state):
    return run("learn", "status", "--state", state).stdout


def state_of(d, name):
    os.makedirs(f"{d}/{name}")
    return f"{d}/{name}"


def bogofilter(d):
    state, path = state_of(d, "b"), write(f"{d}/dump", dump())
    r = run("learn", "import", "bogofilter", "--state", state, "--json", path)
    j = json.loads(r.stdout or "{}")
    check(r.returncode == 0 and j == {"words": 10, "taken": 7, "ham": HAM, "spam": SPAM, "learnt": SPAM + HAM,
                                      "already": 0, "failed": 0}, f"import: {j} {r.stderr}")
    check(status(state).startswith(f"{HAM} ham, {SPAM} spam"), "as many messages: " + status(state))
    found = tokens(d, state)
    for _, spam, ham, ours in WORDS:
        if ours and ours not in ("to:bob", "everywhere"):  # these say nothing either way, and do not show
            check(found.get(ours) == (spam, ham), f"{ours}: {found.get(ours)}, not {(spam, ham)}")
    j = json.loads(run("learn", "import", "bogofilter", "--state", state, "--json", path).stdout)
    check((j["learnt"], j["already"]) == (0, SPAM + HAM), f"twice is once: {j}")
    j = json.loads(run("learn", "import", "bogofilter", "--undo", "--state", state, "--json", path).stdout)
    check((j["forgotten"], j["unknown"]) == (SPAM + HAM, 0), f"undo: {j}")
    check(status(state).startswith("0 ham, 0 spam") and tokens(d, state) == {}, "and nothing is left")


def spamassassin(d):
    state, path = state_of(d, "s"), write(f"{d}/backup", backup())
    r = run("learn", "import", "spamassassin", "--state", state, "--json", path, write(f"{d}/mails/1", MAIL))
    j = json.loads(r.stdout or "{}")
    check(r.returncode == 0 and (j["words"], j["taken"]) == (5, 3), f"words that stand in mail: {j} {r.stderr}")
    found = tokens(d, state)
    check(found.get("lottery") == (40, 1) and found.get("minutes") == (2, 55), f"their counts: {found}")
    check(status(state).startswith(f"{HAM} ham, {SPAM} spam"), "as many messages")
    r = run("learn", "import", "spamassassin", "--undo", "--state", state, path, f"{d}/mails/1")
    check(r.returncode == 0 and status(state).startswith("0 ham, 0 spam"), "undo")


def faults(d):
    state = state_of(d, "f")
    bad = {"empty": "", "no counts": "lottery 1 2 3\n", "not numbers": ".MSG_COUNT a b c\n", "binary": bytes(range(256)),
           "no second number": ".MSG_COUNT 5 5 1\nlottery 3\n", "negative": ".MSG_COUNT -1 5 1\n",
           "a version to come": "v\t9\tdb_version\n", "short hash": "v\t1\tnum_spam\nt\t1\t1\t1\tabc\n"}
    for name, text in bad.items():
        for kind, more in (("bogofilter", []), ("spamassassin", [f"{d}/mails/1"])):
            r = run("learn", "import", kind, "--state", state, write(f"{d}/bad", text), *more)
            check(r.returncode == 2 and r.stderr and not r.stdout, f"{kind}: {name}: {r.returncode} {r.stderr}")
    for argv in (["bogofilter"], ["spamassassin", f"{d}/backup"], ["eggs", f"{d}/dump"], ["bogofilter", f"{d}/none"],
                 ["bogofilter", f"{d}/dump", f"{d}/mails/1"], ["spamassassin", f"{d}/backup", f"{d}/none"]):
        r = run("learn", "import", "--state", state, *argv)
        check(r.returncode == 2 and r.stderr, f"{argv} is refused")
    check(status(state).startswith("0 ham, 0 spam"), "nothing was learnt of all that")
    odd = dump("nul\0word 4 4 1\nlottery 4294967295 4294967295 1\n" + "x" * 5000 + " 1 1 1\n\xff\xfe 1 1 1\n\n")
    r = run("learn", "import", "bogofilter", "--state", state, write(f"{d}/odd", odd))
    check(r.returncode == 0 and tokens(d, state)["minutes"] == (2, 55), "odd words and counts over all messages")
    check(tokens(d, state).get("lottery", (SPAM, HAM)) == (SPAM, HAM), "a word is at most in every message")


def the_real_one(d):
    """What bogofilter itself counts."""
    if not shutil.which("bogofilter") or not shutil.which("bogoutil"):
        print("no bogofilter: not compared with it, not counted")
        return
    top = f"{d}/wordlist"
    os.makedirs(top)
    for i in range(60):
        for option, word in (("-s", "lottery"), ("-n", "minutes")):
            subprocess.run(["bogofilter", "-C", "-d", top, option], check=True, capture_output=True,
                           input=f"From: a{i}@x.example\nSubject: {word}\n\n{word} number{i}\n".encode())
    out = subprocess.run(["bogoutil", "-d", f"{top}/wordlist.db"], check=True, capture_output=True).stdout
    state = state_of(d, "real")
    r = run("learn", "import", "bogofilter", "--state", state, write(f"{d}/real.dump", out))
    check(r.returncode == 0 and tokens(d, state).get("lottery") == (60, 0), f"a dump of bogofilter's own: {r.stderr}")


with tempfile.TemporaryDirectory() as top:
    bogofilter(top)
    spamassassin(top)
    faults(top)
    the_real_one(top)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
