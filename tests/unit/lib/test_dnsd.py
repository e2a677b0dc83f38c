#!/usr/bin/python3
"""The program tests/lib/dnsd from outside: port, answers over UDP and TCP, stats, its end."""
import json
import os
import signal
import subprocess
import tempfile

import dns.flags
import dns.message
import dns.query
import dns.rcode

ZONE = """\
a.example   A     192.0.2.1
big.example TXT   "%s"
sf.example  FAULT SERVFAIL
""" % ("x" * 3000)


def ask(port, name, rdtype, how=dns.query.udp):
    query = dns.message.make_query(name, rdtype, use_edns=0, payload=1232)
    return how(query, "127.0.0.1", port=port, timeout=10)


def check_answers(port):
    assert str(ask(port, "a.example", "A").answer[0][0]) == "192.0.2.1"
    assert ask(port, "no.example", "A").rcode() == dns.rcode.NXDOMAIN
    assert ask(port, "sf.example", "A").rcode() == dns.rcode.SERVFAIL
    cut = ask(port, "big.example", "TXT")
    assert cut.flags & dns.flags.TC and not cut.answer
    whole = ask(port, "big.example", "TXT", dns.query.tcp)
    assert b"".join(whole.answer[0][0].strings) == b"x" * 3000


def check_stats(path):
    with open(path, encoding="ascii") as f:
        stats = json.load(f)
    assert (stats["udp"], stats["tcp"], stats["refused"]) == (4, 1, 0), stats
    assert stats["asked"]["big.example TXT"] == 2, stats


def check_refusals(directory):
    bad = os.path.join(directory, "bad")
    with open(bad, "w", encoding="ascii") as f:
        f.write("\na.example NONSENSE x\n")
    for args, says in ((["--port", "x"], b"not a number"), ([bad], b"bad:2: "),
                       (["--no-such-option"], b"usage")):
        run = subprocess.run(["tests/lib/dnsd"] + args, capture_output=True, timeout=20)
        assert run.returncode == 2 and says in run.stderr, (args, run)


def main():
    with tempfile.TemporaryDirectory() as directory:
        zone, stats = os.path.join(directory, "zone"), os.path.join(directory, "stats")
        with open(zone, "w", encoding="ascii") as f:
            f.write(ZONE)
        server = subprocess.Popen(["tests/lib/dnsd", "--stats", stats, "--max-seconds", "60",
                                   zone], stdout=subprocess.PIPE)
        try:
            check_answers(int(server.stdout.readline()))
            server.send_signal(signal.SIGTERM)
            assert server.wait(timeout=20) == 0
        finally:
            server.kill()
            server.wait()
        check_stats(stats)
        check_refusals(directory)


main()
