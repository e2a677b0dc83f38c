#!/usr/bin/python3
"""The public ARC validation suite (tests/conformance/arc)."""
import os
import sys

import yaml

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests/conformance"))
from dkim_lib import SRCDIR, Jobs, Tally  # noqa: E402

SUITE = os.path.join(SRCDIR, "tests/conformance/arc/arc-draft-validation-tests.yml")
# An empty cv stands for "no result": none. The three such cases hold chains that a cv=fail ended.
WORDS = {"Pass": "pass", "Fail": "fail", "None": "none", "": "none"}
NOW = 1700000000

tests = []
jobs = Jobs()
with open(SUITE) as f:
    for scenario in yaml.safe_load_all(f):
        # Newlines in records are left over from YAML folding.
        zone = {name: [txt.replace("\n", "")] for name, txt in scenario["txt-records"].items()}
        for name, test in scenario["tests"].items():
            message = (test["message"] or "").replace("\n", "\r\n").encode()
            jobs.add(message, zone, NOW)
            tests.append((name, WORDS[test["cv"]]))
tally = Tally()
for (name, want), answer in zip(tests, jobs.run()):
    arc = answer["arc"]
    tally.check(arc["result"] == want,
                "%s: %s instead of %s (%s)" % (name, arc["result"], want, arc["reason"]))
tally.end()
