#!/usr/bin/python3
"""The daemon as its operator sees it: start, reload, crash, stop, and what it says of it all."""
import contextlib
import grp
import os
import re
import resource
import signal
import socket
import stat
import subprocess
import threading
import time

from harness import (AUTHSERV, BUILD, Bench, Dns, Merlon, Server, answers, children, equal, expect,
                     free_port, run, wait_for)
from milter_client import PLAIN, Gone, Milter, judge

MERLOND = os.path.join(BUILD, "merlond")
ZONE = "author.example TXT \"v=spf1 -all\"\n"


def sanitized():
    with open(MERLOND, "rb") as f:
        return b"__asan_init" in f.read()


def config(sockets, dns, extra="", id=AUTHSERV, timeout="1s"):
    if not re.search(r"^\s*rules\b", extra, re.M):  # no child and no change of workers but those that are meant
        extra += "\nrules { hyperscan = off }\n"
    listeners = "".join(f'listen "l{i}" {{ socket = "{s}" }}\n' for i, s in enumerate(sockets))
    return (listeners + f'auth {{ authserv_id = "{id}" }}\n'
            f'dns {{ servers = {{"127.0.0.1@{dns}"}} timeout = {timeout} }}\n' + extra)


class Site:
    """A DNS server and a daemon on one TCP port."""

    def __init__(self, b, extra="daemon { workers = 2 }", zone=ZONE, dns=None, argv=(), sockets=None, **options):
        self.b, self.port = b, free_port()
        self.where = ("127.0.0.1", self.port)
        self.dns = dns or b.add(Dns(b.directory, zone)).port
        self.sockets = sockets or [f"inet:{self.port}@127.0.0.1"]
        b.stack.callback(self.clean)  # after the daemon has stopped
        answer_at = [s[5:] if s.startswith("unix:") else self.where for s in self.sockets]
        self.merlon = b.add(Merlon(b.directory, config(self.sockets, self.dns, extra, **options), answer_at, argv))
        wait_for(lambda: 'event="ready"' in self.log(), "ready")

    def log(self):
        with open(self.merlon.log, errors="replace") as f:
            return f.read()

    def clean(self):
        """No sanitizer has complained."""
        for word in ("Sanitizer", "runtime error:", "bug:"):
            expect(word not in self.log(), self.merlon.tail(60) if word in self.log() else "")

    def rewrite(self, text):
        """As an editor does it: the file is the old one or the new one, never half of one."""
        with open(self.merlon.config + ".new", "w") as f:
            f.write(text)
        os.replace(self.merlon.config + ".new", self.merlon.config)

    def reload(self, event="reloaded"):
        before = self.log().count(f'event="{event}"')
        self.merlon.reload()
        wait_for(lambda: self.log().count(f'event="{event}"') > before, event, 15)


def plugins(b):
    directory = b.path("plugins")
    os.symlink(os.path.join(BUILD, "tests/lib/crash/crash.so"), os.path.join(directory, "crash.so"))
    return ("--plugins", directory)


# ---- configuration ----

