#!/usr/bin/python3
"""Private keys stay where they are held: no memory of a supervisor, worker or control process, no core,
log or state file has 16 octets of one in a row; who holds them may die at any time."""
import base64
import collections
import contextlib
import glob
import hashlib
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import threading
import time

import dkim

import signing
from harness import BUILD, Bench, children, equal, expect, free_port, name, run, wait_for
from milter_client import Gone, Milter

bench = Bench()
HEADERS = [("From", " a@sender.example"), ("To", " b@there.example"), ("Subject", " hello"),
           ("Date", " Sun, 22 Nov 2026 04:00:00 +0000")]


# ---- what is looked for ----

def integers(der):
    """The integers of an RSAPrivateKey (RFC 8017 A.1.2): version, n, e, d, p, q, dp, dq, qi."""
    def value(at):
        n, at = der[at + 1], at + 2
        if n & 0x80:
            n, at = int.from_bytes(der[at:at + (n & 0x7F)], "big"), at + (n & 0x7F)
        return at, n

    at, _ = value(0)
    found = []
    while at < len(der):
        start, n = value(at)
        found.append((start, der[start:start + n]))
        at = start + n
    return found


def needles(keys, path):
    """{name: octets}: the numbers of the RSA key in both orders, the Ed25519 seed and what is made of
    it, and the text of the files from the first secret octet on."""
    def text_of(key):
        with open(key, "rb") as f:
            return b"".join(line.strip() for line in f if not line.startswith(b"-"))

    found, text = {}, text_of(keys.rsa)
    pkcs8 = base64.b64decode(text)
    numbers = integers(pkcs8[26:])  # behind the head of PKCS#8
    for what, (_, octets) in zip(("d", "p", "q", "dp", "dq", "qi"), numbers[3:]):
        octets = octets.lstrip(b"\0")
        found[what], found[f"{what}-reversed"] = octets, octets[::-1]
    seed = base64.b64decode(text_of(keys.ed))[-32:]
    expanded = bytearray(hashlib.sha512(seed).digest())
    expanded[0] &= 248
    expanded[31] = expanded[31] & 127 | 64
    found.update({"seed": seed, "seed-reversed": seed[::-1], "scalar": bytes(expanded[:32]), "prefix": bytes(expanded[32:])})
    secret = pkcs8.index(numbers[3][1]) * 4 // 3 + 4
    found["rsa-text"] = text[secret:]
    for at in range(0, len(text), 64):  # as it stands in the file
        line = text[max(at, secret):at + 64]
        if len(line) >= 16:
            found[f"rsa-line-{at // 64}"] = line
    found["ed-text"] = text_of(keys.ed)[24:]
    for at in range(3):
        found[f"seed-base64-{at}"] = base64.b64encode(b"\0" * at + seed)[4:40]
    with open(path, "w") as f:
        f.writelines(f"{what} {octets.hex()}\n" for what, octets in found.items())
    return found


def scan(*where):
    """What memscan finds in processes and files: {where: names}."""
    done = subprocess.run([os.path.join(BUILD, "tests/lib/memscan"), site.needles, *map(str, where)],
                          capture_output=True, text=True, timeout=120)
    expect(done.returncode in (0, 1), f"memscan: {done.stderr}")
    found = {}
    for line in done.stdout.splitlines():
        place, what, _ = line.rsplit(" ", 2)
        found.setdefault(place, set()).add(what)
    return found


# ---- the daemon ----

def processes(pid):
    """All below a process."""
    found = []
    for child in children(pid):
        found += [child] + processes(child)
    return found


def holders():
    return [p for p in processes(site.merlon.pid) if name(p) in ("merlon-keeper", "merlon-signer")]


def keeper():
    return [p for p in holders() if name(p) == "merlon-keeper"]


def signers():
    return [p for p in holders() if name(p) == "merlon-signer"]


def workers():
    return site.merlon.workers()


def others():
    return [site.merlon.pid] + [p for p in processes(site.merlon.pid) if p not in holders()]


def message(number=0):
    """One message; its verdict."""
    with Milter(("127.0.0.1", site.merlon.port)) as m:
        v = m.open(ip="127.0.0.1").message(HEADERS + [("Message-ID", f" <{number}.{time.monotonic_ns()}@a.example>")],
                                           body=b"number %d\r\n" % number)
        m.quit()
        return v


def is_signed(v):
    algorithms = [value for field, value in v.inserted if field == "DKIM-Signature"]
    return len(algorithms) == 2


def wait_signed(what, seconds=20):
    def one():
        try:
            return is_signed(message())
        except (Gone, OSError):
            return False
    wait_for(one, what, seconds)


