#!/usr/bin/python3
"""Pyzor's protocol with real peers: our client and our check at Debian's pyzord, Debian's pyzor at our
server, and both of ours together. Loopback only; what is started here is stopped here."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SRC = os.path.abspath(os.environ.get("srcdir", "."))
BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.environ.get("builddir", ".")))
KEY, OTHER_KEY = "00ffaa11" * 5, "11aaff00" * 5
MAILS = [f"{SRC}/tests/conformance/pyzor/{name}.eml" for name in ("email-1", "pieced", "html", "line-length")]
passed = failed = 0


def check(good, text):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print("ok" if good else "FAILED", text)


def write(path, text, mode=0o644):
    with open(path, "w", encoding="ascii") as f:
        f.write(text)
    os.chmod(path, mode)
    return path


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def merlon(*argv):
    return subprocess.run([f"{BUILD}/merlon", *argv], capture_output=True, text=True, timeout=60)


def ours(verb, port, *argv):
    """Exit code, and one object an answer."""
    done = merlon("pyzor", verb, "--server", f"127.0.0.1@{port}", "--json", *argv)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def theirs(home, verb, path):
    with open(path, "rb") as f:
        done = subprocess.run(["pyzor", "--homedir", home, "-t", "5", verb], stdin=f, capture_output=True,
                              text=True, timeout=60)
    return done.returncode, done.stdout


def wait_for(port, process):
    for _ in range(30):
        if ours("ping", port, "--timeout", "1")[0] == 0:
            return True
        if process.poll() is not None:
            break
        time.sleep(0.1)
    return False


def stop(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


# ---- our client ----

# Debian's pyzord, with its data base in memory where python3 has no gdbm.
PYZORD = """
import runpy, sys, types
try:
    import dbm.gnu
except ImportError:
    class Memory(dict):
        sync = reorganize = close = lambda self: None
        def __setitem__(self, key, value):
            octets = lambda s: s.encode() if isinstance(s, str) else s
            dict.__setitem__(self, octets(key), octets(value))
        def __getitem__(self, key):
            return dict.__getitem__(self, key.encode() if isinstance(key, str) else key)
        def firstkey(self):
            return None
    fake = types.ModuleType("dbm.gnu")
    fake.open, fake.error = lambda *args: Memory(), OSError
    import dbm
    sys.modules["dbm.gnu"] = dbm.gnu = fake
