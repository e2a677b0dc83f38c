#!/usr/bin/python3
"""The store in a Redis cluster: batches split by slot, slots that move under load, a master that is
away or replaced."""
import threading
import time

from harness import Bench, equal, expect, run, wait_for
from redis_peers import Driver, Fake, Server, commands, hello

LATE_MS = 490
RANGES = ((0, 5460), (5461, 10922), (10923, 16383))
LINES = ["cluster-enabled yes", "cluster-node-timeout 1000", "cluster-require-full-coverage no",
         "repl-diskless-sync-delay 0"]


def cluster(b, replicas=0):
    nodes = [Server(b, f"node{i}", LINES) for i in range(3 + replicas)]
    for s, (first, last) in zip(nodes, RANGES):
        equal(s.say("CLUSTER", "ADDSLOTSRANGE", first, last), "OK", "slots")
    for s in nodes[1:]:
        equal(s.say("CLUSTER", "MEET", "127.0.0.1", nodes[0].port), "OK", "meet")
    for s in nodes:
        wait_for(lambda s=s: f"cluster_known_nodes:{len(nodes)}" in s.say("CLUSTER", "INFO") and
                 "cluster_state:ok" in s.say("CLUSTER", "INFO") and
                 "cluster_slots_ok:16384" in s.say("CLUSTER", "INFO"), "the cluster", 30)
    for i, s in enumerate(nodes[3:]):
        equal(s.say("CLUSTER", "REPLICATE", nodes[i].say("CLUSTER", "MYID")), "OK", "replicate")
        wait_for(lambda s=s: s.info("replication", "master_link_status") == "up", "a replica in step", 20)
    return nodes


def driver(b, nodes):
    return Driver(b, *(f"server={s.address}" for s in nodes), "cluster=yes")


def slot_of(node, key):
    return int(node.say("CLUSTER", "KEYSLOT", key))


def set_slot(slot, how, where, *nodes):
    for s in nodes:
        equal(s.say("CLUSTER", "SETSLOT", slot, how, where.say("CLUSTER", "MYID")), "OK", how)


def migrate(slot, source, target, others=(), pause=0.0):
    """Moves a slot as redis-cli --cluster does, key by key."""
    set_slot(slot, "IMPORTING", source, target)
    set_slot(slot, "MIGRATING", target, source)
    while keys := source.say("CLUSTER", "GETKEYSINSLOT", slot, 1):
        time.sleep(pause)
        said = source.say("MIGRATE", "127.0.0.1", target.port, keys, 0, 5000)
        expect(said in ("OK", "NOKEY"), f"MIGRATE: {said}")
    time.sleep(pause)
    set_slot(slot, "NODE", target, target, source, *others)


def owner(slot):
    return next(i for i, (first, last) in enumerate(RANGES) if first <= slot <= last)


def test_one_round_trip():
    with Bench() as b:
        nodes = cluster(b)
        d = driver(b, nodes[:1])
        equal(d.ask("mix k 20")["ok"], 20, "first")
        before = d.ask("stats")["round_trips"]
        for _ in range(10):
            equal(d.ask("mix k 200")["ok"], 200, "batch over all nodes")
        equal(d.ask("stats")["round_trips"] - before, 10, "round trips")
        for s in nodes:
            expect(int(s.say("DBSIZE")) > 20, "each node has its part")
        total = sum(int(s.say("DBSIZE")) for s in nodes)
        walked = d.ask("walk")
        equal((walked["status"], walked["records"]), (0, total), "walk over all masters")


def test_slots_move_under_load():
    with Bench() as b:
        nodes = cluster(b)
        d = driver(b, nodes)
        d.ask("add l 60")
        d.send("load 6000 10 60 20")
        slots = [slot_of(nodes[0], f"merlon:l{i}") for i in range(12)]
        for n, slot in enumerate(slots):
            i = owner(slot)
            target = nodes[(i + 1) % 3]
            migrate(slot, nodes[i], target, [nodes[(i + 2) % 3]] if n % 2 else [], 0.03)
        a = d.receive()
        equal((a["local"], a["failed"]), (0, 0), f"none unanswered: {a}")
        expect(a["ms"] <= LATE_MS, f"a call took {a['ms']} ms")
        counted = sum(d.ask(f"sum l{i}")["sum"] for i in range(60))
        equal(counted, a["ok"] + 60, "counted exactly")
        stats = d.ask("stats")
        print(f"  {a['calls']} calls, {len(slots)} slots moved, at most {a['ms']} ms, "
              f"{stats['round_trips'] - stats['calls']} more round trips")
        expect(stats["round_trips"] > stats["calls"], "some were asked again")