class Load:
    """Threads that send messages until told; counts what comes back."""

    def __init__(self, threads=4):
        self.stopped, self.signed, self.plain, self.gone = threading.Event(), 0, 0, 0
        self.threads = [threading.Thread(target=self.work, args=(i,), daemon=True) for i in range(threads)]

    def work(self, seed):
        rng = random.Random(seed)
        while not self.stopped.is_set():
            try:
                if is_signed(message(rng.randrange(1 << 30))):
                    self.signed += 1
                else:
                    self.plain += 1
            except (Gone, OSError):
                self.gone += 1
                time.sleep(0.02)

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *what):
        self.stopped.set()
        for t in self.threads:
            t.join()


def log():
    with open(site.merlon.log, errors="replace") as f:
        return f.read()


def clean(found):
    expect(not found, f"private octets in {found}; holders {holders()}")


# ---- the tests ----

def test_memory_under_load():
    """The keeper and the signers have all of it, and nobody else 16 octets."""
    wait_signed("a signature")
    with Load() as load:
        for _ in range(5):
            was = load.signed
            wait_for(lambda: load.signed >= was + 20, "signed messages under load", 30)
            clean(scan(*others()))
        found = scan(*signers(), *keeper())
    expect(load.plain == 0 and load.gone == 0, f"{load.plain} messages unsigned, {load.gone} lost")
    for pid in signers():
        wanted = {"p", "q"}, {"p-reversed", "q-reversed"}
        there = found.get(str(pid), set())
        expect(any(w <= there for w in wanted), f"a signer does not show its RSA key to the scan: {there}")
        expect("seed" in there, f"a signer does not show its Ed25519 key to the scan: {there}")


def test_copy_of_a_worker():
    """What a debugger would write of a worker's memory."""
    with Load():
        for pid in workers():
            path = os.path.join(bench.path("copies"), str(pid) + ".image")
            with open(path, "wb") as out, open(f"/proc/{pid}/mem", "rb", 0) as mem, open(f"/proc/{pid}/maps") as maps:
                for line in maps:
                    at, mode = line.split()[:2]
                    if mode[0] == "r" and "[v" not in line:
                        with contextlib.suppress(OSError, ValueError):
                            start, end = (int(x, 16) for x in at.split("-"))
                            mem.seek(start)
                            out.write(mem.read(end - start))
            expect(os.path.getsize(path) > 1 << 20, "the copy of a worker is empty")
            clean(scan(path))


