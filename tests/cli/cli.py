#!/usr/bin/python3
"""The programs' faces as a user meets them: help, wrong usage, exit codes, the JSON contract, sources
of messages, jobs, configurations that are wrong, and the set-up of an MTA."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

import dkim

BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.environ.get("builddir", ".")))
MERLON, MERLOND, DNSD = (f"{BUILD}/{p}" for p in ("merlon", "merlond", "tests/lib/dnsd"))
NOW = 1700000000
passed = failed = 0


def check(good, text):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print("ok" if good else "FAILED", text)


def run(*argv, stdin=b"", cwd=None):
    return subprocess.run(argv, capture_output=True, input=stdin, timeout=60, cwd=cwd)


def write(path, data):
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    return path


# ---- a world: a zone, a key, messages ----

def zone():
    pem = run("openssl", "genrsa", "-traditional", "2048").stdout
    out = run("openssl", "rsa", "-pubout", stdin=pem).stdout.decode()
    public = "".join(line for line in out.splitlines() if "-" * 5 not in line)
    return pem, f"""
good.example TXT "v=spf1 ip4:192.0.2.1 -all"
_dmarc.good.example TXT "v=DMARC1; p=reject"
s._domainkey.good.example TXT "v=DKIM1; k=rsa; " "p={public[:200]}" "{public[200:]}"
mail.good.example A 192.0.2.1
1.2.0.192.in-addr.arpa PTR mail.good.example
"""


def message(author, text="Hello.\r\n", more=""):
    return (f"{more}From: A <a@{author}>\r\nTo: you@example.org\r\nSubject: test\r\n"
            f"Date: Tue, 14 Nov 2023 22:13:20 +0000\r\nMessage-ID: <1@{author}>\r\n\r\n{text}").encode()


def signed(pem, body="Hello.\r\n"):
    m = message("good.example", body)
    return dkim.sign(m, b"s", b"good.example", pem, include_headers=[b"from", b"to", b"subject"]) + m


class Dns:
    def __init__(self, path):
        self.process = subprocess.Popen([DNSD, path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.port = int(re.search(rb"\d+", self.process.stdout.readline())[0])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)


def merlon(command, *args, good=True, **more):
    world = ["--ip", "192.0.2.1", "--helo", "mail.good.example", "--from", "a@good.example"] if good else []
    return run(MERLON, command, "--dns", f"127.0.0.1@{dns.port}", *world, *args, **more)


def lines(done):
    return [json.loads(x) for x in done.stdout.splitlines()]


# ---- usage ----

def usage(d):
    wrong = [(), ("nonsense",), ("auth",), ("scan",), ("auth", "--nonsense", "x"), ("auth", "--ip"),
             ("auth", "--ip", "1.2.3", "x"), ("auth", "--now", "soon", "x"), ("auth", "--authserv-id", "", "x"),
             ("auth",) + ("--dns", "127.0.0.1") * 9 + ("x",), ("conf", "x"), ("conf", "--nonsense"),
             ("parse",), ("parse", "--nonsense", "x"), ("parse", "/nonexistent/message"), ("parse", "--view", "x", "x"),
             ("parse", "--view", "header", "x"), ("parse", "--view", "body:x", "x"), ("parse", "-c", "/nonexistent/conf", "x"),
             ("checks", "x"), ("checks", "--nonsense"), ("setup",), ("setup", "exim"), ("setup", "postfix", "x"),
             ("setup", "--nonsense"), ("auth", "/nonexistent/message"), ("scan", "--jobs", "/nonexistent/jobs"),
             ("conf", "-c", "/nonexistent/conf"), ("auth", "-c", "/nonexistent/conf", "x"),
             ("setup", "postfix", "--apply", "--main-cf", "/nonexistent/main.cf"),
             ("checks", "--plugins", d + "/plugins"), ("auth", "--plugins", d + "/plugins", d + "/good.eml")]
    os.mkdir(f"{d}/plugins")
    write(f"{d}/plugins/broken.so", "not a shared object")
    for args in wrong:
        done = run(MERLON, *args)
        text = done.stderr.decode()
        check(done.returncode == 2 and text.strip() and not done.stdout,
              f"merlon {' '.join(args)[:60]}: exit {done.returncode}, {text[:70]!r}")
    for args in ((), ("--help",)) + tuple((c, "--help") for c in ("auth", "scan", "parse", "conf", "checks", "setup", "lookalike")):
        done = run(MERLON, *(args or ("-h",)))
        check(done.returncode == 0 and done.stdout.startswith(b"usage: merlon") and not done.stderr,
              f"merlon {' '.join(args)}: help")
    check(re.fullmatch(rb"merlon \d+\.\d+\.\d+\n", run(MERLON, "--version").stdout), "merlon --version")
    for args, code in (("--nonsense", 2), ("x", 2), ("--help", 0), ("--version", 0)):
        check(run(MERLOND, args).returncode == code, f"merlond {args}: {code}")


# ---- the JSON contract ----

SPF = {"result": str, "domain": (str, None), "explanation": (str, None), "lookups": int, "void": int}
SHAPE = {
    "file": str, "action": (str, None), "score": (float, None), "threshold": (dict, None),
    "auth": {"iprev": {"result": str}, "spf": {"helo": SPF, "mailfrom": SPF}, "dkim": list,
             "arc": {"result": str, "instances": int, "oldest_pass": (int, None), "sealers": list,
                     "reason": (str, None)},
             "dmarc": {"result": str, "from_domain": (str, None), "org_domain": (str, None),
                       "policy_domain": (str, None), "policy": (str, None), "policy_tag": (str, None),
                       "psd": (str, None), "testing": (bool, None), "disposition": str,
                       "aligned": {"spf": bool, "dkim": bool}, "method": str, "reason": (str, None)}},
    "authentication_results": (str, None), "symbols": list, "edits": list,
    "sender": (dict, None), "reputation": (dict, None),
    "timing_ms": {"total": float, "dns": float, "rules": float}, "dns_queries": int,
}
SIGNATURE = {"result": str, "domain": (str, None), "selector": (str, None), "algorithm": (str, None),
             "key_bits": (int, None), "identity": (str, None), "b": (str, None), "reason": (str, None)}
SYMBOL = {"name": str, "score": float, "evidence": (str, None), "group": (str, None)}


def misfit(value, shape, path=""):
    """What in value is not of the shape; "" if nothing."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return f"{path}: {value!r} is no object"
        return next((m for k in shape if (m := misfit(value[k], shape[k], f"{path}.{k}")
                                          if k in value else f"{path}.{k} is not there")), "")
    allowed = shape if isinstance(shape, tuple) else (shape,)
    if value is None:
        return "" if None in allowed else f"{path} is null"
    return "" if type(value) in allowed else f"{path}: {value!r}"


