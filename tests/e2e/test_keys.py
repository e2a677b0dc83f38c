#!/usr/bin/python3
"""Keys through their lives in a running daemon: two NSDs serve a zone and one lags; what is pending stays so until both
show it. In a network of its own, so that name servers have their port."""
import fcntl
import glob
import json
import os
import pwd
import re
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time

import dkim

if __name__ == "__main__" and os.geteuid() == 0 and not os.environ.get("MERLON_ALONE"):
    os.environ["MERLON_ALONE"] = "1"
    os.execv("/usr/bin/unshare", ["unshare", "-n", sys.executable, *sys.argv])

from harness import (BUILD, Bench, Dns, Failure, Merlon, Server, children, equal, expect, free_port, name, run,
                     wait_for)
from milter_client import Gone, Milter

MERLON = os.path.join(BUILD, "merlon")
HEAD = """$ORIGIN example.com.
@ 60 IN SOA ns1.example.net. hostmaster.example.com. {serial} 60 60 60 60
@ 60 IN NS ns1.example.net.
@ 60 IN NS ns2.example.net.
"""
WORLD = ("example.com NS ns1.example.net\nexample.com NS ns2.example.net\n"
         "ns1.example.net A 127.0.0.2\nns2.example.net A 127.0.0.3\n")
ACCOUNT = "games"  # holds the keys


class Nsd(Server):
    """NSD with the zone example.com at an address, port 53."""

    def __init__(self, b, address):
        self.serial, self.address = 1, address
        d = b.path(address)
        self.zone = os.path.join(d, "zone")
        self.write("")
        with open(os.path.join(d, "nsd.conf"), "w") as f:
            f.write(f'server:\n ip-address: {address}\n port: 53\n username: ""\n zonesdir: "{d}"\n database: ""\n'
                    f' pidfile: "{d}/nsd.pid"\n xfrdfile: "{d}/xfrd.state"\n zonelistfile: "{d}/zone.list"\n xfrdir: "{d}"\n'
                    ' server-count: 1\n rrl-ratelimit: 0\n'
                    f'remote-control:\n control-enable: no\nzone:\n name: "example.com"\n zonefile: "zone"\n')
        super().__init__(["/usr/sbin/nsd", "-d", "-c", os.path.join(d, "nsd.conf")], os.path.join(d, "log"))
        wait_for(lambda: not self.alive() or self.serves(), f"NSD at {address}")
        expect(self.alive(), f"NSD did not start: {self.tail()}")

    def write(self, records):
        with open(self.zone + ".new", "w") as f:
            f.write(HEAD.format(serial=self.serial) + records)
        os.replace(self.zone + ".new", self.zone)
        self.serial += 1

    def serves(self):
        """The serial number that it answers with, or 0."""
        query = b"\0\7\0\0\0\1\0\0\0\0\0\0\7example\3com\0\0\6\0\1"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(0.3)
            try:
                s.connect((self.address, 53))
                s.send(query)
                answer = s.recv(512)
            except OSError:
                return 0
        return struct.unpack(">I", answer[-20 - self.rest(answer):][:4])[0] if answer[7] else 0

    @staticmethod
    def rest(answer):
        """Octets behind the SOA record: the authority section with the two NS records."""
        at = 12 + 17 + 2 + 10  # header, question, the owner's pointer, type to length
        length = struct.unpack(">H", answer[at - 2:at])[0]
        return len(answer) - at - length

    def show(self, records):
        self.write(records)
        self.kill(signal.SIGHUP)
        wait_for(lambda: self.serves() == self.serial - 1, f"the new zone at {self.address}", 20)


