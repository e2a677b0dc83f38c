#!/usr/bin/python3
"""
The public ARC signing suite (tests/conformance/arc): every tag of the three fields, b= with them,
and nothing where nothing may be added.
"""
import os
import re
import sys

import yaml

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests/conformance"))
from dkim_lib import SRCDIR, Jobs, Tally  # noqa: E402
from sign_lib import Probe, octets  # noqa: E402

SUITE = os.path.join(SRCDIR, "tests/conformance/arc/arc-draft-sign-tests.yml")
FIELDS = (("AS", "ARC-Seal"), ("AMS", "ARC-Message-Signature"),
          ("AAR", "ARC-Authentication-Results"))


def bare(text):
    return re.sub(r"\s+", "", text)


def main():
    probe, jobs, tally, sealed = Probe(), Jobs(), Tally(), []
    with open(SUITE) as f:
        scenarios = list(yaml.safe_load_all(f))
    for number, scenario in enumerate(scenarios):
        key = probe.write("suite%d.pem" % number, scenario["privatekey"].encode())
        records = {n: t.replace("\n", "") for n, t in scenario["txt-records"].items()}
        for name, test in scenario["tests"].items():
            message = test["message"].replace("\n", "\r\n").encode()
            answer = probe.ask(message, do="arc", key=key, d=scenario["domain"],
                               s=scenario["sel"], c="relaxed/relaxed", t=test["t"],
                               h=test["sig-headers"], srv=test["srv-id"],
                               zone=probe.zone(records))
            fields = dict(answer.get("fields", []))
            for short, long in FIELDS:
                want, got = bare(test[short]), bare(fields.get(long, ""))
                tally.check(got == want, "%s: %s is %s instead of %s (%s)"
                            % (name, short, got, want, answer.get("why")))
            # What is laid down for the form: one blank behind each ";", no folds.
            for long in ("ARC-Seal", "ARC-Message-Signature"):
                value = fields.get(long, "")
                tally.check(not re.search(r"[\r\n\t]|  |;(?! )| (?<!; )|;$", value),
                            "%s: the form of %s: %r" % (name, long, value))
            if fields:
                jobs.add(octets(answer["fields"]) + message,
                         {n: [t] for n, t in records.items()}, int(test["t"]))
                sealed.append((name, "cv=fail" in fields["ARC-Seal"]))
    probe.end()
    tally.check(len(sealed) == 16, "%d of 17 sealed" % len(sealed))
    for (name, failed), answer in zip(sealed, jobs.run()):
        want = "fail" if failed else "pass"
        # A seal that says cv=fail ends the chain: none, or fail where it is broken besides.
        good = answer["arc"]["result"] in (("none", "fail") if failed else ("pass",))
        tally.check(good, "%s: verified as %s instead of %s (%s)"
                    % (name, answer["arc"]["result"], want, answer["arc"]["reason"]))
    tally.end()


main()
