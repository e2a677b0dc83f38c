#!/usr/bin/python3
"""Mail of today, invented: the rules that come with the program tag none of the honest messages, and
most of the spam, without asking anybody. Prints each score."""
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = sys.path.pop(0)
sys.path.insert(0, os.path.join(HERE, "modern"))
import ham  # noqa: E402
import spam  # noqa: E402

BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.environ.get("builddir", ".")))
TAG, CAUGHT = 6.0, 0.6  # the score; the part of the spam that must have it
NOW = "1793700010"


def judge(messages):
    with tempfile.TemporaryDirectory() as folder:
        for i, (_, message) in enumerate(messages):
            with open(f"{folder}/{i:03}.eml", "wb") as f:
                f.write(message)
        r = subprocess.run([f"{BUILD}/merlon", "scan", "--local", "--json", "--now", NOW, folder], capture_output=True, text=True, timeout=300)
    answers = {os.path.basename(a["file"]): a for a in map(json.loads, r.stdout.splitlines())}
    return [answers[f"{i:03}.eml"] for i in range(len(messages))]


def show(kind, name, answer):
    best = sorted((s for s in answer["symbols"] if abs(s["score"]) >= 0.2), key=lambda s: -s["score"])
    print(f"{kind} {answer['score']:6.2f} {name}: " + " ".join(f"{s['name']}={s['score']:.1f}" for s in best[:12]))


def main():
    scores = {}
    for kind, messages in (("ham", ham.HAM), ("spam", spam.SPAM)):
        scores[kind] = []
        for (name, _), answer in zip(messages, judge(messages)):
            show(kind, name, answer)
            scores[kind].append(answer["score"])
    tagged = sum(s >= TAG for s in scores["ham"])
    caught = sum(s >= TAG for s in scores["spam"])
    print(f"ham: {len(scores['ham'])}, {tagged} tagged, highest {max(scores['ham']):.2f}, {sum(s >= 4 for s in scores['ham'])} over 4")
    print(f"spam: {len(scores['spam'])}, {caught} tagged, median {sorted(scores['spam'])[len(scores['spam']) // 2]:.2f}")
    failed = tagged + (caught < CAUGHT * len(scores["spam"]))
    print(f"{len(scores['ham']) + 1 - failed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
