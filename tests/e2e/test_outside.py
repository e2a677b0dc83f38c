#!/usr/bin/python3
"""What is asked outside, each dead, slow, silent, lying or garbled, one at a time and all at once: every
message is judged in time, none is refused or lost for that reason, and what is missing is seen in a
symbol, in the header, in the log and among the counts."""
import json
import os
import re
import subprocess
import sys
import threading
import time

from harness import BUILD, TOP, Bench, Dns, Failure, Merlon, Server, equal, expect, free_port, run, wait_for
from hostile import MODES, Peer, clamd, http, whole_http
from milter_client import Milter

sys.path.insert(0, os.path.join(TOP, "tests/lib"))
import llm_endpoint  # noqa: E402 (it lies beside the tools of the unit tests)

DEADLINE = 4.0  # of a message, in seconds: option scan.deadline
SLACK = 1.5     # for a loaded machine

HEADERS = [("From", "Somebody <somebody@author.example>"), ("To", "user@here.example"), ("Subject", "about the meeting"),
           ("Date", "Sun, 22 Nov 2026 04:00:00 +0000"), ("MIME-Version", "1.0"), ("Content-Type", "text/html")]
BODY = (b"<html><body><p>Dear all, our meeting of number %d is moved to noon. The notes are at "
        b"<a href=\"http://notes%d.example/page\">this place</a>, and <a href=\"%s\">here</a>.</p></body></html>\r\n")

ZONE = """
author.example TXT "v=spf1 ip4:192.0.2.0/24 -all"
author.example MX 10 mx.author.example
mx.author.example A 192.0.2.1
1.2.0.192.in-addr.arpa PTR mx.author.example
bit.ly A 127.0.0.1
"""


# A list of our own; those that are shipped know nothing of us.
LIST = """
dnslist site zone=list.example scopes=client,from,url
header SITE_LIST eval:dnslist('site', 'client,from,url', '127.0.0.2')
score SITE_LIST 5
"""
LIST_FAULTS = {
    "dead": "*.list.example FAULT TIMEOUT", "slow": "*.list.example A 127.0.0.4\n*.list.example DELAY 10000",
    "garbled": "*.list.example FAULT GARBAGE", "servfail": "*.list.example FAULT SERVFAIL",
    "lying": "*.list.example A 192.0.2.66",                # the zone is somebody else's now
    "listing all": "*.list.example A 127.0.0.2",           # 127.0.0.1 too
    "refusing": "*.list.example A 127.255.255.254", "of another id": "*.list.example FAULT WRONGID",
}


def external(got):
    if not got.endswith(b"\n"):
        return None
    return b'{"symbols":[{"name":"EXT_FINE","value":0.1,"evidence":"nothing"}],"score":0.1}\n'


def redirector(got):
    return http(301, headers="Location: http://landing.example/page\r\n") if whole_http(got) else None


def icap(got):
    """RESPMOD: a message that ends in a chunk of nothing."""
    return b"ICAP/1.0 204 No Content\r\nISTag: \"t\"\r\nConnection: close\r\n\r\n" if got.endswith(b"0\r\n\r\n") else None


