#!/usr/bin/python3
"""The store in Redis when Redis is away, slow, silent, full, or no Redis at all; and what it costs."""
import socket
import subprocess
import threading
import time

from harness import Bench, equal, expect, run, wait_for
from redis_peers import DRIVER, Driver, Fake, Proxy, Server, commands, free_cluster_port, hello

DEADLINE = 250  # ms, of a call
LATE = 240      # what a busy machine may add; under the half second that a verdict may be late
MEMORY_KB = 16 * 1024


def within(answer):
    expect(answer["ms"] <= DEADLINE + LATE, f"a call took {answer['ms']} ms")
    equal(answer["ok"] + answer["local"] + answer["failed"] > 0, True, "answers")


def test_down_at_start():
    with Bench() as b:
        port = free_cluster_port()
        d = Driver(b, f"server=127.0.0.1:{port}")
        for _ in range(8):
            within(a := d.ask("add k 20"))
            equal((a["local"], a["ok"]), (20, 0), "by the fallback, not Redis")
        equal(d.ask("stats")["up"], False, "up")
        Server(b, "redis", port=port)
        took = d.until_up(seconds=1.0 + LATE / 1000)
        equal(d.ask("add k 20")["ok"], 20, "answers of Redis")
        print(f"  connected {took:.2f} s after Redis came")


def test_dies_and_returns():
    with Bench() as b:
        s = Server(b, "redis")
        d = Driver(b, f"server={s.address}")
        equal(d.ask("add k 20")["ok"], 20, "answers of Redis")
        for _ in range(3):
            d.send("load 2500 20 100 20")
            time.sleep(0.7)
            s.kill()
            time.sleep(0.8)
            s.start()
            within(a := d.receive())
            expect(a["ok"] > 0 and a["local"] > 0, f"some by Redis, some not: {a}")
            d.until_up(seconds=1.0 + LATE / 1000)
        expect(d.ask("stats")["opened"] >= 3, "the breaker has opened")


def test_counts_what_it_says():
    """What Redis has counted is what the calls were told, but for those that were under way."""
    with Bench() as b:
        s = Server(b, "redis", ["appendonly yes", "appendfsync always"])
        d = Driver(b, f"server={s.address}")
        d.ask("wait 100")
        said = 0
        for _ in range(3):
            d.send("load 1500 5 1 1")
            time.sleep(0.8)
            s.kill()
            s.start()
            said += d.receive()["ok"]
            d.until_up()
        counted = d.ask("sum l0")["sum"]
        expect(said <= counted <= said + 6, f"counted {counted}, acknowledged {said}")


def faulty(mode, delay=10.0):
    with Bench() as b:
        s = Server(b, "redis")
        p = Proxy(b, s.port)
        p.delay = delay
        d = Driver(b, f"server={p.address}")
        equal(d.ask("add k 20")["ok"], 20, f"{mode}: before")
        before = d.ask("stats")["rss_kb"]
        p.mode = mode
        within(a := d.ask("load 3000 50 100 20"))
        expect(a["ok"] <= 20, f"{mode}: answered by Redis: {a}")
        stats = d.ask("stats")
        expect(stats["opened"] >= 1 and not stats["up"], f"{mode}: the breaker is closed")
        expect(stats["rss_kb"] - before < MEMORY_KB, f"{mode}: memory grew to {stats['rss_kb']} kB")
        expect(p.connects < 30, f"{mode}: {p.connects} connections in 3 s")
        p.mode = "pass"
        d.until_up(seconds=3)
        equal(d.ask("add k 20")["ok"], 20, f"{mode}: afterwards")


def test_slow():
    faulty("delay")


def test_blackhole():
    faulty("blackhole")


def test_half_closed():
    faulty("half")


def test_garbage():
    faulty("garbage")


def test_partial():
    faulty("partial")


def test_refused():
    faulty("refuse")


def test_stopped_process():
    """SYN accepted by the kernel, nobody there."""
    with Bench() as b:
        s = Server(b, "redis")
        d = Driver(b, f"server=unix:{s.socket}")
        equal(d.ask("add k 20")["ok"], 20, "before")
        s.stop()
        within(a := d.ask("load 3000 50 100 20"))
        equal(a["ok"], 0, "answered while stopped")
        s.go_on()
        d.until_up(seconds=3)
        equal(d.ask("add k 20")["ok"], 20, "afterwards")


# ---- errors ----

# An error of Redis as the answer to everything; where its 20 answers come from then.
ERRORS = {
    "LOADING Redis is loading the dataset in memory": "local",
    "READONLY You can't write against a read only replica.": "local",
    "MASTERDOWN Link with MASTER is down": "local",
    "CLUSTERDOWN The cluster is down": "local",
    "NOAUTH Authentication required.": "local",
    "NOPERM this user has no permissions": "local",
    "BUSY Redis is busy running a script.": "local",
    "TRYAGAIN Multiple keys request during rehashing of slot": "local",
    "MOVED 3999 127.0.0.1:1": "local",
    "ASK 3999 127.0.0.1:1": "local",
    "NOSCRIPT No matching script.": "local",
    "ERR unknown command": "local",
    "": "local",
    "OOM command not allowed when used memory > 'maxmemory'.": "local",
    "MISCONF Redis is configured to save RDB snapshots": "local",
    "WRONGTYPE Operation against a key holding the wrong kind of value": "failed",
}


