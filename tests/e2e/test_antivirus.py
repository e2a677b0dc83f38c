#!/usr/bin/python3
"""Virus scanners and checks of the site as a site has them: a real clamd by both of its sockets, an ICAP server
that reads the protocol by itself, and the check that comes as an example."""
import binascii
import hashlib
import json
import os
import re
import socketserver
import subprocess
import threading

from contents import attached, body_of, headers_of, text
from harness import BUILD, TOP, Bench, Server, answers, equal, expect, free_port, run, wait_for
from redis_soak import memory
from milter_client import Milter
from test_supervisor import Site

# Harmless words that only the data base of these tests knows, and the test file of all scanners.
BAD = b"merlon-scanner-test-word-7291"
ODD = b"merlon-scanner-odd-word-4417"
IN_MAIL = b"merlon-scanner-mail-word-9913"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
# Names that are not malware for sure, and the rule that each is scored by.
NAMES = [("Heuristics.Phishing.Email.SpoofedDomain", "AV_PHISHING"), ("PUA.Win.Tool.Miner-1", "AV_PUA"),
         ("Heuristics.OLE2.ContainsMacros", "AV_MACRO"), ("Heuristics.Encrypted.Zip", "AV_SEALED"),
         ("Heuristics.Limits.Exceeded.MaxFiles", "AV_LIMIT"), ("Heuristics.Structured.CreditCardNumber", "AV_NUMBERS"),
         ("Sanesecurity.Malware.28000", "AV_BITES"), ("SecuriteInfo.com.Trojan.Gen-4", "AV_BITES"),
         ("Sanesecurity.Phishing.Bank.7", "AV_SCAM"), ("Email.Phishing.Webmail-2", "AV_SCAM"), ("winnow.spam.ts.9", "AV_SCAM"),
         ("SecuriteInfo.com.HTML.Odd-3", "AV_HEURISTIC")]
CONFIG = "daemon {{ workers = 1 }}\ncache {{ ttl = 0 }}\nantivirus {{ {} }}\n"


class Clamd(Server):
    """clamd with signatures for the words above; by a unix socket and a port."""

    def __init__(self, bench, path=None, port=None):
        directory = bench.path("clamd")
        self.path, self.port = path or os.path.join(directory, "clamd.sock"), port or free_port()
        self.found = os.path.join(directory, "scans.log")
        os.makedirs(os.path.join(directory, "db"), exist_ok=True)
        with open(os.path.join(directory, "db", "test.ndb"), "w") as f:
            for i, (name, _) in enumerate(NAMES):
                f.write(f"{name}:0:*:{binascii.hexlify(b'merlon-word-of-name-%03d' % i).decode()}\n")
            for name, target, word in (("Merlon.Test", 0, BAD), ("Heuristics.Merlon", 0, ODD),
                                       ("Merlon.Mail", 4, IN_MAIL), ("Eicar-Test-Signature", 0, EICAR)):
                f.write(f"{name}:{target}:*:{binascii.hexlify(word).decode()}\n")
        conf = os.path.join(directory, "clamd.conf")
        with open(conf, "w") as f:
            f.write(f"DatabaseDirectory {directory}/db\nLocalSocket {self.path}\nLocalSocketMode 666\n"
                    f"TCPSocket {self.port}\nTCPAddr 127.0.0.1\nLogFile {self.found}\nLogClean yes\n"
                    "Foreground yes\nFixStaleSocket yes\nDetectPUA yes\n")
        super().__init__(["/usr/sbin/clamd", "-c", conf], os.path.join(directory, "clamd.out"))
        wait_for(lambda: not self.alive() or (answers(self.path) and answers(("127.0.0.1", self.port))), "clamd", 30)
        expect(self.alive(), "clamd did not start: " + self.tail())

    def scans(self):
        """What it says it was asked to look at."""
        with open(self.found, errors="replace") as f:
            return [line for line in f if "instream(" in line]


