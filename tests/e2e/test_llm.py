#!/usr/bin/python3
"""The second opinion of a language model, with a real daemon and the test endpoint: who is asked about,
what it costs, what is sent, and that no endpoint and no mail can do any harm."""
import json
import os
import re
import subprocess
import sys
import threading
import time

from harness import BUILD, TOP, Bench, Redis, equal, expect, run, wait_for
from mailsite import GOOD_IP, start
from milter_client import Milter

sys.path.insert(0, os.path.join(TOP, "tests/lib"))
sys.path.insert(0, os.path.join(TOP, "tests/conformance/injection"))
sys.dont_write_bytecode = True
import llm_endpoint  # noqa: E402 (it lies beside the tools of the unit tests)
import mails as injection  # noqa: E402

os.environ.setdefault("ASAN_OPTIONS", "quarantine_size_mb=1")  # else its memory says nothing
PRICE_IN, PRICE_OUT = 3, 7  # money for a million tokens, so millionths for one
MODEL = """model {{
	name = "test"
	prompt = "{top}/models/llm/prompts/default.md"
	price_in = {price_in}
	price_out = {price_out}
	{more}
}}
"""
ALL = 'llm { mode = on band = "-100..100" sender_calls = 0 requests_minute = 0 }\ncache { ttl = 0s }\n'
SPAM = "A bulk income opportunity: a million of debt, cash and toner, guarantee of investment."
HAM = "On Monday Bob wrote: the meeting about the linux kernel patch is at ten. Thanks, regards"


def model(directory, name="model", more=""):
    path = os.path.join(directory, name + ".conf")
    with open(path, "w") as f:
        f.write(MODEL.format(top=TOP, price_in=PRICE_IN, price_out=PRICE_OUT, more=more))
    return path


class _Sub:
    """A bench whose paths have a name in front."""

    def __init__(self, bench, name):
        self.bench, self.name, self.add, self.stack = bench, name, bench.add, bench.stack

    def path(self, name):
        return self.bench.path(f"{self.name}-{name}")


class Site:
    """An endpoint, and daemons that ask it."""

    def __init__(self, bench, more=ALL, mode="good", workers=2, daemons=1, endpoint="", section="", url=None, store="", inflight=64):
        self.bench = bench
        self.directory = bench.path("model")
        self.endpoint = llm_endpoint.start(mode)
        bench.stack.callback(self.endpoint.shutdown)
        path = model(self.directory)
        url = url or f"http://127.0.0.1:{self.endpoint.port}"
        text = (f"daemon {{ workers = {workers} }}\nlog {{ format = json level = debug }}\n{more}\n{store}"
                f'llm_endpoint "main" {{ url = "{url}" model = "{path}" max_inflight = {inflight} {endpoint} }}\n{section}')
        self.daemons = [start(_Sub(bench, f"d{i}"), more=text)[1] for i in range(daemons)]

    @property
    def stats(self):
        return self.endpoint.state.report()

    def mode(self, mode, seconds=None):
        with self.endpoint.state.lock:
            self.endpoint.state.mode, self.endpoint.state.seconds = mode, seconds

    def send(self, text="text", subject="hello", headers=(), daemon=0, ip=GOOD_IP, timeout=30, qid=b"Q1",
             author="somebody@sender.example", **begin):
        fields = [("From", author), ("To", "Bertha Muster <b@here.example>"), ("Subject", subject),
                  ("Message-ID", f"<{time.monotonic_ns()}@sender.example>"), ("Date", "Sun, 22 Nov 2026 04:00:00 +0000"), *headers]
        with Milter(("127.0.0.1", self.daemons[daemon].port), timeout=timeout) as m:
            m.open(ip=ip)
            v = m.message(fields, text.encode() + b"\r\n" if isinstance(text, str) else text, qid=qid, **begin)
            m.quit()
            return v

    def log(self, event, daemon=0):
        with open(self.daemons[daemon].log, errors="replace") as f:
            return [j for j in (json.loads(line) for line in f if line.startswith("{")) if j["event"] == event]

    def merlon(self, *argv, daemon=0, code=0):
        d = self.daemons[daemon]
        done = subprocess.run([f"{BUILD}/merlon", *argv, "-c", d.config, "--state", os.path.join(d.directory, "state")],
                              capture_output=True, text=True, timeout=60)
        equal(done.returncode, code, f"merlon {' '.join(argv)}: {done.stdout}{done.stderr}")
        return done.stdout

    def board(self, daemon=0):
        d = self.daemons[daemon]
        done = subprocess.run([f"{BUILD}/merlon", "outside", "--json", "-c", d.config, "--state", f"{d.directory}/state"],
                              capture_output=True, text=True, timeout=60)
        return {c["name"]: c for c in json.loads(done.stdout)}


