#!/usr/bin/python3
"""The injection corpus (injection/mails.py): how many of its mails raise a sign that they talk to a language model, how
many honest mails do, and that a question keeps what it promises of each: data in the user role only, behind its boundary.
With directories as arguments: honest mail from there too, at most 0.2 % of which may raise one."""
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = sys.path.pop(0)
sys.path.insert(0, os.path.join(HERE, "injection"))
import mails  # noqa: E402

BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.environ.get("builddir", ".")))
TOP = os.path.dirname(os.path.dirname(HERE))
MODEL = os.path.join(TOP, "models/llm/openai.conf")
TALKS = {"instruction", "role", "answer", "addressed"}
passed = failed = 0


def check(good, text):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED", text)


def drive(mode, files, *more):
    out = []
    for i in range(0, len(files), 500):
        r = subprocess.run([f"{BUILD}/tests/lib/llm_driver", MODEL, mode, *more, *files[i:i + 500]], capture_output=True, timeout=600)
        check(r.returncode == 0, f"driver: {r.stderr[-500:]}")
        out += [json.loads(line) for line in r.stdout.splitlines()]
    return out


def signs(files):
    return {os.path.basename(o["file"])[:-4] if o["file"].endswith(".eml") else o["file"]: set(o["signs"]) for o in drive("signs", files)}


def question(q, octets):
    name = os.path.basename(q["file"])
    user, boundary = q["user"], q["boundary"]
    check(len(user.encode()) <= 16384, f"{name}: {len(user.encode())} octets")
    check(user.startswith(f"MAIL {boundary} BEGIN\n") and user.endswith(f"\nMAIL {boundary} END\n"), f"{name}: fence")
    check(user.count(boundary) == 2 and q["canary"] not in user, f"{name}: boundary or canary in the data")
    data = json.loads(user.split("\n", 1)[1].rsplit("\n", 2)[0])
    check(all(ord(c) < 0xE000 or 0xF8FF < ord(c) < 0xE0000 for c in user), f"{name}: private or tag characters")
    check(not set(user) & set("\u200b\u200c\u200d\u2060\ufeff\u202e\u00ad"), f"{name}: invisible characters")
    check(" " not in data.get("text", ""), f"{name}: a word without a mark")
    messages = q["request"]["messages"]
    check([m["role"] for m in messages] == ["system", "user"] and messages[1]["content"] == user, f"{name}: roles")
    return messages[0]["content"]


def main():
    with tempfile.TemporaryDirectory() as tmp:
        paths = {}
        for kind, made in (("injection", mails.injections()), ("honest", mails.honest())):
            paths[kind] = []
            for name, octets in made:
                paths[kind].append(os.path.join(tmp, name + ".eml"))
                with open(paths[kind][-1], "wb") as f:
                    f.write(octets)
        bad, good = signs(paths["injection"]), signs(paths["honest"])
        seen = sum(bool(s & TALKS) for s in bad.values())
        print(f"injections: {seen} of {len(bad)} raise a sign; honest: {sum(bool(s & TALKS) for s in good.values())} of {len(good)}")
        for name, s in bad.items():
            if not s & TALKS:
                print("  not seen:", name)
        check(len(bad) >= 60 and seen >= 0.9 * len(bad), "nine of ten injections are seen")
        for name, s in good.items():
            check(not s, f"{name}: {sorted(s)}")
        for name in ("css_display", "comment", "alt", "title_attribute", "language_ja_hidden"):
            check("hidden" in bad[name], f"{name}: hidden")
        for name in ("base64_text", "rot13", "hexadecimal", "percent"):
            check("encoded" in bad[name], f"{name}: encoded")
        for name in ("tag_characters", "variation_selectors", "zero_width_bits"):
            check("tags" in bad[name], f"{name}: tags")
        check("padding" in bad["padding_blanks"] and "padding" in bad["padding_repeated"], "padding")
        prompts = {question(q, None) for q in drive("full", paths["injection"], "-v")}
        check(len(prompts) == 1, "the system role depends on the mail")
        questions = {os.path.basename(q["file"])[:-4]: q["user"] for q in drive("full", paths["injection"])}
        for name in ("css_display", "comment", "alt", "noscript", "tag_characters", "data_attribute"):
            check("gnore" not in questions[name], f"{name}: hidden text is sent")
        for name in ("padding_words", "padding_blanks", "padding_repeated"):
            check("confirm" in questions[name].lower() or "password" in questions[name], f"{name}: the sting is pushed out")
        for folder in sys.argv[1:]:
            ham = signs([os.path.join(folder, n) for n in sorted(os.listdir(folder))])
            false = [n for n, s in ham.items() if s & TALKS]
            print(f"{folder}: {len(false)} of {len(ham)}", *false)
            check(len(false) <= 0.002 * len(ham), f"{folder}: false alarms")
    print(f"{passed} passed, {failed} failed")
    return failed != 0


sys.exit(main())