def test_ask_until_moved():
    """While a slot is half-way, keys that are there and keys that are not are both found."""
    with Bench() as b:
        nodes = cluster(b)
        d = driver(b, nodes)
        d.ask("add k 1")
        slot = slot_of(nodes[0], "merlon:k0")
        i = owner(slot)
        source, target = nodes[i], nodes[(i + 1) % 3]
        set_slot(slot, "IMPORTING", source, target)
        set_slot(slot, "MIGRATING", target, source)
        equal(d.ask("add k 1")["sum"], 2, "still there")
        source.say("MIGRATE", "127.0.0.1", target.port, "merlon:k0", 0, 5000)
        for want in (3, 4):
            equal(d.ask("add k 1")["sum"], want, "ASK")
        set_slot(slot, "NODE", target, target, source)
        for want in (5, 6):
            equal(d.ask("add k 1")["sum"], want, "MOVED")


def test_node_away():
    """Its part is answered by the fallback, the others' is not."""
    with Bench() as b:
        nodes = cluster(b)
        d = driver(b, nodes)
        equal(d.ask("add k 60")["ok"], 60, "before")
        nodes[2].kill()
        for _ in range(20):
            a = d.ask("add k 60")
            expect(a["ms"] <= LATE_MS, f"a call took {a['ms']} ms")
        expect(a["local"] > 5 and a["ok"] > 25 and a["local"] + a["ok"] == 60, f"some local, some not: {a}")
        expect(d.ask("stats")["up"], "up for what is there")
        nodes[2].start()
        d.ask("wait 1500")
        wait_for(lambda: d.ask("add k 60")["ok"] == 60, "all again", 5)


def test_replica_takes_over():
    with Bench() as b:
        nodes = cluster(b, replicas=1)
        d = driver(b, nodes[1:3])
        d.ask("add l 60")
        d.send("load 9000 20 60 20")
        time.sleep(1)
        nodes[0].kill()
        wait_for(lambda: nodes[3].info("replication", "role") == "master", "the replica as master", 20)
        a = d.receive()
        expect(a["ms"] <= LATE_MS, f"a call took {a['ms']} ms")
        wait_for(lambda: d.ask("add l 60")["ok"] == 60, "all by the new master", 5)
        print(f"  {a['local']} of {a['calls'] * 20} operations answered locally")
        expect(0 < a["local"] < a["ok"], f"some local, most not: {a}")


def test_hash_tags():
    """Keys with braces go where Redis says."""
    with Bench() as b:
        nodes = cluster(b)
        d = driver(b, nodes)
        before = d.ask("stats")["round_trips"]
        for base in ("{user}a", "{}x", "a{b}c{d}", "}{x}", "{", "a{b", "a}b{c}", "{{a}}"):
            equal(d.ask(f"add {base} 10")["ok"], 10, base)
        equal(d.ask("stats")["round_trips"] - before, 8, "round trips: no MOVED")


def test_lies():
    """MOVED and ASK in circles, and maps that are none: answers stay local, no loop goes wild."""
    slots = [b"*-1\r\n", b"*1\r\n*2\r\n:0\r\n:1\r\n", b"*1\r\n:5\r\n", b"-ERR This instance has cluster support disabled\r\n",
             b"*1\r\n*3\r\n:0\r\n:99999\r\n*2\r\n$0\r\n\r\n:%d\r\n", b"*1\r\n*3\r\n:-5\r\n:3\r\n*2\r\n$0\r\n\r\n:%d\r\n",
             b"*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$0\r\n\r\n:%d\r\n", b"*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$-1\r\n:%d\r\n",
             b"*1\r\n*3\r\n:9\r\n:3\r\n*1\r\n:1\r\n"]
    for reply in slots:
        for answer in (b"-MOVED 5 127.0.0.1:%d\r\n", b"-ASK 5 127.0.0.1:%d\r\n", b"-MOVED x\r\n", b"-ASK\r\n",
                       b"-MOVED 99999 127.0.0.1:1\r\n", b"-MOVED 5 :%d\r\n"):
            with Bench() as b:
                ready = threading.Event()
                port = [0]

                def script(s, reply=reply, answer=answer):
                    ready.wait(5)
                    shas = []
                    for words in commands(s):
                        said = reply if words[0] == b"CLUSTER" else hello(words, shas) or answer
                        s.sendall(said % port[0] if b"%d" in said else said)
                liar = Fake(b, script)
                port[0] = int(liar.address.split(":")[1])
                ready.set()
                d = Driver(b, f"server={liar.address}", "cluster=yes")
                a = d.ask("load 400 50 10 20")
                equal(a["ok"], 0, f"{reply} {answer}")
                expect(a["ms"] <= LATE_MS, f"a call took {a['ms']} ms")
                expect(liar.connects < 20, f"{liar.connects} connections")
                expect(d.ask("stats")["cpu_us"] < 300000, "the loop went wild")


run([test_one_round_trip, test_slots_move_under_load, test_ask_until_moved, test_node_away,
     test_replica_takes_over, test_hash_tags, test_lies], seconds=120)
