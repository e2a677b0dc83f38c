#!/usr/bin/python3
"""Where links of redirectors lead, through the whole daemon: HTTP servers of the test on loopback, honest, dead,
slow, endless, in a ring, and such that lead inside. Whatever comes, the message is judged in time, and nobody is
asked twice for what is known."""
import contextlib
import os
import re
import socket
import threading
import time

from harness import Bench, Merlon, Dns, equal, expect, free_port, run, wait_for
from milter_client import Milter

ZONE = """
author.example TXT "v=spf1 ip4:192.0.2.0/24 -all"
short.example A 127.0.0.1
other.example A 127.0.0.1
inside.example A 127.0.0.77
metadata.example A 169.254.169.254
"""

FILES = {
    "site.cf": "list shorteners shorteners\n",
    "shorteners": "short.example\n",
    "bad.txt": "https://evil.listed.example/login\nhttps://evil.listed.example/x\n",
}


class Shortener:
    """Answers by path, over bare sockets: what a library would not send can be sent. asked: requests by path."""

    def __init__(self, b):
        self.asked, self.hosts, self.fields = {}, {}, {}
        self.lock = threading.Lock()
        self.end = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()
        b.stack.callback(self.stop)

    def stop(self):
        self.end.set()
        self.listener.close()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection = self.listener.accept()[0]
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        got = b""
        with connection, contextlib.suppress(OSError):
            connection.settimeout(20)
            while b"\r\n\r\n" not in got:
                octets = connection.recv(65536)
                if not octets:
                    return
                got += octets
            method, path = got.split(b" ")[:2]
            path = path.decode().split("?")[0]
            with self.lock:
                self.asked[path] = self.asked.get(path, 0) + 1
                self.fields[path] = got.decode("latin-1")
            getattr(self, "do_" + path.strip("/").split("-")[0], self.do_gone)(connection, path, method == b"HEAD")

    def to(self, connection, url, status="302 Found"):
        connection.sendall(f"HTTP/1.1 {status}\r\nLocation: {url}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())

    def page(self, connection, text, head):
        body = b"" if head else text.encode()
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(text)}\r\n"
                           "Connection: close\r\n\r\n".encode() + body)

    def url(self, path, host="short.example"):
        return f"http://{host}:{self.port}/{path}"

    # ---- behaviours, by the first word of the path ----

    def do_bad(self, connection, path, head):
        self.to(connection, "https://evil.listed.example/login")

    def do_two(self, connection, path, head):
        self.to(connection, self.url("bad-second"))

    def do_meta(self, connection, path, head):
        self.page(connection, "<html><meta http-equiv=refresh content='0; url=https://evil.listed.example/x'></html>", head)

    def do_page(self, connection, path, head):
        self.page(connection, "<html>a page of its own</html>", head)

    def do_gone(self, connection, path, head):
        connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    def do_ring(self, connection, path, head):
        self.to(connection, self.url("ring-" + ("b" if path.endswith("a") else "a")))

    def do_inside(self, connection, path, head):
        self.to(connection, f"http://127.0.0.77:{self.port}/page-inside")

    def do_cloud(self, connection, path, head):
        self.to(connection, "http://169.254.169.254/latest/meta-data/")

    def do_byname(self, connection, path, head):
        self.to(connection, self.url("page-inside", "inside.example"))

    def do_local(self, connection, path, head):
        self.to(connection, "http://localhost/")

    def do_silent(self, connection, path, head):
        self.end.wait(15)

    def do_drip(self, connection, path, head):
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http")
        while not self.end.wait(0.2):
            connection.sendall(b"x")

    def do_endless(self, connection, path, head):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not self.end.is_set() and not head:
            connection.sendall(b"1000\r\n" + b" " * 4096 + b"\r\n")

    def do_fields(self, connection, path, head):
        connection.sendall(b"HTTP/1.1 302 Found\r\n")
        while not self.end.is_set():
            connection.sendall(b"X-Field: " + b"y" * 4000 + b"\r\n")

    def do_garbage(self, connection, path, head):
        connection.sendall(bytes(range(256)) * 20)

    def do_script(self, connection, path, head):
        self.to(connection, "javascript:alert(1)")

    def do_file(self, connection, path, head):
        self.to(connection, "file:///etc/passwd")


