#!/usr/bin/python3
"""merlon learn: with a data base of its own and with a daemon, whose control process is asked to reload,
killed and stopped meanwhile; and the set-up for Dovecot that calls it."""
import json
import os
import random
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time

BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.environ.get("builddir", ".")))
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MERLON, MERLOND = f"{BUILD}/merlon", f"{BUILD}/merlond"
passed = failed = 0


def check(good, text):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print("ok" if good else "FAILED", text)


def run(*argv, stdin=b"", **more):
    r = subprocess.run(argv, capture_output=True, input=stdin, timeout=120, **more)
    return r.returncode, r.stdout.decode(), r.stderr.decode()


def learn(*argv, stdin=b""):
    return run(MERLON, "learn", *argv, stdin=stdin)


def numbers(word, *argv, stdin=b""):
    """What --json says: learnt, already, unknown, refused, failed."""
    code, out, err = learn(word, "--json", *argv, stdin=stdin)
    return json.loads(out) if out.startswith("{") else {"code": code, "error": err}


def counts(*argv):
    out = json.loads(learn("status", "--json", *argv)[1])
    return out["ham"], out["spam"]


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    return path


WORDS = ("meeting invoice lottery prize agenda viagra minutes budget winner account password kitchen river "
         "mountain garden replica watch cheap offer parcel customs teacher school holiday train").split()


def mail(r, n):
    text = " ".join(r.choice(WORDS) + r.choice(["", "s", str(n % 17)]) for _ in range(r.randrange(20, 120)))
    html = r.random() < 0.3
    body = f"<html><body><p>{text}</p><a href=http://h{n % 40}.example/x>y</a></body></html>" if html else text
    return (f"From: a{n % 31}@s{n % 13}.example\r\nTo: b@example.org\r\nSubject: {r.choice(WORDS)} {n}\r\n"
            f"Message-ID: <{n}@x.example>\r\nContent-Type: text/{'html' if html else 'plain'}\r\n\r\n{body}\r\n").encode()


def corpus(top):
    """ham: a directory; spam: a Maildir with files that are no mail; more: a mailbox."""
    r = random.Random(4)
    for n in range(150):
        write(f"{top}/ham/{n:03}", mail(r, n))
    for n in range(150, 300):
        write(f"{top}/spam/{'cur' if n % 2 else 'new'}/{n}.x:2,S", mail(r, n))
    write(f"{top}/spam/dovecot-uidlist", b"3 V1 N1\n")
    write(f"{top}/spam/tmp/half", b"From: half")
    box = b"".join(b"From a@b.example Mon Jan  2 15:04:05 2006\n" + mail(r, n).replace(b"\r\n", b"\n") + b"\n"
                   for n in range(300, 340))
    write(f"{top}/box", box)


def counted_blocks(state):
    """Kinds of blocks (1, 3: weights; 2, 4: counts of tokens, everybody's and users') that are valid, and how
    many blocks of counts are not all zero."""
    db = sqlite3.connect(f"file:{state}/store.db?mode=ro", uri=True)
    rows = db.execute("SELECT key, value FROM record WHERE key >= ? AND key < ?", (b"m:", b"m;"))
    records = {bytes(k): bytes(v) for k, v in rows}
    db.close()
    head = records[b"m:ring"]
    slots = next(head[-n:] for n in range(len(head)) if head[-n - 4:-n] == n.to_bytes(4, "big"))
    kinds = 0
    full = 0
    for key, value in records.items():
        part = key.split(b":")
        if part[1] != b"b":
            continue
        number, slot, block = int(part[2]), int(part[3]), value[1:]  # behind the kind of the record
        if slots[number] != slot:
            continue
        kinds |= 1 << block[1]
        full += block[1] in (2, 4) and len(block) > 2
    return kinds, full


# ---- without a daemon ----

def usage(d):
    check(learn("--help")[0] == 0 and "spam|ham|forget" in learn("--help")[1], "--help")
    for argv in ((), ("spam",), ("eggs", "x"), ("status", "x"), ("erase",), ("spam", "--nonsense", "x"),
                 ("spam", "--user", "", "x"), ("erase", "--user", "u", "x")):
        check(learn(*argv)[0] == 2, f"wrong usage: {argv}")
    code, _, err = learn("spam", "--state", f"{d}/nowhere", f"{d}/box")
    check(code == 2 and "nowhere" in err and "--state" not in err, "a state directory that is not there")
    code, _, err = run(MERLON, "learn", "status", cwd=os.path.dirname(d + "/"))
    check(code == 2 and "--state names the state directory" in err, f"nor the default one: {err}")
    code, _, err = learn("spam", "--socket", f"{d}/nobody.sock", f"{d}/box")
    check(code == 2 and "nobody.sock" in err, "a socket where nobody is")


