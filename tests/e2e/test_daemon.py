#!/usr/bin/python3
"""The daemon under load and in trouble: reload, broken configuration, dead DNS, SIGTERM; behind
real Postfix where mail could be lost, else by a milter load generator."""
import os
import re
import signal
import subprocess
import time

import common_tests as common
from harness import BUILD, Bench, equal, expect, free_port, run, wait_for
from mailsite import GOOD_IP, config, fields, mail, results, start
from mtas import Postfix
from reload_soak import Load, soak

HONEST = {"ip": GOOD_IP, "name": "mail.sender.example", "helo": "mail.sender.example"}


def with_postfix(bench, **options):
    dns, merlon = start(bench, **options)
    postfix = bench.add(Postfix(bench.path("postfix"), f"inet:127.0.0.1:{merlon.port}"))
    return dns, merlon, common.Mail(postfix, postfix.ports[0], HONEST, HONEST)


def test_dns_killed():
    """Without DNS mail is accepted, and says that it was not checked."""
    with Bench() as bench:
        dns, _, m = with_postfix(bench)
        dns.stop()
        before = m.delivered()
        equal(m.send("a@sender.example", mail())[0], 250, "reply")
        got = m.arrived(before, 1)[0]
        equal(results(got)["spf"], "temperror", "spf")
        expect("dns" in dict(fields(got)).get("X-Merlon-Degraded", ""), "no X-Merlon-Degraded")


def test_reload():
    with Bench() as bench:
        soak(bench, reloads=20, seconds=10)


def test_broken_config():
    """merlond -t names file and line of every fault, and a reload with one keeps the old."""
    with Bench() as bench:
        directory = bench.path("conf")
        path = f"{directory}/broken.conf"
        cases = [("dns {\n  servers = {\"7.7.7\"}\n}\n", 2), ("nonsense { }\n", 1), ("\n\nmilter { max_sessions = 0 }\n", 3),
                 ('milter { engine = warp }\n', 1), ('listen "a" {\n socket = "inet:x@y"\n}\n', 2)]
        for text, line in cases:
            with open(path, "w") as f:
                f.write(text)
            done = subprocess.run([f"{BUILD}/merlond", "-t", "-c", path], capture_output=True, text=True, timeout=20)
            equal(done.returncode, 78, f"exit code for {text!r}")
            expect(f"broken.conf:{line}:" in done.stdout + done.stderr,
                   f"no broken.conf:{line} for {text!r}: {done.stdout}{done.stderr}")
        with open(path, "w") as f:
            f.write(f'listen "a" {{ socket = "inet:{free_port()}@127.0.0.1" }}\n')
        equal(subprocess.run([f"{BUILD}/merlond", "-t", "-c", path], capture_output=True, timeout=20).returncode, 0,
              "exit code of a good one")


def test_term_under_load():
    """SIGTERM: messages under way are answered, and the daemon leaves with code 0."""
    with Bench() as bench:
        _, merlon = start(bench)
        load = bench.add(Load(bench, merlon, conns=8, messages=100000))
        wait_for(lambda: load.alive(), "the load generator")
        time.sleep(1)
        merlon.kill(signal.SIGTERM)
        equal(merlon.process.wait(20), 0, "exit code")
        report = load.result()
        wrong = {k: n for k, n in report["actions"].items() if n and k not in ("accept", "failed", "tempfail")}
        expect(not wrong, f"unwanted actions: {wrong}")
        expect(report["actions"]["accept"] > 50, f"too little was carried: {report['actions']}")
        expect(report["cut_off"] == 0, f"{report['cut_off']} messages were cut off in their content")
        equal(report["authres"], report["actions"]["accept"], "accepted messages with results")


def test_worker_crash_is_counted():
    """A killed worker is back within a second, and the log says so."""
    with Bench() as bench:
        _, merlon = start(bench, more="rules { hyperscan = off }\n")  # or filters that are ready replace workers too
        ready = wait_for(lambda: re.search(r'event="ready" workers=(\d+)', merlon.tail(100)), "the workers", 5)
        n = int(ready.group(1))
        old = wait_for(lambda: len(merlon.workers()) == n and merlon.workers(), "the workers", 3)
        os.kill(old[0], signal.SIGSEGV)
        began = time.monotonic()
        wait_for(lambda: len(merlon.workers()) == len(old) and old[0] not in merlon.workers(), "a new worker", 3)
        expect(time.monotonic() - began < 1.5, "it took over a second")
        with open(merlon.log) as f:
            expect("worker_crashed" in f.read(), "the log does not say it")


def test_second_daemon():
    """Two daemons do not share a port silently."""
    with Bench() as bench:
        dns, merlon = start(bench)
        path = f"{bench.path('second')}/c"
        with open(path, "w") as f:
            f.write(config(dns, [(f"inet:{merlon.port}@127.0.0.1", "inbound")]))
        done = subprocess.run([f"{BUILD}/merlond", "-c", path, "--state", bench.path("second/state")],
                              capture_output=True, text=True, timeout=20)
        expect(done.returncode != 0, "the second daemon runs")
        expect(str(merlon.port) in done.stderr + done.stdout, "it does not say what is taken")


run([test_dns_killed, test_reload, test_broken_config, test_term_under_load, test_worker_crash_is_counted,
     test_second_daemon], 90)
