#!/usr/bin/python3
"""DMARC reports as they go out: to who consents and to nobody else, valid, with the sums of the mail, once; through a
relay that refuses, puts off and hangs, a control process that is killed, and two daemons over one Redis. What bounces,
and what a failure report says."""
import collections
import email
import json
import os
import re
import signal
import subprocess
import time

from aggregate import NS, Sink, report_of, reports_of
from harness import BUILD, Bench, Dns, Merlon, Redis, equal, expect, free_port, run, wait_for
from mailsite import config
from milter_client import Milter

ZONE = """
own.test TXT "v=spf1 ip4:192.0.2.0/24 -all"
_dmarc.own.test TXT "v=DMARC1; p=reject; rua=mailto:rua@own.test"
ext.test TXT "v=spf1 -all"
_dmarc.ext.test TXT "v=DMARC1; p=none; rua=mailto:a@given.test,mailto:b@never.test"
ext.test._report._dmarc.given.test TXT "v=DMARC1"
none.test TXT "v=spf1 -all"
_dmarc.none.test TXT "v=DMARC1; p=none; rua=mailto:victim@never.test"
thief.test TXT "v=spf1 -all"
_dmarc.thief.test TXT "v=DMARC1; p=none; rua=mailto:a@moved.test"
thief.test._report._dmarc.moved.test TXT "v=DMARC1; rua=mailto:victim@never.test"
fail.test TXT "v=spf1 -all"
_dmarc.fail.test TXT "v=DMARC1; p=none; ruf=mailto:ruf@fail.test,mailto:victim@never.test"
last.test TXT "v=spf1 -all"
_dmarc.last.test TXT "v=DMARC1; p=none; ruf=mailto:ruf@last.test"
"""
MAIL = [("own.test", "192.0.2.1", 3), ("own.test", "203.0.113.5", 2), ("ext.test", "203.0.113.6", 4),
        ("none.test", "203.0.113.7", 1), ("thief.test", "203.0.113.8", 1)]
WANTED = {"rua@own.test": {"192.0.2.1": 3, "203.0.113.5": 2}, "a@given.test": {"203.0.113.6": 4}}


class Site:
    def __init__(self, bench, shared=False, more="", beside=""):
        self.bench, self.sink = bench, Sink()
        self.dns = bench.add(Dns(bench.path("dns"), ZONE))
        self.redis = bench.add(Redis(bench.path("redis"))) if shared else None
        rules = bench.path("rules")
        with open(os.path.join(rules, "some.cf"), "w") as f:
            f.write("header HAS_SUBJECT exists:Subject\nscore HAS_SUBJECT 0.1\ndescribe HAS_SUBJECT It has one\n")
        more = ('report {{ dmarc {{ use = on  email = "dmarc@mx.test"  org_name = "Test & Co"  retry_after = 1s '
                '{} }} {} relay {{ server = "127.0.0.1:{}"  timeout = 20s }} }}\n'
                'rules {{ dir = "{}" }}\ndaemon {{ workers = 1 }}\n').format(more, beside, self.sink.port, rules)
        if shared:
            more += f'store {{ backend = redis redis {{ servers = {{"unix:{self.redis.path}"}} }} }}\n'
        self.more, self.daemons, self.ports = more, [], []
        for number in range(2 if shared else 1):
            self.ports.append(free_port())
            text = config(self.dns, [(f"inet:{self.ports[number]}@127.0.0.1", "inbound")], self.more)
            where = bench.path(f"merlon{number}")
            self.daemons.append(bench.add(Merlon(where, text, [("127.0.0.1", self.ports[number])])))

    def send(self, mail=None):
        """Over all daemons in turn."""
        n = 0
        for domain, ip, count in mail or MAIL:
            for _ in range(count):
                with Milter(("127.0.0.1", self.ports[n % len(self.ports)]), timeout=30) as m:
                    m.open(ip=ip)
                    m.message([("From", f"a@{domain}"), ("To", "b@here.example"), ("Subject", f"number {n}"),
                               ("Message-ID", f"<{n}.{ip}@{domain}>")], sender=f"<a@{domain}>".encode())
                n += 1
        return n

    def tool(self, *words, code=0):
        d = self.daemons[0]
        done = subprocess.run([f"{BUILD}/merlon", "dmarc", "report", "--json", "-c", d.config, "--state",
                               f"{d.directory}/state", *words], capture_output=True, text=True, timeout=60)
        expect(done.returncode == code, f"merlon dmarc report: {done.returncode}, {done.stdout} {done.stderr}")
        return json.loads(done.stdout)

    def would(self, kind="aggregate"):
        """The reports of a dry run, once all the mail is in it."""
        done = subprocess.run([f"{BUILD}/merlon", "dmarc", "report", "--dry-run", "--open", "--json", "-c",
                               self.daemons[0].config, "--state", f"{self.daemons[0].directory}/state"],
                              capture_output=True, text=True, timeout=60)
        return [r for r in json.loads(done.stdout) if r["kind"] == kind] if done.returncode in (0, 1) else []

    def gathered(self, n):
        wait_for(lambda: sum(r["messages"] for r in self.would()) == n, "the mail in windows", 30)