class Site:
    def __init__(self, b, options="", directory="a"):
        self.b, self.directory = b, b.path(directory)
        self.dns = b.add(Dns(b.directory, WORLD))
        self.port = free_port()
        self.state = os.path.join(self.directory, "state")
        self.config = (f'listen "out" {{ socket = "inet:{self.port}@127.0.0.1" profile = submission }}\n'
                       f'dns {{ servers = {{"127.0.0.1@{self.dns.port}"}} timeout = 1s }}\n'
                       'rules { hyperscan = off }\ndaemon { workers = 1 }\n'
                       f'sign {{ use = on user = "{ACCOUNT}" check = 1s {options} }}\n')
        self.merlon, self.made = None, []
        self.ns = [b.add(Nsd(b, "127.0.0.2")), b.add(Nsd(b, "127.0.0.3"))]

    def start(self):
        self.merlon = self.b.add(Merlon(self.directory, self.config, [("127.0.0.1", self.port)]))
        wait_for(lambda: 'event="ready"' in self.log(), "ready", 20)

    def log(self):
        with open(os.path.join(self.directory, "merlond.log"), errors="replace") as f:
            return f.read()

    def events(self, event):
        return [line for line in self.log().splitlines() if f'event="{event}"' in line]

    def dkim(self, *argv, code=0):
        done = subprocess.run([MERLON, "dkim", argv[0], "--state", self.state, "-c", os.path.join(self.directory, "merlon.conf"),
                               *argv[1:]], capture_output=True, text=True, timeout=60)
        equal(done.returncode, code, f"merlon dkim {argv}: {done.stderr}")
        return done.stdout

    def make(self, *argv):
        os.makedirs(self.state, exist_ok=True)
        os.chmod(self.state, 0o777)
        with open(os.path.join(self.directory, "merlon.conf"), "w") as f:
            f.write(self.config)
        made = json.loads(self.dkim("new", "--json", *argv, "example.com"))
        self.made += made
        return made

    def keys(self):
        return {k["selector"]: k for k in json.loads(self.dkim("list", "--json"))}

    def states(self):
        return {s: k["state"] for s, k in self.keys().items()}

    def send(self):
        """One message; {selector: whether the signature verifies by the records that were made}."""
        fields = [("From", " a@example.com"), ("To", " b@there.example"), ("Subject", " hello"),
                  ("Date", " Sun, 22 Nov 2026 04:00:00 +0000"), ("Message-ID", f" <{time.monotonic_ns()}@example.com>")]
        with Milter(("127.0.0.1", self.port)) as m:
            v = m.open(ip="127.0.0.1").message(fields, body=b"hello\r\n", sender=b"<a@example.com>")
            m.quit()
        equal(v.action, "accept", "what becomes of the message")
        mail = "".join(f"{name}:{value}\n" for name, value in fields).encode().replace(b"\n", b"\r\n") + b"\r\nhello\r\n"
        records = {f'{k["selector"]}._domainkey.example.com.'.encode(): k["record"].encode() for k in self.made}
        found = {}
        for name, value in v.inserted:
            if name == "DKIM-Signature":
                line = f"{name}:{value if value[:1].isspace() else ' ' + value}\n".encode()
                found[re.search(r"\bs=\s*([^;\s]+)", value)[1]] = dkim.verify(
                    re.sub(rb"\r?\n", b"\r\n", line) + mail, dnsfunc=lambda n, timeout=5: records.get(n))
        return found

    def wait_signed(self, wanted, seconds=40):
        """Until mail is signed by these selectors and no others, without a restart."""
        pid = self.merlon.pid
        try:
            wait_for(lambda: self.send() == {selector: True for selector in wanted}, f"signatures by {wanted}", seconds)
        except Failure as e:
            raise Failure(f"{e}: {self.send()} {self.states()}\n{self.log()[-3000:]}") from None
        expect(self.merlon.alive() and self.merlon.pid == pid, "the same daemon")

    def private(self):
        """{selector: path} of private halves; each is the signer's alone."""
        found = {}
        for path in [f"{self.state}/dkim"] + glob.glob(f"{self.state}/dkim/*") + glob.glob(f"{self.state}/dkim/*/*.key"):
            try:
                st = os.stat(path)
            except FileNotFoundError:  # wiped meanwhile
                continue
            equal(st.st_uid, pwd.getpwnam(ACCOUNT).pw_uid, f"owner of {path}")
            equal(st.st_mode & 0o077, 0, f"mode of {path}")
            if stat.S_ISREG(st.st_mode):
                found[os.path.basename(path).removesuffix(".key")] = path
        return found

    def wait_states(self, wanted, seconds=40):
        try:
            wait_for(lambda: self.states() == wanted, wanted, seconds)
        except Failure as e:
            raise Failure(f"{e}: {self.states()}\n{self.log()[-3000:]}") from None


def test_held_until_all_show_it():
    with Bench() as b:
        s = Site(b)
        one = s.make()
        zone = "".join(k["bind"] for k in one)
        pending = {k["selector"]: "pending" for k in one}
        s.ns[0].show(zone)
        s.start()
        wait_for(lambda: len(s.events("key_held")) == 2, "both keys held", 20)
        for line in s.events("key_held"):
            expect("ns2.example.net (127.0.0.3): missing" in line and "127.0.0.2" not in line, line)
        s.dkim("check", "example.com", code=1)
        s.ns[1].stop()  # dead is not good enough either
        expect("ns2.example.net 127.0.0.3: silent" in s.dkim("check", "example.com", code=1), "a dead server is named")
        equal(s.states(), pending, "while one server lags")
        s.merlon.kill()  # whatever it is at
        s.merlon.stop()
        equal(s.states(), pending, "after a kill")
        s.ns[1] = b.add(Nsd(b, "127.0.0.3"))
        s.ns[1].show(zone)
        s.start()
        s.wait_states({selector: "active" for selector in pending})
        equal(len(s.events("key_active")), 2, "events")
        s.dkim("check", "example.com")
        equal(s.merlon.stop(), 0, "exit code")