BROKEN = [
    ("score { tag = high }", "1: score.tag: found"),
    ("\n\nscore { tag = }", "3"),
    ("score { tga = 1 }", "1"),
    ("scoer { tag = 1 }", "1"),
    ("score { tag = 1", "1"),
    ("score tag = 1", "1"),
    ("}", "1"),
    ("score { tag = \"unterminated }", "1"),
    ("scan { deadline = 0s }", "1: scan.deadline: found"),
    ("scan { deadline = 5 parsecs }", "1"),
    ("scan { on_error = maybe }", "1: scan.on_error: found"),
    ("reply { reject = \"450 4.7.1 no\" }", "1: reply.reject: found"),
    ("\nreply { greylist = \"no\" }", "2: reply.greylist: found"),
    ("headers { flag = 2 }", "1: headers.flag: found"),
    ("daemon { workers = 65 }", "1: daemon.workers: found"),
    ("daemon { workers = -1 }", "1: daemon.workers: found"),
    ("daemon { workers = two }", "1: daemon.workers: found"),
    ("daemon { drain = 11m }", "1: daemon.drain: found"),
    ("dns { servers = {\"300.1.1.1\"} }", "1: dns.servers: "),
    ("dns { servers = {\"127.0.0.1@99999\"} }", "1: dns.servers: "),
    ("\n\n\ndns { servers = {\"127.0.0.1\",\"127.0.0.2\",\"127.0.0.3\",\"127.0.0.4\"} }", "4: dns.servers: "),
    ("dns { timeout = 1h }", "1: dns.timeout: found"),
    ("dns { cache_entries = -1 }", "1: dns.cache_entries: found"),
    ("log { level = loud }", "1: log.level: found"),
    ("log { format = xml }", "1: log.format: found"),
    ("auth { authserv_id = \"two words\" }", "1: auth.authserv_id: found"),
    ("dmarc { reject = maybe }", "1: dmarc.reject: found"),
    ("dmarc { trusted_sealers = {\"not a domain\"} }", "1: dmarc.trusted_sealers: found"),
    ("\ndmarc { trusted_forwarders = {\"192.0.2.0/40\"} }", "2: dmarc.trusted_forwarders: found"),
    ("dmarc { method = psl psl_file = \"/proc/nowhere\" }", "/proc/nowhere"),
    ("listen \"a\" { socket = \"inet:70000@127.0.0.1\" }", "1: listen"),
    ("listen \"a\" { socket = \"unix:relative\" }", "1: listen"),
    ("listen \"a\" { mode = 0999 }", "1: listen"),
    ("listen \"a\" { profile = outbound }", "1: listen"),
    ("milter { engine = sendmail }", "1: milter.engine: found"),
    ("rules { files = {\"/nonexistent.cf\"} }", "/nonexistent.cf"),
    ("rules { dir = \"/proc/nowhere\" }", "/proc/nowhere: No such file or directory"),
    ("rules { dir = \"/proc/sys\" }", "/proc/sys: a directory without a rule file"),
    ("log { target = \"relative.log\" }", "1: log.target: found"),
    ("log { target = \"file:relative.log\" }", "1: log.target: found"),
    ("include(\"/nonexistent.conf\")", "1"),
]


def test_broken_configurations():
    with Bench() as b:
        path = os.path.join(b.directory, "merlon.conf")
        for text, fault in BROKEN:
            with open(path, "w") as f:
                f.write(text + "\n")
            r = subprocess.run([MERLOND, "-t", "-c", path], capture_output=True, text=True, timeout=20)
            equal(r.returncode, 78, f"exit code of {text!r} ({r.stderr})")
            wanted = fault if fault.startswith("/") else f"{path}:{fault}"
            expect(wanted in r.stderr, f"{text!r}: got {r.stderr!r}, expected {wanted!r}")
        with open(path, "w") as f:
            f.write("score { tag = high }\nscore { reject = higher }\n")
        r = subprocess.run([MERLOND, "-t", "-c", path], capture_output=True, text=True, timeout=20)
        equal(len(r.stderr.splitlines()), 2, "all faults at once")
        r = subprocess.run([MERLOND, "-t", "-c", path + ".none"], capture_output=True, text=True, timeout=20)
        equal(r.returncode, 78, "exit code without the file")


def test_broken_rules():
    with Bench() as b:
        conf, rules = os.path.join(b.directory, "merlon.conf"), os.path.join(b.directory, "x.cf")
        with open(conf, "w") as f:
            f.write(f'rules {{ files = {{"{rules}"}} }}\n')
        for text, line in (("header X eval:spf()", 1), ("\nscore NOWHERE x", 2), ("meta A A", 1),
                           ("meta A (B", 1), ("score DKIM_NONE many", 1), ("body A x", 1),
                           ("header X eval:spf('pass'", 1), ("if plugin(X)", 1), ("\n\nendif", 3)):
            with open(rules, "w") as f:
                f.write(text + "\n")
            r = subprocess.run([MERLOND, "-t", "-c", conf], capture_output=True, text=True, timeout=20)
            equal(r.returncode, 78, f"exit code of {text!r}")
            expect(f"x.cf:{line}: " in r.stderr, f"{text!r}: {r.stderr!r}")


