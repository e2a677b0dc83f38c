#!/usr/bin/python3
"""make bench: Merlon's two engines beside a filter that does nothing and the peers that can be had,
in one run, with the same mail and the same DNS; then rules: the stock ones by spamd and by Merlon, our
own beside rspamd's. bench.py [FILTER]... runs only those whose name begins so; "stock" and "own" are
the two tables of rules, "rules" both, "memory" what the store and statistics add,
"latency" what DNS lists make a message wait, "sign" signatures beside openssl speed. CORPUS=DIR: the mail for the stock rules, else the generated;
"statistics" (only if named) needs one, with ham/ and spam/: the classifier beside bogofilter.
Every figure in ms; content = from the first header to the final reply."""
import json
import os
import subprocess
import sys
import tempfile
import time

import classifier
import latency
import memory
import rules
import signers
from filters import ALL, BUILD, DNS_ADDRESS, TOP, Wire, WireUnix, Server, wait_for

CORPUS = os.path.join(BUILD, "tests/bench/mail")
LOAD = os.path.join(BUILD, "tests/bench/milter_load")
DELAY_MS = 20  # of DNS, when names are cold
GAP_MS = 20    # between SMTP commands, in some of it
HEADING = f"""
Milliseconds from the first header to the final reply, p50 / p99, one connection; "end": from the end of
the message. msg/s and CPU (of all its processes) with 8 connections. cold: names nobody asked for before,
DNS takes {DELAY_MS} ms; gaps: and {GAP_MS} ms between SMTP commands; seen: the same with a sender whose selector was
seen, after its records expired.
"""
LIMIT_S = 100  # for one run of the load generator


def load(filter_, jobs, **options):
    argv = [LOAD, "--corpus", CORPUS, "--jobs", jobs]
    for s in filter_.sockets:
        argv += ["--filter", s]
    for name, value in options.items():
        argv += ["--" + name.replace("_", "-"), str(value)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=LIMIT_S)
    if not done.stdout:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def with_dns(directory, delay_ms):
    dns = Server([f"{BUILD}/tests/lib/dnsd", "--address", DNS_ADDRESS, "--port", "53", "--delay-ms",
                  str(delay_ms), f"{CORPUS}/zone.txt"], f"{directory}/dns.log", stdout=subprocess.PIPE)
    if not dns.process.stdout.readline():
        raise RuntimeError("no DNS server: " + dns.tail())
    return dns


def check(result, authenticates):
    """A figure counts only if every message was handled, and authenticated."""
    faults = [] if result["actions"]["accept"] == result["messages"] else [str(result["actions"])]
    for fact in ("authres", "dkim_pass", "spf_pass", "dmarc_pass") if authenticates else ("authres",):
        if result[fact] != result["messages"]:
            faults.append(f"{fact} {result[fact]}/{result['messages']}")
    return faults


def measure(f, directory):
    row, faults = {}, []
    authenticates = not f.name.startswith("null")

    def phase(jobs, **options):
        result = load(f, jobs, **options)
        faults.extend(f"{jobs}: {x}" for x in check(result, authenticates))
        return result

    dns = with_dns(directory, DELAY_MS)
    try:
        f.start()
        row["cold"] = phase("jobs-cold.jsonl")
        row["gap"] = phase("jobs-gap.jsonl", gap_ms=GAP_MS, messages=40)
        phase("jobs-seen-1.jsonl", messages=40)
        time.sleep(2.5)
        row["seen"] = phase("jobs-seen-2.jsonl", gap_ms=GAP_MS, messages=40)
        dns.stop()
        dns = with_dns(directory, 0)
        phase("jobs-warm.jsonl", conns=4)
        row["warm"] = phase("jobs-warm.jsonl", messages=400)
        before = f.cpu()
        row["busy"] = phase("jobs-warm.jsonl", conns=8, messages=2400)
        row["cpu"] = (f.cpu() - before) * 1000 / row["busy"]["messages"]
    finally:
        f.stop()
        dns.stop()
    return row, faults