def contract(d):
    for command in ("auth", "scan"):
        for name in ("good", "spoof", "no_from", "odd"):
            done = merlon(command, "--json", "--now", str(NOW), f"{d}/{name}.eml", good=name != "no_from")
            one = lines(done)[0]
            lists = [(x, SIGNATURE) for x in one["auth"]["dkim"]] + [(x, SYMBOL) for x in one["symbols"]]
            bad = misfit(one, SHAPE) or next((m for x, s in lists if (m := misfit(x, s))), "")
            check(not bad and done.stdout.count(b"\n") == 1, f"{command} --json {name}: {bad or 'its shape'}")
            check((one["action"] is None) == (command == "auth"), f"{command} {name}: action")
            for e in one["edits"]:
                check(e["op"] in ("insert", "delete") and {"index", "name"} <= set(e)
                      and ("value" in e) == (e["op"] == "insert"), f"{command} {name}: edit {e['op']}")
    good = lines(merlon("scan", "--json", "--authserv-id", "mx.test", f"{d}/good.eml"))[0]
    auth = good["auth"]
    facts = (auth["iprev"]["result"], auth["spf"]["mailfrom"]["result"], auth["dkim"][0]["result"],
             auth["dkim"][0]["key_bits"], auth["arc"]["result"], auth["dmarc"]["result"])
    check(facts == ("pass", "pass", "pass", 2048, "none", "pass"), f"good: {facts}")
    check(good["action"] == "accept" and good["threshold"] == {"tag": 6.0, "reject": 15.0}, "good: accepted")
    ours = [e for e in good["edits"] if e["name"] == "Authentication-Results" and e["op"] == "insert"]
    check(len(ours) == 1 and ours[0]["index"] == 0 and ours[0]["value"] == good["authentication_results"]
          and ours[0]["value"].startswith("mx.test;"), "good: the field goes in on top, as it is printed")
    spoof = lines(merlon("scan", "--json", f"{d}/spoof.eml", good=False))[0]
    check(spoof["action"] == "reject" and spoof["auth"]["dmarc"]["result"] == "fail", "spoof: refused")
    forged = lines(merlon("auth", "--json", "--authserv-id", "mx.test", f"{d}/forged.eml"))[0]
    gone = [e["index"] for e in forged["edits"] if e["op"] == "delete"]
    check(gone == [3, 1], f"forged results are deleted from the bottom up: {gone}")
    odd = merlon("auth", "--json", f"{d}/odd.eml").stdout
    check("\ufffd" in odd.decode("utf-8"), "octets that are not UTF-8 are U+FFFD")


