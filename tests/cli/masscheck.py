#!/usr/bin/python3
"""merlon masscheck and merlon rules fit, on a corpus that this writes: figures that can be counted by
hand, and scores that are better than the ones before."""
import json
import os
import subprocess
import sys
import tempfile

BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.environ.get("builddir", ".")))
MERLON = f"{BUILD}/merlon"
passed = failed = 0

RULES = """
body     GOOD_WORD   /meeting/
score    GOOD_WORD   -1
body     BAD_WORD    /lottery/
score    BAD_WORD    0.5
body     TWIN        /lottery/
score    TWIN        0.5
body     COMMON      /hello/
score    COMMON      0.5
body     JUST_SAYS   /hello/
score    JUST_SAYS   0.01
"""


def check(good, text):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print("ok" if good else "FAILED", text)


def run(*argv):
    return subprocess.run([MERLON, *argv], capture_output=True, text=True, timeout=120)


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


def mail(words):
    return f"From: a@example.com\nTo: b@example.org\nSubject: x\n\nhello {words}\n"


def corpus(top):
    """100 ham: 60 of meetings, 1 of a lottery. 50 spam: 45 of lotteries, 1 of a meeting."""
    for i in range(100):
        write(f"{top}/ham/{i:03}", mail("meeting" if i < 60 else "lottery" if i == 60 else "you"))
    for i in range(50):
        write(f"{top}/spam/{i:03}", mail("lottery" if i < 45 else "meeting" if i == 45 else "you"))


def masscheck(conf, top):
    r = run("masscheck", "--json", "-c", conf, top)
    check(r.returncode == 0, "masscheck ends well")
    j = json.loads(r.stdout)
    check((j["ham"], j["spam"]) == (100, 50), "it counts ham and spam")
    rule = {x["name"]: x for x in j["rules"]}
    check((rule["BAD_WORD"]["spam"], rule["BAD_WORD"]["ham"]) == (45, 1), "it counts a rule's hits")
    check(abs(rule["BAD_WORD"]["so"] - 0.9 / 0.91) < 1e-6, "S/O is of rates, not of counts")
    check(rule["BAD_WORD"]["most_like"] == "TWIN" and rule["BAD_WORD"]["overlap"] == 1, "it finds a twin")
    check(j["rules"][0]["name"] in ("BAD_WORD", "TWIN"), "what separates best comes first")
    one = json.loads(run("masscheck", "--json", "-j", "1", "-c", conf, top).stdout)
    several = json.loads(run("masscheck", "--json", "-j", "7", "-c", conf, top).stdout)
    for x in (one, several, j):
        del x["cpu_ms"]
        for y in x["rules"]:
            check(y.pop("us") >= 0, "a rule's time is given")
    check(one == several == j, "the number of processes changes nothing")
    text = run("masscheck", "-c", conf, f"ham:{top}/ham", f"spam:{top}/spam").stdout
    check("100 ham, 50 spam" in text and "BAD_WORD" in text, "it prints a table")
    text = run("masscheck", "-c", conf, "--least", "60", top).stdout
    check("COMMON" in text and "BAD_WORD" not in text, "--least leaves rare rules out")


def fit(conf, top, out):
    r = run("rules", "fit", "--json", "--fp", "0.02", "--threshold", "5", "-c", conf, "-o", out, top)
    check(r.returncode == 0, f"rules fit ends well {r.stderr}")
    j = json.loads(r.stdout)
    at = {p["ham_rate"]: p["spam_rate"] for p in j["after"]["curve"]}
    check(at[0.02] >= 0.88, "the learnt scores catch the lotteries at 2 % of the ham")
    check(j["after"]["roca_above"] < 0.1, "and order the rest")
    score = {}
    for line in open(out):
        if line.startswith("score"):
            score[line.split()[1]] = float(line.split()[2])
    check(score["BAD_WORD"] > 0.5 and score["TWIN"] > 0.5, "what tells spam gains")
    check(score["GOOD_WORD"] < 0 <= score["COMMON"], "signs stay")
    check("JUST_SAYS" not in score, "a rule that only informs keeps its score")
    check(run("rules", "lint", "-c", conf_of(os.path.dirname(out), out)).returncode == 0,
          "what it writes can be loaded")
    again = run("rules", "fit", "--json", "--fp", "0.02", "--threshold", "5", "-c", conf, top)
    check(json.loads(again.stdout) == j, "the same corpus gives the same scores")


def faults(conf, top):
    r = run("masscheck", "-c", conf, "/nowhere")
    check(r.returncode == 2 and "expected ham:PATH" in r.stderr, "a corpus without labels is told")
    r = run("masscheck", "-c", conf, "ham:/nowhere")
    check(r.returncode == 2 and "/nowhere" in r.stderr, "a path that is not there is told")
    r = run("rules", "fit", "-c", conf, f"ham:{top}/ham")
    check(r.returncode == 2 and "at least 5 of each" in r.stderr, "fit wants ham and spam")
    r = run("rules", "fit", "-c", conf, "--fp", "2", top)
    check(r.returncode == 2 and "from 0 to 0.5" in r.stderr, "a rate out of range is told")
    r = run("rules", "fit", "-c", conf, "-o", "/nowhere/x", top)
    check(r.returncode == 2 and "/nowhere/x" in r.stderr, "a file that cannot be written is told")
    check(run("masscheck").returncode == 2, "no corpus, no work")


def conf_of(d, *files):
    path = f"{d}/{len(files)}.conf"
    more = "".join(f', "{f}"' for f in files)
    write(path, f'rules {{ dir = "{d}/base.cf" files = {{{more[2:]}}} }}\n')
    return path


with tempfile.TemporaryDirectory() as d:
    write(f"{d}/base.cf", RULES)
    corpus(f"{d}/corpus")
    the_conf = conf_of(d)
    masscheck(the_conf, f"{d}/corpus")
    fit(the_conf, f"{d}/corpus", f"{d}/fitted.cf")
    faults(the_conf, f"{d}/corpus")
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
