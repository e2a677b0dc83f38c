#!/usr/bin/python3
"""merlon classify and merlon eval, on mail that this writes: the pipe's answers, what is kept in a state
directory, figures that can be counted by hand, and what the rules over the classifier make of it."""
import json
import math
import os
import random
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.environ.get("builddir", ".")))
MERLON = f"{BUILD}/merlon"
passed = failed = 0

COMMON = "the a of to in is it for with on at by we you this that from will can have".split()
HAM = "meeting minutes agenda patch kernel review lunch thursday project deadline train report garden".split()
SPAM = "lottery winner pills prize casino credit loan viagra bonus offer click cheap million".split()


def check(good, text):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED", text)


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def mail(rng, spam):
    own = SPAM if spam else HAM
    words = [rng.choice(own if rng.random() < 0.4 else COMMON) for _ in range(40)]
    host = "bulk.example" if spam else "work.example"
    return (f"Received: from mx.{host} by mx.example.org; Mon, 5 Jan 2026 10:00:{rng.randrange(60):02} +0000\n"
            f"From: someone{rng.randrange(50)}@{host}\nTo: b@example.org\n"
            f"Subject: {rng.choice(own)} {rng.choice(own)} {rng.randrange(10000)}\n"
            f"Message-ID: <{rng.randrange(10**9)}@{host}>\nDate: Mon, 5 Jan 2026 10:00:00 +0000\n\n"
            + " ".join(words) + "\n")


def corpus(top, ham, spam):
    rng = random.Random(7)
    for kind, n in (("ham", ham), ("spam", spam)):
        for i in range(n):
            write(f"{top}/{kind}/{i:04}", mail(rng, kind == "spam"))


