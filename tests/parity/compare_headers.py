#!/usr/bin/python3
"""Compares what dump_sa_headers.pl and dump_headers printed for the same messages.
Usage: compare_headers.py THEIRS OURS [--show N] [--only PREFIX]"""
import argparse
import collections


def read(path):
    out, cur = {}, None
    with open(path, encoding="latin-1", newline="\n") as f:
        for line in f:
            p = line.rstrip("\n").split("\t")
            if p[0] == "F":
                cur = out.setdefault(p[1], {})
            elif p[0] in "HN":
                cur[p[0] + " " + p[1]] = p[2]
            elif p[0] == "U":
                cur.setdefault("U", set()).add(p[1])
            elif p[0] == "D":
                clean = " ".join(sorted(p[3].split(" ")))
                cur.setdefault("D", set()).add((p[1], " ".join(sorted(p[2].split())), clean))
    return out


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("theirs")
    ap.add_argument("ours")
    ap.add_argument("--show", type=int, default=5)
    ap.add_argument("--only", default="")
    a = ap.parse_args()
    theirs, ours = read(a.theirs), read(a.ours)
    same, differ, shown = collections.Counter(), collections.Counter(), collections.Counter()
    for path, t in theirs.items():
        o = ours.get(path, {})
        for key in sorted(set(t) | set(o)):
            if not key.startswith(a.only):
                continue
            x, y = t.get(key), o.get(key)
            if x == y:
                same[key] += 1
                continue
            differ[key] += 1
            shown[key] += 1
            if shown[key] > a.show:
                continue
            print("--", key, path)
            if isinstance(x, set) or isinstance(y, set):
                for s in sorted((x or set()) - (y or set()))[:8]:
                    print("   theirs only:", str(s)[:400])
                for s in sorted((y or set()) - (x or set()))[:8]:
                    print("   ours only:  ", str(s)[:400])
            else:
                x, y = x or "(none)", y or "(none)"
                k = next((i for i in range(min(len(x), len(y))) if x[i] != y[i]), min(len(x), len(y)))
                k = max(0, k - 60)
                print("   theirs:", x[k : k + 200])
                print("   ours:  ", y[k : k + 200])
    n = len(theirs)
    for kind in "HNUD":
        keys = [k for k in set(same) | set(differ) if k[0] == kind]
        s, d = sum(same[k] for k in keys), sum(differ[k] for k in keys)
        if s + d:
            print(f"{kind}: {s} equal, {d} differ of {s + d} ({100 * s / (s + d):.3f} %)")
    for k, d in differ.most_common():
        print(f"  {k}: {d} of {n} messages differ")
    return 0 if not differ else 1


if __name__ == "__main__":
    raise SystemExit(main())