def send(site, *parts, number=0, first=(), **kind):
    with Milter(site.where, 30) as m:
        m.open().begin()
        for name, value in [*first, *headers_of("author.example", number=number, **kind)]:
            m.ask(b"L", name.encode() + b"\0" + value.encode() + b"\0")
        m.ask(b"N")
        body = body_of(*parts)
        for at in range(0, len(body), 60000):
            m.ask(b"B", body[at:at + 60000])
        v = m.end()
        m.quit()
        return v


def symbols(v):
    return {name: float(score) for name, score in re.findall(r"(\w+)\((-?[\d.]+)\)", v.field("X-Merlon-Symbols"))}


def counts(site, name):
    """The board's counts of what is asked there."""
    done = subprocess.run([f"{BUILD}/merlon", "outside", "--json", "-c", site.merlon.config, "--state",
                           f"{site.merlon.directory}/state"], capture_output=True, text=True, timeout=30)
    for line in json.loads(done.stdout):
        if line["name"].startswith(name):
            return line
    return {}


def test_found():
    """By both sockets: refused with its name; what is no mail by its first field too; the rest passes."""
    with Bench() as b:
        clamd = b.add(Clamd(b))
        for where in (f"unix:{clamd.path}", f"inet:{clamd.port}@127.0.0.1"):
            site = Site(b, CONFIG.format(f'clamd = {{"{where}"}} cache = 0'))
            for word, name in ((BAD, "Merlon.Test.UNOFFICIAL"), (EICAR, "Eicar-Test-Signature.UNOFFICIAL")):
                v = send(site, text("hello"), attached("a.bin", b"xx" + word + b"yy"))
                equal((v.action, v.reply), ("reject", f"550 5.7.1 the message carries malware ({name})"), where)
            v = send(site, b"Content-Type: text/html\r\n\r\nhello " + IN_MAIL + b"\r\n", first=[("X-Odd", "first")])
            equal(v.action, "reject", f"{where}: a signature for mail only")
            v = send(site, text("hello"), attached("a.bin", b"nothing in it"))
            equal(v.action, "accept", where)
            expect(not {"VIRUS", "AV_FAIL"} & set(symbols(v)), f"{where}: {symbols(v)}")
            equal(v.field("X-Merlon-Degraded"), "", where)
            v = send(site, text("hello"), attached("a.bin", ODD))
            equal(v.action, "accept", f"{where}: not malware for sure")
            equal(symbols(v).get("AV_HEURISTIC"), 4.0, where)
            site.merlon.stop()


def test_names():
    """What is not malware for sure has one rule, and none but that."""
    with Bench() as b:
        clamd = b.add(Clamd(b))
        site = Site(b, "score { tag = 500 reject = 1000 }\n" + CONFIG.format(f'clamd = {{"unix:{clamd.path}"}}'))
        for i, (name, rule) in enumerate(NAMES):
            v = send(site, attached("a.bin", b"merlon-word-of-name-%03d" % i), number=i)
            equal((v.action, [s for s in symbols(v) if s.startswith(("AV_", "VIRUS"))]), ("accept", [rule]), name)
        # the score instead of a refusal
        site.merlon.stop()
        site = Site(b, "score { tag = 500 reject = 1000 }\n" + CONFIG.format(f'clamd = {{"unix:{clamd.path}"}} action = score'))
        v = send(site, attached("a.bin", BAD))
        equal((v.action, symbols(v).get("VIRUS")), ("accept", 20.0), "antivirus.action = score")


