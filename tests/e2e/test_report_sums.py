#!/usr/bin/python3
"""The sums of DMARC reports are those of the mail: of 300 domains, through two daemons over one Redis,
while one is loaded anew, workers and control processes are killed, a whole daemon is killed and
begins again, and Redis stands still. Whoever sends is an MTA: a message without an answer is sent
again, to the same filter or to the other one. What counts are the reports as they come out of the
relay, while whoever sends them is loaded anew and killed: all valid, and none where nobody wants it.

MERLON_REPORT_MESSAGES: how many messages (3000)."""
import collections
import json
import os
import queue
import random
import re
import signal
import subprocess
import threading
import time

import dkim

from aggregate import NS, Sink, reports_of, text
from harness import BUILD, Bench, Dns, Merlon, Redis, children, equal, expect, free_port, name, run, wait_for
from mailsite import Keys, config
from milter_client import Gone, Milter

MESSAGES = int(os.environ.get("MERLON_REPORT_MESSAGES", "3000"))
DOMAINS = 300
SENDERS = 4
GOOD, BAD = ["192.0.2.1", "192.0.2.2"], ["203.0.113.7", "203.0.113.8", "198.51.100.9"]
POLICY = ["none", "quarantine", "reject"]
PATIENCE = 10 + MESSAGES // 100  # seconds for what takes as long as there is mail


def domain(i):
    return f"d{i}.test"


def addresses(i):
    """What the rua of a domain says, and who of these gets reports: its own, or of others who say that
    they want them, at this address or at another one of theirs."""
    own, given, never = f"dmarc@{domain(i)}", f"d{i}@given.test", f"d{i}@never.test"
    return {
        9: ([], []),
        8: ([given], [given]),
        7: ([never], []),
        6: ([own, never], [own]),
        5: ([given, own], [given, own]),
        4: ([given], [f"instead{i}@given.test"]),
        3: ([f"d{i}@moved.test"], []),
    }.get(i % 10, ([own], [own]))


def rua(i):
    return ",".join("mailto:" + a for a in addresses(i)[0])


def zone():
    """Every tenth domain asks for no reports; every seventh is only testing its policy."""
    Keys.make()
    made = ""
    for i in range(DOMAINS):
        reports = f"; rua={rua(i)}" if rua(i) else ""
        testing = "; t=y" if i % 7 == 0 else ""
        made += (f'{domain(i)} TXT "v=spf1 ip4:192.0.2.0/24 -all"\n'
                 f'_dmarc.{domain(i)} TXT "v=DMARC1; p={POLICY[i % 3]}{testing}{reports}"\n'
                 f'sel._domainkey.{domain(i)} TXT "v=DKIM1; p={Keys.public[:200]}" "{Keys.public[200:]}"\n')
        instead = f"; rua=mailto:instead{i}@given.test" if i % 10 == 4 else ""
        made += (f'{domain(i)}._report._dmarc.given.test TXT "v=DMARC1{instead}"\n'
                 f'{domain(i)}._report._dmarc.moved.test TXT "v=DMARC1; rua=mailto:d{i}@never.test"\n')
    return made


class Signatures:
    """One of each domain, good for all its mail: of the author and the body, which are the same."""
    made = {}

    @classmethod
    def field(cls, i, good):
        if i not in cls.made:
            Keys.make()
            message = f"From: a@{domain(i)}\r\n\r\ntext\r\n".encode()
            name, _, value = dkim.sign(message, b"sel", domain(i).encode(), Keys.pem, include_headers=[b"from"],
                                       canonicalize=(b"relaxed", b"relaxed")).decode().strip().partition(":")
            cls.made[i] = (name, value.replace("\r\n", "\n"))
        name, value = cls.made[i]
        return name, value if good else re.sub("bh=[^;]*", "bh=" + 43 * "A" + "=", value)


class Mail:
    """One message, and what a report is to say of it."""

    def __init__(self, number, rng):
        self.number, self.i = number, rng.randrange(DOMAINS)
        spf, self.dkim = rng.choice(["pass", "pass", "fail"]), rng.choice(["", "", "pass", "fail"])
        self.ip = rng.choice(GOOD if spf == "pass" else BAD)
        passes = "pass" in (spf, self.dkim)
        asked = 0 if passes else max(self.i % 3 - (self.i % 7 == 0), 0)
        self.action = "reject" if asked == 2 else "accept"
        reason = "policy_test_mode" if not passes and self.i % 7 == 0 and self.i % 3 else ""
        self.row = (domain(self.i), POLICY[self.i % 3], self.ip, "pass" if passes else POLICY[asked],
                    self.dkim == "pass", spf == "pass", self.dkim, spf, reason)
        self.counted = bool(rua(self.i))

    def fields(self):
        signature = [Signatures.field(self.i, self.dkim == "pass")] if self.dkim else []
        return signature + [("From", f"a@{domain(self.i)}"), ("To", "b@here.example"),
                            ("Subject", f"number {self.number}"), ("Message-ID", f"<{self.number}@{domain(self.i)}>")]