def sums(bench, sink):
    """Of each address: messages of each source, each report once."""
    total = collections.defaultdict(collections.Counter)
    for (to, _), root in reports_of(bench, sink).items():
        for row in root.findall("d:record/d:row", NS):
            total[to][row.find("d:source_ip", NS).text] += int(row.find("d:count", NS).text)
    return {to: dict(c) for to, c in total.items()}


def who_may_have_them():
    """A dry run says where what goes and why not; then it goes there, and nowhere else."""
    with Bench() as b:
        site = Site(b)
        site.gathered(site.send())
        would = {r["domain"]: r for r in site.would()}
        equal(sorted(would), ["ext.test", "none.test", "own.test", "thief.test"], "domains")
        goals = {g["address"]: g for r in would.values() for g in r["goals"]}
        equal({a for a, g in goals.items() if g["sends"]}, set(WANTED), "who would get one")
        equal(goals["b@never.test"]["why"], "no record of consent", "why not")
        equal(goals["a@moved.test"]["why"], "its consent names another host", "why not")
        equal(site.sink.tried, [], "sent by a dry run")
        equal(site.tool("--open")["told"], True, "the daemon was told")
        wait_for(lambda: len(site.sink.got) == 2, "reports", 40)
        equal(sums(b, site.sink), WANTED, "sums")
        equal(set(site.sink.tried), set(WANTED), "who was written to")
        wait_for(lambda: site.would() == [], "all is done", 20)


def as_messages():
    """Subject, name of the file, sender of the envelope."""
    with Bench() as b:
        site = Site(b)
        site.gathered(site.send([("own.test", "203.0.113.5", 1)]))
        site.tool("--open")
        wait_for(lambda: site.sink.got, "a report", 40)
        sender, to, octets = site.sink.got[0]
        m, filename, _, root = report_of(b, octets, 0)
        rid = root.find("d:report_metadata/d:report_id", NS).text
        begin = root.find("d:report_metadata/d:date_range/d:begin", NS).text
        end = root.find("d:report_metadata/d:date_range/d:end", NS).text
        equal(" ".join(m["Subject"].split()), f"Report Domain: own.test Submitter: mx.test Report-ID: <{rid}>",
              "subject")
        equal(filename, f"mx.test!own.test!{begin}!{end}!{rid}.xml.gz", "file name")
        equal(m["Auto-Submitted"], "auto-generated", "Auto-Submitted")
        expect(re.fullmatch(r"dmarc\+[0-9a-f]{16}\.[0-9a-f]{16}@mx\.test", sender), f"sender {sender}")
        equal(root.find("d:report_metadata/d:org_name", NS).text, "Test & Co", "org_name")
        equal(root.find("d:policy_published/d:p", NS).text, "reject", "p")
        equal(root.find("d:record/d:row/d:policy_evaluated/d:disposition", NS).text, "reject", "disposition")