sys.argv = ["pyzord"] + sys.argv[1:]
runpy.run_path(%r, run_name="__main__")
"""

def start_pyzord(d, port):
    write(f"{d}/pyzord.passwd", f"bob : {KEY}\n")
    write(f"{d}/pyzord.access", "check report ping info : anonymous : allow\nall : bob : allow\n")
    return subprocess.Popen(["/usr/bin/python3", "-c", PYZORD % shutil.which("pyzord"), "--homedir", d,
                             "-a", "127.0.0.1", "-p", str(port), "-e", "gdbm"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def our_client(d, port, who):
    """The same against any server: pyzord, and ours."""
    mail, other = MAILS[0], MAILS[1]
    bob = ["--account", "bob", "--key-file", write(f"{d}/bob.key", f"aabb,{KEY}\n")]
    eve = ["--account", "bob", "--key-file", write(f"{d}/eve.key", OTHER_KEY)]
    code, out = ours("check", port, mail)
    check(code == 0 and out[0]["code"] == 200 and out[0]["count"] == 0, f"{who}: nothing is known of it")
    code, out = ours("info", port, mail)
    check(code == 0 and out[0]["entered"] is None and out[0]["count"] == 0, f"{who}: and it came never")
    for n in (1, 2):
        code, out = ours("report", port, mail, other)
        check(code == 0 and [o["code"] for o in out] == [200, 200], f"{who}: report {n} of two")
    code, out = ours("check", port, mail, other, MAILS[2])
    check(code == 1 and [o["count"] for o in out] == [2, 2, 0], f"{who}: counted twice: {out}")
    code, out = ours("whitelist", port, mail)
    check(code == 2 and out[0]["code"] == 403, f"{who}: nobody whitelists: {out}")
    code, out = ours("whitelist", port, *eve, mail)
    check(code == 2 and out[0]["code"] == 401, f"{who}: a wrong key: {out}")
    code, out = ours("whitelist", port, *bob, mail)
    check(code == 0 and out[0]["code"] == 200, f"{who}: an account whitelists: {out}")
    code, out = ours("info", port, *bob, mail)
    now = time.time()
    check(code == 0 and out[0]["count"] == 2 and out[0]["whitelisted"] == 1, f"{who}: info: {out}")
    check(all(abs(out[0][k] - now) < 120 for k in ("entered", "updated", "whitelist_entered", "whitelist_updated")),
          f"{who}: the times are of now")
    check(ours("check", port, mail)[0] == 0, f"{who}: whitelisted is no finding")
    digest = merlon("pyzor", "digest", other).stdout.strip()
    code, out = ours("check", port, "--digests", digest)
    check(code == 1 and out[0]["count"] == 2, f"{who}: by digest")


def our_check(d, port):
    """The check of the daemon, as merlon scan has it."""
    conf = write(f"{d}/scan.conf", f'pyzor {{ servers = {{"127.0.0.1@{port}"}} }}\nrules {{ dir = "{SRC}/rules" '
                 f'cache = "{d}/cache" }}\ndns {{ servers = {{"127.0.0.1@9"}} timeout = 100ms }}\n')
    for _ in range(5):
        ours("report", port, MAILS[3])
    done = merlon("scan", "--json", "-c", conf, MAILS[3], MAILS[2])
    out = [json.loads(line) for line in done.stdout.splitlines()]
    names = [{s["name"] for s in o["symbols"]} for o in out]
    check(len(names) == 2 and "PYZOR_REPORTED" in names[0], f"scan: reported five times {done.stderr}")
    check(len(names) == 2 and "PYZOR_REPORTED" not in names[1], "scan: another is not")
    write(conf, f'rules {{ dir = "{SRC}/rules" cache = "{d}/cache" }}\n'
          f'dns {{ servers = {{"127.0.0.1@9"}} timeout = 100ms }}\n')
    done = merlon("scan", "--json", "-c", conf, MAILS[3])
    check("PYZOR" not in done.stdout, "scan: without pyzor.servers nobody is asked")


# ---- our server ----

def start_merlond(d, port):
    conf = write(f"{d}/merlon.conf", f'''pyzor {{ listen = "127.0.0.1@{port}" accounts = "{d}/accounts"
        access = "{d}/access" rate = 1000 }}
daemon {{ workers = 1 }}
listen "x" {{ socket = "unix:{d}/m.sock" }}
rules {{ dir = "{SRC}/rules" cache = "{d}/cache" }}
''')
    write(f"{d}/accounts", f"# friends\nbob : {KEY}\n")
    write(f"{d}/access", "check report ping info : anonymous : allow\nall : bob : allow\n")
    os.mkdir(f"{d}/state")
    with open(f"{d}/log", "wb") as log:
        return subprocess.Popen([f"{BUILD}/merlond", "-c", conf, "--state", f"{d}/state"], stdout=log, stderr=log)


def their_client(d, port):
    home, mail = f"{d}/home", MAILS[2]
    os.mkdir(home)
    write(f"{home}/servers", f"127.0.0.1:{port}\n")
    code, out = theirs(home, "ping", mail)
    check(code == 0 and "(200, 'OK')" in out, f"pyzor ping: {out}")
    code, out = theirs(home, "check", mail)
    check(code == 1 and out.endswith("\t0\t0\n"), f"pyzor check of what is new: {out}")
    code, out = theirs(home, "report", mail)
    check(code == 0 and "(200, 'OK')" in out, f"pyzor report: {out}")
    code, out = theirs(home, "check", mail)
    check(code == 0 and out.endswith("\t1\t0\n"), f"pyzor check finds it: {out}")
    code, out = theirs(home, "whitelist", mail)
    check(code == 1 and "403" in out, f"pyzor whitelist, anonymous: {out}")
    write(f"{home}/accounts", f"127.0.0.1 : {port} : bob : aabb,{OTHER_KEY}\n")
    code, out = theirs(home, "report", mail)
    check(code == 1 and "401" in out, f"pyzor report with a wrong key: {out}")
    write(f"{home}/accounts", f"127.0.0.1 : {port} : bob : aabb,{KEY}\n")
    for verb in ("ping", "report", "whitelist"):
        code, out = theirs(home, verb, mail)
        check(code == 0 and "(200, 'OK')" in out, f"pyzor {verb} with an account: {out}")
    code, out = theirs(home, "info", mail)
    check(code == 0 and "Count: 2" in out and "WL-Count: 1" in out, f"pyzor info: {out}")


def hostile(port):
    """What is no request gets no answer, or a refusal; the next one is answered."""
    packets = [b"", b"\0" * 8192, b"\n" * 100, b"Op: ping\n", b"Op: ping\nThread: 70000\nPV: 2.1\n",
               b"Op: check\nThread: 2000\nPV: 2.1\nOp-Digest: " + b"f" * 8000,
               b"Op: fly\nThread: 2000\nPV: 2.1\n", b"Op: check\nThread: 2000\nPV: 9.1\n",
               b"Op: report\nThread: 2000\nPV: 2.1\n" + b"Op-Digest: " + b"a" * 40 + b"\n" * 16,
               b"Op: report\nThread: 2000\nPV: 2.1\n" + (b"Op-Digest: " + b"a" * 40 + b"\n") * 16,
               b"User: bob\nTime: 99999999999999999999\nSig: x\nOp: report\nThread: 2000\nPV: 2.1\n"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.2)
        for packet in packets:
            s.sendto(packet, ("127.0.0.1", port))
            try:
                reply = s.recv(9000)
            except socket.timeout:
                reply = b"Code: -"
            check(not reply.startswith(b"Code: 2") or b"a" * 40 in packet and packet.count(b"Op-D") == 1,
                  f"{packet[:40]}: {reply[:60]}")
    check(ours("ping", port)[0] == 0, "the server is there after all that")


def run(start, *tests):
    with tempfile.TemporaryDirectory() as d:
        os.chmod(d, 0o755)  # root's daemon gives its rights up
        port = free_port()
        process = start(d, port)
        try:
            if wait_for(port, process):
                for test in tests:
                    test(d, port)
            else:
                check(False, f"{start.__name__}: it does not answer")
        finally:
            stop(process)


def main():
    run(start_merlond, lambda d, port: our_client(d, port, "merlond"), our_check,
        lambda d, port: hostile(port))
    if shutil.which("pyzor") and shutil.which("pyzord"):
        run(start_merlond, their_client)
        run(start_pyzord, lambda d, port: our_client(d, port, "pyzord"), our_check)
    else:
        print("no pyzor, no pyzord: not tested with them")
    code, out = ours("ping", free_port(), "--timeout", "2")
    check(code == 2 and out[0]["code"] is None, "nobody listens")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