class Site:
    """A daemon that follows links to one shortener, and has a feed of where they lead."""

    def __init__(self, b, more=""):
        self.n = 0
        self.shortener = Shortener(b)
        dns = b.add(Dns(b.path("dns"), ZONE))
        rules = b.path("rules")
        for name, text in FILES.items():
            with open(os.path.join(rules, name), "w") as f:
                f.write(text)
        self.port = free_port()
        config = f"""
dns {{ servers = {{"127.0.0.1@{dns.port}"}} timeout = 1s }}
listen "in" {{ socket = "inet:{self.port}@127.0.0.1" }}
daemon {{ workers = 1 }}
cache {{ ttl = 0 }}
rules {{ hyperscan = off files = {{"{rules}/site.cf"}} }}
feed "bad" {{ source = "file:{rules}/bad.txt" kind = url class = malware }}
score {{ reject = 100 }}
redirect {{ use = yes ports = {{{self.shortener.port}, 80}} allow_nets = {{"127.0.0.1"}} hop_timeout = 500ms timeout = 1500ms {more} }}
"""
        self.merlon = b.add(Merlon(b.path("merlon"), config, [("127.0.0.1", self.port)]))
        wait_for(lambda: os.path.exists(os.path.join(self.merlon.directory, "state/feeds/bad.set")), "the feed")
        b.stack.callback(self.clean)

    def log(self):
        with open(self.merlon.log, errors="replace") as f:
            return f.read()

    def clean(self):
        for word in ("Sanitizer", "runtime error:", "bug:"):
            expect(word not in self.log(), self.merlon.tail(60) if word in self.log() else "")

    def judge(self, *links, rcpt=b"<user@here.example>"):
        """A message with these links: its verdict, its symbols and how long it took."""
        self.n += 1
        body = "<html><body>our meeting" + "".join(f'<p><a href="{link}">here</a></p>' for link in links) + "</body></html>\r\n"
        began = time.monotonic()
        with Milter(("127.0.0.1", self.port), timeout=20) as m:
            m.open("192.0.2.1", "mx.author.example", b"mx.author.example")
            v = m.message([("From", "A <a@author.example>"), ("To", "user@here.example"), ("Subject", "meeting"),
                           ("Message-ID", f"<{self.n}@author.example>"), ("MIME-Version", "1.0"), ("Content-Type", "text/html")],
                          body.encode(), sender=b"<a@author.example>", rcpts=[rcpt], qid=b"Q%d" % self.n)
        took = time.monotonic() - began
        expect(v.action not in ("reject", "tempfail"), f"{v.action} {v.reply!r}")
        expect(took < 8, f"{links}: a message took {took:.1f} s")
        return v, set(re.findall(r"(\w+)\(", v.field("X-Merlon-Symbols")))


def test_followed():
    with Bench() as b:
        site = Site(b)
        for path, asked, wanted, unwanted in (
                ("bad-1", {"/bad-1": 1}, {"REDIRECT_LEADS", "MALWARE_FEED"}, {"REDIRECT_TWICE", "REDIRECT_FAIL"}),
                ("two-1", {"/two-1": 1, "/bad-second": 1}, {"REDIRECT_TWICE", "MALWARE_FEED"}, {"REDIRECT_FAIL"}),
                ("meta-1", {"/meta-1": 2}, {"REDIRECT_LEADS", "MALWARE_FEED"}, {"REDIRECT_FAIL"}),
                ("page-1", {"/page-1": 2}, set(), {"REDIRECT_LEADS", "MALWARE_FEED", "REDIRECT_FAIL"}),
                ("gone-1", {"/gone-1": 2}, {"REDIRECT_DEAD"}, {"REDIRECT_LEADS", "MALWARE_FEED", "REDIRECT_FAIL"})):
            site.shortener.asked.clear()
            _, found = site.judge(site.shortener.url(path))
            expect(wanted <= found and not unwanted & found, f"{path}: {found}")
            equal(site.shortener.asked, asked, f"requests of {path}")
        for fields in site.shortener.fields.values():
            sent = {line.split(":")[0].lower() for line in fields.split("\r\n")[1:] if line}
            expect(sent <= {"host", "user-agent", "accept", "range", "accept-encoding"}, f"fields that are sent: {sent}")
            expect("here.example" not in fields and "author.example" not in fields, f"a request tells of the mail: {fields}")