def test_remembered():
    """The same octets that come again by another way make no call; part by part, the same file in another mail."""
    for mode in ("message", "files"):
        with Bench() as b:
            clamd = b.add(Clamd(b))
            site = Site(b, CONFIG.format(f'clamd = {{"unix:{clamd.path}"}} scan = {mode}'))
            first = send(site, attached("a.bin", BAD), first=[("Received", "from one by two")])
            equal(first.action, "reject", mode)

            def agreed(clamd=clamd, site=site):
                """As often as clamd's log says, which is written when clamd likes."""
                return counts(site, "clamd:").get("good") == len(clamd.scans()) > 0

            def again(clamd=clamd, site=site, agreed=agreed):
                # what is remembered is written after the reply to the MTA
                asked = counts(site, "clamd:")["good"]
                v = send(site, attached("a.bin", BAD), first=[("Received", "from three by four")])
                equal(v.action, "reject", "again")
                wait_for(agreed, "counts")
                return len(clamd.scans()) == asked
            wait_for(agreed, "counts")
            wait_for(again, "the verdict to be remembered")
            before = len(clamd.scans())
            expect(counts(site, "clamd:")["cached"] >= 1, counts(site, "clamd:"))
            equal(counts(site, "clamd:")["asked"], before, "asked as often as clamd says")
            v = send(site, attached("a.bin", BAD), number=7, subject="Another")
            wait_for(agreed, "counts")
            equal((v.action, len(clamd.scans()) - before), ("reject", 1 if mode == "message" else 0), mode)


def test_killed_and_back():
    with Bench() as b:
        clamd = b.add(Clamd(b))
        site = Site(b, CONFIG.format(f'clamd = {{"unix:{clamd.path}"}}'))
        equal(send(site, attached("a.bin", BAD)).action, "reject", "with clamd")
        clamd.kill()
        clamd.process.wait()
        v = send(site, attached("a.bin", BAD), number=1)
        equal(v.action, "accept", "clamd is dead")
        equal((symbols(v).get("AV_FAIL"), v.field("X-Merlon-Degraded")), (0.0, "clamd"), "it is said")
        wait_for(lambda: counts(site, "clamd:").get("failed") == 1, "the failure to be counted")
        wait_for(lambda: ' antivirus="failed"' in site.log(), "the log line")
        equal(send(site, attached("a.bin", BAD)).action, "reject", "what is remembered holds without clamd")
        b.add(Clamd(b, clamd.path, clamd.port))
        equal(send(site, attached("a.bin", BAD), number=1).action, "reject", "clamd is back")
        equal(site.log().count('event="left_alone"'), 0, "one failure is none to be left alone for")


def test_left_alone():
    with Bench() as b:
        site = Site(b, CONFIG.format(f'clamd = {{"inet:{free_port()}@127.0.0.1"}}'))
        for i in range(8):
            v = send(site, attached("a.bin", BAD), number=i)
            equal((v.action, v.field("X-Merlon-Degraded")), ("accept", "clamd"), "dead")
        line = wait_for(lambda: counts(site, "clamd:") if counts(site, "clamd:").get("off") else None, "counts")
        equal((line["state"], line["failed"], line["off"]), ("off", 5, 3), "counts")
        equal(site.log().count('event="left_alone"'), 1, "told once")


def test_the_next_one():
    with Bench() as b:
        clamd = b.add(Clamd(b))
        site = Site(b, CONFIG.format(f'clamd = {{"inet:{free_port()}@127.0.0.1", "unix:{clamd.path}"}}'))
        v = send(site, attached("a.bin", BAD))
        equal((v.action, v.field("X-Merlon-Degraded")), ("reject", ""), "the second one is asked")


def test_large():
    """Messages of 9 MiB go to clamd without growing the worker for good; of a larger one it sees a part."""
    with Bench() as b:
        clamd = b.add(Clamd(b))
        site = Site(b, CONFIG.format(f'clamd = {{"unix:{clamd.path}"}} timeout = 20s'))
        worker = site.merlon.workers()[0]
        filler, seen = os.urandom(5 << 20), []
        for i in range(16):
            v = send(site, attached("a.bin", filler + bytes([i])), attached("b.bin", BAD if i % 2 else b"good"), number=i)
            equal(v.action, "reject" if i % 2 else "accept", f"message {i}")
            seen.append(memory([worker]))
        print("KiB of the worker:", seen)
        # the allocator keeps a piece or gives it back; what is lost of each message would be 40 MiB and more
        expect(min(seen[8:]) < min(seen[:8]) + 32768, f"KiB: {seen}")
        v = send(site, attached("a.bin", filler * 2), attached("b.bin", b"good"), number=99)
        expect("AV_PARTIAL" in symbols(v), f"over what is kept: {symbols(v)}")