class Site:
    """A daemon with everything that can be asked, as the table's row wants it."""

    def __init__(self, bench, zone="", **modes):
        self.bench = bench
        self.dns = bench.add(Dns(bench.path("dns"), ZONE + zone))
        self.peer = {
            "clamd": Peer(bench, clamd(), lie=lambda _: b"PONG\0"),
            "icap": Peer(bench, icap, lie=lambda _: b"ICAP/1.0 100 Continue\r\n\r\n"),
            "external": Peer(bench, external, lie=lambda _: b'{"symbols":[],"score":1e999}\n',
                             path=os.path.join(bench.path("external"), "socket")),
            "redirect": Peer(bench, redirector),
        }
        llm, self.more = modes.pop("llm", "good"), modes.pop("more", "")
        self.llm = llm_endpoint.start("good" if llm == "dead" else llm)
        bench.stack.callback(self.llm.shutdown)
        for name, mode in modes.items():
            self.peer[name].be(mode)
        self.port = free_port()
        self.rules = os.path.join(bench.path("rules"), "site.cf")
        with open(self.rules, "w") as f:
            f.write(LIST)
        self.llm_port = free_port() if llm == "dead" else self.llm.port
        self.merlon = bench.add(Merlon(bench.path("merlon"), self.config(), [("127.0.0.1", self.port)]))
        self.n = 0

    def config(self):
        return f"""
dns {{ servers = {{"127.0.0.1@{self.dns.port}"}} timeout = 1s }}
listen "in" {{ socket = "inet:{self.port}@127.0.0.1" }}
scan {{ deadline = {DEADLINE:.0f}s }}
cache {{ ttl = 0 }}
daemon {{ workers = 1 }}
rules {{ files = {{"{self.rules}"}} hyperscan = off }}
dnslist {{ timeout = 1s }}
llm {{ mode = on band = "-100..100" sender_calls = 0 timeout = 1s }}
llm_endpoint "main" {{ url = "http://127.0.0.1:{self.llm_port}" model = "{TOP}/models/llm/openai.conf" timeout = 1s }}
antivirus {{ clamd = {{"inet:{self.peer['clamd'].port}@127.0.0.1"}} icap = {{"icap://127.0.0.1:{self.peer['icap'].port}/scan"}}
  timeout = 1s scan = all }}
external "site" {{ socket = "unix:{self.peer['external'].path}" timeout = 1s }}
redirect {{ use = yes ports = {{{self.peer['redirect'].port}}} allow_nets = {{"127.0.0.0/8"}} hop_timeout = 1s timeout = 1s cache = 0s }}
{self.more}
"""

    def message(self):
        """Its verdict, in time."""
        self.n += 1
        began = time.monotonic()
        with Milter(("127.0.0.1", self.port), timeout=20) as m:
            m.open("192.0.2.1", "mx.author.example", b"mx.author.example")
            link = b"http://bit.ly:%d/%d" % (self.peer["redirect"].port, self.n)
            v = m.message([*HEADERS, ("Message-ID", f"<{self.n}@author.example>")], BODY % (self.n, self.n % 40, link),
                          sender=b"<a@author.example>", qid=b"Q%d" % self.n)
        took = time.monotonic() - began
        expect(v.action == "accept", f"{v.action} {v.reply!r}; {v.field('X-Merlon-Symbols')}\n{self.merlon.tail()}")
        expect(took < DEADLINE + SLACK, f"a message took {took:.1f} s")
        return v

    def board(self):
        done = subprocess.run([os.path.join(BUILD, "merlon"), "outside", "--json", "--state",
                               os.path.join(self.merlon.directory, "state")], capture_output=True, text=True, timeout=20)
        expect(done.returncode in (0, 1), done.stderr)
        return {c["name"]: c for c in json.loads(done.stdout)}

    def log(self):
        with open(self.merlon.log, errors="replace") as f:
            return f.read()


def missing(site, word, symbol, cell):
    """One message without that answer: said in the header, by a symbol, in the log, in the counts. word "":
    what refuses us is no fault of the moment, and only a symbol says it."""
    v = site.message()
    expect(not word or word in v.field("X-Merlon-Degraded").split(", "), f"X-Merlon-Degraded: {v.field('X-Merlon-Degraded')!r}")
    expect(symbol + "(" in v.field("X-Merlon-Symbols"), f"no {symbol}: {v.field('X-Merlon-Symbols')}")
    where = rf'without="[^"]*{word}' if word else rf"symbols=\S*{symbol}"
    wait_for(lambda: re.search(rf'event="message".*qid="Q{site.n}".*{where}', site.log()), "the log line", 5)
    cells = [c for n, c in site.board().items() if n.startswith(cell)]
    expect(cells and sum(c["failed"] + c["off"] + c["refused"] for c in cells) > 0, f"counts of {cell}: {cells}")


