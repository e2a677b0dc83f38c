#!/usr/bin/python3
"""Measures what an MTA does to messages after its milters have seen them, field by field and body by
body, in both canonicalisations: mta_changes.py postfix|sendmail [mc:LINE | cf:LINE | no8bit]...
CORPUS=DIR and N=1000 name the mail; else it is the tree's. For src/mail/emit.h; not a test."""
import collections
import re
import sys

import signing
import test_sign
from capture_milter import MARK, CaptureMilter
from harness import Bench
from mtas import Postfix, Sendmail, Sink


def fields(raw):
    """From the bottom up, by name; and the body."""
    head, _, body = raw.partition(b"\r\n\r\n")
    found = collections.defaultdict(list)
    for m in reversed(list(re.finditer(rb"([^:\r\n]+):((?:.*\r\n)(?:[ \t].*\r\n)*)", head + b"\r\n"))):
        found[m.group(1).strip().lower().decode("latin-1")].append(m.group(2)[:-2])
    return found, body


def relaxed(value):
    return re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip()


def body_form(body, relax):
    if relax:
        body = re.sub(rb" +\r\n", b"\r\n", re.sub(rb"[ \t]+", b" ", body))
    return body.rstrip(b"\r\n")


def compare(seen, raw, kinds):
    """Counts the kinds of change; whether it would break a signature in simple, relaxed form."""
    before, after = collections.defaultdict(list), fields(raw)
    for name, value in reversed(seen.headers):
        before[name.strip().lower().decode("latin-1")].append(re.sub(rb"\r?\n", b"\r\n", value))
    after, body = after
    broken = set()
    for name in sorted(set(before) | set(after) - {MARK.lower().decode()}):
        if len(before[name]) != len(after[name]):
            kinds[f"{name}: {'more' if len(after[name]) > len(before[name]) else 'fewer'} of them"] += 1
        for one, two in zip(before[name], after[name]):
            if one != two:
                how = "relaxed" if relaxed(one) != relaxed(two) else "simple"
                broken |= {"simple", how}
                kinds[f"{name}: value, breaks {how}"] += 1
    if body_form(seen.body, False) != body_form(body, False):
        how = "relaxed" if body_form(seen.body, True) != body_form(body, True) else "simple"
        broken |= {"simple", how}
        kinds[f"body, breaks {how}"] += 1
    return broken


def main():
    mta, options = sys.argv[1], sys.argv[2:]
    more = "".join(o[3:] + "\n" for o in options if o[:3] in ("mc:", "cf:"))
    mails, kinds, broken = signing.mails(), collections.Counter(), collections.Counter()
    with Bench() as bench:
        sink, milter = bench.add(Sink("no8bit" not in options)), bench.add(CaptureMilter())
        if mta == "postfix":
            server = bench.add(Postfix(bench.path(mta), f"inet:127.0.0.1:{milter.port}",
                                       more=f"relayhost = [127.0.0.1]:{sink.port}\n" + more))
            port = server.ports[0]
        else:
            server = bench.add(Sendmail(bench.path(mta), f"inet:{milter.port}@127.0.0.1", sink.port, more))
            port = server.port
        out, refused = test_sign.through(mta, port, sink, mails)
    for raw in out.values():
        number = int(re.search(rb"^X-Capture: (\d+)\r\n", raw, re.M).group(1))
        broken.update(compare(milter.seen[number], raw, kinds))
    print(f"{len(out)} mails, {len(refused)} refused; a signature over all would break in {dict(broken)}")
    for kind, n in sorted(kinds.items()):
        print(f"{n:6} {kind}")


if __name__ == "__main__":
    main()
