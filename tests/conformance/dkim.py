#!/usr/bin/python3
"""The example messages of RFC 6376 and RFC 8463 and their relatives (tests/conformance/dkim)."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests/conformance"))
from dkim_lib import SRCDIR, Jobs, Tally  # noqa: E402

FOLDER = os.path.join(SRCDIR, "tests/conformance/dkim")
NOW = 1700000000

with open(os.path.join(FOLDER, "vectors.json")) as f:
    vectors = json.load(f)
jobs = Jobs()
for v in vectors:
    with open(os.path.join(FOLDER, v["eml"]), "rb") as f:
        jobs.add(f.read(), {name: rr["TXT"] for name, rr in v["dns"].items()}, NOW)
tally = Tally()
for v, answer in zip(vectors, jobs.run()):
    got = [s["result"] for s in answer["dkim"]]
    tally.check(got == v["expect"], "%s: %s instead of %s (%s)" % (
        v["id"], got, v["expect"], [s["reason"] for s in answer["dkim"]]))
tally.end()
