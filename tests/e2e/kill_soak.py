#!/usr/bin/python3
"""kill -9 at random moments of a daemon that judges mail while several merlon learn teach it: its
control process, a worker, its supervisor, everything at once, and Redis where it is the store. What
was acknowledged is learnt, once; nothing is torn; the store opens by itself; no message gets a
verdict that it would not have got.
kill_soak.py [KILLS] [embedded|redis|redis-aof]; test_endure.py runs a few."""
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

from harness import BUILD, Bench, Failure, Merlon, Redis, equal, expect, run, wait_for
from mailsite import config, start
from milter_client import Gone, Milter
from redis_soak import HEADERS, LATE_S, percentile

WORDS = "garden invoice meeting winner prize budget holiday casino report colleague offer parcel".split()
AOF = ("--appendonly", "yes", "--appendfsync", "everysec")


class Teacher(threading.Thread):
    """merlon learn with a few messages at a time, each lot again until it is acknowledged."""

    def __init__(self, site, number, lot=4):
        super().__init__(daemon=True)
        self.site, self.number, self.lot, self.stop = site, number, lot, threading.Event()
        self.directory = site.bench.path(f"mails{number}")
        self.learnt = {"ham": [], "spam": []}  # paths, acknowledged
        self.failures, self.trouble, self.rng = 0, None, random.Random(number)

    def write(self, kind):
        paths, first = [], sum(map(len, self.learnt.values()))
        for n in range(first, first + self.lot):
            paths.append(os.path.join(self.directory, f"{kind}{n}"))
            with open(paths[-1], "w") as f:
                f.write(f"From: {kind}{n}@teacher{self.number}.example\nSubject: {kind} {self.number} {n}\n"
                        f"Message-ID: <{n}@teacher{self.number}.example>\n\n{' '.join(self.rng.choices(WORDS, k=30))}\n")
        return paths

    def run(self):
        try:
            while not self.stop.is_set():
                kind = self.rng.choice(("ham", "spam"))
                paths = self.write(kind)
                while True:
                    code, counts, said = self.site.learn(kind, paths)
                    if code == 0:
                        break
                    self.failures += 1
                    expect(not self.site.settled.is_set(), f"merlon learn fails although nobody is killed: {said}")
                    time.sleep(0.05)
                equal(counts["learnt"] + counts["already"], len(paths), "messages of a lot")
                self.learnt[kind] += paths
        except Exception as e:  # told by the test's own thread
            self.trouble = e


class Mailer(threading.Thread):
    """Mail, each message again until it has got an answer, as an MTA does it."""

    def __init__(self, site, number, pause):
        super().__init__(daemon=True)
        self.site, self.number, self.pause, self.stop = site, number, pause, threading.Event()
        self.verdicts, self.broken = [], []  # (when it began, how long, action, degraded); (began, ended, why)

    def once(self, n):
        began = time.monotonic()
        try:
            with Milter(self.site.where) as m:
                m.open()
                m.begin()
                m.content([(k, v.format(n=f"{self.number}.{n}")) for k, v in HEADERS], f"text {n}\r\n".encode())
                v = m.end()
                m.quit()
        except (Gone, OSError) as e:
            self.broken.append((began, time.monotonic(), repr(e)))
            return False
        self.verdicts.append((began, time.monotonic() - began, v.action, v.field("X-Merlon-Degraded")))
        return True

    def run(self):
        n = 0
        while not self.stop.is_set():
            n += 1
            while not self.once(n) and not self.stop.is_set():
                time.sleep(0.02)
            self.stop.wait(self.pause)


