#!/usr/bin/python3
"""How far Merlon and SpamAssassin agree on a corpus: hit by hit, both on the same rule files.

parity.py [--rules DIR] [--sa HITS.jsonl] [--show N] MERLON PATH...

PATH: messages, or directories of them. SpamAssassin runs by tests/parity/sa_hits.pl, local tests
only; --sa reuses what that wrote before. Compared are the rules that Merlon has loaded and that
need no network. Two figures: agreement, the (message, rule) hits that both have by those that either
has; and coverage, the share of SpamAssassin's hits that are of rules Merlon supports. Exit 1 under
99.5 % and 97 %.
"""
import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
AGREEMENT, COVERAGE = 99.5, 97.0


def messages(paths):
    for path in paths:
        if not os.path.isdir(path):
            yield os.path.abspath(path)
            continue
        for root, _, names in os.walk(path):
            for name in names:
                yield os.path.abspath(os.path.join(root, name))


def spamassassin(files, rules):
    out = subprocess.run([f"{HERE}/sa_hits.pl", rules], input="\n".join(files) + "\n",
                         capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def merlon(program, files, conf):
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as jobs:
        for path in files:
            jobs.write(json.dumps({"path": path}) + "\n")
        jobs.flush()
        out = subprocess.run([program, "scan", "-c", conf, "--local", "--subrules", "--jobs", jobs.name],
                             capture_output=True, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def loaded(program, conf):
    out = subprocess.run([program, "rules", "list", "--json", "-c", conf], capture_output=True, text=True,
                         check=True).stdout
    return {r["name"] for r in json.loads(out) if r["run"] and (r["kind"] == "meta" or not r["net"])}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--rules", default="/usr/share/spamassassin")
    p.add_argument("--sa")
    p.add_argument("--show", type=int, default=30)
    p.add_argument("program")
    p.add_argument("path", nargs="+")
    o = p.parse_args()
    files = sorted(messages(o.path))
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as conf:
        conf.write(f'rules {{ score_set = 0 dir = "{o.rules}" files = {{"/etc/spamassassin"}} }}\nlookalike {{ brands = "none" }}\n')
        conf.flush()
        rules = loaded(o.program, conf.name)
        if o.sa:
            wanted = set(files)
            theirs = [r for r in map(json.loads, open(o.sa)) if r["file"] in wanted]
            files = [r["file"] for r in theirs]
        else:
            theirs = spamassassin(files, o.rules)
        ours = merlon(o.program, files, conf.name)
    assert [r["file"] for r in ours] == files, "not every message was judged"
    report(theirs, ours, rules, o.show)


def report(theirs, ours, rules, show):
    both = only_sa = only_us = sa_all = sa_supported = 0
    missing, extra, unsupported = (collections.defaultdict(list) for _ in range(3))
    for sa, us in zip(theirs, ours):
        hits_sa = set(sa["hits"]) | set(sa["subrules"])
        hits_us = {s["name"] for s in us["symbols"]} | set(us["subrules"])
        sa_all += len(hits_sa)
        for name in hits_sa:
            if name not in rules:
                unsupported[name].append(sa["file"])
        hits_sa, hits_us = hits_sa & rules, hits_us & rules
        sa_supported += len(hits_sa)
        both += len(hits_sa & hits_us)
        for name in hits_sa - hits_us:
            missing[name].append(sa["file"])
        for name in hits_us - hits_sa:
            extra[name].append(sa["file"])
    only_sa, only_us = (sum(map(len, d.values())) for d in (missing, extra))
    for title, d in (("hit by SpamAssassin only", missing), ("hit by Merlon only", extra),
                     ("not supported", unsupported)):
        print(f"{title}: {sum(map(len, d.values()))} hits of {len(d)} rules")
        for name, where in sorted(d.items(), key=lambda x: -len(x[1]))[:show]:
            print(f"  {len(where):6} {name:40} {where[0]}")
    agreement = 100 * both / max(1, both + only_sa + only_us)
    coverage = 100 * sa_supported / max(1, sa_all)
    print(f"{len(ours)} messages, {sa_all} hits by SpamAssassin; {both} by both, "
          f"{only_sa} by SpamAssassin only, {only_us} by Merlon only")
    print(f"agreement {agreement:.3f} % (at least {AGREEMENT}), coverage {coverage:.3f} % (at least {COVERAGE})")
    sys.exit(agreement < AGREEMENT or coverage < COVERAGE)


if __name__ == "__main__":
    main()