def exits(d):
    for args, good, code in ((["auth", "good.eml"], True, 0), (["scan", "good.eml"], True, 0),
                             (["auth", "spoof.eml"], False, 1), (["scan", "spoof.eml"], False, 1),
                             (["auth", "none.eml"], False, 0), (["auth", "two_from.eml"], True, 0),
                             (["scan", "two_from.eml"], True, 1), (["auth", "good.eml", "spoof.eml"], True, 0),
                             (["auth", "good.eml", "nonexistent"], True, 2)):
        done = merlon(args[0], *[f"{d}/{x}" for x in args[1:]], good=good)
        check(done.returncode == code, f"{' '.join(args)}: exit {done.returncode}, not {code}")
        check(done.stdout or code == 2, f"{' '.join(args)}: says something")


# ---- where messages come from ----

def sources(d):
    good = open(f"{d}/good.eml", "rb").read()
    done = merlon("auth", "--json", "-", stdin=good)
    check(done.returncode == 0 and lines(done)[0]["auth"]["dkim"][0]["result"] == "pass", "standard input")
    done = merlon("auth", "--json", f"{d}/lf.eml")
    check(lines(done)[0]["auth"]["dkim"][0]["result"] == "pass", "lines that end in LF")
    done = merlon("auth", "--json", f"{d}/tree")
    names = [x["file"] for x in lines(done)]
    check([os.path.relpath(n, f"{d}/tree") for n in names] == ["a", "b/c", "d"], f"a directory, in order: {names}")
    done = merlon("auth", "--json", f"{d}/mbox")
    got = lines(done)
    check([x["file"].rsplit(":", 1)[1] for x in got] == ["1", "2", "3"], "a mailbox has three messages")
    check([x["auth"]["dmarc"]["from_domain"] for x in got] == ["good.example", "b.example", "c.example"],
          "in their order")
    check(got[0]["auth"]["dkim"][0]["result"] == "pass", "the signature of one in a mailbox verifies")
    done = merlon("auth", "--json", f"{d}/returned.eml", "--ip", "192.0.2.1", good=False)
    check(lines(done)[0]["auth"]["spf"]["mailfrom"]["domain"] == "good.example", "Return-Path is the sender")
    done = run(MERLON, "auth", "--json", f"{d}/none.eml", "--dns", f"127.0.0.1@{dns.port}", "--helo", "h.example")
    check(lines(done)[0]["auth"]["spf"]["mailfrom"]["domain"] == "h.example", "no sender: postmaster@HELO")
    done = merlon("auth", "--json", write(f"{d}/empty.eml", b""))
    check(done.returncode == 0 and lines(done)[0]["auth"]["dmarc"]["result"] == "none", "an empty message")