# A network of its own, so that nobody else has the default port.
ALONE = ["/usr/bin/unshare", "-n", "/usr/bin/python3", "-c",
         "import fcntl, os, socket, struct, sys\n"
         "fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sh14x', b'lo', 1))\n"
         "os.execv(sys.argv[1], sys.argv[1:])"]


def test_without_configuration():
    with Bench() as b:
        directory = b.path("cwd")
        os.chmod(directory, 0o777)
        s = b.add(Server((ALONE if os.geteuid() == 0 else []) + [MERLOND], os.path.join(b.directory, "log"), cwd=directory))
        wait_for(lambda: not s.alive() or 'event="ready"' in s.tail(), "ready")
        expect('socket="inet:8891@127.0.0.1"' in s.tail(), s.tail())
        with open(os.path.join(directory, "var/merlond.pid")) as f:
            equal(int(f.read()), s.pid, "pid file")
        equal(s.stop(), 0, "exit code")


def test_state_cannot_be_written():
    with Bench() as b:
        path = os.path.join(b.directory, "file")
        open(path, "w").close()
        conf = os.path.join(b.directory, "merlon.conf")
        with open(conf, "w") as f:
            f.write(config([f"inet:{free_port()}@127.0.0.1"], 53))
        for state in (path + "/state", path, "/proc/nowhere"):
            r = subprocess.run([MERLOND, "-c", conf, "--state", state], capture_output=True, text=True,
                               timeout=20)
            equal(r.returncode, 2, f"exit code with {state}")
            expect("state directory " + state in r.stderr or "merlond.pid" in r.stderr, r.stderr)
            expect("start_failed" in r.stderr and path.split("/")[-1] in r.stderr or "/proc" in r.stderr,
                   r.stderr)


def test_pid_file_is_no_link():
    """Whoever owns the state directory cannot make root write elsewhere."""
    with Bench() as b:
        state, victim = b.path("state"), os.path.join(b.directory, "victim")
        conf, pid = os.path.join(b.directory, "merlon.conf"), os.path.join(state, "merlond.pid")
        with open(conf, "w") as f:
            f.write(config([f"inet:{free_port()}@127.0.0.1"], 53))
        for make in (os.symlink, os.link, lambda _, name: os.mkfifo(name)):
            with open(victim, "w") as f:
                f.write("precious")
            make(victim, pid)
            r = subprocess.run([MERLOND, "-c", conf, "--state", state], capture_output=True, text=True,
                               timeout=20)
            equal(r.returncode, 2, "exit code")
            expect("merlond.pid: " in r.stderr, r.stderr)
            with open(victim) as f:
                equal(f.read(), "precious", "another's file")
            os.unlink(pid)


def test_second_daemon():
    with Bench() as b:
        site = Site(b)
        state = os.path.join(b.directory, "state")
        conf = os.path.join(b.directory, "other.conf")
        with open(conf, "w") as f:
            f.write(config([f"inet:{free_port()}@127.0.0.1"], 53))
        for _ in range(2):  # the first refusal must not take the lock away
            r = subprocess.run([MERLOND, "-c", conf, "--state", state], capture_output=True, text=True,
                               timeout=20)
            equal(r.returncode, 2, "exit code")
            expect("another merlond runs" in r.stderr, r.stderr)
        with open(os.path.join(state, "merlond.pid")) as f:
            equal(int(f.read()), site.merlon.pid, "pid file")
        equal(judge(site.where).action, "accept", "the first one")


# ---- sockets ----