def test_core_of_a_worker():
    """It has none, or one without keys."""
    pid = workers()[0]
    with contextlib.suppress(PermissionError):  # root of a container may be unable to
        resource.prlimit(pid, resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    cwd = os.readlink(f"/proc/{pid}/cwd")
    before = set(glob.glob(f"{cwd}/core*"))
    os.kill(pid, signal.SIGABRT)
    wait_for(lambda: pid not in workers(), "the end of a worker")
    wait_signed("a signature by another worker")
    cores = set(glob.glob(f"{cwd}/core*")) - before
    for path in cores:
        found = scan(path)
        os.unlink(path)
        clean(found)


def test_worker_killed():
    """With requests under way: the next one works, and knows as little."""
    for _ in range(4):
        with Load() as load:
            wait_for(lambda: load.signed > 10, "signed messages")
            for pid in workers():
                os.kill(pid, signal.SIGKILL)
            was = load.signed
            wait_for(lambda: load.signed > was + 20, "signed messages after kill -9 of the workers", 30)
            clean(scan(*others()))
    equal(load.plain, 0, "unsigned messages")


def test_signers_killed():
    """Mail goes on, and is signed again soon."""
    for _ in range(3):
        with Load() as load:
            wait_for(lambda: load.signed > 10, "signed messages")
            for pid in signers():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            killed = time.monotonic()
            wait_signed("a signature after kill -9 of the signers")
            took = time.monotonic() - killed
            wait_for(lambda: len(signers()) > 0, "signers")
        expect(took < 8, f"nothing was signed for {took:.1f} s")
        equal(load.gone, 0, "lost messages")
        time.sleep(1)  # who dies often is started ever later


def test_readable_by_others():
    """Refused at the start, with the reason; a reload keeps what there is."""
    wait_signed("a signature")
    os.chmod(site.keys.rsa, 0o444)
    try:
        at = len(log())
        site.merlon.reload()
        wait_for(lambda: site.keys.rsa in log()[at:], "a word about the file that others may read", 20)
        expect("may be used by others" in log()[at:], f"not said why: {log()[at:]}")
        for i in range(10):
            expect(is_signed(message(i)), "not signed after a reload that was refused")
        config = os.path.join(bench.path("refused"), "merlon.conf")
        with open(site.merlon.config) as f:
            text = f.read().replace(f"inet:{site.merlon.port}@", f"inet:{free_port()}@")
        with open(config, "w") as f:
            f.write(text)
        done = subprocess.run([os.path.join(BUILD, "merlond"), "-c", config, "--state", bench.path("refused-state")],
                              capture_output=True, text=True, timeout=30)
        expect(done.returncode != 0, "a key that others may read was taken")
        expect(site.keys.rsa in done.stderr + done.stdout, f"the file is not named: {done.stderr}")
        expect("may be used by others" in done.stderr + done.stdout, f"not said why: {done.stderr}")
    finally:
        os.chmod(site.keys.rsa, 0o400)
    site.merlon.reload()
    wait_signed("a signature after a good reload")


def test_other_owner():
    """A key of another account is not taken."""
    os.chown(site.keys.ed, 65534, 65534)
    try:
        at = len(log())
        site.merlon.reload()
        wait_for(lambda: site.keys.ed in log()[at:], "a word about the file of another owner", 20)
        expect(is_signed(message()), "not signed after a reload that was refused")
    finally:
        site.keys.own()
    site.merlon.reload()
    wait_signed("a signature after a good reload")


def by_records(v, number, records):
    """Which of the records a message's RSA signature verifies by."""
    head = "".join(f"{field}:{value}\r\n" for field, value in HEADERS + [("Message-ID", number)]).encode()
    value = next(value for field, value in v.inserted if field == "DKIM-Signature" and "rsa-sha256" in value)
    mail = b"DKIM-Signature: " + re.sub(rb"\r?\n", b"\r\n", value.strip().encode()) + b"\r\n" + head + b"\r\nhello\r\n"
    return [i for i, record in enumerate(records) if dkim.verify(mail, dnsfunc=lambda name, timeout=5, r=record: r)]


def test_replaced_under_load():
    """Another key in the same file: workers of either generation sign, each with its own."""
    wait_signed("a signature")
    name = f"rsa._domainkey.{signing.DOMAIN}"
    records = [site.keys.records[name], signing.Keys(bench.path("other")).records[name]]
    mine = site.keys.rsa + ".mine"
    os.rename(site.keys.rsa, mine)
    used = collections.Counter()
    try:
        shutil.copy(os.path.join(bench.path("other"), "rsa.pem"), site.keys.rsa)
        site.keys.own()
        with Load() as load:
            wait_for(lambda: load.signed > 10, "signed messages")
            generations = log().count('event="reloaded"')
            site.merlon.reload()
            while log().count('event="reloaded"') == generations or used[1] < 5:
                with Milter(("127.0.0.1", site.merlon.port)) as m:
                    number = f" <{time.monotonic_ns()}@a.example>"
                    v = m.open(ip="127.0.0.1").message(HEADERS + [("Message-ID", number)], body=b"hello\r\n")
                    m.quit()
                for which in by_records(v, number, records):
                    used[which] += 1
                used["all"] += 1
        equal(used[0] + used[1], used["all"], "messages signed with one of the keys")
        equal((load.plain, load.gone), (0, 0), "messages unsigned, and lost")
    finally:
        os.replace(mine, site.keys.rsa)
    site.merlon.reload()
    wait_signed("a signature after going back")


def test_files_and_logs():
    """Neither the log nor anything below the state directory has a part of a key."""
    paths = [site.merlon.log] + [p for p in glob.glob(f"{site.merlon.directory}/**/*", recursive=True) if os.path.isfile(p)]
    clean(scan(*paths))
    shutil.copy(site.keys.rsa, os.path.join(bench.path("control"), "rsa"))
    shutil.copy(site.keys.ed, os.path.join(bench.path("control"), "ed"))
    expect(len(scan(*glob.glob(bench.path("control") + "/*"))) == 2, "the scan does not know the files of the keys")


def test_keeper_killed():
    """Its account is nobody's to become any more: mail goes on, unsigned and visibly so, and none is lost."""
    with Load() as load:
        wait_for(lambda: load.signed > 10, "signed messages")
        for pid in keeper():
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: load.plain > 20, "messages without a keeper", 60)
    equal(load.gone, 0, "lost messages")
    v = message()
    equal((v.action, is_signed(v)), ("accept", False), "without a keeper")
    degraded = [value for field, value in v.inserted if field == "X-Merlon-Degraded"]
    expect(len(degraded) == 1 and "signer" in degraded[0], f"not said that signing is degraded: {v.inserted}")
    crashed = [line for line in log().splitlines() if 'event="keeper_crashed"' in line]
    expect(len(crashed) == 1 and "until a restart" in crashed[0], f"events: {crashed}")
    equal(holders(), [], "who holds keys")
    clean(scan(*others()))


class Site:
    """One daemon for all tests."""


site = Site()
with bench:
    site.keys = signing.Keys(bench.path("keys"))
    site.needles = os.path.join(bench.directory, "needles")
    site.found = needles(site.keys, site.needles)
    site.merlon = signing.start(bench, site.keys, "merlon", more="daemon { workers = 2 }\n")
    run([test_memory_under_load, test_copy_of_a_worker, test_core_of_a_worker, test_worker_killed, test_signers_killed,
         test_readable_by_others, test_other_owner, test_replaced_under_load, test_files_and_logs, test_keeper_killed], 180)