def test_control_without_memory():
    """A site that remembers nothing has its keys looked after all the same."""
    with Bench() as b:
        s = Site(b)
        s.config += "store { backend = none }\n"
        one = s.make("--type", "ed25519")
        for ns in s.ns:
            ns.show(one[0]["bind"])
        s.start()
        s.wait_states({one[0]["selector"]: "active"})


def test_vanished_record():
    """A key whose record has gone is told, and stays active."""
    with Bench() as b:
        s = Site(b)
        one = s.make("--type", "ed25519", "--activate")
        s.ns[0].show(one[0]["bind"])
        s.start()
        wait_for(lambda: s.events("key_missing"), "key_missing", 30)
        line = s.events("key_missing")[0]
        expect(re.search(r"ns2\.example\.net \(127\.0\.0\.3\): missing", line) and "127.0.0.2" not in line, line)
        equal(list(s.states().values()), ["active"], "the only key")


class Load(threading.Thread):
    """Mail without a pause; what it was signed with."""

    def __init__(self, site):
        super().__init__(daemon=True)
        self.site, self.stopped, self.seen, self.fault = site, threading.Event(), [], None

    def run(self):
        try:
            while not self.stopped.is_set():
                self.seen.append(self.site.send())
        except (Gone, OSError, Failure) as e:
            self.fault = e

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *what):
        self.stopped.set()
        self.join()


def test_new_while_it_runs():
    """merlon dkim new beside a running daemon: nothing is signed before every server shows the keys, everything soon after."""
    with Bench() as b:
        s = Site(b)
        os.makedirs(s.state)
        os.chmod(s.state, 0o777)
        s.start()
        equal(s.send(), {}, "signatures without a key")
        one = s.make()
        selectors = [k["selector"] for k in one]
        equal(len(selectors), 2, "keys")
        equal(set(s.private()), set(selectors), "private halves")
        zone = "".join(k["bind"] for k in one)
        s.ns[0].show(zone)
        wait_for(lambda: len(s.events("key_held")) == 2, "both keys held", 30)
        equal(s.send(), {}, "signatures while one server lags")
        s.ns[1].show(zone)
        s.wait_signed(selectors)
        equal(s.states(), {selector: "active" for selector in selectors}, "states")
        expect(s.events("keys_loaded"), "the event of it")
        equal(len(s.events('ready"')) or len(s.events("ready")), 1, "starts")
        equal(s.merlon.stop(), 0, "exit code")


def test_rotation():
    """An old key gets a successor, which signs once it is published; mail is signed at every moment, and what the old one
    signed has expired when its private half goes."""
    with Bench() as b:
        s = Site(b, "rotate = 3s expire = 2s linger = 2s")
        old = s.make("--type", "ed25519", "--activate")[0]
        for ns in s.ns:
            ns.show(old["bind"])
        s.start()
        s.wait_signed([old["selector"]])
        line = wait_for(lambda: s.events("key_pending"), "a successor", 30)[0]
        new = {"selector": re.search(r'selector="([^"]+)"', line)[1], "record": re.search(r'record="([^"]+)"', line)[1],
               "name": re.search(r' name="([^"]+)"', line)[1]}
        expect(new["selector"] != old["selector"], line)
        s.made.append(new)
        equal(set(s.private()), {old["selector"], new["selector"]}, "private halves")
        with open(s.private()[old["selector"]], "rb") as f, open(s.private()[new["selector"]], "rb") as g:
            expect(f.read() != g.read(), "another key")
        zone = old["bind"] + f'{new["name"]}. 60 IN TXT "{new["record"]}"\n'
        s.ns[0].show(zone)
        wait_for(lambda: s.events("key_held"), "the successor held", 20)
        equal(s.send(), {old["selector"]: True}, "signatures while one server lags")
        with Load(s) as load:
            s.ns[1].show(zone)
            s.wait_signed([new["selector"]])
        expect(not load.fault, f"mail under way: {load.fault}")
        expect(len(load.seen) > 3, "mail under way")
        for found in load.seen:
            expect(found in ({old["selector"]: True}, {new["selector"]: True}), f"signatures while keys change: {found}")
        wait_for(lambda: old["selector"] not in s.private(), "the end of the private half", 30)
        wait_for(lambda: s.states()[old["selector"]] == "retired", "retired", 20)
        expect(old["name"].rstrip(".") in s.events("key_retired")[0], "what may go from the zone")
        s.wait_signed([new["selector"]], 5)
        equal(s.merlon.stop(), 0, "exit code")


