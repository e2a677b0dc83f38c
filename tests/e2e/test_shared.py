#!/usr/bin/python3
"""Two daemons that share one Redis: what one has seen the other one knows, limits and greylists are
counted together, exactly; and Redis may die."""
import json
import os
import random
import subprocess
import threading
import time

from harness import BUILD, Bench, Redis, equal, expect, run, wait_for
from mailsite import start
from milter_client import Milter
from redis_soak import soak

GOOD = "meeting agenda invoice colleague schedule lunch report project garden holiday budget minutes".split()
BAD = "casino jackpot pills cheap enlarge winner bonus spins lottery replica watches prize".split()


def words(rng, kind):
    return " ".join(rng.choice(GOOD if kind == "ham" else BAD) for _ in range(60))


def headers(n, kind="ham", sender="somebody@doubt.example"):
    return [("From", sender), ("To", "b@here.example"), ("Subject", f"{kind} {n}"), ("Message-ID", f"<{kind}{n}@doubt.example>")]


class Pair:
    """Daemons a and b with states of their own over one Redis."""

    def __init__(self, bench, more=""):
        self.bench, self.directory = bench, bench.path("redis")
        self.redis = bench.add(Redis(self.directory))
        more += f'store {{ backend = redis redis {{ servers = {{"unix:{self.redis.path}"}} }} }}\n'
        self.daemons = [start(_Sub(bench, name), more=more)[1] for name in ("a", "b")]
        self.a, self.b = self.daemons

    def send(self, daemon, fields, body=b"text\r\n", **kind):
        with Milter(("127.0.0.1", daemon.port)) as m:
            m.open(**kind)
            v = m.message(fields, body)
            m.quit()
            return v


class _Sub:
    """A bench whose paths have a name in front."""

    def __init__(self, bench, name):
        self.bench, self.name, self.add = bench, name, bench.add

    def path(self, name):
        return self.bench.path(f"{self.name}-{name}")


