#!/usr/bin/python3
"""merlon dkim: every command, its JSON and its errors; what it prints is a zone that a name server reads, and what
name servers on loopback show is held against the keys."""
import base64
import datetime
import glob
import json
import os
import pwd
import re
import shutil
import subprocess
import tempfile

BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.environ.get("builddir", ".")))
MERLON = f"{BUILD}/merlon"
DNSD = f"{BUILD}/tests/lib/dnsd"
WORLD = ("example.com NS ns1.example.net\nexample.com NS ns2.example.net\n"
         "ns1.example.net A 127.0.0.2\nns2.example.net A 127.0.0.3\n")
passed = failed = 0
where = tempfile.mkdtemp(prefix="merlon-dkim-")
os.chmod(where, 0o755)
state = f"{where}/var"
conf = f"{where}/merlon.conf"


def check(good, text):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print("ok" if good else "FAILED", text)


def dkim(*argv, code=0, state_dir=state):
    done = subprocess.run([MERLON, "dkim", argv[0], "--state", state_dir, "-c", conf, *argv[1:]], capture_output=True,
                          text=True, timeout=120)
    good = done.returncode == code
    check(good, f"merlon dkim {' '.join(argv)}: exit {code}" + ("" if good else f", not {done.returncode}: {done.stderr}"))
    return done


def keys(*argv, **more):
    return json.loads(dkim(*argv, "--json", **more).stdout)


def states(domain="example.com"):
    return {k["selector"]: k["state"] for k in keys("list", domain)}