def jobs(d):
    rows, want = [], []
    for i in range(200):
        if i % 50 == 49:
            rows.append("not json" if i % 100 == 49 else json.dumps({"path": f"missing{i}.eml"}))
            want.append("error")
        else:
            name = ("good", "spoof", "none")[i % 3]
            rows.append(json.dumps({"path": f"../{name}.eml", "client_ip": "192.0.2.1" if i % 3 == 0 else
                                    "203.0.113.5", "helo": "mail.good.example", "mail_from":
                                    "<a@good.example>", "rcpt": ["you@example.org"]}))
            want.append(("pass", "fail", "none")[i % 3])
    os.mkdir(f"{d}/jobs")
    path = write(f"{d}/jobs/j.jsonl", "\n".join(rows) + "\n")
    for command in ("auth", "scan"):
        done = merlon(command, "--jobs", path, good=False, cwd="/")
        got = ["error" if "error" in x else x["auth"]["dmarc"]["result"] for x in lines(done)]
        check(got == want, f"{command} --jobs: a line each, in order")
        check(done.returncode == 2, f"{command} --jobs: errors give 2")
        check(all(x["file"] for x in lines(done)), f"{command} --jobs: each line names its message")
    bad = [('{"path": 1}', "no path"), ('{"path": "x", "client_ip": "no"}', "client_ip"), ("[]", "object")]
    for text, why in bad:
        done = merlon("auth", "--jobs", write(f"{d}/jobs/bad.jsonl", text), good=False)
        check(done.returncode == 2 and why in lines(done)[0]["error"], f"--jobs {text}: {why}")
    done = merlon("auth", "--jobs", write(f"{d}/jobs/none.jsonl", "\n\n"), good=False)
    check(done.returncode == 0 and not done.stdout, "--jobs: no job, no line")


# ---- configurations ----

def configurations(d):
    broken = [("milter { engine = warp }", "milter.engine"), ("milter { engin = native }", "did you mean"),
              ("score { tag = six }", "score.tag"), ("score {", "score"), ("nonsense { }", "nonsense"),
              ('listen "a" { socket = "pigeon:1" }', "socket"), ("daemon { workers = 65 }", "0..64"),
              ('auth { authserv_id = "a b" }', "authserv_id"), ('reply { reject = "hello" }', "reply.reject"),
              ('listen "a" { socket = "inet:1@127.0.0.1" }\nlisten "b" { socket = "inet:1@127.0.0.1" }', "twice"),
              ('dmarc { trusted_sealers = {"a b"} }', "broken.conf:1: dmarc.trusted_sealers"), ('rules { files = {"/nonexistent.cf"} }',
               "nonexistent.cf"), ('dmarc { method = psl psl_file = "/proc/nowhere" }', "broken.conf:1: dmarc.psl_file: /proc/nowhere"),
              ('psl { file = "/proc/nowhere" }', "psl.file: /proc/nowhere"),
              ('psl { file = "/etc/passwd" }', "psl.file: /etc/passwd:1"),
              ('lookalike { brands = "/proc/nowhere" }', "lookalike.brands: /proc/nowhere"),
              ('lookalike { protect = {"a b"} }', "broken.conf:1: lookalike.protect")]
    for text, say in broken:
        path = write(f"{d}/broken.conf", text + "\n")
        for argv, code in (((MERLOND, "-t", "-c", path), 78), ((MERLON, "conf", "-c", path), 2)):
            done = run(*argv)
            if "twice" in say and argv[0] == MERLON:
                continue
            check(done.returncode == code and say in done.stderr.decode(),
                  f"{os.path.basename(argv[0])}: {text[:40]}: {done.returncode} {done.stderr.decode()[:90]!r}")
    redis = 'store { backend = redis redis { %s } }\n'
    relay = 'report { dmarc { use = on email = "a@b.test" }\n relay { %s } }\n'
    for text, say in ((relay % 'password_file = "/proc/nowhere"', "broken.conf:2: report.relay.password_file: /proc/nowhere"),
                      (relay % 'user = "merlon"', "broken.conf:2: report.relay.user: expected its password"),
                      ("report { dmarc {\n use = on } }\n", "broken.conf:2: report.dmarc.use: found on, expected an address"),
                      ('listen "out" { socket = "inet:1@127.0.0.1" }\nsign { use = on\n listeners = {"out", "uot"} }\n',
                       'broken.conf:3: sign.listeners: found "uot", expected the title of a listen section'),
                      ('seal { use = on domain = "a.test"\n listeners = {"default", "in"} }\n',
                       'broken.conf:2: seal.listeners: found "in", expected the title of a listen section'),
                      ("report { failure {\n use = on } }\n", "broken.conf:2: report.failure.use: found on, expected an address")):
        path = write(f"{d}/broken.conf", text)
        for argv in ((MERLOND, "-t"), (MERLOND, "--state", f"{d}/none")):
            done = run(*argv, "-c", path)
            check(done.returncode in (2, 78) and say in done.stderr.decode(), f"{argv[1:2]}: {text}: {done.stderr.decode()[:90]!r}")
    for text, say in ((redis % 'password_file = "/proc/nowhere"', "broken.conf:1: store.redis.password_file: /proc/nowhere"),
                      (redis % 'user = "merlon"', "a user needs a password")):
        done = run(MERLOND, "-t", "-c", write(f"{d}/broken.conf", text))
        check(done.returncode == 78 and say in done.stderr.decode(), f"merlond: {text}: {done.stderr.decode()[:90]!r}")
    path = write(f"{d}/faults.conf", "score {\n\ttag = six\n\treject = ten\n}\n")
    text = run(MERLOND, "-t", "-c", path).stderr.decode()
    check(":2:" in text and ":3:" in text, "every fault is told, with its line")
    path = write(f"{d}/good.conf", 'score { tag = 1.5 }\nlog { level = warn }\n')
    done = run(MERLOND, "-t", "-c", path)
    check(done.returncode == 0 and b"good" in done.stdout, "merlond -t: a good one")
    values = {x["name"]: x for x in json.loads(run(MERLON, "conf", "--json", "-c", path).stdout)}
    check(values["score.tag"]["value"] == "1.5" and values["score.tag"]["changed"]
          and values["score.tag"]["line"] == 1 and not values["score.reject"]["changed"], "merlon conf --json")
    text = run(MERLON, "conf", "-c", path).stdout.decode()
    check(re.search(r"^\* score\.tag = 1\.5  # .*good\.conf:1$", text, re.M), "merlon conf marks what is set")
    options = json.loads(run(MERLON, "conf", "--options", "--json").stdout)
    check(len(options) > 40 and all(o["help"] and o["type"] for o in options), "each option has type and help")
    checks = json.loads(run(MERLON, "checks", "--json").stdout)
    check({"spf", "dkim", "arc", "dmarc"} <= {c["name"] for c in checks}, "merlon checks --json")
    plain = run(MERLON, "checks").stdout.decode()
    check(all(f"eval:{p['name']}(" in plain for c in checks for p in c["predicates"]), "merlon checks")


