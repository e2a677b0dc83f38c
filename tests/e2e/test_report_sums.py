#!/usr/bin/python3
"""The sums of DMARC rows are those of the mail: of 300 domains, through two daemons over one Redis,
while one is loaded anew, workers and control processes are killed, a whole daemon is killed and
begins again, and Redis stands still. Whoever sends is an MTA: a message without an answer is sent
again, to the same filter or to the other one.

MERLON_REPORT_MESSAGES: how many messages (3000)."""
import collections
import json
import os
import queue
import random
import signal
import subprocess
import threading
import time

from harness import BUILD, Bench, Dns, Merlon, Redis, children, equal, expect, free_port, name, run, wait_for
from mailsite import config
from milter_client import Gone, Milter

MESSAGES = int(os.environ.get("MERLON_REPORT_MESSAGES", "3000"))
DOMAINS = 300
SENDERS = 4
GOOD, BAD = ["192.0.2.1", "192.0.2.2"], ["203.0.113.7", "203.0.113.8", "198.51.100.9"]
POLICY = ["none", "quarantine", "reject"]
PATIENCE = 10 + MESSAGES // 100  # seconds for what takes as long as there is mail


def domain(i):
    return f"d{i}.test"


def zone():
    """Every tenth domain asks for no reports; every seventh is only testing its policy."""
    text = ""
    for i in range(DOMAINS):
        rua = "" if i % 10 == 9 else f"; rua=mailto:dmarc@{domain(i)}"
        testing = "; t=y" if i % 7 == 0 else ""
        text += (f'{domain(i)} TXT "v=spf1 ip4:192.0.2.0/24 -all"\n'
                 f'_dmarc.{domain(i)} TXT "v=DMARC1; p={POLICY[i % 3]}{testing}{rua}"\n')
    return text


class Mail:
    """One message, and what a report is to say of it."""

    def __init__(self, number, rng):
        self.number, self.i = number, rng.randrange(DOMAINS)
        self.passes = rng.random() < 0.6
        self.ip = rng.choice(GOOD if self.passes else BAD)
        asked = 0 if self.passes else max(self.i % 3 - (self.i % 7 == 0), 0)
        self.action = "reject" if asked == 2 else "accept"
        reason = "policy_test_mode" if not self.passes and self.i % 7 == 0 and self.i % 3 else ""
        self.row = (domain(self.i), POLICY[self.i % 3], self.ip, POLICY[asked], self.passes, reason)
        self.counted = self.i % 10 != 9

    def fields(self):
        return [("From", f"a@{domain(self.i)}"), ("To", "b@here.example"), ("Subject", f"number {self.number}"),
                ("Message-ID", f"<{self.number}@{domain(self.i)}>")]


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
        self.bench = bench
        self.dns = bench.add(Dns(bench.path("dns"), zone()))
        self.redis = bench.add(Redis(bench.path("redis"))) if shared else None
        rules = bench.path("rules")
        with open(os.path.join(rules, "some.cf"), "w") as f:
            f.write("header HAS_SUBJECT exists:Subject\nscore HAS_SUBJECT 0.1\ndescribe HAS_SUBJECT It has one\n")
        more = (f'report {{ dmarc {{ use = on }} }}\nrules {{ dir = "{rules}" }}\ndaemon {{ workers = 2 }}\n'
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
            equal(r["rua"], f"mailto:dmarc@{r['policy_domain']}", "rua")
            equal(r["header_from"], r["policy_domain"], "header_from")
            sums[(r["policy_domain"], r["p"], r["source"], r["disposition"], r["pass"], r["reason"])] += r["count"]
        return sums, done.stderr.strip()

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
            for d in site.daemons:
                os.kill(wait_for(d.control, "a control process")[0], signal.SIGKILL)

        def redis_stands_still():
            site.redis.kill(signal.SIGSTOP)
            time.sleep(3)
            site.redis.kill(signal.SIGCONT)

        def daemon_killed():
            d = site.daemons[0]
            os.killpg(d.pid, signal.SIGKILL)
            d.process.wait()
            before = sum(s.again for s in site.senders)
            wait_for(lambda: sum(s.again for s in site.senders) > before, "somebody to send again", 60)
            site.daemons[0] = site.start(0)

        again = send(site, mails, [reload, worker_killed, control_killed, redis_stands_still, daemon_killed,
                                   worker_killed, reload])
        told = compare(site, mails)
        print(f"   {MESSAGES} messages, {again} sent again, {sum(expected(mails).values())} counted; {told}")


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