def at_once(calls):
    """Runs all of them together; their results."""
    results = [None] * len(calls)

    def one(i):
        results[i] = calls[i]()

    threads = [threading.Thread(target=one, args=(i,)) for i in range(len(calls))]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    return results


def symbols(v):
    return set(re.findall(r"(\w+)\(", v.field("X-Merlon-Symbols")))


# ---- asking ----

def test_asks_and_says():
    with Bench() as b:
        site = Site(b)
        v = site.send(SPAM)
        expect("LLM_SPAM_95" in symbols(v), f"symbols {symbols(v)}")
        equal(v.field("X-Merlon-LLM"), "spam; unsolicited_offer", "header")
        line, = site.log("llm")
        equal((line["label"], line["endpoint"], line["calls"], line["reasons"]), ("spam", "main", 1, "unsolicited_offer"), "log")
        stats = site.stats
        equal((line["tokens_in"], line["tokens_out"]), (stats["tokens_in"], stats["tokens_out"]), "tokens")
        equal(line["micros"], stats["tokens_in"] * PRICE_IN + stats["tokens_out"] * PRICE_OUT, "money")
        v = site.send(HAM)
        equal(v.field("X-Merlon-LLM")[:3], "ham", "header of ham")
        v = site.send(SPAM)
        expect("LLM_SPAM_95" in symbols(v), "an equal text has the same verdict")
        equal((site.stats["requests"], [l["cached"] for l in site.log("llm")]), (2, ["no", "no", "yes"]), "and is not asked about again")


def rules(bench):
    """Points by word: what lies in the band is up to the test."""
    path = os.path.join(bench.path("rules"), "test.cf")
    with open(path, "w") as f:
        for n in range(1, 10):
            f.write(f"body T_PLUS_{n} /plus{n}points/\ndescribe T_PLUS_{n} test\ngroup T_PLUS_{n} test\nscore T_PLUS_{n} {n}.0\n")
    return f'rules {{ files = {{"{path}"}} }}\n'


def test_band():
    """Out of sixty messages only those whose score leaves room."""
    with Bench() as b:
        site = Site(b, 'llm { mode = on band = "2.0..9.0" audit = 0 sender_calls = 0 max_size = 30k }\ncache { ttl = 0s }\n' + rules(b))
        texts = [f"hello number {n} " + ("plus6points" if n % 6 == 0 else "") for n in range(60)]
        at_once([lambda t=t: site.send(t) for t in texts])
        asked = [l for l in site.log("llm") if l["calls"]]
        equal((site.stats["requests"], len(asked)), (10, 10), "requests")
        told = [m["llm"] for m in site.log("message")]
        equal((told.count("band"), len(told)), (50, 60), "left alone for their score")
        site.send("plus6points", user=b"bob")
        site.send("plus6points\r\n-----BEGIN PGP MESSAGE-----\r\nhQEMA0JhYmVsMQf+K/9x\r\n-----END PGP MESSAGE-----")
        site.send("plus6points " + "words and words " * 3000)
        equal(site.stats["requests"], 10, "users of ours, encrypted and large mail")


def test_trigger():
    """A stranger who asks for money is asked about below the band, others are not."""
    with Bench() as b:
        site = Site(b, 'llm { mode = on band = "8.0..9.0" audit = 0 }\ncache { ttl = 0s }\n')
        site.send("Are you at your desk? I need gift cards for a client, do not call.", author="boss@other.example")
        site.send("The meeting is at ten.", author="friend@other.example")
        equal(site.stats["requests"], 1, "requests")
        expect("LLM_TRIGGER" in site.log("message")[0]["symbols"], "symbol")


