#!/usr/bin/python3
"""What the daemon's memory endures: kills, a Redis that is slow, silent or talks nonsense, fail-over,
a full disk, a slow one, a damaged or locked data base, a control process that hangs. Meanwhile mail
goes on, in time, and says what it was judged without; afterwards all is as before."""
import contextlib
import os
import signal
import sqlite3
import subprocess
import threading
import time

from harness import BUILD, Bench, Redis, equal, expect, run, wait_for
from kill_soak import KilledSite, soak
from redis_peers import Proxy
from redis_soak import LATE_S, Sender, memory, percentile
from reload_soak import soak as reload_soak
from test_redis_failover import NAME, pair

RATE, SENDERS = 24, 3
COUNTED = 'rate "all" { key = {"net"} count = messages limit = "100000/1h" action = tempfail profile = inbound }\n'
QUICK_BREAKER = "breaker { open = 1s }"


class Load:
    """Mail all the while; then none may be lost or late, and what fell into a fault must say so."""

    def __init__(self, site):
        self.site, self.faults = site, []
        self.threads = [Sender(site.where, SENDERS / RATE) for _ in range(SENDERS)]

    def __enter__(self):
        for t in self.threads:
            t.start()
        time.sleep(0.4)
        return self

    @contextlib.contextmanager
    def fault(self, settle=0.0):
        began = time.monotonic()
        yield
        self.faults.append((began + settle, time.monotonic()))

    def __exit__(self, *what):
        for t in self.threads:
            t.stop.set()
        for t in self.threads:
            t.join(20)

    def verdicts(self):
        return sorted(v for t in self.threads for v in t.verdicts)

    def judge(self, title, spared=0):
        """spared: how many of those within a fault may have had their answer before it struck them."""
        verdicts, lost = self.verdicts(), sum(t.lost for t in self.threads)
        took = [v[1] for v in verdicts]
        inside = [v for v in verdicts if any(a < v[0] - v[1] and v[0] < b for a, b in self.faults)]
        silent = [v for v in inside if not v[2]]
        print(f"  {title}: {len(verdicts)} messages, {lost} lost, p50 {percentile(took, 0.5) * 1000:.1f} ms, worst "
              f"{max(took) * 1000:.0f} ms, {sum(v[2] for v in verdicts)} degraded", flush=True)
        expect(lost == 0, f"{title}: {lost} messages lost or put off")
        expect(max(took) < LATE_S + percentile(took, 0.5), f"{title}: a verdict took {max(took):.2f} s")
        expect(not self.faults or inside, f"{title}: no message in the fault")
        expect(len(silent) <= spared, f"{title}: {len(silent)} of {len(inside)} messages do not say that the store was missing")

    def degraded(self, since):
        return [v[2] for v in self.verdicts() if v[0] - v[1] > since]

    def wait_good(self, seconds=4.0):
        """Until a message that began from now on is judged with the store again."""
        now = time.monotonic()
        wait_for(lambda: not all(self.degraded(now)), "the store to be used again", seconds)


class Site(KilledSite):
    """A daemon, with merlon learn and mails to teach it."""

    def __init__(self, bench, more="", redis=None):
        super().__init__(bench, "embedded", more if not redis else
                         f"{more}store {{ backend = redis {QUICK_BREAKER} redis {{ {redis} }} }}\n")
        self.mails, self.written = bench.path("mails"), 0

    @property
    def state(self):
        return f"{self.merlon.directory}/state"

    def write(self, count):
        paths = []
        for _ in range(count):
            self.written += 1
            paths.append(os.path.join(self.mails, str(self.written)))
            with open(paths[-1], "w") as f:
                f.write(f"From: a{self.written}@endure.example\nSubject: {self.written}\n\ntext number {self.written}\n")
        return paths

    def log(self):
        with open(self.merlon.log, errors="replace") as f:
            return f.read()


def test_kills():
    with Bench() as b:
        soak(b, 8, "embedded", teachers=2)


def test_kills_redis():
    with Bench() as b:
        soak(b, 6, "redis", teachers=2)


MODES = ("delay", "blackhole", "half", "garbage", "partial", "trickle", "refuse")


def faults(bench, seconds, rounds=1):
    """Each way in which a Redis can be no Redis, for so many seconds."""
    redis = bench.add(Redis(bench.path("redis")))
    proxy = Proxy(bench, redis.port)
    site, used = Site(bench, redis=f'servers = {{"{proxy.address}"}}'), []
    for mode in MODES * rounds:
        with Load(site) as load:
            with load.fault(settle=0.1):
                proxy.mode = mode
                if mode == "refuse":
                    proxy.cut()
                time.sleep(seconds)
            proxy.mode = "pass"
            load.wait_good()
        # of two answers in one piece that is cut in its middle the first one is whole
        load.judge(mode, spared=RATE * seconds / 2 if mode == "partial" else 0)
        used.append(memory(site.merlon.workers() + site.merlon.control()))
    print(f"  RssAnon {used[0]} -> {used[-1]} KiB", flush=True)
    expect(used[-1] < used[0] + 3072, f"memory grows: {used}")


def test_redis_faults():
    with Bench() as b:
        faults(b, 0.8)


def test_sentinel():
    with Bench() as b:
        one, two, guards = pair(b, 1, 1)
        site = Site(b, redis=f'mode = sentinel master = "{NAME}" servers = {{"{guards[0].address}"}}')
        with Load(site) as load:
            load.wait_good()
            with load.fault(settle=0.1):
                one.kill()
                wait_for(lambda: two.info("replication", "role") == "master", "a new master", 10)
            load.faults = [(a, a + 0.4) for a, _ in load.faults]  # Sentinel needs more than that
            load.wait_good()
        load.judge("fail-over")
        code, counts, said = site.learn("spam", site.write(3))
        equal((code, counts and counts["learnt"]), (0, 3), f"learnt afterwards: {said}")
        wait_for(lambda: site.status()["spam"] == 3 and not site.status()["waiting"], "what was learnt")