def refused_and_put_off():
    """5xx: never again, also by the next report; 4xx: again, and then it is there."""
    with Bench() as b:
        site = Site(b)
        site.sink.says = {"rua@own.test": b"550 5.1.1 nobody\r\n", "a@given.test": b"450 4.2.0 later\r\n"}
        site.gathered(site.send())
        site.tool("--open")
        wait_for(lambda: site.sink.tried.count("a@given.test") >= 2, "a second attempt", 40)
        site.sink.says.pop("a@given.test")
        site.tool("--open")
        wait_for(lambda: site.sink.got, "the report", 40)
        equal(site.sink.tried.count("rua@own.test"), 1, "attempts of an address that is refused")
        site.gathered(site.send([("own.test", "192.0.2.77", 2)]))
        site.tool("--open")
        wait_for(lambda: site.would() == [], "the next report", 30)
        wait_for(lambda: "suppressed" in "".join(open(site.daemons[0].log)), "suppression", 30)
        equal(site.sink.tried.count("rua@own.test"), 1, "attempts of an address that is suppressed")


def killed():
    """A control process that is killed while the relay has the message: what is sent again is the same."""
    with Bench() as b:
        site = Site(b)
        site.gathered(site.send())
        site.sink.hang.set()
        site.tool("--open")
        expect(site.sink.hung.wait(40), "the relay has a message")
        for pid in site.daemons[0].control():
            os.kill(pid, signal.SIGKILL)
        site.sink.hang.clear()
        wait_for(lambda: {to for _, to, _ in site.sink.got} == set(WANTED) and
                 len(site.sink.got) >= 3, "all reports", 80)
        equal(sums(b, site.sink), WANTED, "sums")


def one_sender():
    """Two daemons over one Redis: each report once; when one of them dies, the other one goes on."""
    with Bench() as b:
        site = Site(b, shared=True)
        site.gathered(site.send())
        site.tool("--open")
        wait_for(lambda: len(site.sink.got) >= 2, "reports", 60)
        wait_for(lambda: site.would() == [], "all is done", 30)
        equal(len(site.sink.got), 2, "messages")
        equal(sums(b, site.sink), WANTED, "sums")
        reporters = [d for d in site.daemons if 'event="reporter"' in "".join(open(d.log))]
        equal(len(reporters), 1, "daemons that hold the lease")
        for pid in reporters[0].control():
            os.kill(pid, signal.SIGKILL)
        reporters[0].kill()
        left = [n for n, d in enumerate(site.daemons) if d is not reporters[0]]
        site.ports, site.daemons = [site.ports[n] for n in left], [site.daemons[n] for n in left]
        site.gathered(site.send([("own.test", "192.0.2.99", 2)]))
        site.tool("--open")
        wait_for(lambda: len(site.sink.got) == 3, "the next report", 80)
        equal(sums(b, site.sink)["rua@own.test"], {**WANTED["rua@own.test"], "192.0.2.99": 2}, "sums")