def test_one_call_for_equal_texts():
    with Bench() as b:
        site = Site(b, workers=4, mode="slow")
        site.mode("slow", 1.5)

        def one(n):
            return lambda: site.send(SPAM, rcpts=(f"<user{n}@here.example>".encode(),), sender=f"<s{n}@sender.example>".encode(),
                                     qid=f"Q{n}".encode())
        verdicts = at_once([one(n) for n in range(200)])
        equal({v.action for v in verdicts}, {"accept"}, "actions")
        equal(site.stats["requests"], 1, "requests of 200 equal texts at once")
        expect(all("LLM_SPAM_95" in symbols(v) for v in verdicts), "all have its answer")
        at_once([one(n) for n in range(50)])
        equal(site.stats["requests"], 1, "requests after a second run")
        stats, told = site.stats, json.loads(site.merlon("llm", "budget", "--json"))["spent"]
        equal((told["requests"], told["tokens_in"], told["tokens_out"]), (1, stats["tokens_in"], stats["tokens_out"]), "counters")


# ---- budgets ----

def spent(site, daemon=0, code=0):
    return json.loads(site.merlon("llm", "budget", "--json", daemon=daemon, code=code))


def row(told, scope, span, name=""):
    found = [r for r in told["budgets"] + told["senders"] if (r["scope"], r["span"], r["name"]) == (scope, span, name)]
    equal(len(found), 1, f"records {scope} {span} {name}")
    return found[0]


def test_budget_of_two_daemons():
    """Seven calls a day, whoever makes them; and the store counts what the endpoint does."""
    with Bench() as b:
        redis = b.add(Redis(b.path("redis")))
        site = Site(b, ALL.replace("requests_minute = 0", "requests_day = 7 money_day = 0"), daemons=2,
                    store=f'store {{ backend = redis redis {{ servers = {{"unix:{redis.path}"}} }} }}\n')
        verdicts = at_once([lambda n=n: site.send(f"{SPAM} number {n}", daemon=n % 2) for n in range(40)])
        equal({v.action for v in verdicts}, {"accept"}, "actions")
        equal(site.stats["requests"], 7, "requests")
        equal(sum("LLM_BUDGET" in symbols(v) for v in verdicts), 33, "messages that say so")
        wait_for(lambda: spent(site, code=1)["spent"]["requests"] == 7, "the accounts")
        stats = site.stats
        money = stats["tokens_in"] * PRICE_IN + stats["tokens_out"] * PRICE_OUT
        for daemon in range(2):
            told = spent(site, daemon, code=1)
            equal(told["spent"], {"requests": 7, "tokens_in": stats["tokens_in"], "tokens_out": stats["tokens_out"],
                                  "micros": money}, "ever spent")
            day = row(told, "all", "day")
            equal((day["requests"], day["exhausted"]), ({"used": 7.0, "limit": 7.0, "left": 0.0}, True), "requests of the day")
            equal(day["tokens"]["used"], stats["tokens_in"] + stats["tokens_out"], "tokens of the day")
            equal(round(day["money"]["used"] * 1e6), money, "money of the day")
            equal(row(told, "site", "day", "here.example")["requests"]["used"], 7.0, "requests of the site")
        site.merlon("llm", "budget", "--reset")
        site.send(SPAM + " after the reset")
        equal(site.stats["requests"], 8, "after a reset")


def test_budget_of_tokens_and_money():
    """What is reserved holds before an answer says what it was."""
    with Bench() as b:
        site = Site(b, ALL.replace("requests_minute = 0", "tokens_day = 9000 money_day = 0"))
        at_once([lambda n=n: site.send(f"{SPAM} number {n}") for n in range(20)])
        stats = site.stats
        expect(1 <= stats["requests"] <= 8 and stats["tokens_in"] + stats["tokens_out"] <= 9000, f"tokens: {stats}")


