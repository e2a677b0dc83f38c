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
import llm_endpoint  # noqa: E402 (it lies beside the tools of the unit tests)

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
        self.bench, self.name, self.add = bench, name, bench.add

    def path(self, name):
        return self.bench.path(f"{self.name}-{name}")


class Site:
    """An endpoint, and daemons that ask it."""

    def __init__(self, bench, more=ALL, mode="good", workers=2, daemons=1, endpoint="", section="", url=None, store=""):
        self.bench = bench
        self.directory = bench.path("model")
        self.endpoint = llm_endpoint.start(mode)
        bench.stack.callback(self.endpoint.shutdown)
        path = model(self.directory)
        url = url or f"http://127.0.0.1:{self.endpoint.port}"
        text = (f"daemon {{ workers = {workers} }}\nlog {{ format = json level = debug }}\n{more}\n{store}"
                f'llm_endpoint "main" {{ url = "{url}" model = "{path}" max_inflight = 64 {endpoint} }}\n{section}')
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
        return {c["name"]: c for c in json.loads(self.merlon("outside", "--json", daemon=daemon))}


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


if __name__ == "__main__":
    run([f for n, f in sorted(globals().items(), key=lambda x: getattr(x[1], "__code__", None) and x[1].__code__.co_firstlineno or 0)
         if n.startswith("test_")])