def test_unix_socket():
    with Bench() as b:
        path = os.path.join(b.directory, "merlon.sock")
        stale = socket.socket(socket.AF_UNIX)
        stale.bind(path)
        stale.close()
        group = "mail"
        site = Site(b, sockets=[f"unix:{path}"], dns=53, extra="")
        site.merlon.stop()
        expect(not os.path.exists(path) or os.geteuid() == 0, "socket file left")
        text = f'listen "a" {{ socket = "unix:{path}" mode = 0620 group = {group} }}\n'
        merlon = b.add(Merlon(b.directory, text, [path]))
        st = os.stat(path)
        equal(stat.S_IMODE(st.st_mode), 0o620, "mode")
        equal(st.st_gid, grp.getgrnam(group).gr_gid, "group")
        conf = os.path.join(b.directory, "other.conf")
        with open(conf, "w") as f:
            f.write(text)
        r = subprocess.run([MERLOND, "-c", conf, "--state", b.path("state2")], capture_output=True,
                           text=True, timeout=20)
        equal(r.returncode, 2, "a living socket is taken")
        expect("cannot bind" in r.stderr, r.stderr)
        expect(answers(path), "the living socket was taken away")
        merlon.write(text.replace("0620", "0660"))
        merlon.reload()
        wait_for(lambda: "reload_kept_old" in merlon.tail(), "a word on the mode", 5)
        expect("merlon.conf:1: mode and group" in merlon.tail(), merlon.tail())
        equal(merlon.stop(), 0, "exit code")


def test_reload_changes_listeners():
    with Bench() as b:
        site = Site(b)
        other = free_port()
        one, two = site.sockets[0], f"inet:{other}@127.0.0.1"
        site.rewrite(config([one, two], site.dns, "daemon { workers = 2 }"))
        site.reload()
        expect(answers(("127.0.0.1", other)), "the new listener")
        with Milter(("127.0.0.1", other)) as kept:
            kept.open()
            site.rewrite(config([one], site.dns, "daemon { workers = 2 }"))
            site.reload()
            wait_for(lambda: not answers(("127.0.0.1", other)), "the removed listener to be gone", 5)
            equal(kept.message(PLAIN).action, "accept", "an open session of the removed listener")
        equal(judge(site.where).action, "accept", "the one that stays")


def test_reload_to_an_occupied_port():
    with Bench() as b:
        site = Site(b)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen()
            site.rewrite(config([site.sockets[0], f"inet:{s.getsockname()[1]}@127.0.0.1"], site.dns))
            site.reload("reload_kept_old")
        expect("cannot bind" in site.log(), "the reason")
        equal(judge(site.where).action, "accept", "the old one")


def test_engine_cannot_change_by_reload():
    with Bench() as b:
        site = Site(b)
        site.rewrite(config(site.sockets, site.dns, "milter { engine = libmilter }"))
        site.reload("reload_kept_old")
        equal(judge(site.where).action, "accept", "the old one")
        site.merlon.stop()
        lib = b.add(Merlon(b.directory, config(site.sockets, site.dns, "milter { engine = libmilter }"),
                           [site.where]))
        equal(judge(site.where).action, "accept", "libmilter")
        lib.reload()
        wait_for(lambda: 'event="reloaded"' in lib.tail(), "reload of libmilter", 20)
        equal(judge(site.where).action, "accept", "libmilter after a reload")
        equal(lib.stop(), 0, "exit code")


# ---- reload under load ----

class Load(threading.Thread):
    """Sessions of three messages each, one after the other, until stopped."""

    def __init__(self, where, check=None):
        super().__init__(daemon=True)
        self.where, self.check, self.stopped = where, check, False
        self.messages, self.refused, self.lost, self.wrong = 0, 0, 0, []
        self.start()

    def run(self):
        while not self.stopped:
            try:
                with Milter(self.where) as m:
                    m.open()
                    for _ in range(3):
                        v = m.message(PLAIN)
                        self.messages += 1
                        if self.check and not self.check(v):
                            self.wrong.append(v.inserted)
                    m.quit()
            except (ConnectionRefusedError, ConnectionResetError):
                self.refused += 1
            except (Gone, OSError):
                self.lost += 1

    def end(self):
        self.stopped = True
        self.join(15)
        return self


def of_one_generation(v):
    """The name in Authentication-Results and the score of a rule change together."""
    id = re.match(r"g(\d+)\.example", v.field("Authentication-Results"))
    score = re.search(r"DKIM_NONE\((\d+)\.00\)", v.field("X-Merlon-Symbols"))
    return id and score and id[1] == score[1]