def test_budget_of_a_sender():
    with Bench() as b:
        site = Site(b, ALL.replace("sender_calls = 0", "sender_calls = 3"))
        for n in range(5):
            site.send(f"{SPAM} number {n}")
        equal(site.stats["requests"], 3, "requests for one network and author")
        site.send(SPAM + " other", ip="198.51.100.9", author="x@other.example")
        equal(site.stats["requests"], 4, "another one")


def test_without_the_store():
    """Money does not run away when nobody counts."""
    with Bench() as b:
        redis = b.add(Redis(b.path("redis")))
        site = Site(b, ALL.replace("sender_calls = 0", "sender_calls = 0 local_calls = 2"),
                    store=f'store {{ backend = redis redis {{ servers = {{"unix:{redis.path}"}} }} }}\n')
        site.send(SPAM)
        equal(site.stats["requests"], 1, "with it")
        redis.kill()
        redis.process.wait(10)
        verdicts = [site.send(f"{SPAM} number {n}") for n in range(12)]
        equal({v.action for v in verdicts}, {"accept"}, "actions")
        expect(1 < site.stats["requests"] <= 1 + 2 * 2, f"requests of two workers: {site.stats['requests']}")


# ---- endpoints ----

FAILING = ("500", "slow", "garbage", "endless", "drip", "huge", "disconnect", "redirect")
FAULTS = {"schema": "not-schema", "reasoning": "cut", "cut": "cut", "filtered": "refused", "canary": "canary", "leak": "canary",
          "echo": None, "garbage-text": None, "not-json": "no-reply"}
QUICK = ALL.replace("sender_calls", "timeout = 1s sender_calls")


def rss(daemon):
    """Resident kilobytes of all workers."""
    total = 0
    for pid in daemon.workers():
        with open(f"/proc/{pid}/status") as f:
            total += int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))
    return total


def test_endpoints_that_fail():
    """Each in its own way; the message is judged in time, taken, and says so."""
    with Bench() as b:
        site = Site(b, QUICK, workers=1, endpoint="timeout = 1s")
        site.send("warm " + HAM)
        before = rss(site.daemons[0])
        for n, mode in enumerate([*FAILING, *FAULTS]):
            site.mode(mode)
            began, failed = time.monotonic(), site.board().get("llm:main", {}).get("failed", 0)
            v = site.send(f"{SPAM} in mode {mode}")
            took = time.monotonic() - began
            expect(took < 5, f"{mode}: {took:.1f} s")
            equal(v.action, "accept", mode)
            expect("LLM_SKIP" in symbols(v) and not v.field("X-Merlon-LLM"), f"{mode}: {symbols(v)}")
            line = site.log("llm")[-1]
            equal((line["skip"], line["calls"]), ("failed" if mode in FAILING else "fault", 1), mode)
            if mode in FAULTS:
                expect(FAULTS[mode] in (None, line["why"]), f"{mode}: {line['why']}")
            equal("llm" in v.field("X-Merlon-Degraded"), mode in FAILING, f"{mode}: X-Merlon-Degraded")
            equal("PROMPT_INJECTION_ANSWER" in symbols(v), mode in ("canary", "leak", "echo"), f"{mode}: {symbols(v)}")
            equal(site.board()["llm:main"]["failed"], failed + 1, f"{mode}: on the board")
            site.mode("good")
            expect("LLM_HAM" in symbols(site.send(f"{HAM} {n}")), f"{mode}: good again")
        expect(rss(site.daemons[0]) < before + 16 * 1024, f"memory: {before} to {rss(site.daemons[0])} kB")
        site.mode("429", 2)
        site.send(SPAM + " at 429")
        site.mode("good")
        equal(site.board()["llm:main"]["state"], "off", "left alone after 429")
        site.send(SPAM + " after 429")
        time.sleep(2.2)
        equal(site.send(SPAM + " later").field("X-Merlon-LLM")[:4], "spam", "asked again after Retry-After")


def test_breaker():
    with Bench() as b:
        site = Site(b, QUICK, mode="500", workers=1)
        verdicts = [site.send(f"{SPAM} number {n}") for n in range(8)]
        equal(site.stats["requests"], 5, "requests until it is left alone")
        equal({v.action for v in verdicts}, {"accept"}, "actions")
        expect(all("LLM_SKIP" in symbols(v) and "llm" in v.field("X-Merlon-Degraded") for v in verdicts), "all say so")
        equal([l["endpoint"] for l in site.log("llm_off")], ["main"], "one line in the log")


