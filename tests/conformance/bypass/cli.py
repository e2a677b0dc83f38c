"""The faces of merlon auth: options, exit codes, jobs, directories, mailboxes, standard input."""
import json
import os
import subprocess

import contract
import lab

ZONE = """
cli.example TXT "v=spf1 ip4:192.0.2.66 -all"
_dmarc.cli.example TXT "v=DMARC1; p=reject"
"""
GOOD = b"From: x@cli.example\r\nSubject: a\r\n\r\nx\r\n"
BAD = b"From: x@cli.example\r\nSender: y@cli.example\r\nSubject: b\r\n\r\nx\r\n"
PASS = ["--ip", "192.0.2.66", "--from", "x@cli.example", "--helo", "mx.cli.example"]
FAIL = ["--ip", "192.0.2.67", "--from", "x@cli.example", "--helo", "mx.cli.example"]


class Cli:
    def __init__(self, folder, port):
        self.dir = os.path.join(folder, "cli")
        os.mkdir(self.dir)
        self.port, self.total, self.failed = port, 0, 0

    def write(self, name, octets):
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(octets)
        return path

    def run(self, *args, stdin=b""):
        p = subprocess.run([lab.merlon(), *args], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           cwd=self.dir, check=False, timeout=120)
        return p.returncode, p.stdout

    def auth(self, *args, stdin=b""):
        code, out = self.run("auth", "--json", "--dns", "127.0.0.1@%d" % self.port, "--now", str(lab.NOW),
                             "--authserv-id", lab.AUTHSERV, *args, stdin=stdin)
        return code, [json.loads(line) for line in out.splitlines()]

    def check(self, name, good, seen=""):
        self.total += 1
        if not good:
            self.failed += 1
            print("FAILED: cli: %s: %.600s" % (name, seen))


def results(answers):
    return [a["auth"]["dmarc"]["result"] if a.get("auth") and a["auth"].get("dmarc") else None for a in answers]


def files(c):
    one = c.write("one.eml", GOOD)
    code, a = c.auth(*PASS, one)
    c.check("a pass is exit 0", code == 0 and results(a) == ["pass"] and a[0]["file"] == one, (code, a))
    c.check("the contract", not contract.check_answer(a[0], lab.AUTHSERV), a)
    code, a = c.auth(*FAIL, one)
    c.check("a fail is exit 1", code == 1 and results(a) == ["fail"], (code, a))
    code, a = c.auth(*FAIL, "-", stdin=GOOD)
    c.check("standard input", code == 1 and results(a) == ["fail"] and a[0]["file"] == "-", (code, a))
    code, a = c.auth(*PASS, "nowhere.eml")
    c.check("a missing file is exit 2", code == 2, (code, a))
    code, a = c.auth(*PASS, one, "nowhere.eml", one)
    c.check("a missing file among others", code == 2 and "pass" in results(a), (code, a))
    for args in (["--ip", "x", one], ["--now", "-1", one], ["--now", "soon", one], ["--frob", one], [],
                 ["--dns", "nowhere", one], ["--ip"]):
        code, a = c.auth(*args)
        c.check("usage %s" % args, code == 2 and not a, (code, a))
    code, out = c.run("auth", "--help")
    c.check("help", code == 0 and b"--jobs" in out, (code, out))
    code, out = c.run("auth", "--dns", "127.0.0.1@%d" % c.port, *PASS, one)
    c.check("text", code == 0 and b"pass" in out, (code, out))


def senders(c):
    path = c.write("rp.eml", b"Return-Path: <y@cli.example>\r\n" + GOOD)
    base = ["--ip", "192.0.2.66", "--helo", "mx.cli.example"]
    for args, domain in (([], "cli.example"), (["--from", ""], "mx.cli.example"), (["--from", "<>"], "mx.cli.example"),
                         (["--from", "<z@Cli.Example>"], "cli.example"), (["--from", "z@cli.example"], "cli.example"),
                         (["--from", b"z@\xff\xfe.example"], None), (["--from", b"\xe9@cli.example"], "cli.example")):
        code, a = c.auth(*base, *args, path)
        got = a[0]["auth"]["spf"]["mailfrom"]["domain"] if a else None
        c.check("sender %s" % args, a and got == domain, (code, a))
    code, a = c.auth(*base, "--helo", b"\xff\x80.example", "--from", "", path)
    c.check("raw octets in HELO", a and a[0]["auth"]["spf"]["helo"]["result"] == "none", (code, a))