class Sender(threading.Thread):
    """An MTA's queue: takes messages, and sends each until it has an answer."""

    def __init__(self, work, ports, seed):
        super().__init__(daemon=True)
        self.work, self.ports, self.rng = work, ports, random.Random(seed)
        self.again, self.wrong = 0, []

    def send(self, mail):
        """A session of its own. False: there was no answer, or it was put off."""
        try:
            with Milter(("127.0.0.1", self.rng.choice(self.ports)), timeout=60) as m:
                m.open(ip=mail.ip)
                v = m.message(mail.fields(), sender=f"<a@{domain(mail.i)}>".encode(),
                              qid=f"Q{mail.number}.{self.again}".encode())
        except (Gone, OSError):
            return False
        if v.action not in ("tempfail", mail.action):
            self.wrong.append((mail.row, v.action, v.reply))
        return v.action != "tempfail"

    def run(self):
        while (mail := self.work.get()) is not None:
            while not self.send(mail):
                self.again += 1
                time.sleep(0.05)


class Site:
    def __init__(self, bench, shared):
        self.bench, self.sink = bench, Sink()
        self.dns = bench.add(Dns(bench.path("dns"), zone()))
        self.redis = bench.add(Redis(bench.path("redis"))) if shared else None
        rules = bench.path("rules")
        with open(os.path.join(rules, "some.cf"), "w") as f:
            f.write("header HAS_SUBJECT exists:Subject\nscore HAS_SUBJECT 0.1\ndescribe HAS_SUBJECT It has one\n")
        more = ('report { dmarc { use = on  email = "dmarc@mx.test"  retry_after = 1s } '
                f'relay {{ server = "127.0.0.1:{self.sink.port}"  timeout = 20s }} }}\n'
                f'rules {{ dir = "{rules}" }}\ndaemon {{ workers = 2 }}\n'
                'dns { timeout = 10s }\n')
        if shared:
            more += f'store {{ backend = redis redis {{ servers = {{"unix:{self.redis.path}"}} }} }}\n'
        self.more, self.ports, self.daemons = more, [], []
        for number in range(2 if shared else 1):
            self.ports.append(free_port())
            self.daemons.append(self.start(number))

    def start(self, number):
        port = self.ports[number]
        text = config(self.dns, [(f"inet:{port}@127.0.0.1", "inbound")], self.more)
        return self.bench.add(Merlon(self.bench.path(f"merlon{number}"), text, [("127.0.0.1", port)]))

    def dump(self):
        """The sums in the store, and what the dump says of them."""
        where = ["--redis", self.redis.path] if self.redis else ["--state", f"{self.daemons[0].directory}/state"]
        done = subprocess.run([f"{BUILD}/tests/lib/windows_dump", *where], capture_output=True, text=True, timeout=60)
        equal(done.returncode, 0, f"windows_dump {done.stderr}")
        sums = collections.Counter()
        for line in done.stdout.splitlines():
            r = json.loads(line)
            equal(r["rua"], rua(int(r["policy_domain"][1:-5])), "rua")
            equal(r["header_from"], r["policy_domain"], "header_from")
            sums[(r["policy_domain"], r["p"], r["source"], "pass" if r["pass"] else r["disposition"], r["dkim"],
                  r["spf"], r["dkim_result"], r["spf_result"], r["reason"])] += r["count"]
        return sums, done.stderr.strip()

    def tool(self, *words):
        d = next(d for d in self.daemons if d.alive())
        done = subprocess.run([f"{BUILD}/merlon", "dmarc", "report", "--open", "--json", "-c", d.config, "--state",
                               f"{d.directory}/state", *words], capture_output=True, text=True, timeout=120)
        expect(done.returncode in (0, 1), f"merlon dmarc report: {done.returncode}, {done.stderr}")
        return json.loads(done.stdout)

    def lease_over(self, killed):
        """As after its 30 seconds, which only a longer run waits for: the lease ends, if one of these processes
        has it."""
        for key in self.redis.cli("KEYS", "*rpt:lease*").split() if MESSAGES <= 3000 else []:
            host, pid, _ = self.redis.cli("EVAL", "return string.sub(redis.call('GET', KEYS[1]), 10)", "1",
                                          key).split(":")
            if int(pid) in killed:
                self.redis.cli("DEL", key)

    def told(self, event):
        """Lines of the daemons' logs with such an event."""
        return [line for d in self.daemons for line in open(d.log, errors="replace") if f'event="{event}"' in line]

    def unread(self):
        """Octets in the spools that are in no window yet; those of writers that live stay."""
        total = 0
        for d in self.daemons:
            spool, marks = f"{d.directory}/state/spool", {}
            try:
                with open(f"{spool}/read") as f:
                    marks = {n: int(at) for n, at in (line.split() for line in f)}
            except FileNotFoundError:
                pass
            for n in os.listdir(spool):
                if len(n) == 33:
                    try:
                        size = os.stat(f"{spool}/{n}").st_size
                    except FileNotFoundError:
                        continue
                    total += max(size - max(marks.get(n, 0), 8), 0)
        return total


