#!/usr/bin/python3
"""Compares our views of messages with SpamAssassin's own: how many are equal, and where not.

	views.py [--limit N] [--show N] SPAMASSASSIN.jsonl OURS.jsonl

Made by dump_sa.pl and view_dump for the same files. A difference prints its beginning.
"""
import argparse
import json
import sys

VIEWS = ["body", "rawbody", "full", "visible", "invisible", "mimeheader", "html"]
SKIP = {"inside", "script", "uri_truncated", "closed_extra", "comment"}


def flat(name, value):
    """A view as something that can be compared, whoever printed it."""
    if name in ("visible", "invisible"):
        return "".join(value) if isinstance(value, list) else value or ""
    if name == "mimeheader":
        return {k: [x for x in v if x is not None] for k, v in value.items()}
    if name == "html":
        return [{k: fact(v) for k, v in part.items() if k not in SKIP and v is not None and v != []}
                for part in value]
    return value


def fact(value):
    if isinstance(value, list):
        return [x for x in value]
    return round(float(value), 9)


def excerpt(a, b):
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    cut = slice(max(0, at - 40), at + 60)
    return f"at {at} of {len(a)}/{len(b)}\n\t\tSA   {a[cut]!r}\n\t\tours {b[cut]!r}"


def difference(name, theirs, ours):
    if isinstance(theirs, str):
        return excerpt(theirs, ours)
    if isinstance(theirs, dict):
        return "; ".join(f"{k}: SA {theirs.get(k)!r} ours {ours.get(k)!r}"
                         for k in sorted(set(theirs) | set(ours))
                         if theirs.get(k) != ours.get(k))[:600]
    if len(theirs) != len(ours) and name != "body":
        head = f"{len(theirs)}/{len(ours)} pieces; "
    else:
        head = ""
    for i, (a, b) in enumerate(zip(theirs, ours)):
        if a != b:
            return head + f"[{i}] " + difference(name, a, b)
    return head + "one is longer"


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--show", type=int, default=5)
    args.add_argument("--limit", type=int, default=0)
    args.add_argument("--view", action="append")
    args.add_argument("--min", type=float, default=0, help="exit 1 under that percentage")
    args.add_argument("sa")
    args.add_argument("ours")
    args = args.parse_args()
    equal, differ, shown = {}, {}, {}
    with open(args.sa) as sa, open(args.ours) as ours:
        for n, (a, b) in enumerate(zip(sa, ours)):
            if args.limit and n >= args.limit:
                break
            a, b = json.loads(a), json.loads(b)
            assert a["file"] == b["file"], (a["file"], b["file"])
            for name in args.view or VIEWS:
                x, y = flat(name, a[name]), flat(name, b[name])
                if x == y:
                    equal[name] = equal.get(name, 0) + 1
                    continue
                differ[name] = differ.get(name, 0) + 1
                if shown.get(name, 0) < args.show:
                    shown[name] = shown.get(name, 0) + 1
                    print(f"{name}: {a['file']}\n\t{difference(name, x, y)}")
    worst = 100.0
    for name in args.view or VIEWS:
        good, bad = equal.get(name, 0), differ.get(name, 0)
        share = 100 * good / max(1, good + bad)
        worst = min(worst, share)
        print(f"{name:10} {good} equal, {bad} differ, {share:.2f} %")
    sys.exit(worst < args.min)


main()