def test_no_tls():
    with Bench() as b:
        endpoint = llm_endpoint.start("refuse-tls")
        b.stack.callback(endpoint.shutdown)
        site = Site(b, QUICK, url=f"https://127.0.0.1:{endpoint.port}")
        v = site.send(SPAM)
        equal((v.action, "LLM_SKIP" in symbols(v)), ("accept", True), "verdict")
        equal(site.log("llm")[0]["why"], "tls", "log")
        expect(endpoint.state.report()["tls_refused"] >= 1, "it was tried")


def test_tls_and_key():
    """A certificate of one's own, and the secret from a file."""
    with Bench() as b:
        d = b.path("tls")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{d}/key", "-out", f"{d}/cert",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
                       check=True, capture_output=True)
        with open(f"{d}/secret", "w") as f:
            f.write("s3cret-key\n")
        endpoint = llm_endpoint.start("good", key="s3cret-key", cert=f"{d}/cert", tls_key=f"{d}/key")
        b.stack.callback(endpoint.shutdown)
        site = Site(b, url=f"https://127.0.0.1:{endpoint.port}", endpoint=f'ca = "{d}/cert" key_file = "{d}/secret"')
        equal(site.send(SPAM).field("X-Merlon-LLM")[:4], "spam", "answer")
        equal(endpoint.state.report()["unauthorised"], 0, "refused")
        shown = subprocess.run([f"{BUILD}/merlon", "conf", "-c", site.daemons[0].config], capture_output=True, text=True, check=True)
        expect("s3cret" not in shown.stdout + open(site.daemons[0].log).read(), "the secret is shown nowhere")


def test_fails_over():
    with Bench() as b:
        other = llm_endpoint.start("good")
        b.stack.callback(other.shutdown)
        site = Site(b, mode="500", endpoint="priority = 1",
                    section=f'llm_endpoint "second" {{ url = "http://127.0.0.1:{other.port}" priority = 2 '
                            f'model = "{model(b.path("model2"), more="marking = base64")}" }}\n')
        equal(site.send(SPAM).field("X-Merlon-LLM")[:4], "spam", "answer of the second")
        line, = site.log("llm")
        equal((line["endpoint"], line["calls"]), ("second", 2), "log")
        equal((site.stats["requests"], other.state.report()["requests"]), (1, 1), "requests")
        equal(spent(site)["spent"]["requests"], 2, "both are counted")


# ---- what is done with it ----

def test_shadow():
    with Bench() as b:
        site = Site(b, ALL.replace("mode = on", "mode = shadow"))
        v = site.send(SPAM)
        equal((v.field("X-Merlon-LLM"), {s for s in symbols(v) if s.startswith("LLM_SPAM")}), ("", set()), "nothing comes of it")
        equal([(l["mode"], l["label"]) for l in site.log("llm")], [("shadow", "spam")], "but for the log")


def score(v):
    return float(v.field("X-Merlon-Score").split()[0])


def test_effect_is_bounded():
    """To llm.effect_max, below rejection, and down only for what is genuine and nobody speaks against."""
    with Bench() as b:
        site = Site(b, ALL.replace("mode = on", "mode = on effect_max = 2") + rules(b), mode="phish")
        off = Site(_Sub(b, "off"), "cache { ttl = 0s }\n" + rules(b))
        without, at = score(off.send("hello")), score(site.send("hello"))
        expect(abs(at - without - 2) < 0.011, f"score {without} to {at}")
        near = "plus9points plus5points one"
        v = site.send(near)
        expect(v.action == "accept" and score(v) < 15, f"not refused for it: {score(v)} {v.action}")
        site.mode("ham")
        expect(abs(score(site.send("good day")) - score(off.send("good day")) + 1) < 0.011, "down by one")
        for what in ({"ip": "198.51.100.7", "author": "x@other.example", "sender": b"<x@other.example>"}, {"text": "plus7points"}):
            low, high = score(site.send(**what)), score(off.send(**what))
            expect(low >= min(high, 6.0) - 0.001 or high - low <= 1.001, f"{what}: {high} to {low}")
            if "ip" in what:
                expect(abs(low - high) < 0.001, f"mail that is not genuine: {high} to {low}")
            else:
                expect(low >= 6, f"what is tagged stays so: {high} to {low}")