def learn(daemon, kind, paths):
    done = subprocess.run([f"{BUILD}/merlon", "learn", "-c", daemon.config, "--state", f"{daemon.directory}/state", "--json",
                           kind, *paths], capture_output=True, text=True, timeout=60)
    expect(done.returncode == 0, f"merlon learn: {done.returncode} {done.stdout} {done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def write_mails(directory, kind, count, seed):
    rng, paths = random.Random(seed), []
    for n in range(count):
        paths.append(os.path.join(directory, f"{kind}{n}.eml"))
        with open(paths[-1], "w") as f:
            f.write(f"From: {kind}{n}@doubt.example\nTo: b@here.example\nSubject: {words(rng, kind)[:40]}\n"
                    f"Message-ID: <{kind}{seed}.{n}@doubt.example>\n\n{words(rng, kind)}\n")
    return paths


def test_learnt_here_known_there():
    with Bench() as bench:
        pair, directory = Pair(bench, "score { reject = 1000 }\n"), bench.path("mails")  # fields show what is accepted
        equal(learn(pair.a, "ham", write_mails(directory, "ham", 210, 1))["learnt"], 210, "ham learnt")
        equal(learn(pair.a, "spam", write_mails(directory, "spam", 210, 2))["learnt"], 210, "spam learnt")
        rng = random.Random(3)

        def symbols(daemon, n, kind):
            text = words(rng, kind).encode() + b"\r\n"
            return pair.send(daemon, headers(n, kind), text).field("X-Merlon-Symbols")

        wait_for(lambda: "MODEL_SPAM" in symbols(pair.b, rng.random(), "spam"), "B to know what A has learnt", 20)
        expect("MODEL_HAM" in symbols(pair.b, "x", "ham"), "ham")
        expect("MODEL_SPAM" in symbols(pair.a, "y", "spam"), "A knows it too")

        # one message more, of words that nobody has seen: spammier on B within 2 s
        text = " ".join(f"quux{n} zyzzyva{n}" for n in range(40))
        path = os.path.join(directory, "one.eml")
        with open(path, "w") as f:
            f.write(f"From: one@doubt.example\nSubject: quux\nMessage-ID: <one@doubt.example>\n\n{text}\n")

        def score(n):
            return float(pair.send(pair.b, headers(n), text.encode() + b"\r\n").field("X-Merlon-Score").split()[0])

        before = score("before")
        equal(learn(pair.a, "spam", [path])["learnt"], 1, "learnt")
        wait_for(lambda: score(time.monotonic()) > before + 1, "B to score what A has learnt", 2)


RATE = """
rate "test" { key = {"net"} count = messages limit = "20/1h" action = tempfail profile = inbound }
"""


def test_limits_are_exact():
    with Bench() as bench:
        pair, verdicts, lock = Pair(bench, RATE), [], threading.Lock()

        def work(daemon, who):
            for n in range(10):
                v = pair.send(daemon, headers(f"{who}.{n}"), f"text {who} {n}\r\n".encode(), ip="198.51.100.7")
                with lock:
                    verdicts.append(v.action)

        threads = [threading.Thread(target=work, args=(d, f"{d.port}.{k}")) for d in pair.daemons for k in range(2)]
        for t in threads:
            t.start()
        for t in threads:
            t.join(30)
        equal(sorted(verdicts), ["accept"] * 20 + ["tempfail"] * 20, "verdicts of 40 messages from one network")


GREYLIST = """
greylist { enabled = yes delay = 1s from = -100 to = 100 }
"""


def test_greylist_is_shared():
    with Bench() as bench:
        pair = Pair(bench, GREYLIST)
        mail = headers("grey")
        equal(pair.send(pair.a, mail).action, "tempfail", "first attempt at A")
        equal(pair.send(pair.b, mail).action, "tempfail", "too early at B")
        time.sleep(1.2)
        equal(pair.send(pair.b, mail).action, "accept", "after the delay at B")
        equal(pair.send(pair.a, headers("other")).action, "accept", "passed, so A lets it pass too")


TRAP = """
trap { addresses = {"b@here.example"} }
"""


def test_trap_blocks_the_second_copy():
    """The first copy comes to a trap at A; the second one, to a person at B, is refused."""
    with Bench() as bench:
        pair, text = Pair(bench, TRAP), words(random.Random(7), "spam").encode() + b"\r\n"
        pair.send(pair.a, headers("trapped", "spam", "x@spoof.example"), text, ip="203.0.113.9")

        def second(n):
            with Milter(("127.0.0.1", pair.b.port)) as m:
                m.open(ip="203.0.113.77")
                m.command(b"D", b"Mi\0Q7\0")
                m.ask(b"M", b"<y@spoof.example>\0")
                m.ask(b"R", b"<person@here.example>\0")
                m.content([("From", "y@spoof.example"), ("To", "person@here.example"), ("Subject", f"spam {n}"),
                           ("Message-ID", f"<{n}@spoof.example>")], text)
                return m.end()

        wait_for(lambda: second(time.monotonic()).action == "reject", "the second copy to be refused", 2)


def test_equal_messages_cost_once():
    with Bench() as bench:
        pair, mail = Pair(bench), headers("same")
        pair.send(pair.a, mail)
        time.sleep(0.2)
        pair.send(pair.b, mail)
        wait_for(lambda: 'cached="yes"' in pair.b.tail(), "B to take A's verdict", 2)
        expect('cached="yes"' not in pair.a.tail(), "A had judged it itself")


def counts(daemon):
    """What the workers of a daemon that has ended have counted."""
    found = [dict(w.split("=", 1) for w in line.split() if "=" in w) for line in daemon.tail(1 << 20).splitlines()
             if 'event="counts"' in line]
    return {key: sum(int(c[key]) for c in found) for key in ("messages", "cache_hits", "store_calls", "without_store")}


def test_two_calls_a_message():
    """One to ask and one to remember, whatever is asked and remembered, equal messages included."""
    for backend in ("embedded", "redis"):
        with Bench() as bench:
            more = RATE.replace("20/1h", "2000/1h")
            if backend == "redis":
                path = bench.add(Redis(bench.path("redis"))).path
                more += f'store {{ backend = redis redis {{ servers = {{"unix:{path}"}} }} }}\n'
            daemon, rng = start(bench, more=more)[1], random.Random(11)
            wait_for(lambda: Pair.send(None, daemon, headers("first")).field("X-Merlon-Degraded") == "", "the store", 5)
            texts = [words(rng, "ham").encode() + b"\r\n" for _ in range(20)]
            for n, text in enumerate(texts + texts):
                equal(Pair.send(None, daemon, headers(n % 20), text).action, "accept", "action")
            daemon.stop()
            c = counts(daemon)
            expect(c["messages"] >= 41, f"{backend}: {c}")
            expect(c["cache_hits"] >= 15, f"{backend}: verdicts of equal messages: {c}")
            expect(c["messages"] < c["store_calls"] <= 2 * c["messages"], f"{backend}: calls of the store: {c}")


def test_redis_dies():
    with Bench() as bench:
        soak(bench, 15, 40)


def test_started_without_redis():
    """Ready at once, degraded; connected within a second of Redis' coming."""
    with Bench() as bench:
        directory = bench.path("redis")
        redis = Redis(directory)
        redis.stop()
        _, merlon = start(bench, more=f'store {{ backend = redis redis {{ servers = {{"unix:{redis.path}"}} }} }}\n')
        pair = Pair.__new__(Pair)
        n = 0

        def degraded():
            nonlocal n
            n += 1
            return pair.send(merlon, headers(n)).field("X-Merlon-Degraded")

        equal(degraded(), "store", "X-Merlon-Degraded without Redis")
        bench.add(Redis(directory, ("--port", "0")))
        wait_for(lambda: degraded() == "", "Redis to be used", 1.5)


if __name__ == "__main__":
    run([test_learnt_here_known_there, test_limits_are_exact, test_greylist_is_shared, test_trap_blocks_the_second_copy,
         test_equal_messages_cost_once, test_two_calls_a_message, test_redis_dies, test_started_without_redis])