def alone(d):
    state = f"{d}/alone"
    os.mkdir(state)
    at = ("--state", state)
    check(learn("ham", *at, f"{d}/ham")[:2] == (0, "150 learnt, 0 already, 0 failed\n"), "a directory")
    check(numbers("spam", *at, f"{d}/spam")["learnt"] == 150, "a Maildir: cur and new, nothing else")
    check(numbers("spam", *at, f"{d}/box")["learnt"] == 40, "a mailbox")
    check(counts(*at) == (150, 190), "all are counted")
    check(learn("status", *at)[1] == "150 ham, 190 spam learnt\n", "status")
    check(learn("ham", *at, f"{d}/ham")[:2] == (0, "0 learnt, 150 already, 0 failed\n"), "learnt once")
    one = open(f"{d}/ham/000", "rb").read()
    check(numbers("spam", *at, "-", stdin=one)["learnt"] == 1 and counts(*at) == (149, 191), "standard input; corrected")
    check(numbers("ham", *at, "-", stdin=one.replace(b"\r\n", b"\n"))["learnt"] == 1 and counts(*at) == (150, 190),
          "the same with other line ends")
    code, out, err = learn("spam", *at, write(f"{d}/empty", b""), f"{d}/nowhere", f"{d}/ham/000")
    check(code == 2 and out == "1 learnt, 0 already, 2 failed\n" and "empty" in err and "nowhere" in err,
          "what cannot be read does not stop the rest")
    check(numbers("ham", *at, "--user", "u@example.org", f"{d}/spam")["learnt"] == 150, "a user says otherwise")
    check(counts(*at) == (299, 41), "and counts")
    check(numbers("forget", *at, "--user", "u@example.org", f"{d}/spam")["learnt"] == 150
          and counts(*at) == (149, 191), "he takes his word back")
    check(numbers("ham", *at, "--user", "v@example.org", f"{d}/ham")["learnt"] == 150, "another user")
    check(learn("erase", *at, "--user", "v@example.org")[0] == 0, "erase a user")
    check(counted_blocks(state)[1] > 0, "view C counts")
    everything = (f"{d}/ham", f"{d}/spam", f"{d}/box")
    check(learn("forget", *at, *everything)[:2] == (0, "340 forgotten, 0 unknown, 0 failed\n"), "forget everything")
    kinds, full = counted_blocks(state)
    check(counts(*at) == (0, 0) and full == 0 and kinds & 4, f"view C is as it was before, exactly: {full} blocks")
    check(learn("forget", *at, f"{d}/box")[:2] == (1, "0 forgotten, 40 unknown, 0 failed\n"), "forget what is not learnt")


# ---- with a daemon ----

class Daemon:
    def __init__(self, d, name, text="", state_mode=0o755):
        self.state, self.conf, self.log = f"{d}/{name}", f"{d}/{name}.conf", f"{d}/{name}.log"
        os.mkdir(self.state, state_mode)
        write(self.conf, f'listen "a" {{ socket = "unix:{d}/{name}.milter" }}\nrules {{ hyperscan = off }}\n'
                         f'daemon {{ workers = 1 user = "{USER}" }}\n{text}'.encode())
        self.out = open(self.log, "wb")
        self.process = subprocess.Popen([MERLOND, "-c", self.conf, "--state", self.state], stdout=self.out, stderr=self.out)
        self.wait('event="ready"')

    def text(self):
        with open(self.log, errors="replace") as f:
            return f.read()

    def wait(self, what, times=1, seconds=20):
        end = time.monotonic() + seconds
        while self.text().count(what) < times and time.monotonic() < end:
            time.sleep(0.02)
        if self.text().count(what) < times:
            check(False, f"the log says {what}: {self.text()[-2000:]}")

    def control(self):
        """Pid of the control process: the child that has the data base open."""
        for pid in subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True,
                                  text=True, check=True).stdout.split():
            try:
                if any(os.readlink(f"/proc/{pid}/fd/{x}").endswith("/store.db") for x in os.listdir(f"/proc/{pid}/fd")):
                    return int(pid)
            except OSError:
                pass
        return None

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(40)
        self.out.close()
        return code


USER = "nobody" if os.geteuid() == 0 else ""