def trees(c):
    c.write("tree/b.eml", GOOD)
    c.write("tree/a/2.eml", GOOD)
    c.write("tree/a/1.eml", BAD)
    code, a = c.auth(*PASS, "tree")
    c.check("a directory", code == 0 and [x["file"] for x in a] == ["tree/a/1.eml", "tree/a/2.eml", "tree/b.eml"],
            (code, a))
    sep = b"From x@cli.example Mon Jan  2 15:04:05 2006\n"
    box = b"".join(sep + m.replace(b"\r\n", b"\n") + b"\n" for m in (GOOD, BAD, b"From: a@b.example\r\n\r\nx\r\n"))
    path = c.write("box", box)
    code, a = c.auth(*PASS, path)
    c.check("a mailbox", code == 1 and results(a) == ["pass", "pass", "none"] or
            code == 0 and results(a) == ["pass", "pass", "none"], (code, a))
    code, a = c.auth(*PASS, "-", stdin=box)
    c.check("a mailbox on standard input", results(a) == ["pass", "pass", "none"], (code, a))
    code, a = c.auth(*PASS, c.write("empty", b""))
    c.check("an empty file", code == 0 and results(a) == ["none"], (code, a))


def jobs(c):
    c.write("j/m/one.eml", GOOD)
    good = {"path": "m/one.eml", "client_ip": "192.0.2.66", "helo": "mx.cli.example", "mail_from": "x@cli.example",
            "rcpt": ["a@b.example"]}
    bad = dict(good, client_ip="192.0.2.67")
    lines = [json.dumps(good), json.dumps(bad), "", json.dumps(dict(good, path="m/no.eml")), "{", "[]", "null",
             json.dumps(dict(good, client_ip="x")), json.dumps({"helo": "a"}), json.dumps(dict(good, mail_from="")),
             json.dumps({"path": "m/one.eml", "more": [1, {}]}), json.dumps(dict(good, path="m/one.eml\0.txt")),
             json.dumps(dict(good, path=5)), json.dumps(dict(good, helo=None, client_ip=None, mail_from=None)),
             json.dumps(dict(good, rcpt="x")), json.dumps(good)]
    path = c.write("j/jobs.jsonl", "\n".join(lines).encode())
    code, a = c.auth("--jobs", path)
    want = ["pass", "fail", None, None, None, None, None, None, "pass", "fail", None, None, "fail", "pass", "pass"]
    c.check("one line a job, in order", len(a) == len(want), (code, len(a)))
    want[8] = "fail"  # mx.cli.example has no SPF record
    c.check("their results", results(a) == want, results(a))
    c.check("a job that fails is exit 2", code == 2, code)
    for one in a:
        c.check("no field is left out: %s" % one.get("file"), all(k in one for k in contract.TOP), one)
    code, a = c.auth("--jobs", c.write("j/ok.jsonl", (json.dumps(good) + "\r\n").encode() * 200))
    c.check("200 jobs", code == 0 and results(a) == ["pass"] * 200, (code, len(a)))
    code, a = c.auth("--jobs", c.write("j/fail.jsonl", (json.dumps(bad) + "\n" + json.dumps(good)).encode()))
    c.check("a fail among jobs is exit 1", code == 1 and results(a) == ["fail", "pass"], (code, a))
    code, a = c.auth("--jobs", "nowhere.jsonl")
    c.check("no jobs file is exit 2", code == 2 and not a, (code, a))
    code, a = c.auth("--jobs", c.write("j/none.jsonl", b""))
    c.check("no jobs", code == 0 and not a, (code, a))
    code, a = c.auth("--jobs", c.write("j/octets.jsonl", b'{"path": "m/\xff.eml"}\n\xff\n' + json.dumps(good).encode()))
    c.check("jobs that are no UTF-8", code == 2 and len(a) == 3 and results(a)[2] == "pass", (code, a))


def run(folder):
    server = lab.Server(folder, ZONE)
    try:
        c = Cli(folder, server.port)
        for part in (files, senders, trees, jobs):
            part(c)
    finally:
        server.close()
    return c.total, c.failed