def test_held_until_signers_have_it():
    """A key that every server shows and no signer has stays pending, and mail is signed with the one before it; once its file
    is there again and read, it signs."""
    with Bench() as b:
        s = Site(b)
        old = s.make("--type", "ed25519", "--activate")[0]
        s.ns[0].show(old["bind"])
        s.ns[1].show(old["bind"])
        new = s.make("--type", "ed25519", "--selector", "next")[0]
        path = s.private()["next"]
        os.rename(path, path + ".away")
        s.start()
        s.wait_signed([old["selector"]])
        for ns in s.ns:
            ns.show(old["bind"] + new["bind"])
        wait_for(lambda: s.events("key_unproved"), "key_unproved", 30)
        why = "the signers do not have its private half"
        expect('selector="next"' in s.events("key_unproved")[0] and why in s.events("key_unproved")[0], s.events("key_unproved"))
        expect(why in s.keys()["next"]["next"] and why in s.dkim("list"), "what list says")
        expect(why in s.dkim("check", "example.com", "next"), "what check says")
        equal(json.loads(s.dkim("check", "--json", "example.com", "next"))[0]["note"], why, "as JSON")
        equal(s.states(), {old["selector"]: "active", "next": "pending"}, "states")
        equal(s.send(), {old["selector"]: True}, "signatures meanwhile")
        os.rename(path + ".away", path)
        s.merlon.kill(signal.SIGHUP)
        s.wait_states({old["selector"]: "retiring", "next": "active"})
        s.wait_signed(["next"])
        equal(len(s.events("key_unproved")), 1, "events")
        equal(json.loads(s.dkim("check", "--json", "example.com", "next"))[0]["note"], None, "the end of it")
        equal(s.merlon.stop(), 0, "exit code")


def test_keeper_comes_back():
    """One of the daemon's own account that dies is started again, and signs with what was active; mail goes on."""
    with Bench() as b:
        s = Site(b)
        s.config = s.config.replace("daemon {", f'daemon {{ user = "{ACCOUNT}"')
        selectors = [k["selector"] for k in s.make("--activate")]
        s.start()
        s.wait_signed(selectors)
        for _ in range(2):
            was = len(s.events("keeper_crashed"))
            with Load(s) as load:
                for pid in [p for p in children(s.merlon.pid) if name(p) == "merlon-keeper"]:
                    os.kill(pid, signal.SIGKILL)
                wait_for(lambda: len(s.events("keeper_crashed")) > was, "the end of the keeper", 20)
                s.wait_signed(selectors, 30)
            expect(not load.fault, f"mail under way: {load.fault}")
            for found in load.seen:
                expect(found in ({}, {selector: True for selector in selectors}), f"signatures: {found}")
        expect(all("started again" in line for line in s.events("keeper_crashed")), "what is next")
        equal(s.merlon.stop(), 0, "exit code")


def test_keeper_silent():
    """A keeper that does not answer when the keys change: mail is signed as before, and as it should be once it does."""
    with Bench() as b:
        s = Site(b)
        old = [k["selector"] for k in s.make("--type", "rsa", "--activate")]
        s.start()
        s.wait_signed(old)
        keepers = [p for p in children(s.merlon.pid) if name(p) == "merlon-keeper"]
        equal(len(keepers), 1, "keepers")
        os.kill(keepers[0], signal.SIGSTOP)
        try:
            new = [k["selector"] for k in s.make("--type", "ed25519", "--activate")]
            wait_for(lambda: s.events("keys_failed"), "what the supervisor says of it", 40)
            equal(s.send(), {selector: True for selector in old}, "signatures meanwhile")
        finally:
            os.kill(keepers[0], signal.SIGCONT)
        s.wait_signed(old + new)
        equal(s.merlon.stop(), 0, "exit code")


TESTS = [test_held_until_all_show_it, test_control_without_memory, test_vanished_record, test_new_while_it_runs,
         test_rotation, test_held_until_signers_have_it, test_keeper_comes_back, test_keeper_silent]

if __name__ == "__main__":
    if os.environ.get("MERLON_ALONE"):
        fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh14x", b"lo", 1))
        run(TESTS, 120)
    print("not root: no network of its own can be made, not tested")
    print("0 passed, 0 failed")