def with_daemon(d):
    daemon = Daemon(d, "state")
    at = ("--state", daemon.state)
    try:
        mode = stat.S_IMODE(os.stat(f"{daemon.state}/control.sock").st_mode)
        check(mode == 0o660, f"mode of the control socket: {mode:o}")
        mode = stat.S_IMODE(os.stat(f"{daemon.state}/store.sock").st_mode)
        check(mode == 0o600, f"mode of the store's socket: {mode:o}")
        check(numbers("spam", *at, f"{d}/spam")["learnt"] == 150, "learnt by the daemon")
        check(numbers("ham", "--socket", f"{daemon.state}/control.sock", f"{d}/ham")["learnt"] == 150, "by its socket")
        check(numbers("spam", *at, "--user", "u@example.org", f"{d}/box")["learnt"] == 40, "for a user")
        check(counts(*at) == (150, 190), "counted")
        status = json.loads(learn("status", "--json", *at)[1])
        check(status["learnt"] == {"ham": 150, "spam": 190, "forgotten": 0} and status["sources"]["person"] == 340
              and status["failed"] == 0, f"status: {status}")
        check('class="spam" source="person" user="u@example.org"' in daemon.text(), "the log says who")
        survives(d, daemon, at)
    finally:
        check(daemon.stop() == 0, "it stops")
    check("Sanitizer" not in daemon.text() and "control_crashed" in daemon.text(), "one crash, no fault")
    check(not os.path.exists(f"{daemon.state}/control.sock") and not os.path.exists(f"{daemon.state}/store.sock"),
          "no socket is left")
    check(counts(*at) == (0, 0), "the data base without the daemon")


def survives(d, daemon, at):
    """Reloads and a kill while it learns: each message is learnt, once."""
    teacher = subprocess.Popen([MERLON, "learn", "forget", "--json", *at, f"{d}/ham", f"{d}/spam"], stdout=subprocess.PIPE)
    for i in range(3):
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait('event="reloaded"', i + 1)
        daemon.wait('event="control_done"', i + 1)
    out = json.loads(teacher.communicate(timeout=60)[0])
    check(out["learnt"] + out["unknown"] == 300 and out["failed"] == 0 and counts(*at) == (0, 40),
          f"reloads while it learns: {out}")
    pid = daemon.control()
    check(pid, "the control process is found")
    os.kill(pid, signal.SIGKILL)
    out = numbers("forget", *at, f"{d}/box")
    check(out["learnt"] + out["unknown"] == 40 and counts(*at) == (0, 0), f"killed before it learns: {out}")
    check(daemon.control() not in (None, pid), "it is there again")


def elsewhere(d):
    """control.socket, control.mode; a reload cannot move it; nothing is remembered with backend none."""
    daemon = Daemon(d, "other", f'control {{ socket = "{d}/elsewhere.sock" mode = 0600 }}\n')
    try:
        check(stat.S_IMODE(os.stat(f"{d}/elsewhere.sock").st_mode) == 0o600, "control.mode")
        check(numbers("spam", "-c", daemon.conf, "--state", daemon.state, f"{d}/box")["learnt"] == 40, "found by -c")
        dovecot(d, f"{d}/elsewhere.sock")
        with open(daemon.conf, "rb") as f:
            text = f.read()
        write(daemon.conf, text.replace(b"0600", b"0660"))
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait("control.mode: cannot be changed by a reload")
    finally:
        check(daemon.stop() == 0, "it stops")
    daemon = Daemon(d, "none", "store { backend = none }\n")
    check(daemon.control() is None, "store.backend = none: no control process")
    check(daemon.stop() == 0, "it stops")


# ---- Dovecot ----

def dovecot(d, socket):
    script = f"{TOP}/contrib/dovecot/merlon-learn"
    env = {**os.environ, "MERLON": MERLON, "MERLON_SOCKET": socket}
    message = mail(random.Random(9), 999)
    for word, user in (("spam", "u@example.org"), ("ham", "u@example.org"), ("ham", "")):
        code, out, _ = run("/bin/sh", script, word, user, stdin=message, env=env)
        check((code, out) == (0, "1 learnt, 0 already, 0 failed\n"), f"merlon-learn {word} {user}: {code} {out}")
    check(run("/bin/sh", script, "forget", "", stdin=message, env=env)[0] == 2, "merlon-learn takes spam and ham only")
    for name in ("learn-spam.sieve", "learn-ham.sieve"):
        text = open(f"{TOP}/contrib/dovecot/{name}").read()
        word = name[6:-6]
        check(f'"merlon-learn" ["{word}", "${{user}}"]' in text and text.count("{") == text.count("}"), f"{name} calls it")
    if shutil.which("sievec"):
        write(f"{d}/sieve.conf", b"plugin {\n  sieve_plugins = sieve_imapsieve sieve_extprograms\n"
              b"  sieve_extensions = +vnd.dovecot.pipe +vnd.dovecot.environment +imapsieve\n}\n")
        for name in ("learn-spam.sieve", "learn-ham.sieve"):
            code, out, err = run("sievec", "-c", f"{d}/sieve.conf", f"{TOP}/contrib/dovecot/{name}", f"{d}/{name}.bin")
            check(code == 0, f"sievec {name}: {out}{err}")


with tempfile.TemporaryDirectory() as where:
    os.chmod(where, 0o777)
    corpus(where)
    for test in (usage, alone, with_daemon, elsewhere):
        test(where)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
