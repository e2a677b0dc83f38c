"""
Every question that a message asks meets every fault in turn. No fault may turn anything into a pass, and
what could not be asked is temperror, never none or fail.

Each run has its own names (bank7.example) and its own client, so that one server and one process serve all.
"""
import json
import os
import re
import time

import contract
import lab

FAULTS = ("TIMEOUT", "SERVFAIL", "REFUSED", "NXDOMAIN", "BOGUS", "GARBAGE", "WRONGID", "TRUNCATE")
# An empty answer or lies of the domain's own servers: the record is simply not there, or another one.
NOT_ASKED = ("TIMEOUT", "SERVFAIL", "REFUSED", "BOGUS", "GARBAGE", "WRONGID")

ZONE = """
bank%(n)d.example TXT "v=spf1 include:spf.bank%(n)d.example mx:m.bank%(n)d.example a:a.bank%(n)d.example -all exp=why.bank%(n)d.example"
spf.bank%(n)d.example TXT "v=spf1 exists:%%{i}.ok.bank%(n)d.example ptr:host%(n)d.example ?all"
m.bank%(n)d.example MX 5 mx.bank%(n)d.example
mx.bank%(n)d.example A 192.0.2.20
a.bank%(n)d.example A 192.0.2.21
why.bank%(n)d.example TXT "not yours"
sub.bank%(n)d.example A 192.0.2.20
_dmarc.bank%(n)d.example TXT "v=DMARC1; p=reject; np=reject; sp=reject"
helo%(n)d.example TXT "v=spf1 -all"
evil%(n)d.example TXT "v=spf1 ip4:%(ip)s -all"
_dmarc.evil%(n)d.example TXT "v=DMARC1; p=none"
%(ptr)s PTR mail.evil%(n)d.example
mail.evil%(n)d.example A %(ip)s
"""


def ip_of(n):
    return "10.%d.%d.7" % (n >> 8, n & 255)


def ptr_of(n):
    return ".".join(reversed(ip_of(n).split("."))) + ".in-addr.arpa"


def zone(n):
    return (ZONE % {"n": n, "ip": ip_of(n), "ptr": ptr_of(n)} + lab.key_zone("bank%d.example" % n)
            + lab.key_zone("list%d.example" % n) + lab.key_zone("evil%d.example" % n, key="other"))


def allow(n):
    """The same sender, allowed."""
    return "%s.ok.bank%d.example A 127.0.0.2\n" % (ip_of(n), n)


def message(author):
    return ("From: ceo@%s\r\nTo: a@b.example\r\nSubject: s\r\nDate: d\r\n\r\nHello\r\n" % author).encode()


def spoof(n):
    """Not from the bank, whatever it does: SPF fails, a broken signature, a signature of somebody else."""
    m = message("bank%d.example" % n)
    m = lab.sign(m, d="bank%d.example" % n, key="other")
    return lab.sign(m, d="evil%d.example" % n, key="other"), "x@bank%d.example" % n


def spoof_below(n):
    """From a name below the bank's that does not exist."""
    return message("pay.bank%d.example" % n), "x@evil%d.example" % n


def spoof_sealed(n):
    """Sealed by nobody who is trusted."""
    m = lab.arc_seal(message("sub.bank%d.example" % n), 1, "evil%d.example" % n, "none",
                     "mx; dmarc=pass header.from=sub.bank%d.example" % n, key="other")
    return m, ""


def genuine(n):
    """Really from the bank: signed, and from an allowed address."""
    return lab.sign(message("bank%d.example" % n), d="bank%d.example" % n), "x@bank%d.example" % n


KINDS = ((spoof, "", "fail"), (spoof_below, "", "fail"), (spoof_sealed, "", "fail"), (genuine, "allow", "pass"))


def job(kind, n, name):
    octets, sender = kind(n)
    return lab.Job(name, octets, {}, ip=ip_of(n), helo="helo%d.example" % n, mail_from=sender)


def one(folder, kind, extra, n):
    """The questions that the message asks when all is well, and the answer."""
    stats = os.path.join(folder, "stats%d" % n)
    server = lab.Server(folder, zone(n) + (allow(n) if extra else ""), stats)
    try:
        answer = lab.run_jobs(folder, [job(kind, n, "well")], server.port)[0]
    finally:
        server.close()
    for _ in range(50):
        if os.path.exists(stats) and os.path.getsize(stats):
            break
        time.sleep(0.05)
    with open(stats, encoding="ascii") as f:
        return sorted(json.load(f)["asked"]), answer


def renamed(question, old, new):
    question = question.replace(ip_of(old), ip_of(new)).replace(ptr_of(old), ptr_of(new))
    return re.sub(r"(bank|evil|helo|list|host)%d\." % old, r"\g<1>%d." % new, question)


def wrong(well, answer, fault, expected):
    """What a fault may not do."""
    out = contract.check_answer(answer, lab.AUTHSERV)
    was, now = well["auth"], answer["auth"]
    out.need(expected == "pass" or now["dmarc"]["result"] != "pass", "a fault made dmarc pass")
    for which in ("helo", "mailfrom"):
        out.need(was["spf"][which]["result"] == "pass" or now["spf"][which]["result"] != "pass",
                 "a fault made spf %s pass" % which)
    for a, b in zip(was["dkim"], now["dkim"]):
        out.need(a["result"] == "pass" or b["result"] != "pass", "a fault made dkim pass")
    out.need(was["arc"]["result"] == "pass" or now["arc"]["result"] != "pass", "a fault made arc pass")
    out.need(was["iprev"]["result"] == "pass" or now["iprev"]["result"] != "pass", "a fault made iprev pass")
    if fault in NOT_ASKED:
        out.need(now["dmarc"]["result"] in (expected, "temperror"), "dmarc is %s" % now["dmarc"]["result"])
        out.need(now["spf"]["mailfrom"]["result"] in (was["spf"]["mailfrom"]["result"], "temperror"),
                 "spf is %s" % now["spf"]["mailfrom"]["result"])
    if fault == "TRUNCATE":
        same = dict(now, dkim=None) == dict(was, dkim=None)
        out.need(same or now["dmarc"]["result"] == expected, "TCP gives another answer")
    return out


def run(folder):
    runs, zone_text, n = [], "", 1000
    total = failed = 0
    for kind, extra, expected in KINDS:
        n += 1
        questions, well = one(folder, kind, extra, n)
        total += 1
        if well["auth"]["dmarc"]["result"] != expected or len(questions) < 8 or len(questions) != well["dns_queries"]:
            failed += 1
            print("FAILED: faults: %s: %s, %d questions, dns_queries %d" % (
                kind.__name__, well["auth"]["dmarc"], len(questions), well["dns_queries"]))
        base = n
        for question in questions:
            for fault in FAULTS:
                n += 1
                name, rtype = renamed(question, base, n).rsplit(" ", 1)
                zone_text += zone(n) + (allow(n) if extra else "") + "%s FAULT %s %s\n" % (name, fault, rtype)
                runs.append((job(kind, n, "faults: %s, %s of %s" % (kind.__name__, fault, question)), well, fault, expected))
    server = lab.Server(folder, zone_text)
    try:
        answers = lab.run_jobs(folder, [r[0] for r in runs], server.port, "dns { timeout = 2s }\n")
    finally:
        server.close()
    for (one_job, well, fault, expected), answer in zip(runs, answers):
        bad = wrong(well, answer, fault, expected)
        failed += bool(bad)
        if bad:
            print("FAILED: %s: %s" % (one_job.name, "; ".join(bad)))
    return total + len(runs), failed