def test_reload_under_load():
    with Bench() as b:
        rules = [os.path.join(b.directory, f"g{n}.cf") for n in range(3)]
        for n, path in enumerate(rules):
            with open(path, "w") as f:
                f.write(f"score DKIM_NONE {n + 1}\n")

        def text(n):
            return (f'rules {{ files = {{"{rules[n % 3]}"}} }}\nscore {{ reject = 100 tag = 90 }}\n'
                    "daemon { workers = 2 drain = 5s }")

        site = Site(b, extra=text(0), id="g1.example")
        load = [Load(site.where, of_one_generation) for _ in range(3)]
        good = 0
        for n in range(40):
            if n % 2:
                good += 1
                site.rewrite(config(site.sockets, site.dns, text(good), id=f"g{good % 3 + 1}.example"))
                site.reload()
            else:
                bad = ("score { tag = x }", "nonsense", "rules { files = {\"/nonexistent.cf\"} }",
                       "listen \"z\" { socket = \"inet:1@192.0.2.1\" }")[n // 2 % 4]
                site.rewrite(config(site.sockets, site.dns, bad, id="broken.example"))
                site.reload("reload_kept_old")
        for t in load:
            t.end()
        equal(sum(t.refused for t in load), 0, "refused connections")
        equal(sum(t.lost for t in load), 0, "lost sessions")
        equal([w for t in load for w in t.wrong][:1], [], "messages judged by a mixture")
        expect(sum(t.messages for t in load) > 100, f"no load: {[t.messages for t in load]}")
        equal(site.log().count('event="worker_crashed"'), 0, "crashes")
        wait_for(lambda: len(site.merlon.workers()) == 2, "old workers to leave", 10)


def rss_kb(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1])


def test_memory_of_reloads():
    with Bench() as b:
        site = Site(b, extra="daemon { workers = 1 drain = 1s }")
        for n in range(10):
            site.reload()
        before, fds = rss_kb(site.merlon.pid), len(os.listdir(f"/proc/{site.merlon.pid}/fd"))
        for n in range(60):
            site.reload()
        growth = rss_kb(site.merlon.pid) - before
        expect(growth < 1024 or sanitized(), f"the supervisor grew by {growth} KiB in 60 reloads")
        equal(len(os.listdir(f"/proc/{site.merlon.pid}/fd")), fds, "descriptors of the supervisor")