class Server:
    def __init__(self, text, address="127.0.0.1", port=0):
        fd, self.zone = tempfile.mkstemp(dir=where)
        os.write(fd, text.encode())
        os.close(fd)
        self.process = subprocess.Popen([DNSD, "--address", address, "--port", str(port), "--stats", "/dev/null",
                                         self.zone], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def shows(*records):
    return "".join(f'{k["name"]} TXT "{record}"\n' for k, record in records)


def configure(port):
    with open(conf, "w", encoding="ascii") as f:
        f.write(f"sign {{ dns_port = {port} rotate = 180d }}\n")


def test_new():
    day = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%d")
    first = keys("new", "EXAMPLE.com.")
    days = {day, datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%d")}
    check([(k["domain"], k["type"], k["bits"], k["state"]) for k in first] ==
          [("example.com", "rsa", 2048, "pending"), ("example.com", "ed25519", 256, "pending")], "both types by default")
    check([k["selector"][8:] for k in first] == ["r", "e"] and {k["selector"][:8] for k in first} <= days,
          f"selectors by date: {[k['selector'] for k in first]}")
    for k in first:
        st = os.stat(k["file"])
        check(st.st_mode & 0o777 == 0o400 and os.stat(os.path.dirname(k["file"])).st_mode & 0o077 == 0,
              f"{k['type']}: only the signers' account reads the private half")
        public = subprocess.run(["openssl", "pkey", "-in", k["file"], "-pubout", "-outform", "DER"],
                                capture_output=True, check=True).stdout
        p = base64.b64decode(re.search(r"p=(\S+)", k["record"])[1])
        check(p == (public if k["type"] == "rsa" else public[-32:]), f"{k['type']}: p= is that of the file")
        check(k["record"].startswith(f"v=DKIM1; k={k['type']}; p="), f"{k['type']}: a key record")
        check(k["made"] and not k["active"] and k["next"] == "publish its record", f"{k['type']}: times and what next")
    again = keys("new", "example.com", "--type", "ed25519")
    check(again[0]["selector"] == first[1]["selector"] + "2", "a second one of the day has a number")
    dkim("new", "example.com", "--selector", "s1", "--type", "rsa", "--bits", "4096")
    check(dict(states())["s1"] == "pending", "a selector as given")
    check("there is a key s1" in dkim("new", "example.com", "--selector", "s1", "--type", "rsa", code=2).stderr,
          "and not twice")
    both = keys("new", "both.example", "--selector", "X")
    check([k["selector"] for k in both] == ["xr", "xe"], "a selector for two types")
    check(keys("new", "b\u00fccher.example", "--type", "ed25519")[0]["domain"] == "xn--bcher-kva.example",
          "a domain in letters")
    with open(f"{state}/dkim/example.com/lost.key", "w", encoding="ascii") as f:
        f.write("x")
    check("lost.key" in dkim("new", "example.com", "--selector", "lost", "--type", "rsa", code=2).stderr,
          "a file that is there is not written over")


def test_errors():
    for argv, text in ((("new", "example.com", "--bits", "512"), "--bits"), (("new", "example.com", "--bits", "5000"), "--bits"),
                       (("new", "example.com", "--type", "dsa"), "--type"), (("new", "no domain"), "is not a domain"),
                       (("new", "example.com", "--format", "x"), "--format"), (("new",), "usage"), (("list", "--now"), "takes no --now"),
                       (("new", "example.com", "--selector", "a b", "--type", "rsa"), "is not a selector"),
                       (("new", "example.com", "--selector", "../x", "--type", "rsa"), "is not a selector"),
                       (("new", "example.com", "--selector", "a" * 64, "--type", "rsa"), "is not a selector"),
                       (("show", "example.com", "none"), "no such key"), (("show", "none.example"), "no such key"),
                       (("check", "none.example"), "no such key"), (("rotate", "none.example"), "no active key"),
                       (("retire", "example.com", "none"), "no key none"), (("retire", "example.com"), "usage"),
                       (("frobnicate",), "no command")):
        check(text in dkim(*argv, code=2).stderr, f"{' '.join(argv)[:60]}: says {text!r}")
    check(dkim("list", state_dir=f"{where}/nothing").stdout == "" and not os.path.exists(f"{where}/nothing"),
          "an empty ring, and looking makes nothing")
    done = subprocess.run([MERLON, "dkim", "--help"], capture_output=True, text=True, timeout=60)
    check(done.returncode == 0 and all(f"\n  {v} " in done.stdout for v in ("new", "list", "show", "check", "rotate", "retire")),
          "--help")


def test_forms():
    one = keys("show", "example.com", "s1")[0]
    bind = dkim("show", "example.com", "s1").stdout
    check(one["bind"] in bind and "; s1 of example.com: pending, RSA of 4096 bits" in bind, "show prints the zone line")
    strings = re.findall(r'"([^"]*)"', one["bind"])
    check("".join(strings) == one["record"] and len(strings) == 3 and max(map(len, strings)) == 255,
          "strings of at most 255 octets that make up the record")
    plain = dkim("show", "example.com", "s1", "--format", "plain").stdout
    check(f"name:  s1._domainkey.example.com\ntype:  TXT\nvalue: {one['record']}\n" in plain, "the plain form")
    update = dkim("show", "example.com", "s1", "--format", "nsupdate").stdout
    check(one["nsupdate"] in update and update.endswith("send\n"), "the update")
    if shutil.which("nsd-checkzone"):
        with open(f"{where}/zone", "w", encoding="ascii") as f:
            f.write("example.com. 60 IN SOA ns1.example.net. h.example.com. 1 60 60 60 60\n"
                    "example.com. 60 IN NS ns1.example.net.\n" + dkim("show", "example.com").stdout)
        done = subprocess.run(["nsd-checkzone", "example.com", f"{where}/zone"], capture_output=True, text=True, timeout=60)
        check(done.returncode == 0, f"NSD reads what show prints: {done.stdout}{done.stderr}")
    else:
        print("no nsd-checkzone: zone lines are not read by a name server, not counted")


def checked(first, second, *argv, code, world=WORLD):
    with Server(world) as resolver, Server(first, "127.0.0.2") as one, Server(second, "127.0.0.3", one.port):
        configure(one.port)
        return dkim("check", "--dns", f"127.0.0.1@{resolver.port}", *argv, code=code)


def test_check():
    one = keys("show", "example.com", "s1")[0]
    good = shows((one, one["record"]))
    done = checked(good, good, "example.com", "s1", "--json", code=0)
    report = json.loads(done.stdout)[0]
    check(report["seen"] and not report["activated"] and report["fault"] is None and
          [(s["server"], s["address"], s["result"], s["good"], s["zone"]) for s in report["servers"]] ==
          [("ns1.example.net", "127.0.0.2", "same", True, "example.com"),
           ("ns2.example.net", "127.0.0.3", "same", True, "example.com")], "both show a key of 4096 bits")
    check(states()["s1"] == "pending", "looking changes nothing")
    p = one["record"].split("p=")[1]
    other = keys("show", "both.example", "xr")[0]["record"]
    for second, text in (("", "missing, there is no record"), (shows((one, other)), "other key"),
                         (shows((one, "v=DKIM1; k=rsa; p=")), "revoked"),
                         (shows((one, one["record"]), (one, other)), "wrong, 2 records"),
                         (shows((one, one["record"][:300]), (one, one["record"][300:])), "one record was split into two"),
                         (shows((one, f"v=DKIM1; k=rsa; h=sha1; p={p}")), "h= does not allow sha256"),
                         (shows((one, f"v=DKIM1; k=rsa; s=tlsrpt; p={p}")), "s= does not allow email"),
                         (shows((one, f"v=DKIM1; k=ed25519; p={p}")), "k= is not rsa"),
                         (shows((one, f"v=DKIM1; k=rsa; p={p[:200]}")), "p= is cut off after"),
                         (f"{one['name']} FAULT REFUSED\n", "not authoritative, REFUSED"),
                         (f"{one['name']} FAULT GARBAGE\n", "its answer cannot be read")):
        out = checked(good, second, "example.com", "s1", code=1).stdout
        check(text in out and "ok   ns1.example.net 127.0.0.2: same" in out and "not every server shows it" in out,
              f"the second server: {text}\n{out if text not in out else ''}".strip())
    testing = shows((one, f"v=DKIM1; k=rsa; t=y; p={p}"))
    check("t=y: verifiers are told" in checked(testing, good, "example.com", "s1", code=0).stdout, "t=y is told, and is no fault")
    done = checked(good, good, "example.com", "s1", "--json", code=1, world="example.com FAULT SERVFAIL NS\n")
    check(json.loads(done.stdout)[0]["fault"] == "example.com: the resolver has no answer", "no servers are found")
    alias = f"{one['name']} CNAME s1.keys.example\n"
    target = f's1.keys.example TXT "{one["record"]}"\n'
    checked(alias + target, alias + target, "example.com", "s1", code=0)
    checked(alias, alias + target, "example.com", "s1", code=0, world=WORLD + "keys.example NS ns2.example.net\n")


def test_activate():
    ring = {k["selector"]: k for k in keys("list", "example.com")}
    good = shows(*((k, k["record"]) for k in ring.values()))
    rsa = next(s for s in ring if re.fullmatch(r"\d{8}r", s))
    done = checked(good, "", "example.com", rsa, "--activate", code=1)
    check("warning" in done.stderr and "it is active now" in done.stdout and states()[rsa] == "active", "by force, with a warning")
    check("was activated unseen" in dkim("list", "example.com").stdout, "and list says so")
    done = checked(good, good, "example.com", "s1", "--activate", code=0)
    after = states()
    check(not done.stderr and after["s1"] == "active" and after[rsa] == "retiring", "the next one takes its place")
    check("warning" in dkim("new", "now.example", "--type", "ed25519", "--activate").stderr and
          list(states("now.example").values()) == ["active"], "new --activate")
    k = keys("show", "example.com", rsa)[0]
    check(k["until"] == k["retiring"] + 8 * 86400 and k["next"].startswith("keep its record until"), "it stays for eight days")
    check("a successor is made on" in keys("show", "example.com", "s1")[0]["next"], "when the next one is due")


def test_rotate():
    made = keys("rotate", "now.example")
    check([(k["type"], k["state"]) for k in made] == [("ed25519", "pending")], "a successor of the same type")
    check("pending already" in dkim("rotate", "now.example", code=1).stderr, "but one")
    check("no active key" in dkim("rotate", "both.example", code=2).stderr, "of an active one")


def test_retire():
    active = [s for s, x in states("now.example").items() if x == "active"][0]
    check("--last" in dkim("retire", "now.example", active, code=2).stderr and states("now.example")[active] == "active",
          "not the last one")
    pending = [s for s, x in states("now.example").items() if x == "pending"][0]
    file = keys("show", "now.example", pending)[0]["file"]
    dkim("retire", "now.example", pending)
    check(states("now.example")[pending] == "retired" and not os.path.exists(file), "a pending one is wiped at once")
    dkim("retire", "now.example", active, "--last")
    check(states("now.example")[active] == "retiring", "the last one, if so said")
    k = keys("retire", "now.example", active, "--now")
    check(k["state"] == "retired" and not os.path.exists(k["file"]) and k["nsupdate"] ==
          f"update delete {k['name']}. TXT\nsend\n", "--now wipes it; the update deletes the record")
    check("retired already" in dkim("retire", "now.example", active, code=1).stderr, "and not twice")
    check("to be deleted" in dkim("show", "now.example", active).stdout, "show says that its record may go")


def test_traps():
    """What the accounts that own STATE put there leads nobody else's files astray: root's tool follows no link of
    theirs and gives no file away."""
    if os.geteuid() != 0:
        print("not root: traps of others are not set, not counted")
        return
    other = pwd.getpwnam("daemon").pw_uid
    trap, victim = f"{where}/trap", f"{where}/victim"
    os.mkdir(trap)
    os.mkdir(f"{trap}/keyring")
    os.chown(f"{trap}/keyring", other, -1)
    open(victim, "w").close()
    os.link(victim, f"{trap}/keyring/.lock")
    dkim("new", "example.com", "--type", "ed25519", state_dir=trap)
    check(os.stat(victim).st_uid == 0, "a file under the name of the lock stays whose it is")

    for what, make in (("a link of another's", lambda: (os.symlink(f"{where}/aim", f"{trap}/dkim"),
                                                        os.lchown(f"{trap}/dkim", other, -1))),
                       ("a directory of another's", lambda: (os.mkdir(f"{trap}/dkim"), os.chown(f"{trap}/dkim", other, -1)))):
        shutil.rmtree(trap)
        os.makedirs(f"{where}/aim/example.com", exist_ok=True)
        with open(f"{where}/aim/example.com/s.key", "w", encoding="ascii") as f:
            f.write("precious")
        key = dkim("new", "example.com", "--type", "ed25519", "--selector", "s", state_dir=trap)
        shutil.rmtree(f"{trap}/dkim")
        make()
        check(key.returncode == 0 and "dkim: " in dkim("new", "example.com", "--type", "rsa", state_dir=trap, code=2).stderr,
              f"{what}: no key is made there")
        dkim("retire", "example.com", "s", state_dir=trap, code=2)
        check(os.listdir(f"{where}/aim/example.com") == ["s.key"] and
              os.path.getsize(f"{where}/aim/example.com/s.key") == len("precious"), f"{what}: nothing is wiped there")


def test_damaged():
    path = glob.glob(f"{state}/keyring/both.example/xr")[0]
    with open(path, "a", encoding="ascii") as f:
        f.write("garbage\n")
    done = dkim("list", "both.example")
    check("keyring_fault" in done.stderr and "xe" in done.stdout and " xr" not in done.stdout, "a damaged file is told and left out")


configure(53)
try:
    for test in (test_new, test_errors, test_forms, test_check, test_activate, test_rotate, test_retire, test_traps, test_damaged):
        test()
finally:
    shutil.rmtree(where)
print(f"{passed} passed, {failed} failed")
raise SystemExit(bool(failed))
