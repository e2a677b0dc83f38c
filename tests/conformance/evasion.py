#!/usr/bin/python3
"""What spammers do so that a program does not see what a reader sees: the messages of evasion/matrix.py
through merlon parse, and through the rules where a rule is named."""
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = sys.path.pop(0)
sys.path.insert(0, os.path.join(HERE, "evasion"))
import matrix  # noqa: E402

BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.environ.get("builddir", ".")))


def findings(seen):
    out = set(seen["ambiguities"])
    for part in seen["parts"]:
        out |= set(part["name_findings"]) | {"type:%s" % part["detected"]}
        archive = part["archive"] or {}
        out |= set(archive.get("flags", archive.get("findings", [])))
    for url in seen["urls"]:
        out |= set(url["flags"])
    for doc in seen["html"]:
        out |= set(doc["tricks"]) | {"hidden:" + h for h in doc["hidden"]}
    return out


def missing(want, seen, rules):
    flags = findings(seen)
    have = {
        "text": lambda v: v in seen["visible"],
        "hidden": lambda v: v in seen["hidden"],
        "host": lambda v: any(u["host"] == v for u in seen["urls"]),
        "file": lambda v: any(p["name"] == v for p in seen["parts"]),
        "flag": lambda v: v in flags,
        "rule": lambda v: v in rules,
    }
    out = [f"{kind} {value!r}" for kind, values in want.items() if kind != "any"
           for value in values if not have[kind](value)]
    if "any" in want and not flags & set(want["any"]):
        out.append("one of %s" % want["any"])
    return out


def run(folder, *argv):
    r = subprocess.run([f"{BUILD}/merlon", *argv, folder], capture_output=True, text=True, timeout=600)
    answers = [json.loads(line) for line in r.stdout.splitlines()]
    return {os.path.basename(a["file"]): a for a in answers}


def main():
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for i, (_, message, _) in enumerate(matrix.CASES):
            with open(f"{folder}/{i:04}.eml", "wb") as f:
                f.write(message)
        seen = run(folder, "parse", "--json")
        hits = run(folder, "scan", "--local", "--json")
        for i, (name, message, want) in enumerate(matrix.CASES):
            key = f"{i:04}.eml"
            rules = {s["name"] for s in hits[key]["symbols"]} if key in hits else set()
            wrong = missing(want, seen[key], rules) if key in seen else ["no answer"]
            if key not in hits:
                wrong.append("no judgement")
            if only and only in name:
                print(message.decode("utf-8", "replace"), json.dumps(seen.get(key), indent=1), sorted(rules))
            if name in matrix.OPEN:
                if not wrong:
                    failed += 1
                    print(f"FAILED: {name}: is seen, and still among what is not")
            elif wrong:
                failed += 1
                print(f"FAILED: {name}: not seen: {', '.join(wrong)}")
    print(f"{len(matrix.CASES) - failed} passed, {failed} failed, {len(matrix.OPEN)} of them not seen today")
    return failed > 0


sys.exit(main())
