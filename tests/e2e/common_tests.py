"""Tests that every mail server has to pass. They take a Mail: a server, and who its clients are."""
import os
import re
import signal
import threading
import time

from contents import LINK, attached, mail_of, phish, text
from harness import equal, expect, wait_for
from mtas import Client, send, send_until_taken
from mailsite import RCPT, authres, fields, mail, results, signed

# Spacing that MTAs and filters have got wrong; each is signed with every canonicalisation.
ODD_HEADERS = [
    "X-Odd: plain\r\n", "X-Odd:no blank\r\n", "X-Odd:  two blanks\r\n", "X-Odd:\ttab\r\n",
    "X-Odd: trailing blanks  \r\n", "X-Odd: trailing tab\t\r\n", "X-Odd:\r\n folded at once\r\n",
    "X-Odd: a\r\n\tfold with a tab\r\n", "X-Odd: two\r\n  folds,\r\n   growing\r\n",
    "X-Odd: inner  \t blanks\r\n", "X-ODD: upper\r\nx-odd: and lower\r\n", "X-Odd: ends in colon:\r\n",
]
ODD_BODIES = [
    "one line\r\n", "trailing blanks  \t \r\n", "inner  \t blanks\r\n", "\r\n\r\nempty lines before\r\n",
    "empty lines after\r\n\r\n\r\n", " leading\r\n\ttab\r\n", ".dot\r\n..dots\r\n", "8 bits: \u00e4\u00f6\u20ac\r\n",
    "long " * 180 + "\r\n",
]
CANONICAL = ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"]

FORGED = [
    "Authentication-Results: mx.example.org; dmarc=pass header.from=bank.example",
    "authentication-results: MX.EXAMPLE.ORG; spf=pass",
    "Authentication-Results:mx.example.org;dkim=pass header.d=bank.example",
    "Authentication-Results: (hello) mx.example.org; dmarc=pass",
    'Authentication-Results: "mx.example.org"; dmarc=pass',
    "Authentication-Results: mx.example.org 1; dmarc=pass",
    "Authentication-Results:\r\n mx.example.org;\r\n\tdmarc=pass",
    "Authentication-Results: mx.example.org (x) ; dmarc=pass",
    "AUTHENTICATION-RESULTS:\tmx.example.org; none",
    "Authentication-Results: mx.example.org.; dmarc=pass",
    "Authentication-Results : mx.example.org; dmarc=pass",
]
FOREIGN = [
    "Authentication-Results: relay.example.net; spf=pass smtp.mailfrom=a@b.example",
    "Authentication-Results: mx.example.org.evil.example; dkim=pass",
    "Authentication-Results: notmx.example.org; dkim=pass",
]


class Mail:
    """A mail server with a filter, seen from its clients: an honest one and a spoofer."""

    def __init__(self, mta, port, honest, spoofer):
        self.mta, self.port, self.honest, self.spoofer = mta, port, honest, spoofer

    def send(self, sender, message, honest=True):
        return send(self.port, sender, RCPT, message, **(self.honest if honest else self.spoofer))

    def delivered(self):
        return len(self.mta.delivered())

    def arrived(self, before, count, seconds=20):
        """What came after the first before, when it is count."""
        return self.mta.wait_delivered(before + count, seconds)[before:]


def check_results(m):
    before = m.delivered()
    equal(m.send("bounce@sender.example", signed(mail()))[0], 250, "reply")
    got = results(m.arrived(before, 1)[0])
    for method in ("spf", "dkim", "dmarc", "iprev"):
        equal(got.get(method), "pass", method)


def check_odd_spacing(m):
    cases = [(c, h, ODD_BODIES[i % len(ODD_BODIES)]) for c in CANONICAL for i, h in enumerate(ODD_HEADERS)]
    include = [b"from", b"to", b"subject", b"date", b"x-odd", b"x-odd"]
    before, wrong = m.delivered(), []
    for i, (canonical, header, body) in enumerate(cases):
        message = signed(mail(headers=header, body=body, subject=f"case {i}"), canonical, include=include)
        equal(m.send("bounce@sender.example", message)[0], 250, f"{canonical} {header!r} {body!r}")
    for got in m.arrived(before, len(cases), 60):
        if results(got).get("dkim") != "pass":
            wrong.append(cases[number(got)])
    expect(not wrong, f"{len(wrong)} of {len(cases)} signatures did not verify: {wrong}")


