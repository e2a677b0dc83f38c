#!/usr/bin/python3
"""What the daemon counts, at its HTTP port and by merlon metrics: the same, right, and not lost by reloads and
crashes of workers."""
import http.client
import json
import os
import re
import signal
import subprocess

from harness import BUILD, TOP, Bench, equal, expect, free_port, run, wait_for
from milter_client import Milter, judge
from test_supervisor import Site

SPAM = [("From", "a@doubt.example"), ("To", "b@here.example"), ("Subject", "x"), ("Message-ID", "<1@doubt.example>")]
CONFIG = "daemon {{ workers = 2 }}\nmetrics {{ listen = \"127.0.0.1:{}\" }}\n"
REPORTED = {"merlon_reports_sent_total"}  # where reports are sent
LINE = re.compile(r'([a-z_]+)(?:\{(.*)\})? ([-+0-9.e]+|\+Inf)$')


def ask(port, path="/metrics", method="GET", host=None):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        c.request(method, path, headers={"Host": host} if host else {})
        r = c.getresponse()
        return r.status, r.getheader("Content-Type"), r.read().decode()
    finally:
        c.close()


def parse(text):
    """Each sample by its name and labels; strict about the form."""
    found, types = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            expect(name not in types, f"twice: {line}")
            types[name] = kind
        elif not line.startswith("# HELP "):
            m = LINE.match(line)
            expect(m is not None, f"no sample: {line}")
            family = re.sub("_(bucket|sum|count)$", "", m[1]) if m[1] not in types else m[1]
            expect(family in types, f"no type: {line}")
            expect((m[1], m[2]) not in found, f"twice: {line}")
            found[m[1], m[2]] = float(m[3])
    return found


def metrics(port):
    status, kind, text = ask(port)
    equal((status, kind), (200, "text/plain; version=0.0.4; charset=utf-8"), "answer")
    return parse(text)


def tool(site, *argv):
    done = subprocess.run([f"{BUILD}/merlon", "metrics", "--state", f"{site.merlon.directory}/state", *argv],
                          capture_output=True, text=True, timeout=30)
    equal((done.returncode, done.stderr), (0, ""), "merlon metrics")
    return done.stdout


def messages(m):
    return {labels.split('"')[1]: n for (name, labels), n in m.items() if name == "merlon_messages_total" and n}


def test_counts():
    with Bench() as b:
        port = free_port()
        site = Site(b, CONFIG.format(port))
        for n in range(5):
            equal(judge(site.where).action, "accept", f"message {n}")
        m = metrics(port)
        equal(messages(m), {"tag": 5}, "messages")
        equal(m["merlon_message_seconds_count", None], 5, "messages with a time")
        expect(0 < m["merlon_message_seconds_sum", None] < 50, "their time")
        equal(m["merlon_message_seconds_bucket", 'le="+Inf"'], 5, "all of them")
        equal(m["merlon_workers", None], 2, "workers")
        equal(m["merlon_store_up", 'store="local"'], 1, "the store")
        spf = {labels: n for (name, labels), n in m.items() if name == "merlon_results_total" and 'check="spf"' in labels}
        equal(sum(spf.values()), 5, f"results of SPF: {spf}")
        known = {k for k in m if k[0] != "merlon_outside_asked_total"}
        equal({k for k in parse(tool(site)) if k[0] != "merlon_outside_asked_total"}, known, "samples of merlon metrics")
        families = json.loads(tool(site, "--json"))
        with open(os.path.join(TOP, "docs/merlond.8"), encoding="utf-8") as f:
            named = set(re.findall(r"\bmerlon_[a-z_]+", f.read()))
        equal({f["name"] for f in families} | REPORTED, named, "families in the manual")
        equal(sum(s["value"] for f in families if f["name"] == "merlon_messages_total" for s in f["samples"]), 5, "as JSON")


def test_lasting():
    """A reload and dead workers take nothing away; the port answers again when who serves it has died."""
    with Bench() as b:
        port = free_port()
        site = Site(b, CONFIG.format(port))
        for n in range(3):
            judge(site.where)
        site.reload()
        wait_for(lambda: ask(port, "/ready")[::2] == (200, "2 workers serve\n"), "two workers")
        judge(site.where)
        equal(messages(metrics(port)), {"tag": 4}, "after a reload")
        for pid in site.merlon.workers():
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: site.log().count('event="worker_crashed"') == 2, "crashes")
        wait_for(lambda: ask(port, "/ready")[::2] == (200, "2 workers serve\n"), "two workers again")
        judge(site.where)
        equal(messages(metrics(port)), {"tag": 5}, "after their death")
        old = site.merlon.control()
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: site.merlon.control() not in ([], old), "a new control process")
        equal(messages(metrics(port)), {"tag": 5}, "after that of the control process")
        with open(site.merlon.config, encoding="utf-8") as f:
            text = f.read()
        site.rewrite(text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{free_port()}"))
        site.reload("reload_kept_old")
        expect("metrics.listen: cannot be changed by a reload" in site.log(), "the reason")
        equal(ask(port, "/live"), (200, "text/plain", "alive\n"), "it is where it was")


def test_without_a_store():
    """What is judged without it is counted; nothing else is missing."""
    with Bench() as b:
        port = free_port()
        site = Site(b, CONFIG.format(port) + "store { backend = none }\n")
        judge(site.where)
        m = metrics(port)
        equal(messages(m), {"tag": 1}, "messages")
        expect(not any(name == "merlon_store_up" for name, _ in m), "there is no store")


def test_to_whom():
    with Bench() as b:
        port = free_port()
        site = Site(b, CONFIG.format(port))
        for host, want in (("localhost:1", 200), ("127.0.0.1", 200), ("attacker.example", 403)):
            equal(ask(port, host=host)[0], want, host)
        equal(ask(port, method="POST")[0], 405, "POST")
        equal(ask(port, "/../../etc/passwd")[0], 404, "another path")
        idle = [http.client.HTTPConnection("127.0.0.1", port, timeout=10) for _ in range(80)]
        for c in idle:
            c.connect()
        with Milter(site.where) as m:  # mail does not wait for them
            m.open()
            m.begin()
            m.content(SPAM, b"x\r\n")
            equal(m.end().action, "accept", "mail meanwhile")
            m.quit()
        for c in idle:
            c.close()
        equal(ask(port, "/live")[0], 200, "when they are gone")


if __name__ == "__main__":
    run([test_counts, test_lasting, test_without_a_store, test_to_whom], 90)
