#!/usr/bin/python3
"""What the daemon remembers from one message to the next: who our users write to, who answers them,
and when an account behaves unlike its user. The embedded store, over workers and restarts, and Redis."""
import json
import re
import subprocess

from harness import BUILD, Bench, Merlon, Redis, equal, expect, run, wait_for
from milter_client import Milter
from test_supervisor import Site

ZONE = """
friend.example TXT "v=spf1 ip4:192.0.2.1 -all"
_dmarc.friend.example TXT "v=DMARC1; p=reject"
stranger.example TXT "v=spf1 ip4:192.0.2.1 -all"
_dmarc.stranger.example TXT "v=DMARC1; p=reject"
"""
CONFIG = """
daemon { workers = 2 }
cache { ttl = 0 }
dmarc { reject = accept }
memory { local_domains = {"here.example"} }
"""


def send(where, sender, rcpts, headers, body="text\r\n", ip="192.0.2.1", user=None):
    """One message in a session of its own; the verdict on it."""
    with Milter(where) as m:
        m.open(ip=ip)
        m.command(b"D", b"M" + (b"{auth_authen}\0" + user.encode() + b"\0" if user else b"i\0Q1\0"))
        m.ask(b"M", b"<" + sender.encode() + b">\0")
        for rcpt in rcpts:
            m.ask(b"R", b"<" + rcpt.encode() + b">\0")
        m.content(headers, body.encode())
        v = m.end()
        m.quit()
        return v


def symbols(v):
    """Names of the rules that hit, with their scores."""
    return {name: float(score) for name, score in
            re.findall(r"(\w+)\((-?[\d.]+)\)", v.field("X-Merlon-Symbols"))}


def write_to_ann(site, number=1):
    return send(site.where, "joe@here.example", ["ann@friend.example"],
                [("From", "Joe Doe <joe@here.example>"), ("To", "Ann Other <ann@friend.example>"),
                 ("Message-ID", f"<{number}@here.example>"), ("Subject", "a question")], user="joe")


def answer(site, sender="ann@friend.example", ip="192.0.2.1", number=1):
    return symbols(send(site.where, sender, ["joe@here.example"],
                        [("From", f"Ann Other <{sender}>"), ("In-Reply-To", f"<{number}@here.example>"),
                         ("Subject", "Re: a question")], ip=ip))


def wait_known(site):
    """What is remembered is written after the reply to the MTA."""
    return wait_for(lambda: "REPLY_TO_OURS" in answer(site), "the reply to be known")


def test_reply():
    with Bench() as b:
        site = Site(b, CONFIG, zone=ZONE)
        before = answer(site)
        expect("REPLY_TO_OURS" not in before and "KNOWN_CORRESPONDENT" not in before, f"a stranger: {before}")
        write_to_ann(site)
        wait_known(site)
        found = answer(site)
        equal((found.get("REPLY_TO_OURS"), found.get("KNOWN_CORRESPONDENT")), (-4.0, -3.0), "scores of an answer")
        found = answer(site, "eve@stranger.example")
        expect("REPLY_UNPROVEN" in found and "REPLY_TO_OURS" not in found, f"anybody can name a message: {found}")
        expect("KNOWN_NAME_ELSEWHERE" in found, f"Ann's name with another address: {found}")
        found = answer(site, ip="198.51.100.1")
        expect("DMARC_FAIL_REJECT" in found and not {"REPLY_TO_OURS", "KNOWN_CORRESPONDENT"} & set(found),
               f"who forges Ann: {found}")


def test_after_a_restart():
    with Bench() as b:
        site = Site(b, CONFIG, zone=ZONE)
        write_to_ann(site)
        wait_known(site)
        site.merlon.stop()
        with open(site.merlon.config, encoding="utf-8") as f:
            config = f.read()
        site.merlon = b.add(Merlon(b.directory, config, [site.where]))
        wait_known(site)


def test_at_another_machine():
    """Written behind one daemon, answered in front of another: they share a Redis."""
    with Bench() as b, Bench() as c:
        redis = b.add(Redis(b.directory))
        config = CONFIG + f'store {{ backend = redis redis {{ servers = {{"unix:{redis.path}"}} }} }}\n'
        out, back = Site(b, config, zone=ZONE), Site(c, config, zone=ZONE)
        expect("REPLY_TO_OURS" not in answer(back), "a stranger")
        write_to_ann(out)
        wait_known(back)


def test_takeover():
    with Bench() as b:
        site = Site(b, CONFIG, zone=ZONE)
        many = [f"victim{i}@stranger.example" for i in range(30)]
        seen = []
        for net in ("192.0.2.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "198.18.0.1"):
            v = send(site.where, "joe@here.example", many, [("From", "joe@here.example"), ("Subject", "offer")],
                     ip=net, user="joe")
            seen.append("ACCOUNT_TAKEOVER" in symbols(v))
        expect(not seen[0] and seen[-1], f"alerts: {seen}")
        wait_for(lambda: 'event="account_alert" user="joe"' in site.log(), "the log line")
        equal(site.log().count('event="account_alert"'), 1, "told once an hour")


def says(site, *words, code=0):
    """What merlon senders prints, beside the running daemon."""
    done = subprocess.run([f"{BUILD}/merlon", "senders", "--json", "-c", site.merlon.config, "--state",
                           f"{site.merlon.directory}/state", *words], capture_output=True, text=True, timeout=30)
    equal(done.returncode, code, f"exit code of {words}: {done.stdout}{done.stderr}")
    return json.loads(done.stdout or "null")


def test_command():
    with Bench() as b:
        site = Site(b, CONFIG, zone=ZONE)
        equal(says(site, "list"), [], "reputations of an empty store")
        says(site, "known", "joe@here.example", "ann@friend.example", code=1)
        equal(says(site, "add", "Joe@Here.Example", "ann+x@friend.example"), {"added": True}, "add")
        equal(says(site, "known", "joe@here.example", "ann@friend.example"), {"known": True}, "known")
        equal(answer(site).get("KNOWN_CORRESPONDENT"), -3.0, "mail of who was added")
        net = wait_for(lambda: [r for r in says(site, "list") if r["kind"] == "net"], "the first mark")[0]
        equal((net["value"], round(net["ham"]), net["spam"]), ("192.0.2.0/24", 1, 0), "the reputation of its network")
        equal(says(site, "show", "from", "friend.example")[0]["kind"], "from", "show")
        equal(says(site, "forget", "net", "192.0.2.0/24"), {"forgotten": True}, "forget")
        says(site, "show", "net", "192.0.2.0/24", code=1)
        equal(says(site, "remove", "joe@here.example", "ann@friend.example"), {"removed": True}, "remove")
        expect("KNOWN_CORRESPONDENT" not in answer(site), "mail of who was removed")
        write_to_ann(site)
        wait_known(site)
        equal(says(site, "clear", "JOE"), {"cleared": True}, "clear")
        for words in (["show", "net"], ["forget", "nonsense", "x"], ["known", "joe", "ann@friend.example"], ["nonsense"]):
            says(site, *words, code=2)


if __name__ == "__main__":
    run([test_reply, test_after_a_restart, test_at_another_machine, test_takeover, test_command])