def test_remembered():
    with Bench() as b:
        site = Site(b)
        link = site.shortener.url("two-cached")
        _, first = site.judge(link)
        equal(site.shortener.asked, {"/two-cached": 1, "/bad-second": 1}, "requests of the first message")
        time.sleep(0.3)  # what is remembered is written after the reply
        _, second = site.judge(link)
        equal(site.shortener.asked, {"/two-cached": 1, "/bad-second": 1}, "requests of both messages")
        equal({n for n in first if n.startswith(("REDIRECT", "MALWARE"))},
              {n for n in second if n.startswith(("REDIRECT", "MALWARE"))}, "symbols")
        site.judge(link + "x")
        equal(site.shortener.asked["/two-cachedx"], 1, "another link")


def test_inside():
    """Nothing but the address that is allowed is connected to, whatever leads elsewhere and under whatever name."""
    with Bench() as b:
        site = Site(b)
        inside = socket.create_server(("127.0.0.77", site.shortener.port))
        b.stack.callback(inside.close)
        inside.settimeout(0.2)
        for path, symbol in (("inside-1", "REDIRECT_INSIDE"), ("cloud-1", "REDIRECT_INSIDE"), ("byname-1", None),
                             ("local-1", "REDIRECT_INSIDE"), ("ring-a", "REDIRECT_LONG"), ("script-1", None), ("file-1", None)):
            _, found = site.judge(site.shortener.url(path))
            expect(symbol is None or symbol in found, f"{path}: {found}")
        try:
            inside.accept()
            expect(False, "it was connected to")
        except TimeoutError:
            pass
        expect(site.shortener.asked["/ring-a"] + site.shortener.asked["/ring-b"] <= 4, f"{site.shortener.asked}")


def test_any_inside():
    """A name of a private address, where every host is followed."""
    with Bench() as b:
        site = Site(b, "follow = any")
        inside = socket.create_server(("127.0.0.77", site.shortener.port))
        b.stack.callback(inside.close)
        inside.settimeout(0.2)
        _, found = site.judge(site.shortener.url("byname-1"))
        expect("REDIRECT_INSIDE" in found, f"{found}")
        try:
            inside.accept()
            expect(False, "it was connected to")
        except TimeoutError:
            pass


def test_personal():
    with Bench() as b:
        site = Site(b)
        for path in ("bad-1?e=user@here.example", "bad-2?e=user%40here.example", "bad-3?id=dXNlckBoZXJlLmV4YW1wbGU"):
            _, found = site.judge(site.shortener.url(path))
            expect("REDIRECT_PERSONAL" in found, f"{path}: {found}")
        equal(site.shortener.asked, {}, "requests")


def test_faults():
    """Each alone, then all in one message: judged in time, said in a symbol and the header, and asked again later."""
    with Bench() as b:
        site = Site(b)
        kinds = ("silent", "drip", "fields", "garbage")
        for kind in kinds:
            v, found = site.judge(site.shortener.url(f"{kind}-1"))
            expect("REDIRECT_FAIL" in found and "redirect" in v.field("X-Merlon-Degraded"), f"{kind}: {found}")
        _, found = site.judge(site.shortener.url("endless-1"))
        expect("REDIRECT_FAIL" not in found, f"the beginning of an endless page is enough: {found}")
        v, found = site.judge(*(site.shortener.url(f"{kind}-2") for kind in kinds))
        expect("REDIRECT_FAIL" in found and "redirect" in v.field("X-Merlon-Degraded"), f"all: {found}")
        wait_for(lambda: re.search(rf'event="message".*qid="Q{site.n}".*without="[^"]*redirect', site.log()), "the log line")
        _, found = site.judge("http://short.example:80/nobody-listens-there")
        expect("REDIRECT_FAIL" in found, f"dead: {found}")
        worker = site.merlon.workers()
        site.judge("https://other.example/")
        equal(site.merlon.workers(), worker, "the worker")


if __name__ == "__main__":
    run([test_followed, test_remembered, test_inside, test_any_inside, test_personal, test_faults], 40)