def check_forged(m):
    foreign = [f.split(":", 1)[1].strip() for f in FOREIGN]
    lines = []
    for i, forged in enumerate(FORGED):
        lines += [forged] + ([FOREIGN[i // 4]] if i % 4 == 2 else []) + [forged] * (i % 2)
    message = mail(headers="".join(line + "\r\n" for line in lines))
    before = m.delivered()
    equal(m.send("a@sender.example", message)[0], 250, "reply")
    first = m.arrived(before, 1)[0]
    equal(m.send("a@sender.example", mail(headers="".join(f"{f}\r\n" * 3 for f in FORGED)))[0], 250, "reply")
    second = m.arrived(before + 1, 1)[0]
    equal(results(first)["spf"], "pass", "spf")
    equal([v.strip() for v in authres(first)[1:]], foreign, "others' results")
    equal(len(authres(second)), 1, "results that are left")


def check_reject(m):
    """A message that claims a p=reject domain from elsewhere is refused in the SMTP dialogue."""
    code, text = m.send("x@spoof.example", mail(), honest=False)
    equal(code, 550, f"reply ({text!r})")
    expect(b"5.7.1" in text, f"status in {text!r}")


def check_quarantine(m):
    """p=quarantine is tagged by default: delivered, with the flag, the results saying why."""
    before = m.delivered()
    equal(m.send("x@spoof.example", mail("doubt.example"), honest=False)[0], 250, "reply")
    got = m.arrived(before, 1)[0]
    equal(results(got)["dmarc"], "fail", "dmarc")
    equal(dict(fields(got)).get("X-Spam-Flag", "").strip(), "YES", "X-Spam-Flag")


def check_content(m):
    """By their contents: what hits on everything is refused, honest mail with a page and a file is taken, and
    what is doubtful is tagged, with the reasons in one legal field."""
    page = text("<html><body><p>Here are the minutes of our meeting.</p></body></html>", kind="html")
    honest = mail_of("sender.example", page, attached("minutes.txt", b"We met, and we agreed.\r\n" * 40))
    doubtful = mail_of("sender.example", text(LINK), subject="\u202e \x01 " + "\u00e4" * 400)
    equal(m.send("bounce@sender.example", phish("sender.example"))[0], 550, "reply to what hits on everything")
    before = m.delivered()
    equal(m.send("bounce@sender.example", honest)[0], 250, "reply to honest mail")
    got = dict(fields(m.arrived(before, 1)[0]))
    expect("X-Spam-Flag" not in got, f"honest mail is tagged: {got.get('X-Merlon-Symbols')}")
    equal(m.send("bounce@sender.example", doubtful)[0], 250, "reply to doubtful mail")
    raw = m.arrived(before + 1, 1)[0]
    got = dict(fields(raw))
    results(raw)
    equal(got.get("X-Spam-Flag", "").strip(), "YES", f"flag of {got.get('X-Merlon-Symbols')}")
    expect(re.fullmatch(r"( ?[A-Z0-9_]+\(-?[0-9]+\.[0-9]{2}\),?)+", got["X-Merlon-Symbols"]), got["X-Merlon-Symbols"])
    expect("LOOKALIKE_URL(" in got["X-Merlon-Symbols"], got["X-Merlon-Symbols"])
    expect(max(map(len, raw.split(b"\n\n", 1)[0].split(b"\n"))) < 999, "a line of the header is too long")


def check_killed(m, domain, kill):
    """A filter that is killed in the middle of a message: put off, and the next try arrives, once."""
    put_off, before = [], m.delivered()

    def sender():
        put_off.append(send_until_taken(m.port, f"a@{domain}", RCPT, mail(domain), **m.honest))

    thread = threading.Thread(target=sender, daemon=True)
    thread.start()
    time.sleep(1)  # by now it waits for slow DNS
    kill()
    thread.join(40)
    expect(put_off, "the mail was not taken in time")
    expect(put_off[0] >= 1, "the mail was not put off when its filter died")
    results(m.arrived(before, 1)[0])
    time.sleep(0.5)
    equal(m.delivered() - before, 1, "copies")


def check_worker_killed(m, merlon):
    """All workers at once; the supervisor starts others within a second."""
    def kill():
        old = merlon.workers()
        expect(old, "the daemon has no workers")
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: len(set(merlon.workers()) - set(old)) >= len(old), "new workers", 2)

    check_killed(m, "slow1.example", kill)
    expect(merlon.alive(), "the supervisor died")


def number(message):
    return int(dict(fields(message))["Subject"].split()[1])


def check_many(m, count=200, clients=8):
    """Mail after mail over few connections: everything arrives once, each with its own results."""
    errors, before = [], m.delivered()

    def one(first):
        try:
            c = Client(m.port, **m.honest)
            for n in range(first, count, clients):
                reply = c.send("a@sender.example", RCPT, mail(number=n, subject=f"mail {n}"))
                if reply[0] != 250:
                    errors.append(reply)
            c.close()
        except Exception as e:
            errors.append(e)

    threads = [threading.Thread(target=one, args=(i,)) for i in range(clients)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    expect(not errors, f"{len(errors)} errors: {errors[:3]}")
    got = m.arrived(before, count, 60)
    equal(sorted(number(g) for g in got), list(range(count)), "mails")
    for g in got:
        equal(results(g)["dmarc"], "pass", "dmarc")