PERSONAL = ("My mail is karl.private@home.example, call +49 170 1234567, my account is DE89370400440532013000, card 4111 1111 1111 "
            "1111, dear Bertha Muster, your number 123456789, see http://shop.example/u/karl?token=Zx81kkQ9aa22")
SECRETS = ("karl.private", "1234567", "DE8937", "4111 1111", "Muster", "123456789", "Zx81kkQ9aa22")


def test_privacy_on_the_wire():
    with Bench() as b:
        site = Site(b)
        site.send(PERSONAL)
        redacted = llm_endpoint.unmarked(site.endpoint.state.last[-1].decode())
        for secret in SECRETS:
            expect(secret.lower() not in redacted.lower(), f"{secret} was sent: {redacted[-1500:]}")
        expect("account" in redacted, "and the rest was")
    with Bench() as b:
        site = Site(b, section='llm_site "here.example" { privacy = features }\nllm_site "silent.example" { mode = off }\n')
        site.send("Wherefore art thou " + PERSONAL)
        body = llm_endpoint.unmarked(site.endpoint.state.last[-1].decode())
        expect("Wherefore" not in body and "art thou" not in body, f"text was sent: {body[-1500:]}")
        site.send(SPAM, rcpts=(b"<b@silent.example>",))
        equal(site.stats["requests"], 1, "a site that does not want it")


def send_octets(site, octets, extra):
    """A whole message, with its author's domain made one that DMARC passes; the verdict, and its score."""
    head, _, body = octets.replace(b"\r\n", b"\n").partition(b"\n\n")
    head = re.sub(rb"\n[ \t]+", b" ", head).decode("utf-8", "replace")
    fields = [line.partition(":")[::2] for line in head.split("\n") if ":" in line]
    fields = [(n, re.sub(r"@[\w.-]+", "@sender.example", v.strip()) if n.lower() == "from" else v.strip()) for n, v in fields]
    body = body.replace(b"\n", b"\r\n")
    with Milter(("127.0.0.1", site.daemons[0].port), timeout=30) as m:
        m.open(ip=GOOD_IP)
        m.begin()
        for name, value in [*fields, *extra]:
            m.ask(b"L", name.encode() + b"\0" + value.encode() + b"\0")
        m.ask(b"N")
        for i in range(0, len(body), 60000):
            m.ask(b"B", body[i:i + 60000])
        v = m.end()
        m.quit()
        return v


