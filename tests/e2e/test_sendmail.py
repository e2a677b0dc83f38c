#!/usr/bin/python3
"""Mail through real Sendmail, which relays what it accepts to a sink that keeps it."""
import common_tests as common
from harness import Bench, equal, run
from mailsite import LOCAL_IP, mail, start
from mtas import Sendmail, Sink

bench = Bench()


def sendmail(milter):
    sink = bench.add(Sink())
    mta = bench.add(Sendmail(bench.path(f"sendmail-{sink.port}"), milter, sink.port))
    return common.Mail(sink, mta.port, {"source": LOCAL_IP, "helo": "mail.sender.example"},
                       {"source": "127.0.0.9", "helo": "spoof.example"})


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
    common.check_many(m, 100)


def test_worker_killed():
    common.check_worker_killed(m, merlon)


def test_unix_socket():
    common.check_results(sendmail(f"local:{merlon.unix}"))


def test_filter_gone():
    """With F=T nothing is accepted unfiltered."""
    merlon.stop()
    equal(m.send("a@sender.example", mail())[0] // 100, 4, "reply")


with bench:
    path = bench.path("sock") + "/merlon.sock"
    dns, merlon = start(bench, [(f"unix:{path}", "inbound")])
    merlon.unix = path
    m = sendmail(f"inet:{merlon.port}@127.0.0.1")
    run([test_results, test_odd_spacing, test_forged, test_reject, test_quarantine, test_content, test_many,
         test_worker_killed, test_unix_socket, test_filter_gone], 90)
