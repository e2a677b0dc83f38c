#!/usr/bin/python3
"""Rules over databases of addresses and over names in DNS, end to end: each of rules/71_networks.cf hits
where it should and nowhere else, and a missing answer is no bad mark."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.environ.get("builddir", ".")))
SOURCE = os.path.abspath(os.environ.get("srcdir", os.path.join(os.path.dirname(__file__), "../..")))
MERLON, DNSD = f"{BUILD}/merlon", f"{BUILD}/tests/lib/dnsd"
GEO = f"{SOURCE}/tests/unit/checks/outside/geo"
passed = failed = 0

ZONE = """
good.test MX 10 mail.good.test
mail.good.test A 192.0.2.1
1.2.0.192.in-addr.arpa PTR mail.good.test
us.test A 192.0.2.200
nomx.test A 192.0.2.201
null.test MX 0 .
nullfrom.test MX 0 .
local.test MX 10 in.local.test
in.local.test A 127.0.0.1
literal.test MX 10 192.0.2.7
gone.test MX 10 mail.gone.test
privatehost.test A 10.1.1.1
text.test TXT "nothing else"
onlymx.test MX 10 mail.good.test
v6only.test AAAA 2001:db8:1::5
lost.test FAULT SERVFAIL
half.test MX 10 mail.half.test
mail.half.test FAULT SERVFAIL
"""

FINE = {"HELO_CONFIRMED", "HELO_IS_RDNS", "GEO_CLIENT"}
OTHER = {"GEO_CLIENT"}

# helo, MAIL FROM, From, what hits of these rules
ROWS = [
    ("mail.good.test", "a@good.test", "a@good.test", FINE),
    ("us.test", "a@good.test", "a@good.test", OTHER | {"HELO_NOT_CONFIRMED"}),
    ("text.test", "a@good.test", "a@good.test", OTHER | {"HELO_NORES_A_OR_MX"}),
    ("never.test", "a@good.test", "a@good.test", OTHER | {"HELO_NORES_A_OR_MX"}),
    ("onlymx.test", "a@good.test", "a@good.test", OTHER),
    ("v6only.test", "a@good.test", "a@good.test", OTHER | {"HELO_NOT_CONFIRMED"}),
    ("lost.test", "a@good.test", "a@good.test", OTHER | {"HELO_DNS_UNKNOWN"}),
    ("privatehost.test", "a@good.test", "a@good.test", OTHER | {"HELO_NOT_CONFIRMED", "HELO_LOCAL"}),
    ("mx.here.test", "a@good.test", "a@good.test", OTHER | {"HELO_OURS", "HELO_NORES_A_OR_MX"}),
    ("[192.0.2.1]", "a@good.test", "a@good.test", OTHER),
    ("localhost", "a@good.test", "a@good.test", OTHER),
    ("mail.good.test", "", "a@good.test", FINE),
    ("mail.good.test", "a@never.test", "a@good.test", FINE | {"FROMHOST_NORES_A_OR_MX", "SENDER_NXDOMAIN"}),
    ("mail.good.test", "a@text.test", "a@good.test", FINE | {"FROMHOST_NORES_A_OR_MX"}),
    ("mail.good.test", "a@text.test", "a@text.test", FINE | {"FROMHOST_NORES_A_OR_MX"}),
    ("mail.good.test", "a@null.test", "a@good.test", FINE | {"SENDER_NULL_MX"}),
    ("mail.good.test", "a@null.test", "a@null.test", FINE | {"SENDER_NULL_MX"}),
    ("mail.good.test", "a@local.test", "a@good.test", FINE | {"SENDER_MX_LOCAL"}),
    ("mail.good.test", "a@literal.test", "a@good.test", FINE | {"SENDER_MX_LITERAL", "SENDER_MX_GONE"}),
    ("mail.good.test", "a@gone.test", "a@good.test", FINE | {"SENDER_MX_GONE"}),
    ("mail.good.test", "a@nomx.test", "a@good.test", FINE | {"SENDER_NO_MX"}),
    ("mail.good.test", "a@v6only.test", "a@good.test", FINE | {"SENDER_NO_MX"}),
    ("mail.good.test", "a@privatehost.test", "a@good.test", FINE | {"SENDER_NO_MX", "SENDER_LOCAL"}),
    ("mail.good.test", "a@lost.test", "a@good.test", FINE | {"SENDER_DNS_UNKNOWN"}),
    ("mail.good.test", "a@half.test", "a@good.test", FINE),
    ("mail.good.test", "a@good.test", "a@lost.test", FINE | {"SENDER_DNS_UNKNOWN"}),
    ("mail.good.test", "a@good.test", "a@never.test", FINE | {"AUTHOR_NORES_A_OR_MX"}),
    ("mail.good.test", "a@good.test", "a@text.test", FINE | {"AUTHOR_NORES_A_OR_MX"}),
    ("mail.good.test", "a@good.test", "a@nullfrom.test", FINE | {"AUTHOR_NULL_MX"}),
    ("mail.good.test", "a@good.test", "a@gone.test", FINE),
]

# client, Received fields' addresses, From, text, what hits
PLACES = [
    ("203.0.113.5", [], "a@x.test", "", {"GEO_CLIENT", "GEO_SUSPECT"}),
    ("2001:db8:1::5", [], "a@x.test", "", {"GEO_CLIENT", "GEO_SUSPECT_ASN"}),
    ("192.0.2.1", ["203.0.113.9"], "a@x.test", "", {"GEO_CLIENT", "GEO_ORIGIN", "GEO_SUSPECT"}),
    ("192.0.2.1", [], "a@x.fr", "", {"GEO_CLIENT", "GEO_AUTHOR_ELSEWHERE"}),
    ("192.0.2.1", [], "a@x.de", "http://203.0.113.7/", {"GEO_CLIENT", "GEO_LINK_ELSEWHERE"}),
    ("192.0.2.1", ["192.0.2.130", "198.51.100.1", "2001:db8:1::9"], "a@x.de", "",
     {"GEO_CLIENT", "GEO_ORIGIN", "GEO_WANDERS", "GEO_SUSPECT_ASN"}),
    ("10.0.0.1", [], "a@x.de", "http://10.0.0.2/", set()),
]

# What a store must have remembered for days: tests/unit/checks/outside/test_age.c.
FRESH = {"AUTHOR_SITE_FRESH", "LINK_SITE_FRESH", "ALL_FRESH"}


def check(good, text):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED", text)


def write(path, text):
    with open(path, "w") as f:
        f.write(text)
    return path


def scan(d, conf, port, jobs):
    write(f"{d}/jobs", "".join(json.dumps(j) + "\n" for j in jobs))
    done = subprocess.run([MERLON, "scan", "-c", conf, "--dns", f"127.0.0.1@{port}", "--json", "--jobs", f"{d}/jobs"],
                          capture_output=True, text=True, timeout=300)
    out = [json.loads(line) for line in done.stdout.splitlines()]
    check(len(out) == len(jobs), f"{len(out)} of {len(jobs)} answers: {done.stderr[-500:]}")
    return out


def names(of):
    return {s["name"] for s in of["symbols"] if s["group"] == "networks"}


def message(d, name, author, received=(), text=""):
    head = "".join(f"Received: from a.test (b.test [{ip}]) by c.test with ESMTP id {i}; x\n"
                   for i, ip in enumerate(received))
    return write(f"{d}/{name}", f"{head}From: <{author}>\nTo: <b@here.test>\nSubject: x\n\n{text}\n")


def hosts(d, conf, port):
    jobs = []
    for i, (helo, sender, author, _) in enumerate(ROWS):
        jobs.append({"path": message(d, f"h{i}", author), "client_ip": "192.0.2.1", "helo": helo,
                     "mail_from": sender, "rcpt": ["b@here.test"]})
    for row, out in zip(ROWS, scan(d, conf, port, jobs)):
        check(names(out) == row[3], f"{row[:3]}: {sorted(names(out))}")
    return {name for row in ROWS for name in row[3]}


def places(d, conf, port):
    jobs = []
    for i, (ip, received, author, text, _) in enumerate(PLACES):
        jobs.append({"path": message(d, f"p{i}", author, received, text), "client_ip": ip, "helo": "localhost",
                     "mail_from": "a@good.test", "rcpt": ["b@here.test"]})
    results = scan(d, conf, port, jobs)
    for row, out in zip(PLACES, results):
        hit = {n for n in names(out) if n.startswith("GEO")}
        check(hit == row[4], f"{row[:4]}: {sorted(hit)}")
    check(results[2]["geo"] == {"country": "DE", "asn": 64496, "org": "Example \u00dcnion", "city": "Berlin"},
          f"geo of a report: {results[2]['geo']}")
    check(results[-1]["geo"] is None, "nothing is known of a private address")
    return {name for row in PLACES for name in row[4]}


def absent(d, base, port):
    """A database that is not there is missed."""
    conf = write(f"{d}/absent.conf", f'{base}\ngeo {{ country = "{d}/none.mmdb" }}\n')
    out, = scan(d, conf, port, [{"path": message(d, "absent", "a@good.test"), "client_ip": "192.0.2.1", "helo": "localhost",
                                 "mail_from": "a@good.test", "rcpt": ["b@here.test"]}])
    return names(out) & {"GEO_UNAVAILABLE"}


def broken(d, base):
    """A database that cannot be read is a fault of the configuration; one that is not there, none."""
    for path, code, text in ((f"{GEO}/make.pl", 78, "no such database"), (f"{d}/none.mmdb", 0, "geo_missing")):
        conf = write(f"{d}/broken.conf", f'{base}\ngeo {{ asn = "{path}" }}\n')
        done = subprocess.run([f"{BUILD}/merlond", "-t", "-c", conf], capture_output=True, text=True, timeout=120)
        check(done.returncode == code and text in done.stderr, f"merlond -t with {path}: {done.returncode} {done.stderr}")
        check(code == 0 or f"{conf}:2: {path}" in done.stderr, f"merlond -t names file and line: {done.stderr}")


def main():
    shipped = set(re.findall(r"^(?:header|meta)\s+([A-Z]\w+)", open(f"{SOURCE}/rules/71_networks.cf").read(), re.M))
    with tempfile.TemporaryDirectory() as d:
        dnsd = subprocess.Popen([DNSD, write(f"{d}/zone", ZONE)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        port = int(re.search(rb"\d+", dnsd.stdout.readline())[0])
        os.mkdir(f"{d}/site")
        write(f"{d}/site/countries", "cn\n")
        write(f"{d}/site/asns", "AS4200000001\n")
        write(f"{d}/site/site.cf", "list geo_suspect countries\nlist geo_suspect_asn asns\n")
        base = 'auth { authserv_id = "mx.here.test" } cache { ttl = 0 }'
        conf = write(f"{d}/merlon.conf", f'{base} rules {{ files = {{"{d}/site/site.cf"}} }}\n'
                     f'geo {{ country = "{GEO}/country.mmdb" asn = "{GEO}/asn.mmdb" city = "{GEO}/city.mmdb" }}\n')
        try:
            hit = hosts(d, conf, port) | places(d, conf, port) | absent(d, base, port)
            check(shipped == hit | FRESH, f"rules that nothing here hits: {sorted(shipped - hit - FRESH)}")
            broken(d, base)
        finally:
            dnsd.send_signal(signal.SIGTERM)
            dnsd.wait(10)
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