def test_control_stopped():
    """merlon learn does not go behind the back of a control process that hangs."""
    with Bench() as b:
        site = Site(b)
        pid, = site.merlon.control()
        learnt = []
        with Load(site) as load:
            with load.fault():
                os.kill(pid, signal.SIGSTOP)
                teacher = threading.Thread(target=lambda: learnt.append(site.learn("ham", site.write(5))))
                teacher.start()
                time.sleep(3)
            os.kill(pid, signal.SIGCONT)
            load.wait_good(8)
            teacher.join(20)
        load.judge("stopped")
        equal((learnt[0][0], learnt[0][1] and learnt[0][1]["learnt"]), (0, 5), f"merlon learn: {learnt[0][2]}")
        equal(site.status()["ham"], 5, "learnt by the daemon")


def test_slow_disk():
    """300 ms for each fsync, a burst of lessons: mail is not kept waiting."""
    with Bench() as b, environment(LD_PRELOAD=os.path.join(BUILD, "tests/lib/slow_fsync.so")):
        site = Site(b)
        with open(f"/proc/{site.merlon.control()[0]}/maps") as f:
            expect("slow_fsync" in f.read(), "the shim is not in use")
        with Load(site) as load:
            for _ in range(2):
                code, _, said = site.learn("spam", site.write(40))
                equal(code, 0, f"merlon learn: {said}")
        load.judge("slow disk")
        equal(site.status()["spam"], 80, "learnt")


@contextlib.contextmanager
def environment(**words):
    before = {k: os.environ.get(k) for k in words}
    os.environ.update(words)
    try:
        yield
    finally:
        for k, v in before.items():
            os.environ.pop(k) if v is None else os.environ.update({k: v})


def fill(path):
    """Until there is no room for an octet."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT)
    with contextlib.suppress(OSError):
        while True:
            os.write(fd, b"x" * 4096)
    os.close(fd)


def test_disk_full():
    """Learning is refused, and says so; counting goes on in the processes; room is used again."""
    with Bench() as b:
        state = os.path.join(b.path("merlon"), "state")
        os.makedirs(state)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", state], check=True)
        b.stack.callback(subprocess.run, ["umount", "-l", state], check=True)
        site = Site(b, COUNTED)
        code, _, said = site.learn("ham", site.write(4))
        equal(code, 0, f"learnt before: {said}")
        filler = os.path.join(state, "filler")
        with Load(site) as load:
            with load.fault(settle=1.0):
                fill(filler)
                refused = site.learn("spam", site.write(200))
                time.sleep(1.5)
            expect(refused[0] == 2, f"merlon learn on a full disk: {refused}")
            os.unlink(filler)
            wait_for(lambda: site.learn("spam", site.write(4))[0] == 0, "learning again", 5)
            load.wait_good()
        load.judge("disk full")
        wait_for(lambda: 'event="store_full"' in site.log() and 'event="store_room"' in site.log(), "the log to tell")
        equal(site.status()["ham"], 4, "what was learnt before")
        equal(site.learn("ham", site.write(0) + [os.path.join(site.mails, "1")])[1]["already"], 1, "known")


def test_locked():
    """Another process has the data base: no message waits, a lesson is refused or late, none is lost."""
    with Bench() as b:
        site = Site(b, COUNTED)
        # the file is the daemon's own; before there is mail: under load it is hard to come between two transactions
        equal(site.status()["ham"], 0, "an empty store")
        other = sqlite3.connect(f"{site.state}/store.db", isolation_level=None)
        wait_for(lambda: locked(other), "the lock")
        with Load(site) as load:
            with load.fault(settle=0.5):
                code, _, said = site.learn("ham", site.write(5))
                expect(code == 2, f"merlon learn while it is locked: {code} {said}")
                time.sleep(1.5)
            other.execute("ROLLBACK")
            other.close()
            wait_for(lambda: site.learn("ham", site.write(0) + [os.path.join(site.mails, "1")])[0] == 0, "learning", 5)
            load.wait_good()
        load.judge("locked")
        equal(site.learn("ham", [os.path.join(site.mails, str(n)) for n in range(1, 6)])[0], 0, "learnt afterwards")
        equal(site.status()["ham"], 5, "learnt")


def locked(db):
    try:
        db.execute("BEGIN IMMEDIATE")
        return True
    except sqlite3.OperationalError:
        return False


def test_damaged():
    """A data base that is none any more is set aside, and a new one is begun."""
    for damage in (b"\0" * 4096, b"garbage!" * 512):
        with Bench() as b:
            site = Site(b)
            equal(site.learn("ham", site.write(3))[0], 0, "learnt")
            site.merlon.stop()
            with open(f"{site.state}/store.db", "r+b") as f:
                f.write(damage)
            site.start_again()
            with Load(site) as load:
                load.wait_good()
            load.judge("damaged")
            wait_for(lambda: 'event="store_damaged"' in site.log(), "the log to tell")
            expect(any(n.startswith("store.db.damaged-") for n in os.listdir(site.state)), "it is not kept")
            equal(site.status()["ham"], 0, "a new one")
            equal(site.learn("ham", site.write(3))[1]["learnt"], 3, "learnt")


def test_reloads():
    with Bench() as b:
        reload_soak(b, 10, 4, teachers=2)


if __name__ == "__main__":
    run([test_kills, test_kills_redis, test_redis_faults, test_sentinel, test_control_stopped, test_slow_disk,
         test_disk_full, test_locked, test_damaged, test_reloads], 90)