def test_memory_of_idle_connections():
    """2,000 sessions that wait for their next message cost under 16 KiB each; others go on."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with Bench() as b, contextlib.ExitStack() as sessions:
        site = Site(b)
        for _ in range(20):
            judge(site.where)
        before = sum(rss_kb(w) for w in site.merlon.workers())
        for _ in range(2000):
            sessions.enter_context(Milter(site.where)).open()
        each = (sum(rss_kb(w) for w in site.merlon.workers()) - before) / 2000
        expect(each < 16 or sanitized(), f"{each} KiB for each idle connection")
        load = [Load(site.where) for _ in range(4)]
        time.sleep(1)
        for t in load:
            t.end()
        equal(sum(t.refused + t.lost for t in load), 0, "refused or lost sessions")
        expect(sum(t.messages for t in load) > 30, "there was no load")


# ---- crashes ----

def test_killed_worker():
    with Bench() as b:
        site = Site(b)
        load = [Load(site.where) for _ in range(2)]
        time.sleep(0.3)
        for _ in range(5):
            before = site.merlon.workers()
            os.kill(before[0], signal.SIGKILL)
            began = time.monotonic()
            wait_for(lambda: len(site.merlon.workers()) == 2 and before[0] not in site.merlon.workers(),
                     "a new worker", 5)
            expect(time.monotonic() - began < 1, "the restart took a second")
            expect(before[1] in site.merlon.workers(), "the other worker is gone too")
            time.sleep(0.1)
        for t in load:
            t.end()
        equal(sum(t.refused for t in load), 0, "refused connections")
        expect(sum(t.messages for t in load) > 30, "there was no load")


def test_files_that_may_not_grow():
    """Neither the log nor what is left on the disk is worth a message."""
    most = 128 << 10
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    try:
        with Bench() as b:
            site = Site(b)
            before = site.merlon.workers()
            after = 20
            for _ in range(1000):
                expect(judge(site.where).field("Authentication-Results").startswith(AUTHSERV), "a verdict")
                after -= os.stat(site.merlon.log).st_size >= most
                if not after:
                    break
            equal(os.stat(site.merlon.log).st_size, most, "octets of the log")
            equal(site.merlon.workers(), before, "workers")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def test_poisoned_message():
    with Bench() as b:
        site = Site(b, argv=plugins(b))
        poison = PLAIN + [("X-Test-Crash", "now")]
        for _ in range(2):
            try:
                v = judge(site.where, poison)
                raise AssertionError(f"no crash: {v.action}")
            except Gone:
                pass
            wait_for(lambda: len(site.merlon.workers()) == 2, "a new worker", 5)
        v = judge(site.where, poison)
        equal(v.action, "accept", "the third time")
        expect("SCAN_POISONED" in v.field("X-Merlon-Symbols"), f"symbols: {v.inserted}")
        expect(v.field("Authentication-Results").startswith(AUTHSERV), "authentication")
        expect("SCAN_POISONED" not in judge(site.where).field("X-Merlon-Symbols"), "another message")
        equal(site.log().count('event="worker_crashed"'), 2, "crashes logged")


def test_killed_supervisor():
    with Bench() as b:
        site = Site(b)
        workers = site.merlon.workers()
        equal(len(workers), 2, "workers")
        site.merlon.kill()
        wait_for(lambda: not any(os.path.exists(f"/proc/{w}") for w in workers), "workers to end", 10)


# ---- stop ----

def test_stop_drains():
    with Bench() as b:
        site = Site(b)
        with Milter(site.where) as m:
            m.open().begin()
            m.content(PLAIN)
            site.merlon.kill(signal.SIGTERM)
            wait_for(lambda: not answers(site.where), "the listener to close", 5)
            equal(m.end().action, "accept", "the open message")
            m.quit()
        equal(site.merlon.process.wait(5), 0, "exit code")
        expect('event="stopped"' in site.log(), "it says so")


def test_stop_in_time():
    with Bench() as b:
        site = Site(b, extra="daemon { workers = 2 drain = 1s }")
        with Milter(site.where) as m:
            m.open().begin()
            began = time.monotonic()
            site.merlon.kill(signal.SIGTERM)
            equal(site.merlon.process.wait(8), 0, "exit code")
            expect(0.9 < time.monotonic() - began < 5, "in time")


# ---- what it may do ----

def status(pid):
    with open(f"/proc/{pid}/status") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def test_privileges():
    with Bench() as b:
        site = Site(b, argv=plugins(b))
        for pid in [site.merlon.pid] + site.merlon.workers():
            s = status(pid)
            equal(s["NoNewPrivs"], "1", "NoNewPrivs")
            if os.geteuid() == 0:
                expect("0" not in s["Uid"].split(), f"Uid {s['Uid']}")
                expect("0" not in s["Gid"].split(), f"Gid {s['Gid']}")
                equal(s["Groups"].strip(), "", "Groups")
                equal(int(s["CapEff"], 16), 0, "CapEff")
            if sanitized():
                continue
            equal(s["Seccomp"], "2", "Seccomp")
            with open(f"/proc/{pid}/limits") as f:
                core = next(line for line in f if line.startswith("Max core file size"))
            equal(core.split()[4:6], ["0", "0"], "core limit")
        v = judge(site.where, PLAIN + [("X-Test-Exec", "now")]) if not sanitized() else None
        equal(v.field("X-Test-Errno") if v else "1", "1", "errno of execve")


def test_descriptors_of_workers():
    with Bench() as b:
        site = Site(b)
        site.reload()
        wait_for(lambda: len(site.merlon.workers()) == 2, "old workers to leave", 10)
        for pid in site.merlon.workers():
            names = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
            expect(not any("merlond.pid" in n for n in names), f"the lock in a worker: {names}")
            expect(len(names) < 25, f"{len(names)} descriptors: {names}")


# ---- what it says ----

def test_hostile_log():
    with Bench() as b:
        site = Site(b)
        evil = b'x\r\ntime="2000-01-01T00:00:00.000Z" level="info" event="forged"\x1b[31m\x9b"\\'
        with Milter(site.where) as m:
            m.open(helo=evil, host="h\nost")
            v = m.message(PLAIN + [("From", "b@c.example\n\tevent=\"forged\"")], sender=b"<" + evil + b"@x>",
                          qid=b"Q\n1")
            m.quit()
        equal(v.action, "reject", "two From fields")
        wait_for(lambda: 'event="message"' in site.log(), "the line of the message")
        with open(site.merlon.log, "rb") as f:
            lines = f.read().split(b"\n")
        for line in lines[:-1]:
            expect(re.fullmatch(rb'time="[^"]+" level="[a-z]+" [\x20-\x7e]*', line), f"line {line!r}")
            expect(b' event="forged"' not in line.replace(b'\\"', b""), f"line {line!r}")
        line = next(l for l in lines if b'event="message"' in l).decode()
        for part in ('client="192.0.2.1"', 'spf="', 'dkim="none"', 'dmarc="', 'arc="none"', 'iprev="',
                     'action="reject"', 'symbols="', "dns=", "ms=", "rcpts=1", 'profile="inbound"'):
            expect(part in line, f"{part} is not in {line}")


def test_dead_dns():
    with Bench() as b:
        site = Site(b, dns=free_port(), extra="daemon { workers = 1 }", timeout="300ms")
        v = judge(site.where)
        equal(v.action, "accept", "action")
        expect("temperror" in v.field("Authentication-Results"), f"{v.inserted}")
        equal(v.field("X-Merlon-Degraded"), "dns", "X-Merlon-Degraded")


def test_what_a_reload_could_not_read():
    """Root could read it and the account cannot: that is said at the start, and only then."""
    with Bench() as b:
        rules = b.path("rules")
        with open(os.path.join(rules, "a.cf"), "w") as f:
            f.write("meta ALWAYS 1\n")
        for mode, told in ((0o755, False), (0o700, os.geteuid() == 0)):
            os.chmod(rules, mode)
            site = Site(b, f'rules {{ dir = "{rules}" }}')
            equal(f'event="reload_will_fail" fault="{rules}: Permission denied"' in site.log(), told,
                  f"told with mode {mode:o}")
            equal(site.merlon.stop(), 0, "exit code")


def test_log_file_is_opened_anew():
    with Bench() as b:
        log = os.path.join(b.path("log"), "merlon.log")
        os.chmod(os.path.dirname(log), 0o777)
        site_log = f'log {{ target = "file:{log}" }}'
        port = free_port()
        text = config([f"inet:{port}@127.0.0.1"], 53, "daemon { workers = 1 }\n" + site_log)
        merlon = b.add(Merlon(b.directory, text, [("127.0.0.1", port)]))
        wait_for(lambda: os.path.exists(log) and 'event="ready"' in open(log).read(), "the log file")
        os.rename(log, log + ".1")
        merlon.reload()
        wait_for(lambda: os.path.exists(log) and 'event="reloaded"' in open(log).read(), "the new file")
        equal(merlon.stop(), 0, "exit code")


def test_service_manager():
    with Bench() as b:
        path = os.path.join(b.directory, "notify.sock")
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        manager.bind(path)
        os.chmod(path, 0o777)
        manager.settimeout(5)
        os.environ.update(NOTIFY_SOCKET=path, WATCHDOG_USEC="600000")
        try:
            site = Site(b)
        finally:
            del os.environ["NOTIFY_SOCKET"], os.environ["WATCHDOG_USEC"]

        def until(word):
            for _ in range(50):
                text = manager.recv(4096).decode()
                if word in text.split("\n"):
                    return text
            raise AssertionError(f"no {word}")
        until("READY=1")
        until("WATCHDOG=1")
        until("WATCHDOG=1")
        site.merlon.reload()
        expect("MONOTONIC_USEC=" in until("RELOADING=1"), "MONOTONIC_USEC")
        until("READY=1")
        site.rewrite("nonsense")
        site.merlon.reload()
        until("RELOADING=1")
        expect("failed" in until("READY=1"), "the status of a failed reload")
        site.merlon.kill(signal.SIGTERM)
        until("STOPPING=1")
        equal(site.merlon.process.wait(10), 0, "exit code")


if __name__ == "__main__":
    run([v for k, v in list(globals().items()) if k.startswith("test_")])
