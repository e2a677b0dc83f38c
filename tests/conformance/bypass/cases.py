"""Reads the cases of *.yaml: a zone, and messages with what must come of them."""
import os

import lab
import yaml

FILES = ("attacks.yaml", "headers.yaml", "envelope.yaml", "results.yaml", "dns.yaml", "keys.yaml", "arc.yaml",
         "dmarc.yaml")
ENVELOPE = ("ip", "helo", "mail_from", "conf")


def build(case):
    """The octets of a case's message."""
    if "raw" in case:
        message = lab.octets(case["raw"])
    else:
        message = lab.octets(case["message"]).replace(b"\n", b"\r\n")
    for how in case.get("sign", []):
        how = dict(how)
        where = how.pop("at", "top")
        field = lab.signature(message, **how)
        if where == "bottom":
            head, body = lab.split(message)
            message = head + field + b"\r\n" + body
        else:
            message = field + message
    for how in case.get("seal", []):
        message = lab.arc_seal(message, **how)
    for old, new in case.get("replace", []):
        old, new = lab.octets(old), lab.octets(new)
        if old not in message:
            raise SystemExit("%s: %r is not in the message" % (case["name"], old))
        message = message.replace(old, new, 1)
    message = lab.octets(case.get("above", "")) + message + lab.octets(case.get("below", ""))
    return message


# What must come of a signature by each selector of a table.
OUTCOMES = {
    "good": {"dkim.0.result": "pass", "dmarc.result": "pass"},
    "either": {"dkim.0.result": {"in": ["pass", "permerror"]}, "dmarc.result": {"in": ["pass", "fail"]}},
    "permerror": {"dkim.0.result": "permerror", "dmarc.result": "fail"},
    "temperror": {"dkim.0.result": "temperror", "dmarc.result": "temperror"},
    "broken": {"dkim.0.result": {"in": ["permerror", "temperror"]}, "dmarc.result": {"in": ["fail", "temperror"]}},
}


def selectors(data):
    for outcome, names in data.get("table", {}).items():
        for s in names:
            yield {"name": "selector " + s, "sign": [{"d": "key.example", "s": s}], "expect": OUTCOMES[outcome]}


ROW = ("result", "policy", "policy_tag", "psd", "testing", "disposition", "org_domain", "policy_domain")


def rows(data):
    for row in data.get("rows", []):
        name, author, sender, signers = row[:4]
        want = dict(zip(ROW, row[4:12]))
        expect = {"dmarc." + k: None if v == "." else v for k, v in want.items()}
        expect["dmarc.aligned"] = {"spf": "s" in row[12], "dkim": "d" in row[12]}
        expect["dmarc.from_domain"] = author
        yield {"name": name, "message": "From: x@%s\n\nx\n" % author, "mail_from": sender,
               "helo": row[13] if len(row) > 13 else "mx.b.example",
               "sign": [{"d": d, "h": "from"} for d in signers], "expect": expect}


def senders(data):
    for label, (spf, dmarc) in data.get("spf", {}).items():
        yield {"name": "MAIL FROM at " + label, "mail_from": "x@%s.d.example" % label,
               "expect": {"spf.mailfrom.result": spf, "dmarc.result": dmarc}}


def read(name):
    with open(os.path.join(lab.HERE, name), encoding="utf-8") as f:
        return yaml.safe_load(f)


def make():
    zone, jobs = "", []
    for name in FILES:
        data = read(name)
        zone += lab.with_keys(data.get("zone", "")) + "\n"
        for case in data["cases"] + [c for maker in (selectors, rows, senders) for c in maker(data)]:
            case = dict(data.get("defaults", {}), **case)
            zone += lab.with_keys(case.get("zone", "")) + "\n"
            envelope = {k: case[k] for k in ENVELOPE if k in case}
            envelope["conf"] = envelope.get("conf", "").replace("@srcdir@", os.path.abspath(lab.SRCDIR))
            jobs.append(lab.Job("%s: %s" % (name, case["name"]), build(case), case["expect"], **envelope))
    return zone, jobs
