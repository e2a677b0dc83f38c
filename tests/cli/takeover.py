#!/usr/bin/python3
"""merlon import: configurations of OpenDKIM, OpenDMARC and OpenARC become one of ours that merlond takes, every line
is accounted for, and values come through."""
import json
import os
import pwd
import subprocess
import sys
import tempfile

TOP = os.environ.get("srcdir") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.environ.get("builddir", ".")))
MERLON, MERLOND = f"{BUILD}/merlon", f"{BUILD}/merlond"
ME = pwd.getpwuid(os.getuid()).pw_name
PEERS = ("opendkim", "opendmarc", "openarc")
passed = failed = 0


def check(good, text):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED", text)


def write(path, text):
    with open(path, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    return path


class Taken:
    """What became of configurations: (program, text) each."""

    def __init__(self, d, *confs):
        argv = [MERLON, "import", "--json", *(name for name, _ in confs)]
        for name, text in confs:
            argv += ["--from", write(f"{d}/{name}.conf", text)]
        done = subprocess.run(argv, capture_output=True, timeout=60)
        self.code, self.fault = done.returncode, done.stderr.decode()
        self.json = json.loads(done.stdout or "{}")
        self.lines = [x for p in self.json.get("peers", []) for x in p["lines"]]
        self.text = self.json.get("configuration", "")

    def line(self, name):
        return next((x for x in reversed(self.lines) if x["directive"].lower() == name.lower()), {})


def plain(v):
    """A value as conf shows it: true, 'text' or ['a', 'list']."""
    if v in ("on", "true", "yes", "off", "false", "no"):
        return v in ("on", "true", "yes")
    if isinstance(v, str) and v[:1] in ("{", '"') and "\\" not in v:
        v = json.loads("[" + v[1:-1] + "]" if v[0] == "{" else v)
    return v


def values(d, text):
    """Our options as merlond understands them, and whether it takes them."""
    conf = write(f"{d}/out.conf", text)
    t = subprocess.run([MERLOND, "-t", "-c", conf], capture_output=True, timeout=60)
    shown = subprocess.run([MERLON, "conf", "--json", "-c", conf], capture_output=True, timeout=60)
    found = {}
    for x in json.loads(shown.stdout or b"[]"):
        found[x["name"]] = plain(x["value"])
    return t.returncode == 0, found, t.stderr.decode()


def directives(name):
    with open(f"{TOP}/tests/cli/takeover/{name}.directives", encoding="ascii") as f:
        return [line.strip() for line in f if not line.startswith("#")]


# Values that mean something for directives of which "yes" would not.
SENSIBLE = {"Socket": "inet:8891@127.0.0.1", "UMask": "002", "AuthservID": "mx.example.org", "Nameservers": "192.0.2.53",
            "Domain": "example.org", "DNSTimeout": "5", "SignatureTTL": "3600", "Canonicalization": "relaxed/simple", "Mode": "sv",
            "FailureReportsSentBy": "dmarc@example.org", "IgnoreMailTo": "dmarc@example.org", "Include": None,
            "DomainWhitelist": "lists.example.net", "UserID": ME, "KeyTable": None, "SigningTable": None}


def every_directive(d):
    """Each directive of the manual pages has its row: none is unknown, none ends without a verdict and a word."""
    for peer in PEERS:
        names = [n for n in directives(peer) if SENSIBLE.get(n, "") is not None]
        told = {**SENSIBLE, "KeyFile": key(d, "every.key")}
        text = "".join(f"{n}\t{told.get(n, 'yes')}\n" for n in names)
        t = Taken(d, (peer, text))
        check(len(names) > 40 and len(t.lines) == len(names), f"{peer}: every line is listed")
        for i, (name, x) in enumerate(zip(names, t.lines)):
            check(x["directive"] == name and x["line"] == i + 1, f"{peer}: {name} is line {i + 1}")
            check("no such directive" not in (x["reason"] or ""), f"{peer}: {name} is known")
            check(x["status"] in ("taken", "already", "not taken"), f"{peer}: {name}: {x['status']}")
            check(x["option"] if x["status"] == "taken" else x["reason"], f"{peer}: {name}: says how, or why not")
        ok, _, fault = values(d, t.text)
        check(ok, f"{peer}: what is written is taken: {fault}")


def key(d, name, mode=0o600):
    path = f"{d}/{name}"
    subprocess.run(["openssl", "genrsa", "-out", path, "2048"], capture_output=True, check=True)
    os.chmod(path, mode)
    return path


DKIM_ONE = """# in the manner of a package's file
Syslog			yes
SyslogSuccess		yes
#LogWhy			no
Canonicalization	relaxed/simple   # not simple
OversignHeaders		From
  domain	Example.org, example.net
Selector		2020
KeyFile			{key}
SubDomains		{sub}
UserID			{me}
UMask			007
Socket			local:{d}/dkim.sock
PidFile			/run/opendkim/opendkim.pid
TrustAnchorFile		/usr/share/dns/root.key
"""


def one_key(d):
    for sub in ("no", "Yes"):
        t = Taken(d, ("opendkim", DKIM_ONE.format(key=key(d, "one.key"), sub=sub, d=d, me=ME)))
        ok, v, fault = values(d, t.text)
        check(t.code == 0 and t.json["lost"] == 0, f"nothing that matters is lost: {t.fault} {t.lines}")
        check(ok, f"merlond takes it: {fault}")
        for domain in ("example.org", "example.net"):
            check(f'sign_domain "{domain}"' in t.text, f"{domain} signs")
        check(t.text.count(f'keys = {{"2020={d}/one.key"}}') == 2, "by that key")
        check(t.text.count(f"subdomains = {'on' if sub == 'Yes' else 'off'}") == 2, f"subdomains: {sub}")
        check(v.get("sign.use") is True, "signing is on")
        check(v.get("sign.canonicalization") == "relaxed/simple", "canonicalization without its comment")
        check(v.get("sign.user") == ME, "account of the keys")
        check(v.get("log.target") == "syslog", "log")
        check(f'socket = "unix:{d}/dkim.sock"' in t.text and "mode = 0660" in t.text, "listener")
        check(t.line("TrustAnchorFile")["status"] == "not taken", "the trust anchor is not")


def key_faults(d):
    for name, mode, what in (("open.key", 0o640, "others may read"), ("absent.key", None, "is not there")):
        path = key(d, name, mode) if mode else f"{d}/{name}"
        t = Taken(d, ("opendkim", f"Domain example.org\nSelector s\nKeyFile {path}\nUserID {ME}\n"))
        x = t.line("KeyFile")
        check(t.code == 1 and x["matters"] and what in x["reason"], f"{name}: {x}")
    t = Taken(d, ("opendkim", f"Domain example.org\nSelector s\nKeyFile {d}/one.key\nUserID no-such-account\n"))
    check(t.code == 1 and "no such account" in t.line("UserID")["reason"] and values(d, t.text)[0], "an account that is not there")
    if os.getuid() == 0:
        t = Taken(d, ("opendkim", f"Domain example.org\nSelector s\nKeyFile {d}/one.key\nUserID nobody\n"))
        check("does not belong" in t.line("KeyFile")["reason"] and t.code == 1, "a key of another account")
    t = Taken(d, ("opendkim", "Domain example.org\nSelector s\n"))
    check(t.code == 1 and "use = on" not in t.text, "half of what signing needs")


def tables(d):
    write(f"{d}/kt", f"a example.org:s:{key(d, 'two.key')}\n")
    write(f"{d}/st", "*@example.org a\n")
    write(f"{d}/hosts", "127.0.0.1\n10.0.0.0/8\n")
    t = Taken(d, ("opendkim", f"""BaseDirectory {d}
UserID {ME}
KeyTable file:kt
SigningTable refile:{d}/st
InternalHosts {d}/hosts
ExternalIgnoreList csl:192.0.2.7,.example.com
MultipleSignatures yes
SignatureTTL 86400
Domain ignored.example
On-SignatureError t
AuthservID mx.example.org
Nameservers 192.0.2.53,192.0.2.54
Canonicalization relaxed
Canonicalization simple
"""))
    ok, v, fault = values(d, t.text)
    check(ok and t.code == 0, f"tables: {fault} {[x for x in t.lines if x['matters']]}")
    for name, want in {"sign.key_table": f"file:{d}/kt", "sign.signing_table": f"refile:{d}/st",
                       "sign.internal_hosts": f"{d}/hosts", "sign.trusted_hosts": "csl:192.0.2.7,.example.com",
                       "sign.multiple_signatures": True, "sign.on_failure": "tempfail",
                       "auth.authserv_id": "mx.example.org", "dns.servers": ["192.0.2.53", "192.0.2.54"],
                       "sign.canonicalization": "simple/simple", "sign.use": True}.items():
        check(v.get(name) == want, f"tables: {name} is {v.get(name)!r}, not {want!r}")
    check("expire = 86400s" in t.text, "SignatureTTL")
    check(t.lines[12]["reason"].endswith("opendkim.conf:14 says it again"), "the last line counts")
    check(t.line("Domain")["status"] == "not taken" and not t.line("Domain")["matters"], "Domain beside tables")
    for spec in ("dsn:mysql://x@y/z/table=t?keycol=k?datacol=v", "ldap://x", "db:/x", "/x/y.db", "lua:/x"):
        t = Taken(d, ("opendkim", f"KeyTable {spec}\nSigningTable refile:{d}/st\n"))
        check(t.code == 1 and t.line("KeyTable")["status"] == "not taken" and "sign.use" not in t.text, spec)
    for row, what in (("a example.org\n", "kt:1: "), (f"a example.org:s:{'MIIEvQ' * 40}\n", "in the table itself"),
                      (f"a %:s:{d}/%.key\nb example.org:s:{d}/no.key\n", "no.key is not there")):
        write(f"{d}/kt", row)
        t = Taken(d, ("opendkim", f"KeyTable file:{d}/kt\nSigningTable refile:{d}/st\n"))
        check(t.code == 1 and what in t.line("KeyTable")["reason"] and t.line("KeyTable")["matters"], f"{row}: {t.lines}")
    t = Taken(d, ("opendkim", f"KeyTable {d}/none\nSigningTable refile:{d}/st\n"))
    check(t.code == 1 and t.line("KeyTable")["matters"], "a table that is not there")


def modes(d):
    base = f"Domain example.org\nSelector s\nKeyFile {key(d, 'mode.key')}\nUserID {ME}\n"
    for mode, want in (("v", False), ("s", True), ("sv", True)):
        ok, v, fault = values(d, Taken(d, ("opendkim", base + f"Mode {mode}\n")).text)
        check(ok and v.get("sign.use") is want, f"Mode {mode}: {fault}")


def sockets(d):
    for socket, want in {"inet:8891@localhost": "inet:8891@127.0.0.1", "inet:8891": "inet:8891@0.0.0.0",
                         "inet6:8891@[::1]": "inet6:8891@::1", "inet:1@192.0.2.1": "inet:1@192.0.2.1",
                         "local:/run/a b.sock": "unix:/run/a b.sock", "/run/x": "unix:/run/x",
                         "inet:8891@mail.example.org": None, "fifo:/x": None, "inet:99999@127.0.0.1": None}.items():
        t = Taken(d, ("opendmarc", f"Socket {socket}\n"))
        if want:
            check(f'socket = "{want}"' in t.text and t.code == 0 and values(d, t.text)[0], f"{socket}: {t.text}")
        else:
            check("listen" not in t.text and t.code == 1, f"{socket} is not taken")


DMARC = """AuthservID mx.example.org
FailureReports true
FailureReportsSentBy dmarc@example.org
HistoryFile /var/run/opendmarc.dat
HoldQuarantinedMessages {hold}
IgnoreHosts {d}/ignore
IgnoreAuthenticatedClients true
IgnoreMailTo a@example.org,b@example.org
RejectFailures {reject}
DomainWhitelist lists.example.net, lists.example.com
DomainWhitelistFile {d}/white
TrustedAuthservIDs HOSTNAME,mx.example.org
SPFSelfValidate true
RequiredHeaders false
Socket inet:8893@localhost
"""


def dmarc(d):
    write(f"{d}/ignore", "127.0.0.1\n10.0.0.0/8 # ours\n.relay.example\n[::1]\n")
    write(f"{d}/white", "third.example\n# not.example\n")
    for reject, hold in (("true", "true"), ("false", "false")):
        t = Taken(d, ("opendmarc", DMARC.format(d=d, reject=reject, hold=hold)))
        ok, v, fault = values(d, t.text)
        known = b"report.failure.use" in subprocess.run([MERLON, "conf", "--options"], capture_output=True, timeout=60).stdout
        check(ok and t.code == 1 - known, f"OpenDMARC: {fault} {[x for x in t.lines if x['matters']]}")
        check(t.line("FailureReports")["status"] == ("taken" if known else "not taken"), "failure reports")
        for name, want in {"dmarc.reject": "reject" if reject == "true" else "tag",
                           "dmarc.quarantine": "quarantine" if hold == "true" else "tag",
                           "dmarc.multiple_from": "tag", "report.dmarc.use": True,
                           "report.dmarc.email": "dmarc@example.org",
                           "report.dmarc.never_to": ["a@example.org", "b@example.org"],
                           "dmarc.trusted_forwarders": ["127.0.0.1", "10.0.0.0/8", "relay.example", "::1"],
                           "dmarc.trusted_sealers": ["lists.example.net", "lists.example.com", "third.example"],
                           "auth.authserv_id": "mx.example.org"}.items():
            check(v.get(name) == want, f"OpenDMARC: {name} is {v.get(name)!r}, not {want!r}")
    t = Taken(d, ("opendmarc", "FailureReports true\nHistoryFile /var/run/opendmarc.dat\n"))
    ok, v, fault = values(d, t.text)
    check(ok and t.code == 1 and not v.get("report.dmarc.use") and not v.get("report.failure.use") and
          "report.dmarc.email" in t.line("HistoryFile")["reason"], f"no reports without who they are from: {fault}")
    t = Taken(d, ("opendmarc", "TrustedAuthservIDs relay.example.net\nIgnoreMailFrom x.example\n"))
    check(t.code == 1 and t.json["lost"] == 2, "what we cannot do is told")
    write(f"{d}/ignore", "127.0.0.1\n!192.0.2.1\n")
    t = Taken(d, ("opendmarc", f"IgnoreHosts {d}/ignore\n"))
    check(t.code == 1 and "1 of its 2 entries" in t.line("IgnoreHosts")["reason"], "an exception among hosts")


def arc(d):
    base = f"Domain example.org\nSelector s\nKeyFile {key(d, 'arc.key')}\nUserID {ME}\n"
    for mode, want in (("Mode sv\n", True), ("", True), ("Mode v\n", False)):
        ok, v, fault = values(d, Taken(d, ("openarc", base + mode)).text)
        check(ok and v.get("seal.use") is want, f"OpenARC, {mode!r}: {fault}")
        check(v.get("seal.domain") == "example.org" and v.get("seal.selector") == "s" and
              v.get("seal.key") == f"{d}/arc.key", "the seal's key")
        check(v.get("seal.profiles") == (["inbound", "reinjection"] if mode == "Mode sv\n" else ["reinjection"]), mode)


def together(d):
    """One configuration of three; the first socket and the first word count."""
    arc_conf = f"Mode s\nDomain example.org\nSelector s\nKeyFile {d}/arc.key\nUserID {{user}}\nSocket inet:3@localhost\n"
    confs = [("opendkim", DKIM_ONE.format(key=f"{d}/one.key", sub="no", d=d, me=ME) + "AuthservID mx.example.org\n"),
             ("opendmarc", DMARC.format(d=d, reject="true", hold="true").replace(
                 f"IgnoreHosts {d}/ignore\n", "").replace("FailureReports true\n", ""))]
    t = Taken(d, *confs, ("openarc", arc_conf.format(user=ME)))
    ok, _, fault = values(d, t.text)
    check(ok and t.code == 0 and t.text.count("socket = ") == 1, f"three: {fault} {t.fault}")
    check(sum(x["directive"] == "Socket" and x["status"] == "not taken" for x in t.lines) == 2, "one socket of three")
    t = Taken(d, *confs, ("openarc", arc_conf.format(user="nobody") + "AuthservID other.example\n"))
    check(values(d, t.text)[0] and t.code == 1, "what contradicts is told")
    for name, where in (("UserID", "opendkim.conf:11"), ("AuthservID", "opendkim.conf:")):
        check(where in t.line(name)["reason"] and t.line(name)["matters"], f"{name}: where the other word is")


def forms(d):
    """Includes, hostile text, limits."""
    write(f"{d}/more.conf", "SignatureTTL 60\nInclude even.conf\n")
    write(f"{d}/even.conf", "NoSuch 1\nSyslog\n")
    t = Taken(d, ("opendkim", "# x\nInclude more.conf\nInclude " + f"{d}/even.conf\n"))
    where = [(os.path.basename(x["file"]), x["line"], x["directive"]) for x in t.lines]
    check(where == [("opendkim.conf", 2, "Include"), ("more.conf", 1, "SignatureTTL"), ("more.conf", 2, "Include"),
                    ("even.conf", 1, "NoSuch"), ("even.conf", 2, "Syslog"), ("opendkim.conf", 3, "Include"),
                    ("even.conf", 1, "NoSuch"), ("even.conf", 2, "Syslog")], f"files in their order: {where}")
    check(t.code == 1 and "no value" in t.line("Syslog")["reason"] and "expire = 60s" in t.text, "of included files")
    write(f"{d}/loop.conf", "Include loop.conf\n")
    for text, what in (("Include loop.conf\n", "nested deeper"), ("Include absent.conf\n", "absent.conf"),
                       ("X " + "y" * 9000 + "\n", "a line of more than"), ("a b\n" * 10001, "more than 10000 lines")):
        t = Taken(d, ("opendkim", text))
        check(t.code == 2 and what in t.fault, f"{what}: {t.fault}")
    evil = b'AuthservID a"; sign { use = on }\n# \nSocket local:/x"y\\z${HOME}\nDomain \x01\xff\x1b[31m\nSyslogName \0\n'
    t = Taken(d, ("opendkim", evil + b"Selector s\r\nKeyFile /x*/ # \"\r\nNameservers }, \"\n"))
    ok, v, fault = values(d, t.text)
    check(ok and v.get("sign.use") is False, f"values stay values: {fault} {t.text}")
    check(t.line("AuthservID")["status"] == "not taken" and t.line("AuthservID")["matters"], "no name")
    check('unix:/x\\x22y\\x5cz\\x24{HOME}"' in t.text, "a path with quotes")
    check(all(x["status"] != "open" for x in t.lines) and len(t.lines) == 7, "all seven lines")


def packaged(d):
    """The files of Debian's packages, where they are unpacked or installed."""
    places = [os.environ.get("MERLON_PEERS"), f"{TOP}/build-test/peers"]
    for peer in ("opendkim", "opendmarc"):
        for path in [f"{p}/{peer}/etc/{peer}.conf" for p in places if p] + [f"/etc/{peer}.conf"]:
            if os.path.exists(path):
                done = subprocess.run([MERLON, "import", peer, "--from", path], capture_output=True, timeout=60)
                ok, _, fault = values(d, done.stdout.decode())
                check(done.returncode == 0 and ok, f"{path}: {fault} {done.stderr}")


def face(d):
    """Text, files and exit codes."""
    conf = write(f"{d}/opendkim.conf", "SignatureTTL 60\nPeerList /x\n")
    argv = [MERLON, "import", "opendkim", "--from", conf]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    check(done.returncode == 1 and "expire = 60s" in done.stdout, "ours on standard output")
    check(done.stderr.index("opendkim.conf:2: PeerList: not taken") < done.stderr.index(":1: SignatureTTL: taken as"),
          f"what matters first: {done.stderr}")
    os.mkdir(f"{d}/new")
    for i, out in enumerate((f"{d}/new", f"{d}/new/other.conf", f"{d}/new")):
        done = subprocess.run([*argv, "-o", out], capture_output=True, text=True, timeout=60)
        check(done.returncode == (2 if i == 2 else 1), f"{out}: {done}")
    check(sorted(os.listdir(f"{d}/new")) == ["merlon.conf", "other.conf"] and "File exists" in done.stderr, "no file twice")
    for bad in (["import"], ["import", "exim"], ["import", "opendkim", "opendkim"], ["import", "openarc", "--from", f"{d}/no"],
                ["import", "opendkim", "--from", conf, "--from", conf]):
        done = subprocess.run([MERLON, *bad], capture_output=True, timeout=60)
        check(done.returncode == 2 and done.stderr, f"{bad}")


with tempfile.TemporaryDirectory() as tmp:
    for test in (every_directive, one_key, key_faults, tables, modes, sockets, dmarc, arc, together, forms, packaged, face):
        test(tmp)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
