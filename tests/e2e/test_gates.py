#!/usr/bin/python3
"""The gates of a daemon with its own store: greylisting, rate limits that all workers share, traps; and
the commands that look at what is remembered of them."""
import json
import os
import random
import subprocess
import threading
import time

from harness import BUILD, Bench, equal, expect, run, wait_for
from mailsite import GOOD_IP, mail, start
from milter_client import Milter
from mtas import Postfix, send, send_until_taken

WORDS = ("casino jackpot pills cheap enlarge winner bonus spins lottery replica watches prize order today offer doctor "
         "online shipping discount secret price luxury free guarantee customer thousand million dollar").split()


class Site:
    """A daemon of two workers."""

    def __init__(self, bench, more):
        self.bench = bench
        self.merlon = start(bench, more="daemon { workers = 2 }\n" + more)[1]

    def send(self, subject, body=b"text\r\n", ip="198.51.100.7", author="somebody@doubt.example", **begin):
        headers = [("From", author), ("To", "b@here.example"), ("Subject", subject),
                   ("Message-ID", f"<{subject.replace(' ', '.')}@doubt.example>")]
        with Milter(("127.0.0.1", self.merlon.port)) as m:
            m.open(ip=ip)
            v = m.message(headers, body, **begin)
            m.quit()
            return v

    def merlon_says(self, *argv, code=0):
        done = subprocess.run([f"{BUILD}/merlon", *argv, "-c", self.merlon.config, "--state",
                               os.path.join(self.merlon.directory, "state"), "--json"],
                              capture_output=True, text=True, timeout=30)
        equal(done.returncode, code, f"merlon {' '.join(argv)}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)


def text(seed, words=120):
    rng = random.Random(seed)
    return " ".join(rng.choice(WORDS) for _ in range(words)).encode() + b"\r\n"


# ---- greylisting ----

GREYLIST = "greylist { enabled = yes delay = 2s from = -100 to = 100 }\n"


def test_greylist():
    with Bench() as bench:
        site = Site(bench, GREYLIST)
        first = site.send("hello")
        equal((first.action, first.reply[:9]), ("tempfail", "451 4.7.1"), "first attempt")
        equal(site.send("hello").action, "tempfail", "too early")
        time.sleep(3)
        equal(site.send("hello", ip="203.0.113.50").action, "accept", "the same message from another host of a pool")
        equal(site.send("hello").action, "accept", "after the delay")
        equal(site.send("another").action, "accept", "its network is known now")
        equal(site.send("hello", author="other@doubt2.example").action, "tempfail", "another author")
        equal(site.send("Your code is 482910", ip="203.0.113.80").action, "accept", "a one-time code")
        equal(site.send("hi", ip="203.0.113.80", user=b"bob").action, "accept", "a user of ours")


def test_greylist_is_released():
    with Bench() as bench:
        site = Site(bench, GREYLIST.replace("2s", "1h"))
        equal(site.send("hello").action, "tempfail", "first attempt")
        wait_for(lambda: len(site.merlon_says("greylist", "list")) == 2, "both records", 3)
        records = site.merlon_says("greylist", "list", "198.51.100.0/24")
        equal([(r["kind"], r["key"], r["state"]) for r in records],
              [("net", ["198.51.100.0/24", "doubt.example", "here.example"], "waits")], "records of the network")
        equal(site.merlon_says("greylist", "release", "198.51.100.0/24", "doubt.example"), {"released": 1}, "release")
        equal(site.send("hello").action, "accept", "released")
        equal(site.merlon_says("greylist", "forget", "doubt.example"), {"forgotten": 2}, "forget")
        equal(site.send("hello").action, "tempfail", "forgotten")
        site.merlon_says("greylist", "release", "198.51.100.99/24", code=1)


# ---- rate limits ----

RATE = 'rate "test" { key = {"net"} limit = "20/1h" action = tempfail profile = inbound }\n'


def flood(site, threads=4, each=10, **more):
    verdicts, lock = [], threading.Lock()

    def work(who):
        for n in range(each):
            v = site.send(f"{who} {n}", **more)
            with lock:
                verdicts.append(v.action)

    all_threads = [threading.Thread(target=work, args=(k,)) for k in range(threads)]
    for t in all_threads:
        t.start()
    for t in all_threads:
        t.join(30)
    return sorted(verdicts)


def test_limit_is_exact():
    """Twenty of forty, over two workers; then by hand: emptied, raised."""
    with Bench() as bench:
        site = Site(bench, RATE)
        equal(flood(site), ["accept"] * 20 + ["tempfail"] * 20, "verdicts")
        bucket, = site.merlon_says("limits", "show", "test", "198.51.100.0/24")
        equal((bucket["rate"], bucket["key"], bucket["limit"]), ("test", ["198.51.100.0/24"], 20.0), "bucket")
        expect(19 < bucket["level"] <= 20, f"level {bucket['level']}")
        equal(site.send("elsewhere", ip="203.0.113.1").action, "accept", "another network")
        equal(len(site.merlon_says("limits", "list", "test")), 2, "buckets")
        site.merlon_says("limits", "reset", "test", "198.51.100.0/24")
        equal(site.send("again").action, "accept", "after the reset")
        site.merlon_says("limits", "raise", "test", "198.51.100.0/24", "--to", "30", "--for", "1h")
        equal(flood(site), ["accept"] * 29 + ["tempfail"] * 11, "verdicts of a raised limit")
        equal(site.merlon_says("limits", "show", "test", "198.51.100.0/24")[0]["raised"], True, "raised")
        site.merlon_says("limits", "reset", "test", "203.0.113.99/24", code=1)


def test_users_are_watched():
    """The limit that comes with the program: a line in the log at half of it, and one over it."""
    with Bench() as bench:
        site = Site(bench, "")
        rcpts = [f"<r{n}@there.example>".encode() for n in range(60)]
        actions = [site.send(f"news {n}", rcpts=rcpts, user=b"bob", ip="192.0.2.77").action for n in range(4)]
        equal(actions, ["accept"] * 4, "nothing is stopped")
        log = wait_for(lambda: "rate_over" in site.merlon.tail(100) and site.merlon.tail(100), "the log")
        equal((log.count('event="rate_alert"'), log.count('event="rate_over"')), (1, 1), "alerts")
        expect('key="bob"' in log, "the user is named")


# ---- traps ----

TRAP = 'trap { addresses = {"bait@here.example"} }\n'
BAIT, PERSON = b"<bait@here.example>", b"<person@here.example>"


def test_trap():
    """What comes to traps alone is taken and gone; a person among them gets it, judged."""
    with Bench() as bench:
        site = Site(bench, TRAP + "score { reject = 1000 }\n")
        equal(site.send("one", rcpts=[BAIT]).action, "discard", "to a trap")
        equal(site.send("two", rcpts=[b"<bait+x@HERE.example>"]).action, "discard", "to a trap with a tag")
        mixed = site.send("three", text(3), rcpts=[BAIT, PERSON])
        equal((mixed.action, mixed.dropped), ("accept", ["<bait@here.example>"]), "to a trap and a person")
        expect("SPAM_TRAP" in mixed.field("X-Merlon-Symbols"), "SPAM_TRAP")
        crowd = site.send("four", text(4), rcpts=[BAIT, PERSON, b"<c@here.example>"])
        equal((crowd.action, crowd.dropped), ("accept", []), "to a trap and a crowd")
        expect("SPAM_TRAP" not in crowd.field("X-Merlon-Symbols"), "no SPAM_TRAP for a crowd")
        equal(site.send("five", rcpts=[BAIT], sender=b"<>").action, "accept", "a bounce")
        equal(site.send("six", rcpts=[BAIT], user=b"bob").action, "accept", "a user of ours")


def test_trap_teaches():
    """Each message to a trap is learnt, of one campaign no more than three in an hour."""
    with Bench() as bench:
        site = Site(bench, TRAP)

        def learnt():
            return site.merlon_says("learn", "status")["sources"]["trap"]

        for n in range(6):
            site.send(f"same {n}", text(1) + f"Number {n}\r\n".encode(), rcpts=[BAIT])
        for n in range(2):
            site.send(f"different {n}", text(20 + n), rcpts=[BAIT])
        site.send("no trap", text(30), rcpts=[PERSON])
        wait_for(lambda: learnt() >= 5, f"five to be learnt, not {learnt()}", 3)
        time.sleep(0.3)
        equal(learnt(), 5, "learnt by traps")


def test_second_copy_is_refused():
    """The first copy came to a trap; the second one, to a person and from elsewhere, is refused."""
    with Bench() as bench:
        site, body = Site(bench, TRAP), text(7)
        clean = site.send("before", body, ip="203.0.113.77", rcpts=[PERSON])
        equal(clean.action, "accept", "before the trap")
        equal(site.send("trapped", body, rcpts=[BAIT]).action, "discard", "to the trap")
        n = 0

        def second():
            nonlocal n
            n += 1
            return site.send(f"copy {n}", body + f"Number {n}\r\n".encode(), ip="203.0.113.78", rcpts=[PERSON],
                             author=f"x{n}@doubt3.example").action

        wait_for(lambda: second() == "reject", "the second copy to be refused", 3)


# ---- behind a real Postfix ----

POSTFIX = TRAP.replace("here.example", "example.org") + """
greylist { enabled = yes delay = 2s from = -100 to = 100 except = {"bait@example.org", "person@example.org", "held@example.org"} }
rate "held" { key = {"rcpt"} limit = "1/1h" action = hold }
score { reject = 1000 }
"""
HONEST = {"ip": GOOD_IP, "name": "mail.sender.example", "helo": "mail.sender.example"}


def test_postfix_does_as_told():
    """A trap is taken off, mail to it alone is gone, mail over a limit is held, a greylisted one comes again."""
    with Bench() as bench:
        merlon = start(bench, more=POSTFIX)[1]
        postfix = bench.add(Postfix(bench.path("postfix"), f"inet:127.0.0.1:{merlon.port}"))
        port = postfix.ports[0]

        def take(rcpts, number):
            code, said = send(port, "a@sender.example", rcpts, mail(number=number), **HONEST)
            equal(code, 250, f"reply to {rcpts} ({said!r})")

        take(["bait@example.org", "person@example.org"], 1)
        first, = postfix.wait_delivered(1)
        expect(b"person@example.org" in first.split(b"\n\n")[0] and b"bait" not in first, "the person's copy, and no other")
        take(["bait@example.org"], 2)
        take(["held@example.org"], 3)
        postfix.wait_delivered(2)
        take(["held@example.org"], 4)
        wait_for(lambda: os.listdir(f"{postfix.run}/spool/hold"), "the second one to be held")
        put_off = send_until_taken(port, "a@sender.example", "new@example.org", mail(number=5), **HONEST)
        expect(put_off >= 5, f"put off {put_off} times in two seconds")
        got = postfix.wait_delivered(3)
        time.sleep(0.5)
        equal([n for n in range(1, 6) if any(f"<{n}.e2e@".encode() in m for m in postfix.delivered())], [1, 3, 5],
              f"delivered of five ({len(got)})")
        equal(len(postfix.delivered()), 3, "copies")


run([test_greylist, test_greylist_is_released, test_limit_is_exact, test_users_are_watched, test_trap, test_trap_teaches,
     test_second_copy_is_refused, test_postfix_does_as_told])