def expected(mails):
    return collections.Counter(m.row for m in mails if m.counted)


def send(site, mails, troubles):
    """All of them, each trouble in the middle of its share of them."""
    work, share = queue.Queue(), len(mails) // (len(troubles) + 1) + 1
    senders = site.senders = [Sender(work, site.ports, n) for n in range(SENDERS)]
    for s in senders:
        s.start()
    for i, trouble in enumerate(troubles):
        for m in mails[i * share:(i + 1) * share]:
            work.put(m)
        wait_for(lambda: work.qsize() <= share // 2, f"mail before {trouble.__name__}", PATIENCE)
        trouble()
    for m in mails[len(troubles) * share:] + [None] * SENDERS:
        work.put(m)
    for s in senders:
        s.join(PATIENCE)
        expect(not s.is_alive(), f"{work.qsize()} messages are still there")
        equal(s.wrong, [], "other verdicts than expected")
    return sum(s.again for s in senders)


def compare(site, mails):
    wait_for(lambda: site.unread() == 0, "the spools to be read", 60)
    sums, told = site.dump()
    wanted = expected(mails)
    missing, more = wanted - sums, sums - wanted
    expect(sums == wanted, f"missing {sum(missing.values())} {list(missing.items())[:3]}, "
           f"too many {sum(more.values())} {list(more.items())[:3]}")
    expect(told.endswith("clipped 0 damaged 0"), told)
    return told


def compare_dry(site, mails):
    """What would go where: all the mail, and only to who wants it."""
    wanted = collections.Counter(domain(m.i) for m in mails if m.counted)
    would, all_sums = site.tool("--dry-run"), collections.Counter()
    for r in would:
        i = int(r["domain"][1:-5])
        all_sums[r["domain"]] += r["messages"]
        equal(sorted(g["address"] for g in r["goals"] if g["sends"]), sorted(addresses(i)[1]), f"goals of {i}")
        equal([g["consent"] for g in r["goals"]], [g["sends"] for g in r["goals"]], f"consent of {i}")
        expect(all(g["why"] for g in r["goals"] if not g["sends"]), f"no reason why not: {r['goals']}")
    equal(all_sums, wanted, "messages of a dry run")
    equal(site.sink.tried, [], "sent by a dry run")


def contents(reports):
    """The sums of reports: of each address."""
    sums = collections.defaultdict(collections.Counter)
    for (to, _), root in reports.items():
        about = (text(root, "policy_published/domain"), text(root, "policy_published/p"))
        for r in root.findall("d:record", NS):
            equal(text(r, "identifiers/header_from"), about[0], "header_from")
            sums[to][(*about, text(r, "row/source_ip"), text(r, "row/policy_evaluated/disposition"),
                      text(r, "row/policy_evaluated/dkim") == "pass", text(r, "row/policy_evaluated/spf") == "pass",
                      text(r, "auth_results/dkim/result"), text(r, "auth_results/spf/result"),
                      text(r, "row/policy_evaluated/reason/type"))] += int(text(r, "row/count"))
    return sums


def compare_sent(site, mails):
    """The reports go out, while the control processes are loaded anew and killed: to each address exactly what is
    of its domain, nothing to anybody else, and then there is nothing left."""
    wanted = collections.defaultdict(collections.Counter)
    for m in mails:
        for to in addresses(m.i)[1] if m.counted else []:
            wanted[to][m.row] += 1
    before, site.sink.room = time.monotonic(), len(wanted) // 4
    equal(site.tool()["told"], True, "the daemons were told")
    wait_for(lambda: len(site.sink.got) >= site.sink.room, "a quarter of the reports", 60)
    for d in site.daemons:
        d.reload()
    site.sink.room = len(wanted) // 2
    wait_for(lambda: len(site.sink.got) >= site.sink.room, "half of the reports", 60)
    killed = [pid for d in site.daemons for pid in d.control()]
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    expect(len({to for _, to, _ in list(site.sink.got)}) < len(wanted), "who sent was killed too late")
    site.lease_over(killed)
    site.sink.room = None
    wait_for(lambda: {to for _, to, _ in list(site.sink.got)} >= set(wanted), "all reports", 90)
    wait_for(lambda: site.tool("--dry-run") == [], "nothing to be left", 30)
    took = time.monotonic() - before
    reports = reports_of(site.bench, site.sink)
    sums = contents(reports)
    equal(set(site.sink.tried), set(wanted), "who was written to")
    for to, sum_of in wanted.items():
        expect(sums[to] == sum_of, f"{to}: missing {sum_of - sums[to]}, too many {sums[to] - sum_of}")
    equal(sum(sums.values(), collections.Counter()).keys() - expected(mails).keys(), set(), "rows of no mail")
    never = {a for m in mails if m.i % 10 != 4 for a in set(addresses(m.i)[0]) - set(addresses(m.i)[1])}
    said = {m[1] for m in map(re.compile('to="([^"]*)" state="no consent"').search, site.told("report_goal")) if m}
    equal(said - never, set(), "addresses said to want nothing")
    # one of them may have been under way when a process was told to end, or was killed
    expect(len(never - said) <= 2 * len(site.daemons), f"nothing was said of {sorted(never - said)}")
    return len({rid for _, rid in reports}), len(wanted), len(site.sink.got), took


def worker_of(daemon):
    return [p for p in children(daemon.pid) if name(p) == "merlond-worker"] or daemon.workers()


def test_sums_through_everything():
    with Bench() as bench:
        site = Site(bench, shared=True)
        rng = random.Random(1)
        mails = [Mail(n, rng) for n in range(MESSAGES)]

        def reload():
            site.daemons[0].reload()

        def worker_killed():
            os.kill(worker_of(site.daemons[1])[0], signal.SIGKILL)

        def control_killed():
            killed = [wait_for(d.control, "a control process")[0] for d in site.daemons]
            for pid in killed:
                os.kill(pid, signal.SIGKILL)
            site.lease_over(killed)

        def redis_stands_still():
            site.redis.kill(signal.SIGSTOP)
            time.sleep(3)
            site.redis.kill(signal.SIGCONT)

        def daemon_killed():
            d = site.daemons[0]
            killed = d.control()
            os.killpg(d.pid, signal.SIGKILL)
            d.process.wait()
            site.lease_over(killed)
            before = sum(s.again for s in site.senders)
            wait_for(lambda: sum(s.again for s in site.senders) > before, "somebody to send again", 60)
            site.daemons[0] = site.start(0)

        again = send(site, mails, [reload, worker_killed, control_killed, redis_stands_still, daemon_killed,
                                   worker_killed, reload])
        told = compare(site, mails)
        compare_dry(site, mails)
        reports, recipients, messages, took = compare_sent(site, mails)
        print(f"   {MESSAGES} messages, {again} sent again, {sum(expected(mails).values())} counted; {told}; "
              f"{reports} valid reports to {recipients} addresses in {messages} messages, {took:.1f} s")


def test_every_message_twice():
    """All messages are sent again, to the other daemon too: each is counted once."""
    with Bench() as bench:
        site = Site(bench, shared=True)
        rng = random.Random(2)
        mails = [Mail(n, rng) for n in range(min(MESSAGES, 3000) // 3)]
        send(site, mails, [])
        send(site, mails[::-1], [])
        told = compare(site, mails)
        expect(not told.startswith("repeated 0 "), told)


def test_embedded_store():
    """One machine; its control process is killed while it writes."""
    with Bench() as bench:
        site = Site(bench, shared=False)
        rng = random.Random(3)
        mails = [Mail(n, rng) for n in range(min(MESSAGES, 3000) // 3)]

        def control_killed():
            os.kill(wait_for(site.daemons[0].control, "a control process")[0], signal.SIGKILL)

        send(site, mails, [control_killed, control_killed])
        compare(site, mails)


def test_off():
    """Without report.dmarc.use nothing is gathered."""
    with Bench() as bench:
        site = Site(bench, shared=False)
        site.daemons[0].stop()
        site.more = site.more.replace("use = on", "use = off")
        site.daemons[0] = site.start(0)
        rng = random.Random(4)
        send(site, [Mail(n, rng) for n in range(50)], [])
        equal(site.unread(), 0, "octets in the spool")


if __name__ == "__main__":
    run([test_sums_through_everything, test_every_message_twice, test_embedded_store, test_off],
        240 + MESSAGES // 20)