def test_errors():
    for error, where in ERRORS.items():
        with Bench() as b:
            def script(s, error=error):
                shas = []
                for words in commands(s):
                    s.sendall(hello(words, shas) or b"-" + error.encode() + b"\r\n")
            d = Driver(b, f"server={Fake(b, script).address}")
            within(a := d.ask("add k 20"))
            equal(a[where], 20, error)
            d.ask("add k 20")


def test_errors_of_operations():
    """The same as results of single operations of a script."""
    for error, where in ERRORS.items():
        with Bench() as b:
            def script(s, error=error):
                shas = []
                for words in commands(s):
                    reply = hello(words, shas)
                    if not reply:
                        one = b"!" + error.encode()
                        n = int(words[2])
                        reply = b"*%d\r\n" % n + b"".join(b"$%d\r\n%s\r\n" % (len(one), one) for _ in range(n))
                    s.sendall(reply)
            d = Driver(b, f"server={Fake(b, script).address}")
            within(a := d.ask("add k 20"))
            equal(a[where], 20, error)


def test_loading_at_first():
    with Bench() as b:
        until = time.monotonic() + 2

        def script(s):
            shas = []
            for words in commands(s):
                loading = b"-LOADING Redis is loading the dataset in memory\r\n"
                s.sendall(loading if time.monotonic() < until else hello(words, shas))
        d = Driver(b, f"server={Fake(b, script).address}")
        equal(d.ask("add k 20")["local"], 20, "while it loads")
        d.until_up(seconds=3.5)


def test_scripts_forgotten():
    with Bench() as b:
        s = Server(b, "redis")
        d = Driver(b, f"server={s.address}")
        equal(d.ask("mix k 20")["ok"], 20, "before")
        trips = d.ask("stats")["round_trips"]
        s.say("SCRIPT", "FLUSH")
        equal(d.ask("mix k 20")["ok"], 20, "after SCRIPT FLUSH")
        equal(d.ask("stats")["round_trips"] - trips, 2, "round trips")
        equal(d.ask("mix k 20")["ok"], 20, "and again")
        equal(d.ask("stats")["round_trips"] - trips, 3, "round trips then")


def test_full():
    with Bench() as b:
        s = Server(b, "redis")
        d = Driver(b, f"server={s.address}")
        equal(d.ask("add k 20")["ok"], 20, "before")
        s.say("CONFIG", "SET", "maxmemory", "1")
        equal(d.ask("add k 20")["local"], 20, "full: counted by the process")
        equal(d.ask("stats")["up"], True, "it is there all the same")
        s.say("CONFIG", "SET", "maxmemory", "0")
        equal(d.ask("add k 20")["sum"], 2, "counted twice, not three times")


def test_password():
    with Bench() as b:
        s = Server(b, "redis", ['user app on ">se cret" ~merlon:* +@all', "requirepass other"])
        good = Driver(b, f"server={s.address}", "user=app", "password=se cret")
        equal(good.ask("mix k 20")["ok"], 20, "with the password")
        equal(Driver(b, f"server={s.address}", "password=other").ask("mix k 20")["ok"], 20, "the default user")
        for argv in (["user=app", "password=wrong"], ["password=wrong"], []):
            d = Driver(b, f"server={s.address}", *argv)
            equal(d.ask("mix k 20")["ok"], 0, "without it")
            expect("WRONGPASS" in d.said() or "NOAUTH" in d.said(), f"it says why: {d.said()}")


def test_cannot_be():
    for argv, why in ((["server=127.0.0.1:1", "tls=yes"], "TLS"), (["server=127.0.0.1:x"], "host:port"),
                      ([], "no server"), (["server=unix:rel"], "begins with"), (["server=a.invalid:1"], "a.invalid"),
                      (["server=127.0.0.1:1", "user=u"], "password")):
        r = subprocess.run([DRIVER, *argv], capture_output=True, text=True, input="", timeout=20, check=False)
        if why == "TLS" and r.returncode == 0:
            continue  # this hiredis has it
        equal(r.returncode, 2, f"{argv}")
        expect(why in r.stderr, f"{argv}: {r.stderr}")


# ---- no Redis at all ----

def endless(s, octets):
    s.settimeout(10)
    for _ in range(1 << 30 >> 16):
        s.sendall(octets)