def by_hand_and_signed():
    """Without a daemon the tool sends; with a key of the keyring what it sends verifies."""
    import dkim
    with Bench() as b:
        site = Site(b)
        site.gathered(site.send([("own.test", "203.0.113.5", 2)]))
        d = site.daemons[0]
        d.stop()
        made = subprocess.run([f"{BUILD}/merlon", "dkim", "new", "mx.test", "--json", "-c", d.config, "--state",
                               f"{d.directory}/state", "--activate"], capture_output=True, text=True, timeout=60)
        expect(made.returncode in (0, 1), f"merlon dkim new: {made.stdout} {made.stderr}")
        zone = {}
        for k in json.loads(made.stdout):
            zone[k["name"].rstrip(".").encode() + b"."] = k["record"].encode()
        sent = site.tool("--open")
        equal((sent["told"], sent["sent"]), (False, 1), "sent by hand")
        octets = site.sink.got[0][2]
        n = octets.count(b"DKIM-Signature:")
        expect(n >= 1, "no signature")
        for i in range(n):
            v = dkim.DKIM(octets)
            expect(v.verify(idx=i, dnsfunc=lambda name, timeout=5: zone.get(name)), f"signature {i}")
        equal(site.tool("--open")["sent"], 0, "sent again")


def bounce(site, to):
    """A bounce as a mail server sends it, through the daemon; returns when the control process has looked at it."""
    def looked():
        return "".join(open(site.daemons[0].log)).count('event="reports_bounced"')

    before = looked()
    with Milter(("127.0.0.1", site.ports[0]), timeout=30) as m:
        m.open(ip="192.0.2.1")
        m.message([("From", "MAILER-DAEMON@relay.test"), ("To", f"<{to}>"), ("Subject", "Undelivered"),
                   ("Content-Type", 'multipart/report; report-type=delivery-status; boundary="b"')],
                  b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.test\r\n\r\n"
                  b"Final-Recipient: rfc822; rua@own.test\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n",
                  sender=b"<>", rcpts=(f"<{to}>".encode(),))
    wait_for(lambda: looked() > before, "a look at the bounce", 40)


def bounced():
    """A bounce to the sender of a report stops the next one; one to a sender that was made up does not."""
    with Bench() as b:
        site = Site(b)

        def report_again(ip):
            site.gathered(site.send([("own.test", ip, 1)]))
            site.tool("--open")
            wait_for(lambda: site.would() == [], "the window is over", 40)

        report_again("192.0.2.21")
        wait_for(lambda: len(site.sink.got) == 1, "a report", 40)
        sender = site.sink.got[0][0]
        tag = sender.split(".")[1].split("@")[0]
        forged = sender.replace(tag, format(int(tag, 16) ^ 1, "016x"))
        expect(forged != sender, "a forged sender")
        bounce(site, forged)
        report_again("192.0.2.22")
        wait_for(lambda: len(site.sink.got) == 2, "a report in spite of a forged bounce", 40)
        equal(site.sink.got[1][0], sender, "sender of the second report")
        bounce(site, sender)
        report_again("192.0.2.23")
        wait_for(lambda: 'state="suppressed"' in "".join(open(site.daemons[0].log)), "suppression", 40)
        equal(len(site.sink.got), 2, "reports after a bounce")


FAILED = [("To", "Ann Other <ann.other@here.example>,\n\tbob\n\t@here.example"), ("Subject", "for ann.other@here.example")]


def fail(site, domain):
    with Milter(("127.0.0.1", site.ports[0]), timeout=30) as m:
        m.open(ip="203.0.113.9")
        m.message([("From", f"Joe <joe@{domain}>"), ("Message-ID", f"<{time.time()}@{domain}>")] + FAILED,
                  b"the secret text\r\n", sender=f"<joe@{domain}>".encode(),
                  rcpts=(b"<ann.other@here.example>", b"<bob@here.example>"))


def not_at_midnight():
    """The day begins anew for everybody: not between the messages of a test."""
    while time.time() % 86400 > 86400 - 150:
        time.sleep(1)