def rows(name, word, symbol, cell, modes=MODES[1:]):
    for mode in modes:
        with Bench() as bench:
            site = Site(bench, **{name: mode})
            try:
                missing(site, word, symbol, cell)
                site.peer[name].be("good")
                for _ in range(2):
                    v = site.message()
                expect(word not in v.field("X-Merlon-Degraded"), f"{word} is back, and is missed")
            except Failure as e:
                raise Failure(f"{name} {mode}: {e}") from None


def nothing_is_wrong():
    with Bench() as bench:
        site = Site(bench)
        for _ in range(3):
            v = site.message()
            equal(v.field("X-Merlon-Degraded"), "", "X-Merlon-Degraded")
        for name, peer in site.peer.items():
            expect(peer.asked, f"{name} was not asked")
        for name, cell in site.board().items():
            expect(not cell["failed"] or name.startswith("dnslist:"), f"{name}: {cell}")  # self-tests fail here


def clamd_faults():
    rows("clamd", "clamd", "AV_FAIL", "clamd")


def icap_faults():
    rows("icap", "icap", "AV_FAIL", "icap")


def external_faults():
    rows("external", "external:site", "EXTERNAL_FAIL", "external:site")


def redirect_faults():
    """What a liar says is where the link leads; half an answer is in tests/unit/checks/outside/test_redirect.c."""
    rows("redirect", "redirect", "REDIRECT_FAIL", "redirect", [m for m in MODES[1:] if m not in ("lying", "half")])


def geo_faults():
    """A database that is not there, yet; one that is broken is refused at the start (merlond -t)."""
    with Bench() as bench:
        path = os.path.join(bench.path("geo"), "country.mmdb")
        site = Site(bench, more=f'geo {{ country = "{path}" }}\n')
        v = site.message()
        equal((v.field("X-Merlon-Degraded"), "GEO_UNAVAILABLE(" in v.field("X-Merlon-Symbols")), ("geo", True), "it is missed")
        expect('event="geo_missing"' in site.log(), "the log line")
        with open(path, "wb") as f:
            f.write(b"no database\n" * 100)
        done = subprocess.run([os.path.join(BUILD, "merlond"), "-t", "-c", site.merlon.config], capture_output=True, text=True, timeout=20)
        expect(done.returncode and re.search(r"merlon.conf:\d+:.*country.mmdb", done.stderr), f"broken: {done.stderr}")


def feed_faults():
    """Never there, and unreadable: each is missed by name, and a third one is there."""
    with Bench() as bench:
        good = os.path.join(bench.path("feeds"), "good.txt")
        garbled = os.path.join(os.path.dirname(good), "garbled.txt")
        with open(good, "w") as f:
            f.write("http://bad.example/\n")
        with open(garbled, "wb") as f:
            f.write(bytes(range(256)) * 200)
        site = Site(bench, more=f"""
feed "dead" {{ source = "https://127.0.0.1:{free_port()}/x" class = phish timeout = 1s }}
feed "garbled" {{ source = "file:{garbled}" class = phish }}
feed "good" {{ source = "file:{good}" class = phish }}
""")
        def said():
            return set(site.message().field("X-Merlon-Degraded").split(", "))
        wait_for(lambda: said() == {"feed:dead", "feed:garbled"}, f"two that are missed, and not {said()}", 15)
        v = site.message()
        expect("FEED_UNAVAILABLE(" in v.field("X-Merlon-Symbols"), f"no symbol: {v.field('X-Merlon-Symbols')}")
        wait_for(lambda: re.search(r'event="feed_\w+"[^\n]*garbled', site.log()), "the log line", 5)


