#!/usr/bin/python3
"""The store in Redis when another server becomes the master: promoted by hand, or by Sentinel after
the old one was killed."""
import time

from harness import Bench, equal, expect, run, wait_for
from redis_peers import Driver, Fake, Server, commands, hello

LATE_MS = 490  # the deadline of a call, and what a busy machine may add
NAME = "mymaster"


def replica_of(b, master, name):
    s = Server(b, name, [f"replicaof 127.0.0.1 {master.port}", "repl-diskless-sync-delay 0"])
    wait_for(lambda: s.info("replication", "master_link_status") == "up", f"{name} in step")
    return s


def sentinels(b, master, n, quorum, more=()):
    return [Server(b, f"sentinel{i}", [f"sentinel monitor {NAME} 127.0.0.1 {master.port} {quorum}",
                                       f"sentinel down-after-milliseconds {NAME} 500",
                                       f"sentinel failover-timeout {NAME} 3000",
                                       f"sentinel parallel-syncs {NAME} 1", *more], argv=["--sentinel"])
            for i in range(n)]


def driver(b, guards, *more):
    return Driver(b, *(f"server={s.address}" for s in guards), f"master={NAME}", *more)


def know_each_other(guards):
    for s in guards:
        wait_for(lambda s=s: s.info("sentinel", "master0") and
                 f"slaves=1,sentinels={len(guards)}" in s.info("sentinel", "master0"), "sentinels that know", 20)


def pair(b, n, quorum, more=()):
    one = Server(b, "one", ["repl-diskless-sync-delay 0"])
    two = replica_of(b, one, "two")
    guards = sentinels(b, one, n, quorum, more)
    know_each_other(guards)
    return one, two, guards


def killed(n, quorum):
    with Bench() as b:
        one, two, guards = pair(b, n, quorum)
        d = driver(b, guards)
        equal(d.ask("add k 20")["ok"], 20, "before")
        d.send("load 8000 20 1 1")
        time.sleep(1)
        one.kill()
        wait_for(lambda: two.info("replication", "role") == "master", "a new master", 10)
        promoted = time.monotonic()
        a = d.receive()
        expect(a["ms"] <= LATE_MS, f"a call took {a['ms']} ms")
        expect(a["up"], "up again while calls come in")
        counted = d.ask("sum l0")["sum"]
        expect(a["ok"] - 20 <= counted <= a["ok"] + 20, f"counted {counted}, acknowledged {a['ok']}")
        expect(a["local"] < 8000 / 20, f"some were answered: {a}")
        equal(d.ask("add k 20")["ok"], 20, "afterwards")
        print(f"  {a['local']} of {a['calls']} answered locally, one every 20 ms; counted {counted:.0f} "
              f"of {a['ok']} acknowledged; {time.monotonic() - promoted:.1f} s")
        # The old one comes back and is made a replica: nothing is asked of it.
        one.start()
        wait_for(lambda: one.info("replication", "role") == "slave", "the old master as a replica", 20)
        equal(d.ask("add k 20")["ok"], 20, "with the old one back")


def test_master_killed_three_sentinels():
    killed(3, 2)


def test_master_killed_one_sentinel():
    killed(1, 1)


def test_orderly():
    """SENTINEL FAILOVER: the old master lives on as a replica (READONLY); no call is lost."""
    with Bench() as b:
        one, two, guards = pair(b, 1, 1)
        d = driver(b, guards)
        d.ask("add k 20")
        d.send("load 6000 20 1 1")
        time.sleep(1)
        equal(guards[0].say("SENTINEL", "FAILOVER", NAME), "OK", "fail-over")
        wait_for(lambda: two.info("replication", "role") == "master", "a new master", 10)
        a = d.receive()
        wait_for(lambda: one.info("replication", "role") == "slave", "a new replica", 30)
        expect(a["ms"] <= LATE_MS, f"a call took {a['ms']} ms")
        expect(a["up"], "up in the end")
        print(f"  {a['local']} of {a['calls']} answered locally")
        expect(a["local"] <= 2500 / 20, f"answered locally: {a['local']}")
        equal(d.ask("add k 20")["ok"], 20, "afterwards")