class TaughtSite:
    """A daemon, and merlon learn beside it."""

    def __init__(self, bench, merlon):
        self.bench, self.merlon = bench, merlon
        self.settled = threading.Event()  # nobody is killed any more

    def tool(self, *words):
        done = subprocess.run([f"{BUILD}/merlon", *words, "-c", self.merlon.config, "--state",
                               f"{self.merlon.directory}/state", "--json"], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def learn(self, *words):
        code, out, err = self.tool("learn", words[0], *words[1])
        return code, json.loads(out) if code == 0 else None, out + err

    def status(self):
        code, out, err = self.tool("learn", "status")
        expect(code == 0, f"merlon learn status: {err}")
        return json.loads(out)


class KilledSite(TaughtSite):
    """A daemon that is killed and started again."""

    def __init__(self, bench, backend, more=""):
        self.redis, self.redis_argv = None, AOF if backend == "redis-aof" else ()
        more += "daemon { workers = 2 }\nrules { hyperscan = off }\n"
        if backend != "embedded":
            self.redis_directory = bench.path("redis")
            self.redis = Redis(self.redis_directory, self.redis_argv)
            more += f'store {{ backend = redis redis {{ servers = {{"unix:{self.redis.path}"}} }} }}\n'
        self.more = more
        self.dns, merlon = start(bench, more=more)
        super().__init__(bench, merlon)
        self.where = ("127.0.0.1", merlon.port)
        self.outages = []  # (from, till) in which connections may break
        self.kills = {}

    def in_outage(self, since, till):
        return any(a < till and since < b for a, b in self.outages)

    def start_again(self):
        """As a service manager does it: again if it fails, for a while."""
        end = time.monotonic() + 20
        listener = [(f"inet:{self.where[1]}@127.0.0.1", "inbound")]
        while True:
            try:
                self.merlon = self.bench.add(Merlon(self.merlon.directory, config(self.dns, listener, self.more), [self.where]))
                return
            except Failure as e:
                if time.monotonic() > end:
                    raise Failure(f"merlond does not start again: {e}") from None

    def kill(self, victim):
        """One death; back when what died has been started again, though it may not be ready."""
        began = time.monotonic()
        if victim in ("control", "worker"):
            pids = self.merlon.control() if victim == "control" else self.merlon.workers()[:1]
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            if not pids:
                return
            if victim == "worker":
                self.outages.append((began - 0.1, time.monotonic() + 0.5))
        elif victim == "redis":
            self.redis.kill()
            self.redis.process.wait()
            time.sleep(random.uniform(0, 0.5))
            self.redis = Redis(self.redis_directory, self.redis_argv)
        else:
            if victim == "all":
                os.killpg(self.merlon.pid, signal.SIGKILL)
            else:
                self.merlon.kill()
            self.merlon.process.wait()
            self.start_again()
            self.outages.append((began - 0.1, time.monotonic() + 0.5))
        self.kills[victim] = self.kills.get(victim, 0) + 1


def first_lesson(site):
    """Something was learnt before: a daemon that is new to a shared store takes two seconds to find its
    key, and one that is killed before that again and again never does."""
    path = os.path.join(site.bench.path("first"), "mail")
    with open(path, "w") as f:
        f.write("From: first@teacher.example\nSubject: first\n\nthe first lesson\n")
    for word in ("ham", "forget"):
        code, _, said = site.learn(word, [path])
        equal(code, 0, f"merlon learn {word}: {said}")


def soak(bench, kills, backend, teachers=3, mailers=2, rate=20, pause=0.4):
    site = KilledSite(bench, backend)
    first_lesson(site)
    threads = [Teacher(site, n) for n in range(teachers)] + [Mailer(site, n, mailers / rate) for n in range(mailers)]
    victims = ["control"] * 12 + ["worker"] * 3 + ["supervisor", "all"] + ["redis"] * 3 * (site.redis is not None)
    for t in threads:
        t.start()
    try:
        while sum(site.kills.values()) < kills:
            time.sleep(random.uniform(0, pause))
            site.kill(random.choice(victims))
        time.sleep(1)
    finally:
        site.settled.set()
        for t in threads:
            t.stop.set()
        for t in threads:
            t.join(40)
    print(f"{site.kills}", flush=True)
    lots, known = judge_learning(site, threads[:teachers])
    judge_restart(site, lots, known)
    judge_mail(site, threads[teachers:])
    if site.redis:
        site.redis.stop()


def judge_mail(site, mailers):
    verdicts = [v for m in mailers for v in m.verdicts]
    broken = [b for m in mailers for b in m.broken if not site.in_outage(b[0], b[1])]
    wrong = [v for v in verdicts if v[2] != "accept"]
    # a connection that the kernel has taken waits for a worker while all of them start
    took = [v[1] for v in verdicts if not site.in_outage(v[0], v[0] + v[1])]
    print(f"{len(verdicts)} messages, {sum(len(m.broken) for m in mailers)} connections broken and tried again, "
          f"p50 {percentile(took, 0.5) * 1000:.1f} ms, worst {max(took) * 1000:.0f} ms, "
          f"{sum(bool(v[3]) for v in verdicts)} degraded", flush=True)
    expect(not broken, f"connections broke although nothing died that they need: {broken[:3]}")
    expect(not wrong, f"verdicts: {wrong[:3]}")
    expect(max(took) < LATE_S + percentile(took, 0.5), f"a verdict took {max(took):.2f} s")


def count(site, wanted, what):
    """Waits for the daemon to count what was acknowledged, and for all of it to be shipped."""
    def counted():
        status = site.status()
        return {kind: status[kind] for kind in wanted} == wanted and not status.get("waiting")

    try:
        wait_for(counted, what, 15)
    except Failure:
        raise Failure(f"{what}: acknowledged {wanted}, counted {site.status()}") from None


def judge_learning(site, teachers):
    """What was acknowledged is counted and known, each message once."""
    for t in teachers:
        expect(not t.trouble and not t.is_alive(), f"a teacher: {t.trouble or 'hangs'}")
    lots = {kind: [p for t in teachers for p in t.learnt[kind]] for kind in ("ham", "spam")}
    wanted = {kind: len(paths) for kind, paths in lots.items()}
    print(f"{wanted} acknowledged, {sum(t.failures for t in teachers)} calls of merlon learn failed meanwhile", flush=True)

    def known():
        for kind, paths in lots.items():
            code, counts, said = site.learn(kind, paths)
            equal((code, counts and counts["learnt"], counts and counts["already"]), (0, 0, len(paths)),
                  f"{kind} learnt again: {said}")

    count(site, wanted, "the counts")
    known()
    return lots, known


def judge_restart(site, lots, known):
    """The same after an orderly end; and forgetting all of it leaves nothing."""
    wanted = {kind: len(paths) for kind, paths in lots.items()}
    expect(site.merlon.stop() == 0, "it does not end well")
    code, out, err = site.tool("store", "check")
    equal((code, json.loads(out)["good"]), (0, True), f"merlon store check: {out}{err}")
    site.start_again()
    count(site, wanted, "the counts after a restart")
    known()
    for kind, paths in lots.items():
        code, out, err = site.tool("learn", "forget", *paths)
        equal((code, json.loads(out)["learnt"]), (0, len(paths)), f"{kind} forgotten: {out}{err}")
    count(site, dict.fromkeys(wanted, 0), "what is left when all is forgotten")
    damaged = [n for n in os.listdir(f"{site.merlon.directory}/state") if "damaged" in n]
    expect(not damaged, f"set aside: {damaged}")


def main():
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    backends = sys.argv[2:] or ["embedded", "redis", "redis-aof"]
    del sys.argv[1:]

    def kill_soak():
        for backend in backends:
            with Bench() as bench:
                print(f"{backend}:", flush=True)
                soak(bench, kills, backend)

    run([kill_soak], (kills * 3 + 300) * len(backends))


if __name__ == "__main__":
    main()