def list_faults():
    for fault, zone in LIST_FAULTS.items():
        with Bench() as bench:
            site = Site(bench, zone=zone)
            try:
                if fault == "listing all":  # the self-test at start sees it
                    wait_for(lambda: site.board().get("dnslist:site", {}).get("state") == "off", "the self-test")
                off = fault in ("lying", "listing all", "refusing")
                missing(site, "" if off else "dnslist", "DNSLIST_OFF" if off else "DNSLIST_UNANSWERED", "dnslist:site")
            except Failure as e:
                raise Failure(f"a list that is {fault}: {e}") from None


LLM_FAULTS = ("dead", "slow", "500", "429", "garbage", "garbage-text", "schema", "endless", "drip", "huge", "canary", "leak",
              "reasoning", "cut", "filtered", "echo")


def llm_faults():
    for fault in LLM_FAULTS:
        with Bench() as bench:
            site = Site(bench, llm=fault)
            try:
                v = site.message()
                expect("LLM_SKIP(" in v.field("X-Merlon-Symbols"), f"no LLM_SKIP: {v.field('X-Merlon-Symbols')}")
                cell = site.board()["llm:main"]
                if fault not in ("schema", "canary", "leak", "reasoning", "cut", "filtered", "echo", "garbage-text"):
                    expect("llm" in v.field("X-Merlon-Degraded").split(", "), f"degraded: {v.field('X-Merlon-Degraded')!r}")
                expect(cell["failed"], f"counts: {cell}")
            except Failure as e:
                raise Failure(f"a model that is {fault}: {e}") from None


def rss_anon(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(r"RssAnon:\s+(\d+)", f.read()).group(1))


def flood(site, n, clients=8):
    """Messages by several at once; every one has its verdict."""
    faults, numbers = [], iter(range(n))

    def client():
        while next(numbers, None) is not None and not faults:
            try:
                site.message()
            except Exception as e:
                faults.append(e)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if faults:
        raise faults[0]


def everything_at_once(fault, zone_fault, llm):
    """Everything has that fault, and stays so: nobody waits longer than he must, and nothing grows."""
    with Bench() as bench:
        site = Site(bench, zone=LIST_FAULTS[zone_fault], clamd=fault, icap=fault, external=fault, redirect=fault, llm=llm)
        v = site.message()
        said = set(v.field("X-Merlon-Degraded").split(", "))
        expect({"clamd", "icap", "external:site", "dnslist", "llm", "redirect"} <= said, f"X-Merlon-Degraded: {said}")
        flood(site, 700)
        worker, = site.merlon.workers()
        before, began = rss_anon(worker), time.monotonic()
        flood(site, 600)
        grown, took = rss_anon(worker) - before, time.monotonic() - began
        print(f"{fault}: 600 messages in {took:.1f} s, RssAnon +{grown} KiB", flush=True)
        expect(grown < 1536, f"RssAnon grew by {grown} KiB")
        expect(site.merlon.workers() == [worker], "the worker was replaced")


def everything_is_dead():
    everything_at_once("dead", "dead", "dead")


def everything_is_slow():
    everything_at_once("slow", "slow", "slow")


def everything_is_garbled():
    everything_at_once("garbled", "garbled", "garbage")


def the_resolver_is_dead():
    """No DNS at all, everything else as well: nothing is refused; soon nobody waits for long."""
    with Bench() as bench:
        site = Site(bench, clamd="dead", icap="dead", external="dead", redirect="dead", llm="dead")
        site.dns.stop()
        v = site.message()
        expect("dns" in v.field("X-Merlon-Degraded").split(", "), f"X-Merlon-Degraded: {v.field('X-Merlon-Degraded')!r}")
        flood(site, 60)
        began = time.monotonic()
        site.message()
        expect(time.monotonic() - began < 2, f"a message still waits {time.monotonic() - began:.1f} s")


run([everything_is_dead, everything_is_slow, everything_is_garbled, the_resolver_is_dead, nothing_is_wrong, list_faults, llm_faults, clamd_faults, icap_faults, external_faults,
     redirect_faults, geo_faults, feed_faults])