def test_sentinels_die():
    """Without sentinels the master is used on; any of them will do."""
    with Bench() as b:
        one, two, guards = pair(b, 3, 2)
        d = driver(b, guards)
        equal(d.ask("add k 20")["ok"], 20, "before")
        guards[0].kill()
        equal(d.ask("load 1500 50 1 1")["local"], 0, "with two left")
        guards[1].kill()
        guards[2].kill()
        equal(d.ask("load 2500 50 1 1")["local"], 0, "with none left")
        guards[1].start()
        one.kill()
        guards[2].start()
        wait_for(lambda: two.info("replication", "role") == "master", "a new master", 30)
        d.until_up(seconds=5)
        equal(d.ask("add k 20")["ok"], 20, "afterwards")


def test_none_at_first():
    with Bench() as b:
        one = Server(b, "one")
        guards = sentinels(b, one, 1, 1)
        port = guards[0].port
        guards[0].kill()
        d = driver(b, guards)
        equal(d.ask("add k 20")["local"], 20, "no sentinel")
        guards[0].start()
        equal(guards[0].port, port, "port")
        d.until_up(seconds=2)
        equal(Driver(b, f"server={guards[0].address}", "master=other").ask("add k 20")["local"], 20,
              "a name the sentinels do not know")


def test_password_of_sentinels():
    with Bench() as b:
        one = Server(b, "one", ["requirepass secret"])
        guards = sentinels(b, one, 1, 1, [f"sentinel auth-pass {NAME} secret", "requirepass other"])
        d = driver(b, guards, "password=secret", "sentinel_password=other")
        equal(d.ask("add k 20")["ok"], 20, "both passwords")
        equal(driver(b, guards, "password=secret").ask("add k 20")["ok"], 0, "without that of the sentinels")


def test_replica_promoted():
    """Two servers and nobody who tells: a server that became a replica is left for the other."""
    with Bench() as b:
        one = Server(b, "one", ["repl-diskless-sync-delay 0"])
        two = replica_of(b, one, "two")
        d = Driver(b, f"server={one.address}", f"server={two.address}")
        equal(d.ask("add k 20")["ok"], 20, "before")
        wait_for(lambda: two.say("EXISTS", "merlon:k19") == "1", "the replica has it")
        two.say("REPLICAOF", "NO", "ONE")
        one.say("REPLICAOF", "127.0.0.1", two.port)
        d.ask("wait 600")
        a = d.ask("add k 20")
        equal((a["ok"], a["local"]), (20, 0), "the call that meets it")
        equal(a["sum"], 2, "counted on the new master")


def test_sentinel_lies():
    """A sentinel that names a replica, nobody, or noise: answers stay local, no loop goes wild."""
    with Bench() as b:
        one = Server(b, "one", ["repl-diskless-sync-delay 0"])
        two = replica_of(b, one, "two")
        port = str(two.port).encode()
        for reply in (b"*2\r\n$9\r\n127.0.0.1\r\n$%d\r\n%s\r\n" % (len(port), port), b"*-1\r\n", b"*0\r\n", b":1\r\n",
                      b"*2\r\n$4\r\nname\r\n$2\r\n99\r\n", b"-ERR no\r\n", b"*2\r\n:1\r\n:2\r\n"):
            def script(s, reply=reply):
                for words in commands(s):
                    s.sendall(hello(words, []) or reply)
            liar = Fake(b, script)
            d = Driver(b, f"server={liar.address}", f"master={NAME}")
            before = d.ask("stats")["cpu_us"]
            a = d.ask("load 1500 50 1 1")
            equal(a["ok"], 0, f"{reply}")
            expect(a["ms"] <= LATE_MS, f"a call took {a['ms']} ms")
            expect(liar.connects < 20, f"{liar.connects} connections in 1.5 s")
            expect(d.ask("stats")["cpu_us"] - before < 300000, "the loop went wild")


if __name__ == "__main__":
    run([test_master_killed_three_sentinels, test_master_killed_one_sentinel, test_orderly, test_sentinels_die,
         test_none_at_first, test_password_of_sentinels, test_replica_promoted, test_sentinel_lies], seconds=120)