class Pipe:
    def __init__(self, *options):
        self.p = subprocess.Popen([MERLON, "classify", "--pipe", *options], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def ask(self, line, end=b"\n"):
        self.p.stdin.write((line if isinstance(line, bytes) else line.encode()) + end)
        self.p.stdin.flush()
        return self.p.stdout.readline().decode().rstrip("\n")

    def end(self, last=b"Q\n"):
        out, err = self.p.communicate(last, timeout=60)
        return self.p.returncode, out.decode(), err.decode()


def is_score(text):
    whole, dot, part = text.partition(".")
    return dot == "." and len(part) == 6 and part.isdigit() and whole.lstrip("-").isdigit()


def pipe_answers(d):
    odd = write(f"{d}/odd dir/a mail  with blanks ", mail(random.Random(1), True))
    ham = f"{d}/ham/0000"
    p = Pipe()
    check(p.ask(f"C {ham}") == "0.000000", "an empty model says 0.000000")
    check(p.ask(f"C {odd}") == "0.000000", "a path may hold blanks")
    check(p.ask(f"C {ham}", b"\r\n") == "0.000000", "a line may end in CR LF")
    check(p.ask(f"T ham {ham}") == "ok" and p.ask(f"T spam {odd}") == "ok", "learning is ok")
    check(p.ask(f"T spam {odd}") == "ok", "learning again is ok")
    check(is_score(p.ask(f"C {ham}")), "a score has six decimals")
    for line in (f"C {d}/none", f"T ham {d}/none", f"C {d}", "C", "C ", "T eggs x", "", "what", b"C \0",
                 b"C " + b"x" * 20000, "T spam", "q"):
        answer = p.ask(line)
        check(answer.startswith("error: ") and "\n" not in answer, f"{line[:20]!r}: {answer!r}")
    check(is_score(p.ask(f"C {odd}")), "and goes on after errors")
    check(p.end() == (0, "", ""), "Q ends it, with no answer")
    p = Pipe()
    check(p.end(f"C {ham}".encode()) == (0, "0.000000\n", ""), "the end of the input is as good, a line without end too")
    hostile = {"empty": b"", "nul": b"\0" * 5000, "no header": b"\n\n\nx", "header only": b"Subject: x",
               "binary": bytes(range(256)) * 50, "long line": b"Subject: " + b"x" * 300000 + b"\n\nx",
               "nested": b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\nContent-Type: message/rfc822\n\n" * 200}
    p = Pipe()
    for name, octets in hostile.items():
        with open(f"{d}/hostile", "wb") as f:
            f.write(octets)
        check(is_score(p.ask(f"C {d}/hostile")) and p.ask(f"T spam {d}/hostile") == "ok", f"mail that is {name}")
    check(p.end()[0] == 0, "hostile mail does not end it")


def teach(p, d, n):
    for i in range(n):
        check(p.ask(f"T ham {d}/ham/{i:04}") == "ok" and p.ask(f"T spam {d}/spam/{i:04}") == "ok", "learning is ok")


def what_is_kept(d):
    state = f"{d}/state"
    p = Pipe("--state", state)
    teach(p, d, 60)
    before = [p.ask(f"C {d}/{kind}/0100") for kind in ("ham", "spam")]
    check(float(before[0]) < 0 < float(before[1]), f"spam scores more than ham: {before}")
    second = Pipe("--state", state)
    code, out, err = second.end()
    check(code == 2 and out == "" and state in err, "a state directory in use is locked")
    check(p.end()[0] == 0, "it ends")
    p = Pipe("--state", state)
    check([p.ask(f"C {d}/{kind}/0100") for kind in ("ham", "spam")] == before, "another process says the same")
    check(p.ask(f"T spam {d}/ham/0000") == "ok" and p.ask(f"T ham {d}/ham/0000") == "ok", "and corrects")
    p.p.kill()
    p.p.communicate()
    p = Pipe("--state", state)
    after = [float(p.ask(f"C {d}/{kind}/0100")) for kind in ("ham", "spam")]
    check(after[0] < 0 < after[1], "after it was killed it is there again")
    p.end()
    done = subprocess.run([MERLON, "classify", "--state", state, "--json", "--explain", f"{d}/spam/0100"],
                          capture_output=True, text=True, timeout=60)
    j = json.loads(done.stdout)
    check(done.returncode == 0 and abs(j["score"] - after[1]) < 1e-5, "a file is scored as in the pipe")
    check(j["known"] and j["learnt"] == {"ham": 60, "spam": 60}, f"it says what is learnt: {j['learnt']}")
    check(j["tokens"] and j["tokens"][0]["spam"] > 0, "and why")
    with open(f"{TOP}/models/calibration.json", encoding="ascii") as f:
        c = json.load(f)
    check(abs(j["probability"] - 1 / (1 + math.exp(-(c["slope"] * j["score"] + c["offset"])))) < 1e-6,
          "the probability is that of models/calibration.json")
    text = subprocess.run([MERLON, "classify", "--state", state, f"{d}/spam/0100"], capture_output=True, text=True,
                          timeout=60).stdout
    check("score " in text and ", p " in text, "as text too")


def evaluated(d):
    argv = [MERLON, "eval", "--json", "--seed", "3", "--svg", f"{d}/curve.svg", d]
    first = json.loads(subprocess.run(argv, capture_output=True, text=True, timeout=300).stdout)
    again = json.loads(subprocess.run(argv, capture_output=True, text=True, timeout=300).stdout)
    del first["cpu_ms"], again["cpu_ms"]
    check(first == again, "the same seed gives the same figures")
    check((first["ham"], first["spam"], first["protocol"]) == (300, 300, "online"), "eval counts the corpus")
    c = first["confusion"]
    check(c["spam_caught"] + c["spam_missed"] == 300 and c["ham_lost"] + c["ham_kept"] == 300, "confusion adds up")
    check(first["statistics"]["roca_above"] < 0.05, f"it separates: {first['statistics']['roca_above']}")
    check([s["seen"] for s in first["learning"]] == [600], "a step of the learning curve")
    root = xml.etree.ElementTree.parse(f"{d}/curve.svg").getroot()
    check(root.tag.endswith("svg") and len(list(root)) > 50, "the picture is SVG")
    r = subprocess.run([MERLON, "eval", "--json", "--folds", "3", f"ham:{d}/ham", f"spam:{d}/spam"],
                       capture_output=True, text=True, timeout=300)
    j = json.loads(r.stdout)
    check(j["folds"] == 3 and j["learning"] == [] and j["statistics"]["roca_above"] < 0.01, "folds")
    for argv in (["eval"], ["eval", f"{d}/none"], ["eval", "--folds", "1", d], ["eval", f"ham:{d}/ham"],
                 ["classify"], ["classify", "--pipe", "x"]):
        r = subprocess.run([MERLON, *argv], capture_output=True, text=True, timeout=60)
        check(r.returncode == 2 and r.stderr, f"{argv} is refused")


WORD = """
body     WORD_LOTTERY   /lottery/
score    WORD_LOTTERY   0.1
"""
BAYES = """
header   BAYES_99   eval:check_bayes('0.99', '1.00')
score    BAYES_99   3
header   BAYES_00   eval:check_bayes('0.00', '0.01')
score    BAYES_00   -1
"""


def by_rules(d, name, text, mails=None):
    write(f"{d}/{name}/x.cf", text)
    conf = write(f"{d}/{name}.conf", f'rules {{ dir = "{d}/{name}" cache = "{d}/cache" }}\n')
    r = subprocess.run([MERLON, "eval", "--json", "--rules", "--folds", "4", "-c", conf, mails or d],
                       capture_output=True, text=True, timeout=600)
    j = json.loads(r.stdout)
    return {k: j[k]["curve"][0]["spam_missed"] for k in ("statistics", "rules_now", "both_now", "both")}


def judged(d):
    """--rules: each message is judged with what the other folds taught, by the bands that are shipped."""
    with open(f"{TOP}/rules/62_statistics.cf", encoding="ascii") as f:
        bands = f.read()
    groups = "".join(f"group {name} statistics\n" for name in re.findall(r"^header +(\w+)", bands, re.M))
    missed = by_rules(d, "shipped", bands + groups + WORD)
    check(missed["statistics"] < 0.02 and missed["rules_now"] > 0.1, f"statistics, and a single word: {missed}")
    check(missed["both_now"] < 0.02 and missed["both"] < 0.02, f"the bands join the rules: {missed}")
    missed = by_rules(d, "bayes", BAYES)
    check(missed["rules_now"] < 0.02, f"SpamAssassin's bands ask the same classifier: {missed}")
    rng = random.Random(11)
    for i in range(240):  # nothing to be learnt but the message itself
        words = " ".join(f"w{i}x{chr(97 + k)}" for k in range(26))
        write(f"{d}/noise/{rng.choice(('ham', 'spam'))}/{i:03}", f"Subject: x\nMessage-ID: <{i}@x.example>\n\n{words}\n")
    missed = by_rules(d, "noise-rules", BAYES, f"{d}/noise")
    check(missed["rules_now"] > 0.5, f"nobody is judged by what he taught: {missed}")


def main():
    with tempfile.TemporaryDirectory() as d:
        corpus(d, 300, 300)
        pipe_answers(d)
        what_is_kept(d)
        evaluated(d)
        judged(d)
    print(f"{passed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
