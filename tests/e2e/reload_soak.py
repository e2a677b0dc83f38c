#!/usr/bin/python3
"""Reloads under load, every second one with a broken configuration: no connection refused, no
message without an answer, and none that saw a mixture of two configurations; what is learnt
meanwhile is learnt, and memory stays what it was.
reload_soak.py [RELOADS] [SECONDS]; test_daemon.py and test_endure.py run short ones."""
import itertools
import json
import os
import re
import socket
import struct
import subprocess
import sys
import time

from harness import BUILD, Bench, Server, equal, expect, run, wait_for
from kill_soak import TaughtSite, Teacher, judge_learning
from mailsite import config, mail, start
from redis_soak import memory

BROKEN = ["listen {{{", "dns { servers = 7 }\n", "milter { engine = warp }\n", 'include("nowhere.conf")\n',
          "score { tag = much }\n", "\0\1\2", "nonsense { a = b }\n"]


class Load(Server):
    """The load generator at work in the background: unsigned mail of one honest sender."""

    def __init__(self, bench, merlon, conns, messages):
        directory = bench.path("corpus")
        with open(f"{directory}/m.eml", "wb") as f:
            f.write(mail())
        with open(f"{directory}/jobs.jsonl", "w") as f:
            json.dump({"path": "m.eml", "client_ip": "192.0.2.10", "helo": "mail.sender.example",
                       "mail_from": "a@sender.example", "rcpt": ["user@example.org"]}, f)
        super().__init__([f"{BUILD}/tests/bench/milter_load", "--corpus", directory, "--filter",
                          f"inet:{merlon.port}@127.0.0.1", "--conns", str(conns), "--messages", str(messages),
                          "--per-session", "3", "--until-failure"], f"{directory}/load.log",
                         stdout=subprocess.PIPE)

    def result(self, seconds=30):
        out, _ = self.process.communicate(timeout=seconds)
        return json.loads(out)


def generation(dns, merlon, number):
    """A configuration that can be told from the others by two facts that must agree."""
    text = config(dns, [(f"inet:{merlon.port}@127.0.0.1", "inbound")])
    text = text.replace('authserv_id = "mx.example.org"', f'authserv_id = "mx{number}.example.org"')
    return text + f"score {{ tag = {number}.5 reject = 1000 }}\n"


def packet(command, data=b""):
    return struct.pack("!I", 1 + len(data)) + command + data


def probe(merlon):
    """One message over the milter protocol; the generations that its two facts name."""
    out, names = b"", (b"From", b"Subject")
    with socket.create_connection(("127.0.0.1", merlon.port), 10) as s, s.makefile("rb") as replies:
        s.sendall(packet(b"O", struct.pack("!III", 6, 0x1ff, 0x1fffff)))
        n = struct.unpack("!I", replies.read(4))[0]
        steps = struct.unpack("!I", replies.read(n)[9:13])[0]
        for command, silent, data in ((b"C", 0x1000, b"x.example\x004\x00\x19192.0.2.10\0"), (b"H", 0x2000, b"x.example\0"),
                                      (b"M", 0x4000, b"<a@sender.example>\0"), (b"R", 0x8000, b"<b@example.org>\0")):
            s.sendall(packet(command, data))
            if not steps & silent:
                replies.read(struct.unpack("!I", replies.read(4))[0])
        s.sendall(b"".join(packet(b"L", name + b"\0 a@sender.example\0") for name in names) + packet(b"N") +
                  packet(b"B", b"hello\r\n") + packet(b"E"))
        command = b""
        while command not in (b"a", b"c", b"r", b"t", b"y", b"d"):
            head = replies.read(4)
            if len(head) < 4:
                break
            data = replies.read(struct.unpack("!I", head)[0])
            command, out = data[:1], out + data
        s.sendall(packet(b"Q"))
    text = out.decode("latin-1")
    return re.findall(r"mx(\d+)\.example\.org;", text), re.findall(r"tag (\d+)\.50", text)


def soak(bench, reloads, seconds, teachers=0):
    dns, merlon = start(bench)
    merlon.write(generation(dns, merlon, 100))
    merlon.reload()
    wait_for(lambda: probe(merlon) == (["100"], ["100"]), "the first reload")
    load = bench.add(Load(bench, merlon, conns=4, messages=10 ** 8))
    site, before = TaughtSite(bench, merlon), 0
    threads = [Teacher(site, n) for n in range(teachers)]
    for t in threads:
        t.start()
    broken, good = itertools.cycle(BROKEN), 100
    for n in range(reloads):
        if n % 2:
            merlon.write(next(broken))
        else:
            good += 1
            merlon.write(generation(dns, merlon, good))
        merlon.reload()
        end = time.monotonic() + seconds / reloads
        while time.monotonic() < end:
            ids, tags = probe(merlon)
            expect(len(ids) == 1 and ids == tags, f"a mixture, or no answer: {ids}, {tags}")
            expect(int(ids[0]) in (good - 1, good), f"generation {ids[0]} instead of {good}")
        if n == reloads // 3:
            before = memory([merlon.pid])
    merlon.write(generation(dns, merlon, good + 1))
    merlon.reload()
    wait_for(lambda: probe(merlon)[0] == [str(good + 1)], "the last configuration")
    expect(merlon.alive() and load.alive(), "the daemon or the load generator died")
    load.kill(15)
    report = load.result()
    others = {k: n for k, n in report["actions"].items() if n and k != "accept"}
    expect(not others, f"not all were accepted: {report['actions']}")
    equal(report["authres"], report["messages"], "messages with results")
    now = memory([merlon.pid])
    print(f"{reloads} reloads, {report['messages']} messages, none lost; RssAnon of the supervisor {before} -> {now} KiB", flush=True)
    expect(now < before + 3072, f"memory grows: {before} -> {now} KiB")
    for t in threads:
        t.stop.set()
    for t in threads:
        t.join(30)
    if threads:
        judge_learning(site, threads)


def main():
    reloads = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else reloads * 0.3
    del sys.argv[1:]

    def reload_soak():
        with Bench() as bench:
            soak(bench, reloads, seconds, teachers=2)

    run([reload_soak], int(seconds) + 120)


if __name__ == "__main__":
    main()