def failures():
    """A failure report: to who asks and consents, without recipient and body, one a day; the next domain has its own."""
    not_at_midnight()
    with Bench() as b:
        site = Site(b, beside="failure { use = on }")
        fail(site, "fail.test")
        wait_for(lambda: site.sink.got, "a failure report", 60)
        sender, to, octets = site.sink.got[0]
        equal(to, "ruf@fail.test", "recipient")
        expect(re.fullmatch(r"dmarc\+[0-9a-f]{16}\.[0-9a-f]{16}@mx\.test", sender), f"sender {sender}")
        m = email.message_from_bytes(octets)
        equal((m.get_content_type(), m.get_param("report-type")), ("multipart/report", "feedback-report"), "type")
        equal([p.get_content_type() for p in m.get_payload()],
              ["text/plain", "message/feedback-report", "text/rfc822-headers"], "parts")
        report = email.message_from_string(m.get_payload()[1].as_string().split("\n\n", 1)[1])
        for name, value in [("Feedback-Type", "auth-failure"), ("Auth-Failure", "dmarc"), ("Version", "1"),
                            ("Identity-Alignment", "dkim, spf"), ("Reported-Domain", "fail.test"),
                            ("Source-IP", "203.0.113.9"), ("Delivery-Result", "delivered"),
                            ("SPF-DNS", 'txt : fail.test : "v=spf1 -all"')]:
            equal(report[name], value, name)
        expect(report["Authentication-Results"].startswith("mx.test; dmarc=fail header.from=fail.test"),
               report["Authentication-Results"])
        for word in b"ann.other@", b"ann.other", b"bob", b"secret text":
            expect(word not in octets, f"{word} in the report")
        expect(b"From: Joe <joe@fail.test>" in octets, "the author is in it")
        fail(site, "fail.test")
        fail(site, "last.test")
        wait_for(lambda: any(to == "ruf@last.test" for _, to, _ in site.sink.got), "the next domain's", 60)
        equal(sorted(site.sink.tried), ["ruf@fail.test", "ruf@last.test"], "who was written to")


def failures_shown():
    """A dry run shows what waits in the outbox and in the spool, to whom it goes, and why not."""
    not_at_midnight()
    with Bench() as b:
        site = Site(b, shared=True, beside="failure { use = on }")
        site.sink.hang.set()
        fail(site, "last.test")
        expect(site.sink.hung.wait(60), "the relay has a report")
        equal([(r["domain"], r["waits"], [g["address"] for g in r["goals"] if g["sends"]]) for r in site.would("failure")],
              [("last.test", "outbox", ["ruf@last.test"])], "in the outbox")
        for pid in site.daemons[0].control():
            os.kill(pid, signal.SIGSTOP)
        try:
            for domain in ("fail.test", "fail.test", "last.test"):
                fail(site, domain)
            would = {(r["domain"], r["waits"], r["why"]): r for r in site.would("failure")}
        finally:
            for pid in site.daemons[0].control():
                os.kill(pid, signal.SIGCONT)
        had = "the domain had its reports of that day"
        equal(set(would), {("last.test", "outbox", None), ("fail.test", "spool", None), ("fail.test", "spool", had)},
              "what waits")
        one = would["fail.test", "spool", None]
        equal({g["address"]: (g["sends"], g["why"]) for g in one["goals"]},
              {"ruf@fail.test": (True, None), "victim@never.test": (False, "no record of consent")}, "who would get it")
        expect(one["size"] > 1000 and one["ruf"].startswith("mailto:ruf@fail.test"), f"{one}")
        equal(site.sink.tried, ["ruf@last.test"], "who was written to")


def no_failures():
    """Off, as it is by default: no failure report goes out, while aggregate reports do."""
    with Bench() as b:
        site = Site(b)
        fail(site, "fail.test")
        site.gathered(site.send([("own.test", "192.0.2.1", 1)]))
        site.tool("--open")
        wait_for(lambda: site.sink.got, "an aggregate report", 40)
        wait_for(lambda: site.would() == [], "all is done", 30)
        equal(site.sink.tried, ["rua@own.test"], "who was written to")


if __name__ == "__main__":
    run([who_may_have_them, as_messages, refused_and_put_off, killed, one_sender, by_hand_and_signed, bounced, failures,
         failures_shown, no_failures], seconds=180)