# ---- ICAP ----

class Icap(socketserver.ThreadingTCPServer):
    """A test tool: answers RESPMOD as RFC 3507 wants it, and is strict with who asks."""

    allow_reuse_address, daemon_threads = True, True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Respmod)
        self.faults, self.bodies = [], []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()


class Respmod(socketserver.StreamRequestHandler):
    def fields(self):
        lines = iter(self.rfile.readline, b"\r\n")
        return [line.rstrip(b"\r\n").decode() for line in lines]

    def body(self):
        out = b""
        while True:
            size = int(self.rfile.readline(), 16)
            out += self.rfile.read(size)
            if self.rfile.read(2) != b"\r\n":
                raise ValueError("a chunk's end")
            if not size:
                return out

    def handle(self):
        try:
            request, *fields = self.fields()
            named = dict(f.split(": ", 1) for f in fields)
            if not re.fullmatch(r"RESPMOD icap://127\.0\.0\.1:\d+/avscan ICAP/1\.0", request) or "Host" not in named:
                raise ValueError(request)
            places = re.fullmatch(r"req-hdr=0, res-hdr=(\d+), res-body=(\d+)", named["Encapsulated"])
            ask = self.rfile.read(int(places[1]))
            answer = self.rfile.read(int(places[2]) - int(places[1]))
            if not (ask.startswith(b"GET ") and ask.endswith(b"\r\n\r\n") and
                    answer.startswith(b"HTTP/1.1 200 OK\r\n") and answer.endswith(b"\r\n\r\n")):
                raise ValueError(f"{ask} {answer}")
            body = self.body()
            if f"Content-Length: {len(body)}\r\n".encode() not in answer:
                raise ValueError(str(answer))
            self.server.bodies.append(body)
            self.answer(named, answer, body)
        except (ValueError, KeyError, TypeError) as e:
            self.server.faults.append(repr(e))

    def answer(self, named, answer, body):
        if BAD in body or binascii.b2a_base64(BAD)[:24] in body:
            page = b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n\r\n"
            self.wfile.write(b"ICAP/1.0 200 OK\r\nX-Infection-Found: Type=0; Resolution=2; Threat=Merlon.Icap;\r\n"
                             b"Encapsulated: res-hdr=0, res-body=%d\r\n\r\n%s3\r\nno!\r\n0\r\n\r\n" % (len(page), page))
        elif b"replaced" in body:
            page = b"HTTP/1.1 403 Forbidden\r\n\r\n"
            self.wfile.write(b"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, null-body=%d\r\n\r\n%s" % (len(page), page))
        elif b"returned" in body:  # a server that does not say 204
            self.wfile.write(b"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=%d\r\n\r\n%s%x\r\n%s\r\n0\r\n\r\n" %
                             (len(answer), answer, len(body), body))
        else:
            expect(named.get("Allow") == "204", str(named))
            self.wfile.write(b"ICAP/1.0 204 No modifications needed\r\nISTag: \"test\"\r\n\r\n")


