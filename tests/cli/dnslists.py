#!/usr/bin/python3
"""The DNS lists that come with the program: every rule over every thing that its list is asked for, one
message each, which hits that rule and no other one of a list; refusals; and domains that sign."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

import dkim

TOP = os.path.abspath(os.environ.get("srcdir", os.path.dirname(os.path.abspath(__file__)) + "/../.."))
BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.environ.get("builddir", ".")))
MERLON, DNSD = f"{BUILD}/merlon", f"{BUILD}/tests/lib/dnsd"
GROUPS = ("dnsbl", "dnshint", "dnswl", "dnslist")
passed = failed = 0


def check(good, text):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED", text)


class Dns:
    def __init__(self, path):
        self.process = subprocess.Popen([DNSD, path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.port = int(re.search(rb"\d+", self.process.stdout.readline())[0])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)


# ---- the rule file ----

def read_rules():
    zones, rules = {}, []
    with open(f"{TOP}/rules/70_dnslists.cf") as f:
        for line in f:
            words = line.split()
            if line.startswith("dnslist "):
                zones[words[1]] = dict(w.split("=", 1) for w in words[2:])
            found = re.match(r"header +(\w+) +eval:(dnslist(?:_refused)?)\((.*)\)$", line)
            if found:
                args = [a.strip().strip("'") for a in re.findall(r"'[^']*'", found[3])]
                rules.append((found[1], found[2], *args, *[None] * (3 - len(args))))
    return zones, rules


def answers(codes):
    """Addresses that fit: of each code the first, of ranges the last too; a bit together with another one."""
    out = []
    for code in (codes or "127.0.0.2").split(","):
        if code.startswith("&"):
            out.append([f"127.0.0.{int(code[1:])}"])
            continue
        first = ".".join("5" if o == "*" else o.split("-")[0] for o in code.split("."))
        last = ".".join("5" if o == "*" else o.split("-")[-1] for o in code.split("."))
        out += [[a] for a in dict.fromkeys((first, last))]
    return out


# ---- one message for each ----

def digest(kind, text):
    import hashlib
    return getattr(hashlib, kind)(text.encode()).hexdigest()


def reversed_name(ip):
    if ":" in ip:
        import ipaddress
        return ".".join(reversed(ipaddress.ip_address(ip).exploded.replace(":", "")))
    return ".".join(reversed(ip.split(".")))


class World:
    """Jobs, their messages, and the zone that they need."""

    def __init__(self, directory):
        self.directory, self.jobs, self.expected, self.zone, self.n = directory, [], [], [], 0

    def add(self, rule, zone, scope, records, expected):
        self.n += 1
        n, suffix = self.n, zone["zone"]
        ip = f"2001:db8:{n:x}::1" if zone.get("v4") == "no" else f"20.{n >> 8}.{n & 255}.7"
        site, hop = f"site{n}.example", f"21.{n >> 8}.{n & 255}.7"
        job = {"path": f"{n}.eml", "client_ip": f"22.{n >> 8}.{n & 255}.7", "helo": f"helo{n}.test", "mail_from": "<>",
               "rcpt": ["<b@here.test>"]}
        head, body, name = "", "text\r\n", site
        if scope == "client":
            job["client_ip"], name = ip, reversed_name(ip)
        elif scope == "received":
            head, name = f"Received: from a.test (a.test [{hop}]) by b.test; x\r\n", reversed_name(hop)
        elif scope == "helo":
            job["helo"] = site
        elif scope == "rdns":
            self.zone += [f"{reversed_name(job['client_ip'])}.in-addr.arpa PTR {site}", f"{site} A {job['client_ip']}"]
        elif scope == "mailfrom":
            job["mail_from"] = f"<a@{site}>"
        elif scope == "from":
            head = f"From: <a@{site}>\r\n"
        elif scope == "replyto":
            head = f"Reply-To: <a@{site}>\r\n"
        elif scope == "dkim":
            head = f"DKIM-Signature: v=1; a=rsa-sha256; d={site}; s=s; h=from; bh=AA==; b=AA==\r\n"
        elif scope == "url":
            body = f"http://{site}/x\r\n"
        elif scope == "urlip":
            body, name = f"http://{hop}/x\r\n", reversed_name(hop)
        elif scope == "urlhash":
            body, name = f"http://bit.ly/x{n}?y=z\r\n", digest(zone["hash"], f"bit.ly/x{n}")
        elif scope in ("fromaddr", "replyaddr"):
            field = {"fromaddr": "From", "replyaddr": "Reply-To"}[scope]
            head, name = f"{field}: <U.ser+tag@{site}>\r\n", digest(zone["hash"], f"u.ser@{site}")
        elif scope == "bodyaddr":
            body, name = f"ask U.ser@{site}, soon\r\n", digest(zone["hash"], f"u.ser@{site}")
        else:
            raise ValueError(scope)
        with open(f"{self.directory}/{n}.eml", "w", newline="") as f:
            f.write(head + "Subject: x\r\n\r\n" + body)
        self.zone += [f"{name}.{suffix} A {a}" for a in records]
        self.jobs.append(job)
        self.expected.append((rule, scope, records, expected))
        return self

    def conf(self, zones):
        path = f"{self.directory}/merlon.conf"
        with open(path, "w") as f:
            f.write('memory { local_domains = {"here.test"} }\n')
            f.write("".join(f'dnszone "{name}" {{ use = on }}\n' for name, z in zones.items() if z.get("use") == "no"))
        return path

    def run(self, zones):
        """For each job the names of lists' rules that hit."""
        paths = [f"{self.directory}/{name}" for name in ("zone", "jobs.jsonl")]
        with open(paths[0], "w") as f:
            f.write("\n".join(self.zone) + "\n")
        with open(paths[1], "w") as f:
            f.write("".join(json.dumps(j) + "\n" for j in self.jobs))
        dns = Dns(paths[0])
        try:
            out = subprocess.run([MERLON, "scan", "--json", "-c", self.conf(zones), "--dns",
                                  f"127.0.0.1@{dns.port}", "--jobs", paths[1]], capture_output=True, text=True, timeout=300)
        finally:
            dns.stop()
        results = [json.loads(line) for line in out.stdout.splitlines()]
        check(len(results) == len(self.jobs), f"{len(results)} of {len(self.jobs)} results: {out.stderr[-300:]}")
        return [{s["name"] for s in r["symbols"] if s["group"] in GROUPS} for r in results]