def lookalikes(d):
    own = write(f"{d}/own", "# ours\nexample-firma.de\nMuster Bank: muster-bank.example\n")
    done = run(MERLON, "lookalike", "--json", "--protect", own, "paypa1.com", "example-firma.de", "exampIe-firma.de",
               "xn--80ak6aa92e.com", "m\u00fcnchen.de", "a..b")
    answers = [json.loads(x) for x in done.stdout.decode().splitlines()]
    check(done.returncode == 1 and [(x["verdict"], x["imitates"]) for x in answers] ==
          [("suspicious", "paypal.com"), ("ok", None), ("suspicious", "example-firma.de"), ("suspicious", "apple.com"),
           ("ok", None), ("invalid", None)], f"merlon lookalike --json: {answers}")
    check(answers[4] == {"name": "m\u00fcnchen.de", "ascii": "xn--mnchen-3ya.de", "unicode": "m\u00fcnchen.de",
                         "verdict": "ok", "reasons": [], "imitates": None}, "merlon lookalike: all fields")
    done = run(MERLON, "lookalike", "-", stdin=b"paypal.com\n\npaypal.com.evil.example\n\xff\n")
    text = done.stdout.decode(errors="replace").splitlines()
    check(done.returncode == 1 and len(text) == 3 and text[0] == "paypal.com: ok" and "subdomain" in text[1]
          and "invalid" in text[2], f"merlon lookalike -: {text}")
    check(run(MERLON, "lookalike", "google.com", "example.net").returncode == 0, "merlon lookalike: 0 for honest ones")
    for file, say in (("/proc/nowhere", "/proc/nowhere"), (write(f"{d}/bad", "ok.example\na..b\n"), "bad:2:")):
        done = run(MERLON, "lookalike", "--protect", file, "x.example")
        check(done.returncode == 2 and say in done.stderr.decode(), f"merlon lookalike --protect: {done.stderr}")