HOSTILE = {
    "a bulk of 1 GiB": lambda s: (s.sendall(b"$1073741824\r\n"), endless(s, b"x" * 65536)),
    "an announced bulk of 1 GiB": lambda s: (s.sendall(b"$1073741824\r\n"), time.sleep(4)),
    "a million elements": lambda s: s.sendall(b"*1000000\r\n" + b":1\r\n" * 1000000),
    "as many elements as can be": lambda s: (s.sendall(b"*2147483647\r\n"), endless(s, b":1\r\n" * 16384)),
    "more elements than can be": lambda s: s.sendall(b"*99999999999999999999\r\n"),
    "many arrays in one": lambda s: s.sendall(b"*1000\r\n" + b"*1000\r\n" * 1000),
    "depth 10,000": lambda s: s.sendall(b"*1\r\n" * 10000 + b":1\r\n"),
    "an endless line": lambda s: endless(s, b"+" + b"x" * 65535),
    "an endless number": lambda s: endless(s, b":1" + b"1" * 65534),
    "many large strings": lambda s: s.sendall(b"*90000\r\n" + (b"$1000\r\n" + b"x" * 1000 + b"\r\n") * 90000),
    "garbage": lambda s: s.sendall(bytes(range(256)) * 100),
    "nothing but ends of lines": lambda s: s.sendall(b"\r\n" * 10000),
    "a negative bulk": lambda s: s.sendall(b"$-5\r\n"),
    "RESP3": lambda s: s.sendall(b"%1\r\n+a\r\n+b\r\n"),
    "more replies than commands": lambda s: s.sendall(b"*0\r\n" * 1000),
    "replies of the wrong type": lambda s: s.sendall(b":1\r\n" * 3),
    "results that are none": lambda s: s.sendall(b"*20\r\n" + b"$3\r\no1x\r\n" * 20),
    "too few results": lambda s: s.sendall(b"*1\r\n$2\r\no0\r\n"),
    "nulls": lambda s: s.sendall(b"*20\r\n" + b"$-1\r\n" * 20),
}


def hostile(name, act, at_once):
    with Bench() as b:
        closed = threading.Event()

        def script(s):
            shas = []
            for words in commands(s):
                reply = None if at_once else hello(words, shas)
                if reply:
                    s.sendall(reply)
                    continue
                try:
                    act(s)
                    s.settimeout(5)
                    while s.recv(65536):
                        pass
                except (ConnectionError, BrokenPipeError):
                    pass
                except socket.timeout:
                    return
                closed.set()
                return
        d = Driver(b, f"server={Fake(b, script).address}")
        before = d.ask("stats")["rss_kb"]
        within(a := d.ask("add k 20"))
        equal(a["ok"], 0, f"{name}: answers")
        d.ask("load 1500 100 100 20")
        peak = d.ask("stats")["peak_kb"] - before
        expect(peak < MEMORY_KB, f"{name}: {peak} kB")
        wait_for(closed.is_set, f"{name}: the connection to be closed")
        return peak


def test_hostile():
    peaks = [hostile(name, act, False) for name, act in HOSTILE.items()]
    print(f"  at most {max(peaks)} kB")


def test_hostile_at_once():
    for name in ("a bulk of 1 GiB", "a million elements", "depth 10,000", "garbage", "more replies than commands",
                 "an endless line"):
        hostile(name, HOSTILE[name], True)


def test_too_many_clients():
    with Bench() as b:
        s = Server(b, "redis", ["maxclients 1"])
        with socket.create_connection(("127.0.0.1", s.port)) as other:
            other.sendall(b"PING\r\n")
            other.recv(100)
            d = Driver(b, f"server={s.address}")
            equal(d.ask("add k 20")["local"], 20, "no room")
        d.until_up(seconds=2)


# ---- cost ----

def test_cost():
    """CPU of ours and of Redis for a batch of 20 operations. What it says is what counts on a quiet
    machine; the bound here is one that holds on a busy one."""
    with Bench() as b:
        s = Server(b, "redis")
        for order, n in (("add", 500), ("mix", 500)):
            d = Driver(b, f"server=unix:{s.socket}")
            d.ask(f"{order} warm 20")

            def cpu(d=d):
                return (d.ask("stats")["cpu_us"],
                        1e6 * (float(s.info("cpu", "used_cpu_user")) + float(s.info("cpu", "used_cpu_sys"))))
            ours, theirs = cpu()
            for i in range(n):
                d.ask(f"{order} c{i % 50}: 20")
            ours, theirs = ((now - then) / n for now, then in zip(cpu(), (ours, theirs)))
            stats = d.ask("stats")
            print(f"  {order}: {ours:.0f} us ours + {theirs:.0f} us Redis = {ours + theirs:.0f} us a batch of 20,"
                  f" {stats['round_trips'] / stats['calls']:.2f} round trips")
            expect(ours + theirs < 500, f"{ours + theirs:.0f} us a batch")
            equal(stats["round_trips"], stats["calls"], "round trips")


run([test_down_at_start, test_dies_and_returns, test_counts_what_it_says, test_slow, test_blackhole,
     test_half_closed, test_garbage, test_partial, test_refused, test_stopped_process, test_errors,
     test_errors_of_operations, test_loading_at_first, test_scripts_forgotten, test_full, test_password,
     test_cannot_be, test_hostile, test_hostile_at_once, test_too_many_clients, test_cost], seconds=120)