def test_injections():
    """Mails that tell the model what to say, and a model that obeys, or says ham of whatever it is: none is better off
    by more than the bound."""
    with Bench() as b:
        path = os.path.join(b.path("rules"), "test.cf")
        with open(path, "w") as f:
            f.write("header T_SEVEN X-Test =~ /seven/\ndescribe T_SEVEN test\ngroup T_SEVEN test\nscore T_SEVEN 7.0\n")
        more = f'rules {{ files = {{"{path}"}} }}\nscore {{ reject = 100 }}\ncache {{ ttl = 0s }}\n'
        on = Site(b, ALL.split("\n")[0] + "\n" + more, mode="obey")
        fooled = Site(_Sub(b, "ham"), ALL.split("\n")[0] + "\n" + more, mode="ham")
        off = Site(_Sub(b, "off"), more)
        corpus = list(injection.injections())
        expect(len(corpus) >= 60, f"{len(corpus)} mails")
        jobs = [(name, octets, extra) for name, octets in corpus for extra in ((), (("X-Test", "seven"),))]
        found = []
        for i in range(0, len(jobs), 8):
            part = jobs[i:i + 8]
            found += zip(part, at_once([lambda o=o, x=x: send_octets(fooled if x else on, o, x) for _, o, x in part]),
                         at_once([lambda o=o, x=x: send_octets(off, o, x) for _, o, x in part]))
        signs = obeyed = 0
        for (name, _, extra), v, without in found:
            low, high = score(v), score(without)
            expect(low >= high - 1.001, f"{name}: {high} to {low}")
            expect(v.action == "accept" and ("X-Spam-Flag" in dict(v.inserted)) >= ("X-Spam-Flag" in dict(without.inserted)),
                   f"{name}: tagged without, taken with: {high} to {low}")
            signs += not extra and bool({"PROMPT_INJECTION", "PROMPT_INJECTION_ANSWER"} & symbols(v))
        obeyed, ham = (sum(l.get("label") == "ham" for l in site.log("llm")) for site in (on, fooled))
        print(f"  {len(corpus)} mails, of which the model obeys {obeyed} (what a reader does not see is not sent), "
              f"{signs} raise PROMPT_INJECTION")
        expect(obeyed >= len(corpus) // 4 and ham >= 0.95 * len(corpus), f"the model obeys {obeyed}, is fooled by {ham}")
        expect(signs >= 0.9 * len(corpus), f"{signs} of {len(corpus)} raise PROMPT_INJECTION")
        for site in (on, fooled):
            learnt = json.loads(site.merlon("learn", "status", "--json"))
            equal((learnt["ham"], learnt["spam"]), (0, 0), "learnt")


def test_eval():
    """Its own count, the store's and the endpoint's are the same; again costs nothing; a budget ends it."""
    with Bench() as b:
        site = Site(b, ALL.replace("requests_minute = 0", "requests_day = 25 requests_minute = 0"))
        corpus = b.path("corpus")
        for kind, text in (("spam", SPAM), ("ham", HAM)):
            os.makedirs(f"{corpus}/{kind}")
            for n in range(10):
                with open(f"{corpus}/{kind}/{n}", "w") as f:
                    f.write(f"From: a{n}@sender.example\nSubject: {kind}\n\n{text} number {n}\n")
        told = json.loads(site.merlon("llm", "eval", corpus, "--yes", "--json"))
        stats = site.stats
        equal((told["answers"], told["spam_called"], told["ham_left"]), (20, 10, 10), "answers")
        for count in ("spent", "store"):
            equal(told[count], {"requests": 20, "tokens_in": stats["tokens_in"], "tokens_out": stats["tokens_out"],
                                "micros": stats["tokens_in"] * PRICE_IN + stats["tokens_out"] * PRICE_OUT}, count)
        again = json.loads(site.merlon("llm", "eval", corpus, "--yes", "--json"))
        equal((again["calls"], again["cached"], site.stats["requests"]), (0, 20, 20), "a second run")
        with open(f"{corpus}/ham/0", "a") as f:
            f.write("more\n")
        site.merlon("llm", "eval", corpus, "--json", code=1)
        equal(site.stats["requests"], 20, "no money without --yes")
        more = json.loads(site.merlon("llm", "eval", corpus, "--yes", "--mode", "full", "--json", code=1))
        equal((more["stopped"], site.stats["requests"]), ("requests day", 25), "the budget ends it")


def test_eval_at_once():
    """More at a time than the endpoint takes: they wait, and each is asked about."""
    with Bench() as b:
        site = Site(b, inflight=2)
        corpus = b.path("corpus")
        os.makedirs(f"{corpus}/ham")
        for n in range(30):
            with open(f"{corpus}/ham/{n}", "w") as f:
                f.write(f"From: a{n}@sender.example\nSubject: mail\n\n{HAM} number {n}\n")
        told = json.loads(site.merlon("llm", "eval", f"ham:{corpus}/ham", "--yes", "--json", "--jobs", "16"))
        equal((told["answers"], told["skipped"], site.stats["requests"]), (30, {}, 30), "answers")
        expect(site.stats["in_flight_max"] <= 2, f"at once: {site.stats['in_flight_max']}")


if __name__ == "__main__":
    run([f for n, f in sorted(globals().items(), key=lambda x: getattr(x[1], "__code__", None) and x[1].__code__.co_firstlineno or 0)
         if n.startswith("test_")])