def setups(d):
    path = write(f"{d}/main.cf", "# kept\nsmtpd_milters = unix:a,\n  unix:b\nnon_smtpd_milters=$smtpd_milters")
    os.chmod(path, 0o640)
    postfix = ("setup", "postfix", "--main-cf", path, "-c", write(f"{d}/p.conf", ""))
    done = run(MERLON, *postfix)
    check(b"postconf -e 'smtpd_milters = unix:a, unix:b, inet:127.0.0.1:8891'" in done.stdout
          and b"postconf -e 'non_smtpd_milters = unix:a, unix:b'" in done.stdout, "setup postfix prints")
    before = open(path).read()
    for i in range(2):
        done = run(MERLON, *postfix, "--apply")
        check(done.returncode == 0, f"setup postfix --apply: {done.stdout} {done.stderr}")
    want = ("# kept\nsmtpd_milters = unix:a, unix:b, inet:127.0.0.1:8891\nnon_smtpd_milters = unix:a, unix:b\n"
            "milter_default_action = tempfail\n")
    check(open(path).read() == want, "setup postfix --apply: the file")
    check(b"nothing to change" in done.stdout, "setup postfix --apply again: nothing")
    check(open(path + ".before-merlon").read() == before, "the old file is kept")
    check(os.stat(path).st_mode & 0o777 == 0o640, "its permissions too")
    check(sorted(x for x in os.listdir(d) if x.startswith("main.cf")) == ["main.cf", "main.cf.before-merlon"],
          "nothing else is left")
    done = run(MERLON, "setup", "sendmail", "-c", write(f"{d}/s.conf",
               'listen "s" { socket = "inet:2@127.0.0.1" profile = submission }\n'
               'listen "i" { socket = "unix:/run/merlon/m.sock" }\n'))
    check(b"S=unix:/run/merlon/m.sock," in done.stdout and b"F=T" in done.stdout, "setup sendmail")
    done = run(MERLON, "setup", "postfix", "-c", write(f"{d}/n.conf",
               'listen "s" { socket = "inet:2@127.0.0.1" profile = submission }\n'))
    check(done.returncode == 2 and b"no inbound listener" in done.stderr, "setup: no inbound listener")


with tempfile.TemporaryDirectory() as where:
    pem, text = zone()
    dns = Dns(write(f"{where}/zone", text))
    try:
        good = signed(pem)
        write(f"{where}/good.eml", good)
        write(f"{where}/lf.eml", good.replace(b"\r\n", b"\n"))
        write(f"{where}/spoof.eml", message("good.example"))
        write(f"{where}/none.eml", message("none.example"))
        write(f"{where}/no_from.eml", b"Subject: x\r\n\r\nx\r\n")
        write(f"{where}/two_from.eml", b"From: b@b.example\r\n" + message("good.example"))
        write(f"{where}/returned.eml", b"Return-Path: <a@good.example>\r\n" + message("good.example"))
        write(f"{where}/odd.eml", message("b.example").replace(
            b"From:", b"DKIM-Signature: v=1; d=x\xff.example; s=\xe9; b=\xff; bh=\xff\r\nFrom:"))
        write(f"{where}/forged.eml", message("b.example", more="Authentication-Results: mx.test; spf=pass\r\n"
              "Authentication-Results: other.test; spf=pass\r\nAuthentication-Results: MX.TEST; dkim=pass\r\n"))
        os.makedirs(f"{where}/tree/b")
        for name in ("d", "b/c", "a", ".hidden"):
            write(f"{where}/tree/{name}", message("b.example"))
        stamp = b"From a@b.example Mon Jan  2 15:04:05 2006\n"
        write(f"{where}/mbox", b"\n".join(stamp + m.replace(b"\r\n", b"\n") for m in (
            good, message("b.example", "From here on\r\n\r\nFrom Monday it is text.\r\n"), message("c.example"))))
        for test in (usage, contract, exits, sources, jobs, configurations, setups, lookalikes):
            test(where)
    finally:
        dns.stop()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