def test_icap():
    with Bench() as b:
        icap = Icap()
        b.stack.callback(icap.stop)
        site = Site(b, "score { tag = 500 reject = 1000 }\n" + CONFIG.format(f'icap = {{"icap://127.0.0.1:{icap.server_address[1]}/avscan"}}'))
        v = send(site, text("hello"), attached("a.bin", BAD))
        equal(v.reply, "550 5.7.1 the message carries malware (Merlon.Icap)", "found")
        for word in ("hello", "returned"):
            v = send(site, text(word, kind="html"), attached("a.bin", bytes(300000)), subject=word)
            equal((v.action, v.field("X-Merlon-Degraded")), ("accept", ""), word)
            expect(not {"AV_BLOCKED", "AV_FAIL"} & set(symbols(v)), f"{word}: {symbols(v)}")
        v = send(site, text("hello", kind="html"), subject="replaced")
        equal((v.action, v.reply, symbols(v).get("AV_BLOCKED")), ("accept", "", 6.0), "it lets it not pass, and does not say why")
        equal(icap.faults, [], "what it asks is right")
        expect(all(body.startswith(b"Return-Path: <>\r\nFrom: ") for body in icap.bodies), "whole messages")


# ---- the check that comes as an example ----

RULES = """
header OUR_LEAKED_PLAN eval:external('files', 'LEAKED_PLAN')
describe OUR_LEAKED_PLAN a plan of ours
score OUR_LEAKED_PLAN 3.5
"""


def test_external():
    plan = b"the plan of the house"
    with Bench() as b:
        where, listed, rules = (os.path.join(b.path("check"), name) for name in ("socket", "list", "site.cf"))
        with open(listed, "w") as f:
            f.write(f"# what is ours\n{hashlib.sha256(plan).hexdigest()}\tLEAKED_PLAN\t2\nproject bluebird\tBLUEBIRD\n")
        with open(rules, "w") as f:
            f.write(RULES)
        check = b.add(Server([os.path.join(TOP, "contrib/external/site-check"), where, listed],
                             os.path.join(b.directory, "check.log")))
        wait_for(lambda: os.path.exists(where) and answers(where), "the check")
        site = Site(b, f'daemon {{ workers = 1 }}\nrules {{ files = {{"{rules}"}} }}\n'
                       f'external "files" {{ socket = "unix:{where}" send = message }}\n')
        v = send(site, text("hello"), attached("plan.pdf", plan))
        equal({k: s for k, s in symbols(v).items() if k.startswith(("OUR_", "EXTERNAL_"))},
              {"OUR_LEAKED_PLAN": 3.5, "EXTERNAL_SPAM": 1.0, "EXTERNAL_SYMBOLS": 0.0}, "a listed file")
        v = send(site, b"\r\nabout Project Bluebird\r\n", number=1)
        equal({k for k in symbols(v) if k.startswith("EXTERNAL_")}, {"EXTERNAL_SYMBOLS"}, "words of the message")
        v = send(site, text("hello"), attached("other.pdf", b"x" * 3000000), number=2)
        equal({k for k in symbols(v) if k.startswith("EXTERNAL_")}, set(), "nothing listed")
        with open(listed, "a") as f:
            f.write("meeting\tMEETING\n")
        expect("EXTERNAL_SYMBOLS" in symbols(send(site, b"\r\nthe meeting\r\n", number=3)), "the list is read anew")
        for score, rule in ((-9, "HAM_MUCH"), (-2, "HAM"), (2.9, "SPAM"), (3, "SPAM_MUCH"), (9, "SPAM_MOST")):
            with open(listed, "w") as f:
                f.write(f"steps\tSTEPS\t{score}\n")
            v = send(site, f"\r\nsteps of {score}\r\n".encode(), number=score)
            equal({k for k in symbols(v) if k.startswith("EXTERNAL_")}, {"EXTERNAL_SYMBOLS", f"EXTERNAL_{rule}"}, score)
        check.kill()
        check.process.wait()
        v = send(site, text("hello"), attached("plan.pdf", plan), number=4)
        equal((v.action, symbols(v).get("EXTERNAL_FAIL"), v.field("X-Merlon-Degraded")),
              ("accept", 0.0, "external:files"), "the check is dead")


if __name__ == "__main__":
    run([v for k, v in list(globals().items()) if k.startswith("test_")], 120)