def every_listing(zones, rules):
    """Each rule by each scope and code: that one hits, and no other."""
    with tempfile.TemporaryDirectory() as directory:
        w = World(directory)
        for name, function, zone, scopes, codes in rules:
            if function != "dnslist" or "dkim_" in scopes:
                continue
            for scope in scopes.split(","):
                for records in answers(codes):
                    w.add(name, zones[zone], scope, records, {name})
        # bits of one answer are all seen
        w.add("bits", zones["surbl"], "url", ["127.0.0.88"], {"PH_SURBL_MULTI", "MW_SURBL_MULTI", "ABUSE_SURBL"})
        # several records too
        w.add("two", zones["spamhaus_zen"], "client", ["127.0.0.2", "127.0.0.9"], {"RBL_SPAMHAUS_SBL", "RBL_SPAMHAUS_DROP"})
        for got, (rule, scope, records, want) in zip(w.run(zones), w.expected):
            check(got == want, f"{rule}, {scope}, {records}: {sorted(got)}")
        return len(w.jobs)


def every_refusal(zones, rules):
    """A refusal is no listing, and is said. One process each: the list is not asked again."""
    for name, function, zone, scopes, codes in rules:
        if function != "dnslist_refused":
            continue
        scope = scopes.split(",")[0]
        code = codes or ("127.255.255.255" if "refused" not in zones[zone] else zones[zone]["refused"])
        with tempfile.TemporaryDirectory() as directory:
            w = World(directory).add(name, zones[zone], scope, [code], None)
            got = w.run(zones)
            check(got == [{name, "DNSLIST_OFF"}], f"{name}, {code}: {got}")


# ---- domains that sign ----

def keys():
    pem = subprocess.run(["openssl", "genrsa", "-traditional", "2048"], capture_output=True).stdout
    out = subprocess.run(["openssl", "rsa", "-pubout"], input=pem, capture_output=True).stdout.decode()
    public = "".join(line for line in out.splitlines() if "-" * 5 not in line)
    return pem, f'"v=DKIM1; k=rsa; " "p={public[:200]}" "{public[200:]}"'


