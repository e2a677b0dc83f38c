"""The site of the end-to-end tests: a zone, keys to sign with, mail, and what to read from a
delivered message."""
import re
import subprocess

import dkim

from harness import AUTHSERV, Dns, Merlon, expect, free_port

GOOD_IP = "192.0.2.10"  # of mail.sender.example; the Sendmail tests come from LOCAL_IP
LOCAL_IP = "127.0.0.2"
SPOOF_IP = "203.0.113.9"
RCPT = "user@example.org"

ZONE = """
sender.example TXT "v=spf1 include:spf.sender.example -all"
spf.sender.example TXT "v=spf1 ip4:192.0.2.10 ip4:127.0.0.2 -all"
sender.example MX 10 mail.sender.example
mail.sender.example A 192.0.2.10
mail.sender.example A 127.0.0.2
mail.sender.example TXT "v=spf1 a -all"
_dmarc.sender.example TXT "v=DMARC1; p=reject"
10.2.0.192.in-addr.arpa PTR mail.sender.example
2.0.0.127.in-addr.arpa PTR mail.sender.example
9.113.0.203.in-addr.arpa PTR spoof.example
spoof.example A 203.0.113.9
doubt.example TXT "v=spf1 -all"
_dmarc.doubt.example TXT "v=DMARC1; p=quarantine"
slow1.example TXT "v=spf1 ip4:192.0.2.10 ip4:127.0.0.2 -all"
slow1.example DELAY {slow} TXT
slow2.example TXT "v=spf1 ip4:192.0.2.10 ip4:127.0.0.2 -all"
slow2.example DELAY {slow} TXT
sel._domainkey.sender.example TXT "v=DKIM1; k=rsa; " "p={p1}" "{p2}"
"""


class Keys:
    """One RSA key, made on first use."""
    pem = public = None

    @classmethod
    def make(cls):
        if not cls.pem:
            cls.pem = subprocess.run(["openssl", "genrsa", "-traditional", "2048"], check=True,
                                     capture_output=True).stdout
            out = subprocess.run(["openssl", "rsa", "-pubout", "-outform", "PEM"], input=cls.pem, check=True,
                                 capture_output=True).stdout.decode()
            cls.public = "".join(line for line in out.splitlines() if "-" * 5 not in line)


def zone(slow_ms=2500):
    Keys.make()
    return ZONE.format(slow=slow_ms, p1=Keys.public[:200], p2=Keys.public[200:])


def config(dns, listeners, more=""):
    """listeners: (socket, profile) pairs."""
    text = f'dns {{ servers = {{"{dns.address}@{dns.port}"}} }}\nauth {{ authserv_id = "{AUTHSERV}" }}\n'
    for i, (socket, profile) in enumerate(listeners):
        text += f'listen "l{i}" {{ socket = "{socket}" profile = {profile} mode = "0666" }}\n'
    return text + more


def start(bench, listeners=None, more="", **zone_options):
    """A DNS server and a daemon with an inbound listener and those given as (socket, profile).
    merlon.ports are the listeners' ports (port 0 becomes a free one; None for a unix socket)."""
    dns = bench.add(Dns(bench.path("dns"), zone(**zone_options)))
    listeners = [("inet:0@127.0.0.1", "inbound")] + (listeners or [])
    ports = [None if s.startswith("unix:") else free_port() for s, _ in listeners]
    listeners = [(s.replace("inet:0@", f"inet:{p}@"), profile) for (s, profile), p in zip(listeners, ports)]
    wheres = [s[5:] if p is None else ("127.0.0.1", p) for (s, _), p in zip(listeners, ports)]
    merlon = bench.add(Merlon(bench.path("merlon"), config(dns, listeners, more), wheres))
    merlon.port, merlon.ports = ports[0], ports
    return dns, merlon


def mail(domain="sender.example", headers="", body="Hello,\r\n\r\nthis is a test.\r\n", subject="A test", number=0):
    return (f"{headers}From: Somebody <somebody@{domain}>\r\nTo: <{RCPT}>\r\nSubject: {subject}\r\n"
            f"Date: Sun, 22 Nov 2026 04:00:00 +0000\r\nMessage-ID: <{number}.e2e@{domain}>\r\n\r\n{body}").encode()


def signed(message, canonical="relaxed/relaxed", domain="sender.example", include=None):
    Keys.make()
    c = tuple(word.encode() for word in canonical.split("/"))
    return dkim.sign(message, b"sel", domain.encode(), Keys.pem, canonicalize=c, include_headers=include) + message


def fields(message):
    """(name, unfolded value) from the top; message has LF line ends."""
    head = message.decode("utf-8", "replace").split("\n\n", 1)[0]
    found = []
    for line in head.split("\n"):
        if line[:1] in (" ", "\t") and found:
            found[-1][1] += line
        else:
            name, _, value = line.partition(":")
            found.append([name, value])
    return [(n, re.sub(r"\s+", " ", v)) for n, v in found]


def filtered(message):
    """The fields without those that the delivering program puts on top."""
    out = fields(message)
    while out and out[0][0].lower() in ("return-path", "x-original-to", "delivered-to"):
        out.pop(0)
    return out


def authres(message):
    return [v for n, v in fields(message) if n.strip().lower() == "authentication-results"]


def results(message):
    """Ours: {"spf": "pass", ...}; it must be the first field of the message, and the only one of ours."""
    top = filtered(message)
    expect(top[0][0] == "Authentication-Results", f"the first field is {top[0]}")
    expect(top[0][1].startswith(f" {AUTHSERV};"), f"not our results, or no blank: {top[0][1]!r}")
    below = [n for n, _ in top[1:] if not n.startswith(("X-Merlon-", "X-Spam-"))]
    expect(below[0] == "Received", f"between our fields and the MTA's Received there is {below[0]}")
    ours = [v for v in authres(message) if re.search(rf"^[\s\"]*{re.escape(AUTHSERV)}\b(?!\.)", v, re.I)]
    expect(len(ours) == 1, f"several results of ours: {ours}")
    return dict(re.findall(r";\s*(spf|dkim|dmarc|arc|iprev)=(\w+)", top[0][1]))
