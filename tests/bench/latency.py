"""What a message waits for after its end: 20 questions to DNS lists beside SPF, DKIM and DMARC, every
name asked for the first time, an answer of the DNS taking 20 ms, and 20 ms between SMTP commands."""
import os
import re
import statistics
import subprocess
import sys
import time

import dkim

from filters import BUILD, TOP, Server, wait_for

sys.path.insert(0, os.path.join(TOP, "tests/e2e"))
from harness import answers, free_port  # noqa: E402
from milter_client import Milter  # noqa: E402

MESSAGES = 100
DELAY_MS = GAP_MS = 20
# 20 for each message: 6 of the client, 2 of HELO, 2 of the reverse name, 3 of MAIL FROM, 1 of the signing domain, 2 of
# From, 4 of a link's domain
LISTS = [("client", 6), ("helo", 2), ("rdns", 2), ("mailfrom", 3), ("from", 2), ("dkim", 1), ("url", 4)]


def rules():
    lines, n = [], 0
    for scope, count in LISTS:
        for _ in range(count):
            n += 1
            lines.append(RULE.format(n=n, scope=scope))
    return "".join(lines)


RULE = """dnslist bench{n} zone=l{n}.list.example scopes={scope}
header BENCH_{n} eval:dnslist('bench{n}', '{scope}', '127.0.0.2')
score BENCH_{n} 0.1
"""


def key(directory):
    pem = f"{directory}/key.pem"
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", pem, "2048"], check=True, capture_output=True)
    out = subprocess.run(["openssl", "rsa", "-in", pem, "-pubout"], check=True, capture_output=True, text=True).stdout
    with open(pem, "rb") as f:
        return f.read(), "".join(line for line in out.splitlines() if "-----" not in line)


def zone(public):
    lines = []
    for i in range(MESSAGES):
        d = f"d{i}.example"
        lines += [f'{d} TXT "v=spf1 include:spf.{d} -all"', f'spf.{d} TXT "v=spf1 ip4:198.51.0.0/16 -all"',
                  f"{d} MX 10 mx.{d}", f"mx.{d} A 198.51.{i // 250 + 1}.{i % 250 + 1}",
                  f'_dmarc.{d} TXT "v=DMARC1; p=reject"', f'sel._domainkey.{d} TXT "v=DKIM1; k=rsa; " "p={public[:200]}" "{public[200:]}"',
                  f"{i % 250 + 1}.{i // 250 + 1}.51.198.in-addr.arpa PTR mx.{d}"]
    lines.append('l1.list.example TXT "a list"')
    lines.append("5.1.51.198.l3.list.example A 127.0.0.2")
    return "\n".join(lines) + "\n"


def message(i, pem):
    d = f"d{i}.example"
    text = (f"From: Somebody <somebody@{d}>\r\nTo: <user@here.example>\r\nSubject: number {i}\r\n"
            f"Date: Sun, 22 Nov 2026 04:00:00 +0000\r\nMessage-ID: <{i}.latency@{d}>\r\n\r\n"
            f"Hello,\r\n\r\nplease look at http://www.link{i}.example/page\r\n").encode()
    text = dkim.sign(text, b"sel", d.encode(), pem, canonicalize=(b"relaxed", b"relaxed")) + text
    head, body = text.split(b"\r\n\r\n", 1)
    fields = re.split(rb"\r\n(?![ \t])", head)
    return d, [tuple(f.split(b":", 1)) for f in fields], body


def pause():
    time.sleep(GAP_MS / 1000)


def one(where, i, pem):
    """Milliseconds from the end of the message to the verdict; questions."""
    d, fields, body = message(i, pem)
    with Milter(where, timeout=30) as m:
        m.ask(b"C", f"mx.{d}".encode() + b"\0" + b"4\0\x19" + f"198.51.{i // 250 + 1}.{i % 250 + 1}".encode() + b"\0")
        pause()
        m.ask(b"H", f"mx.{d}".encode() + b"\0")
        pause()
        m.command(b"D", b"Mi\0Q%d\0" % i)
        m.ask(b"M", f"<a@{d}>".encode() + b"\0")
        pause()
        m.ask(b"R", b"<user@here.example>\0")
        pause()
        for name, value in fields:
            m.ask(b"L", name + b"\0" + value.lstrip() + b"\0")
        m.ask(b"N")
        m.ask(b"B", body)
        began = time.monotonic()
        v = m.end()
        return (time.monotonic() - began) * 1000, v


def latency_table(directory, trouble):
    pem, public = key(directory)
    port, dns_port = free_port(), free_port()
    for path, text in (("zone.txt", zone(public)), ("lists.cf", rules()), ("merlon.conf", f"""
dns {{ servers = {{"127.0.0.1@{dns_port}"}} }}
listen "in" {{ socket = "inet:{port}@127.0.0.1" }}
rules {{ files = {{"{directory}/lists.cf"}} }}
dnslist {{ use = on }}
daemon {{ state = "{directory}/state" user = "" }}
log {{ level = info }}
""")):
        with open(f"{directory}/{path}", "w") as f:
            f.write(text)
    dns = Server([f"{BUILD}/tests/lib/dnsd", "--port", str(dns_port), "--delay-ms", str(DELAY_MS), f"{directory}/zone.txt"],
                 f"{directory}/dns.log", stdout=subprocess.PIPE)
    dns.process.stdout.readline()
    merlon = Server([f"{BUILD}/merlond", "-c", f"{directory}/merlon.conf"], f"{directory}/merlond.log")
    try:
        wait_for(lambda: answers(("127.0.0.1", port)), "merlond")
        runs = [one(("127.0.0.1", port), i, pem) for i in range(MESSAGES)]
    finally:
        merlon.stop()
        dns.stop()
    with open(f"{directory}/merlond.log") as f:
        asked = [int(n) for n in re.findall(r'event="message".* dns=(\d+)', f.read())]
    times = sorted(t for t, _ in runs)
    bad = [v.field("Authentication-Results") for _, v in runs
           if not all(w in v.field("Authentication-Results") for w in ("spf=pass", "dkim=pass", "dmarc=pass"))]
    degraded = {v.field("X-Merlon-Degraded") for _, v in runs} - {""}
    print(f"\nFrom the end of the message to the verdict, {MESSAGES} messages one after another, {DELAY_MS} ms DNS, nothing cached,\n"
          f"{GAP_MS} ms between SMTP commands; {statistics.median(asked):.0f} DNS questions a message, 20 and more of them to lists:\n"
          f"p50 {statistics.median(times):.1f} ms, p90 {times[int(MESSAGES * 0.9)]:.1f} ms, worst {times[-1]:.1f} ms")
    if bad:
        trouble.append(f"latency: {len(bad)} not authenticated: {bad[0]}")
    if degraded:
        trouble.append(f"latency: degraded: {degraded}")
