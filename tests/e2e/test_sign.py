#!/usr/bin/python3
"""What merlond signs verifies behind real Postfix and real Sendmail: each message, in all four
canonicalisations, by RSA and Ed25519, for dkimpy, libopendkim and ourselves. A message that is not
signed has a reason, which is counted. CORPUS=DIR and N=1000 take other mail than the tree's."""
import collections
import json
import re
import smtplib
import threading

import signing
from harness import Bench, equal, expect, run, wait_for
from mtas import Client, Postfix, Sendmail, Sink
from verifiers import by_dkimpy, by_merlon, by_opendkim, signatures

CANONS = ["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"]
CLIENTS = 6
MARK = re.compile(rb"^X-Number: (\d+)\r\n", re.M)
# as contrib/sendmail.md has it
SENDMAIL = "define(`confMAX_MIME_HEADER_LENGTH', `0/0')dnl\n"

bench = Bench()
figures = []


def post(port, mails, numbers, refused):
    client = None
    for i in numbers:
        try:
            client = client or Client(port)
            code, text = client.send("a@sender.example", "b@elsewhere.example", b"X-Number: %d\r\n" % i + mails[i])
        except (smtplib.SMTPException, OSError) as e:
            code, text, client = 421, str(e), None
        if code != 250:
            refused[i] = f"{code} {text!r}"
            if client:
                client.close()
            client = None
    if client:
        client.close()


def through(mta, port, sink, mails):
    """{number: octets at the next hop}, and what the MTA itself refused."""
    refused = {}
    threads = [threading.Thread(target=post, args=(port, mails, range(k, len(mails), CLIENTS), refused))
               for k in range(CLIENTS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    wait_for(lambda: len(sink.raw) >= len(mails) - len(refused), f"mail through {mta}", 120)
    out = {int(MARK.search(raw).group(1)): raw for raw in sink.raw}
    equal(len(out), len(mails) - len(refused), f"mails through {mta}")
    return out, refused


def reasons(merlon):
    """What the log says of signing, message by message."""
    found = collections.Counter()
    with open(merlon.log, errors="replace") as f:
        for line in f:
            word = re.search(r'\bsign="?([a-z_]+)', line) or re.search(r'"sign":\s*"([a-z_]+)"', line)
            if word:
                found[word.group(1)] += 1
    return dict(found)


def verify(name, out, keys, merlon):
    """Every signature of every message, by every verifier."""
    numbers = sorted(out)
    messages = [out[i] for i in numbers]
    signed = [i for i, m in zip(numbers, messages) if signatures(m)]
    for i, m in zip(numbers, messages):
        expect(not signatures(m) or set(signatures(m)) >= set(signing.ALGORITHMS), f"{name} {i}: {list(signatures(m))}")
    messages = [out[i] for i in signed]
    said = {"dkimpy": by_dkimpy(messages, keys.records),
            "merlon": by_merlon(messages, merlon.dns, bench.path(f"{name}-merlon")),
            "opendkim": by_opendkim(messages, keys.zone, bench.path(f"{name}-opendkim"))}
    faults = []
    for verifier, results in said.items():
        equal(len(results), len(signed), f"{name}: messages that {verifier} looked at")
        for i, result in zip(signed, results):
            for algorithm in signing.ALGORITHMS:
                if result.get(algorithm) not in (True, "not looked at"):
                    faults.append(f"{verifier} {algorithm} message {i}: {result.get(algorithm)}")
    aside = sum("not looked at" in r.values() for r in said["opendkim"])
    expect(aside <= max(2, len(signed) // 20), f"{name}: opendkim-testmsg does not look at {aside} messages")
    counts = {v: sum(all(r.get(a) is True for a in signing.ALGORITHMS) for r in results) for v, results in said.items()}
    return len(signed), counts, faults


def check(canon):
    keys = signing.Keys(bench.path("keys-" + canon.replace("/", "-")))
    merlon = signing.start(bench, keys, "merlon-" + canon.replace("/", "-"), canon)
    mails, faults = signing.mails(), []
    for mta in ("Postfix", "Sendmail"):
        sink, name = bench.add(Sink()), f"{mta}-{canon.replace('/', '-')}"
        before = collections.Counter(reasons(merlon))
        if mta == "Postfix":
            server = bench.add(Postfix(bench.path(name), f"inet:127.0.0.1:{merlon.port}",
                                       more=f"relayhost = [127.0.0.1]:{sink.port}\n"))
            port = server.ports[0]
        else:
            server = bench.add(Sendmail(bench.path(name), f"inet:{merlon.port}@127.0.0.1", sink.port, SENDMAIL))
            port = server.port
        out, refused = through(mta, port, sink, mails)
        server.stop()
        n, counts, wrong = verify(name, out, keys, merlon)
        why = dict(collections.Counter(reasons(merlon)) - before)
        figures.append({"mta": mta, "canonicalization": canon, "mails": len(mails), "refused_by_mta": len(refused),
                        "signed": n, "verified": counts, "log": why})
        print(json.dumps(figures[-1]), flush=True)
        equal(why.get("signed"), n, f"{name}: messages that the log says are signed")
        equal(sum(why.values()), len(out), f"{name}: messages of which the log says how it stands")
        expect(n > len(out) * 0.6, f"{name}: only {n} of {len(out)} are signed: {why}")
        faults += [f"{name} {w}" for w in wrong]
    merlon.stop()
    expect(not faults, f"{len(faults)} signatures do not verify: " + "; ".join(faults[:8]))


def test_relaxed_relaxed():
    check(CANONS[0])


def test_relaxed_simple():
    check(CANONS[1])


def test_simple_relaxed():
    check(CANONS[2])


def test_simple_simple():
    check(CANONS[3])


if __name__ == "__main__":
    with bench:
        run([test_relaxed_relaxed, test_relaxed_simple, test_simple_relaxed, test_simple_simple], 900)
