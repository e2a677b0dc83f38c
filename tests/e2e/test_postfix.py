#!/usr/bin/python3
"""Mail through real Postfix, which delivers what it accepts to a Maildir."""
import os

import common_tests as common
from harness import Bench, Merlon, equal, expect, run
from mailsite import GOOD_IP, RCPT, SPOOF_IP, authres, fields, mail, results, signed, start
from mtas import Client, Postfix, send

HONEST = {"ip": GOOD_IP, "name": "mail.sender.example", "helo": "mail.sender.example"}
SPOOFER = {"ip": SPOOF_IP, "name": "spoof.example", "helo": "spoof.example"}
bench = Bench()


def test_results():
    common.check_results(m)


def test_odd_spacing():
    common.check_odd_spacing(m)


def test_forged():
    common.check_forged(m)


def test_reject():
    common.check_reject(m)


def test_quarantine():
    common.check_quarantine(m)


def test_content():
    common.check_content(m)


def test_many():
    common.check_many(m, 200)


def test_recipients():
    """Several recipients in one message, and a refused one among them."""
    before = m.delivered()
    c = Client(m.port, **HONEST)
    equal(c.send("a@sender.example", [RCPT, "second@example.org", "third@example.org"], mail())[0], 250, "reply")
    equal(c.send("a@sender.example", [RCPT], mail())[0], 250, "reply to the next")
    c.close()
    for got in m.arrived(before, 4):
        equal(results(got)["spf"], "pass", "spf")


def test_reset():
    """RSET, and a new sender, between messages: nothing of the first is left."""
    before = m.delivered()
    c = Client(m.port, **HONEST)
    c.smtp.docmd("MAIL", "FROM:<x@doubt.example>")
    c.smtp.docmd("RCPT", f"TO:<{RCPT}>")
    c.smtp.docmd("RSET")
    equal(c.send("a@sender.example", RCPT, mail())[0], 250, "reply")
    c.close()
    equal(results(m.arrived(before, 1)[0])["spf"], "pass", "spf")


def test_null_sender():
    """A bounce: SPF is about postmaster at the HELO name."""
    before = m.delivered()
    equal(m.send("", mail())[0], 250, "reply")
    equal(results(m.arrived(before, 1)[0])["spf"], "pass", "spf")


def test_early():
    """What a sender needs is looked up before DATA: Postfix does not keep CONNECT and MAIL back."""
    c = Client(m.port, **HONEST)
    c.smtp.docmd("MAIL", "FROM:<a@early.example>")
    asked = dns.wait_asked("early.example TXT")
    c.close()
    expect(asked, "nothing was asked before DATA")


def test_body_changed():
    """A signature over another body fails; DMARC still passes by SPF."""
    before = m.delivered()
    equal(m.send("a@sender.example", signed(mail()) + b"more\r\n")[0], 250, "reply")
    got = results(m.arrived(before, 1)[0])
    equal((got["dkim"], got["dmarc"]), ("fail", "pass"), "dkim, dmarc")


def test_large():
    """Ten megabytes, in many chunks."""
    before = m.delivered()
    body = ("A line of a long message, number %07d.\r\n" * 200000) % tuple(range(200000))
    equal(m.send("a@sender.example", signed(mail(body=body)))[0], 250, "reply")
    got = results(m.arrived(before, 1)[0])
    equal((got["dkim"], got["spf"]), ("pass", "pass"), "dkim, spf")


def test_unix_socket():
    common.check_results(common.Mail(postfix, postfix.ports[1], HONEST, SPOOFER))


def test_submission():
    """Own users' mail is not judged by SPF or DMARC, wherever they are; forged results go all the same."""
    before = m.delivered()
    forged = mail(headers="Authentication-Results: mx.example.org; dmarc=pass header.from=forged.example\r\n")
    equal(send(postfix.ports[2], "x@sender.example", RCPT, forged, **SPOOFER)[0], 250, "reply")
    got = m.arrived(before, 1)[0]
    expect(not any("forged" in v for v in authres(got)), f"results: {authres(got)}")
    expect("X-Spam-Flag" not in dict(fields(got)), "tagged")


def test_worker_killed():
    common.check_worker_killed(m, merlon)


def test_daemon_killed():
    """The whole daemon: Postfix puts mail off until it is back."""
    def kill_and_restart():
        os.killpg(merlon.pid, 9)
        merlon.process.wait()
        where = [merlon.sockets[0], merlon.unix]
        with open(merlon.config) as f:
            bench.add(Merlon(merlon.directory, f.read(), where))

    common.check_killed(m, "slow2.example", kill_and_restart)


with bench:
    path = bench.path("sock") + "/merlon.sock"
    dns, merlon = start(bench, [(f"unix:{path}", "inbound"), ("inet:0@127.0.0.1", "submission")])
    merlon.unix = path
    postfix = bench.add(Postfix(bench.path("postfix"), f"inet:127.0.0.1:{merlon.port}", f"unix:{path}",
                                f"inet:127.0.0.1:{merlon.ports[2]}"))
    m = common.Mail(postfix, postfix.ports[0], HONEST, SPOOFER)
    run([test_results, test_odd_spacing, test_forged, test_reject, test_quarantine, test_content, test_many, test_recipients,
         test_reset, test_null_sender, test_early, test_body_changed, test_large, test_unix_socket,
         test_submission, test_worker_killed, test_daemon_killed], 90)