def signers(zones):
    """DWL counts where the signature passes and is the author's, and only there; DNSWL more with one."""
    pem, key = keys()
    cases = [
        ("passes, the author's", "good.example", "good.example", False, {"DWL_DNSWL_HI"}),
        ("passes, somebody else's", "good.example", "other.example", False, set()),
        ("broken", "good.example", "good.example", True, set()),
    ]
    for level, rule, meta in (("2", "RCVD_IN_DNSWL_MED", "RCVD_DKIM_ARC_DNSWL_MED"), ("3", "RCVD_IN_DNSWL_HI", "RCVD_DKIM_ARC_DNSWL_HI")):
        cases.append((rule, "plain.example", "plain.example", False, {rule, meta}))
        cases.append((rule + ", broken", "plain.example", "plain.example", True, {rule}))
    with tempfile.TemporaryDirectory() as directory:
        w = World(directory)
        w.zone += [f"s._domainkey.{d} TXT {key}" for d in ("good.example", "plain.example")]
        w.zone += [f"good.example.{zones['dwl']['zone']} A 127.0.5.3"]
        for n, (_, signer, author, broken, want) in enumerate(cases):
            m = f"From: <a@{author}>\r\nTo: <b@here.test>\r\nSubject: x\r\n\r\ntext {n}\r\n".encode()
            m = dkim.sign(m, b"s", signer.encode(), pem, include_headers=[b"from", b"to", b"subject"]) + m
            with open(f"{directory}/{n}.eml", "wb") as f:
                f.write(m.replace(b"text", b"next") if broken else m)
            if "DNSWL_MED" in str(want) or "DNSWL_HI" in str(want) and "RCVD" in str(want):
                level = "2" if "MED" in str(want) else "3"
                w.zone.append(f"7.{n}.0.20.{zones['dnswl']['zone']} A 127.0.5.{level}")
            w.jobs.append({"path": f"{n}.eml", "client_ip": f"20.0.{n}.7", "helo": "x", "mail_from": "<>",
                           "rcpt": ["<b@here.test>"]})
        for got, (name, *_, want) in zip(w.run(zones), cases):
            check(got == want, f"signer, {name}: {sorted(got)}")


def ours(zones):
    """Nobody is asked about our own domains and users."""
    with tempfile.TemporaryDirectory() as directory:
        w = World(directory)
        w.zone.append(f"here.test.{zones['spamhaus_dbl']['zone']} A 127.0.1.2")
        with open(f"{directory}/1.eml", "w", newline="") as f:
            f.write("From: <a@here.test>\r\nSubject: x\r\n\r\nhttp://here.test/\r\n")
        w.jobs.append({"path": "1.eml", "client_ip": "20.0.0.7", "helo": "here.test", "mail_from": "<a@here.test>",
                       "rcpt": ["<b@here.test>"]})
        got = w.run(zones)
        check(got == [set()], f"of our own domain: {got}")


def silent(zones):
    """Lists that do not answer are named."""
    with tempfile.TemporaryDirectory() as directory:
        w = World(directory).add("", zones["spamcop"], "client", [], None)
        w.zone.append(f"{reversed_name(w.jobs[0]['client_ip'])}.{zones['spamcop']['zone']} FAULT SERVFAIL")
        got = w.run(zones)
        check(got == [{"DNSLIST_UNANSWERED"}], f"a list that does not answer: {got}")


def main():
    zones, rules = read_rules()
    check(len(zones) >= 19 and len(rules) >= 95, f"{len(zones)} lists, {len(rules)} rules")
    wanted = {w for z, w in ((r[2], s) for r in rules for s in (r[3] or "").split(",") if r[1] == "dnslist")}
    check({"client", "received", "url", "urlip", "urlhash", "dkim_aligned", "fromaddr"} <= wanted, f"scopes: {sorted(wanted)}")
    n = every_listing(zones, rules)
    every_refusal(zones, rules)
    signers(zones)
    ours(zones)
    silent(zones)
    print(f"{n} listings; {passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