def connections(cls, directory, idle=2000, busy=64):
    """Memory of an idle connection, and work beside them."""
    f = cls(f"{directory}/idle-{cls.__name__}")
    dns = with_dns(directory, 0)
    holder = None
    try:
        f.start()
        load(f, "jobs-warm.jsonl", conns=busy)
        before = f.memory()
        holder = subprocess.Popen([LOAD, "--corpus", CORPUS, "--filter", f.sockets[0], "--idle", str(idle)],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready = int(holder.stdout.readline().split()[1])
        time.sleep(0.5)
        each = (f.memory() - before) / max(ready, 1)
        result = load(f, "jobs-warm.jsonl", conns=busy, messages=2400)
        left = json.loads(holder.communicate("", timeout=30)[0])["open"]
        print(f"{f.name}: {ready} idle connections at {each:.1f} KiB each, {left} left after {busy} busy ones "
              f"carried {result['messages']} messages: {result['rate']:.0f}/s, content p50 "
              f"{result['content_ms']['p50']:.1f} p99 {result['content_ms']['p99']:.1f} ms, "
              f"{result['actions']['failed'] + result['actions']['tempfail']} failed")
    finally:
        if holder and holder.poll() is None:
            holder.kill()
        f.stop()
        dns.stop()


def pair(result, what):
    p = result[what]
    return f"{p['p50']:.2f} / {p['p99']:.2f}"


def table(rows):
    heads = ["", "msg/s", "CPU/msg", "warm", "warm, end", "cold", "cold, end", "cold+gaps", "seen+gaps"]
    lines = [heads]
    for name, r in rows:
        lines.append([name, f"{r['busy']['rate']:.0f}", f"{r['cpu']:.2f}", pair(r["warm"], "content_ms"),
                      pair(r["warm"], "eom_ms"), pair(r["cold"], "content_ms"), pair(r["cold"], "eom_ms"),
                      pair(r["gap"], "content_ms"), pair(r["seen"], "content_ms")])
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    for line in lines:
        print("  ".join([line[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(line[1:], widths[1:])]))


def rule_tables(directory, wanted, trouble):
    """Those of stock, own and memory that are wanted."""
    dns = with_dns(directory, 0)
    try:
        if "own" in wanted:
            rules.own_table(directory, load, "jobs-warm.jsonl", trouble)
        if "memory" in wanted:
            memory.memory_table(directory, load, os.environ.get("CORPUS") or f"{CORPUS}/mails", trouble)
        if "stock" in wanted:
            rules.stock_table(directory, load, os.environ.get("CORPUS") or f"{CORPUS}/mails", trouble)
    except Exception as e:
        trouble.append(f"rules: {e}")
    finally:
        dns.stop()


def authentication(directory, wanted, trouble):
    rows = []
    for cls in wanted:
        print(f"... {cls.name}", file=sys.stderr, flush=True)
        try:
            row, faults = measure(cls(f"{directory}/{cls.__name__}"), directory)
            rows.append((cls.name, row))
            trouble += [f"{cls.name}: {x}" for x in faults]
        except Exception as e:
            trouble.append(f"{cls.name}: no figures: {e}")
    print(HEADING)
    table(rows)
    print()
    for cls in (Wire, WireUnix):
        if cls in wanted:
            try:
                connections(cls, directory)
            except Exception as e:
                trouble.append(f"{cls.name}, connections: {e}")


def main():
    argv = [a for word in sys.argv[1:] for a in (("own", "stock") if word == "rules" else (word,))]
    wanted = [c for c in ALL if not argv or any(c.name.startswith(a) for a in argv)]
    all_tables = {"own", "stock", "memory", "latency", "sign"}
    tables = (all_tables | {"statistics"}) & set(argv) if argv else all_tables
    if not os.path.exists(f"{CORPUS}/jobs.jsonl"):
        subprocess.run([os.path.join(TOP, "tests/bench/gen_corpus.py"), CORPUS], check=True)
    trouble = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="merlon-bench-") as directory:
        os.chmod(directory, 0o755)
        if wanted:
            authentication(directory, wanted, trouble)
        if "latency" in tables:
            latency.latency_table(directory, trouble)
        if "sign" in tables:
            trouble += signers.run(directory)
        if tables - {"statistics", "latency", "sign"}:
            rule_tables(directory, tables, trouble)
        if "statistics" in tables:
            classifier.classifier_table(directory, os.environ.get("CORPUS", ""), trouble)
    print(f"took {time.monotonic() - began:.0f} s")
    for line in trouble:
        print("TROUBLE", line)
    sys.exit(1 if trouble else 0)


main()
