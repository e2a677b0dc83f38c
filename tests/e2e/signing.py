"""The signing site of the end-to-end tests: an RSA and an Ed25519 key, their records, a daemon that
signs what comes from this host in any author's name, and mail."""
import base64
import glob
import os
import pwd
import re
import subprocess

from harness import TOP, Dns, Merlon, free_port

DOMAIN, ACCOUNT = "sender.example", os.environ.get("SIGN_ACCOUNT", "games")
ALGORITHMS = ("rsa-sha256", "ed25519-sha256")


def der(path):
    return subprocess.run(["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER"], check=True,
                          capture_output=True).stdout


class Keys:
    """Files that only the signer's account may read, and what belongs into the zone."""

    def __init__(self, directory):
        self.directory = directory
        self.rsa, self.ed = f"{directory}/rsa.pem", f"{directory}/ed.pem"
        for path, words in ((self.rsa, ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]), (self.ed, ["ED25519"])):
            subprocess.run(["openssl", "genpkey", "-out", path, "-algorithm", *words], check=True, capture_output=True)
        rsa, ed = base64.b64encode(der(self.rsa)).decode(), base64.b64encode(der(self.ed)[-32:]).decode()
        self.records = {f"rsa._domainkey.{DOMAIN}": f"v=DKIM1; k=rsa; p={rsa}".encode(),
                        f"ed._domainkey.{DOMAIN}": f"v=DKIM1; k=ed25519; p={ed}".encode()}
        self.zone = "".join(f'{name} TXT "{text[:200]}" "{text[200:]}"\n' if len(text) > 200 else f'{name} TXT "{text}"\n'
                            for name, text in ((n, t.decode()) for n, t in self.records.items()))
        with open(f"{directory}/keytable", "w") as f:
            f.write(f"rsa {DOMAIN}:rsa:{self.rsa}\ned {DOMAIN}:ed:{self.ed}\n")
        with open(f"{directory}/signingtable", "w") as f:
            f.write("* rsa,ed\n")
        self.own()

    def own(self):
        account = pwd.getpwnam(ACCOUNT)
        for path in (self.directory, self.rsa, self.ed):
            os.chown(path, account.pw_uid, account.pw_gid)
        os.chmod(self.directory, 0o755)
        for path in (self.rsa, self.ed):
            os.chmod(path, 0o400)


CONFIG = """dns {{ servers = {{"{dns}"}} }}
auth {{ authserv_id = "mx.example.org" }}
score {{ tag = 1000 quarantine = 2000 reject = 2000 }}
listen "out" {{ socket = "inet:{port}@127.0.0.1" profile = submission }}
sign {{
	use = on
	user = "{account}"
	canonicalization = "{canon}"
	key_table = "file:{keys}/keytable"
	signing_table = "refile:{keys}/signingtable"
}}
"""


def start(bench, keys, name, canon="relaxed/relaxed", more="", argv=()):
    """A DNS server with the keys' records and a daemon; merlon.port is where MTAs ask."""
    dns = bench.add(Dns(bench.path(f"{name}-dns"), keys.zone))
    port = free_port()
    text = CONFIG.format(dns=f"{dns.address}@{dns.port}", port=port, account=ACCOUNT, canon=canon, keys=keys.directory)
    merlon = bench.add(Merlon(bench.path(name), text + more, [("127.0.0.1", port)], argv))
    merlon.port, merlon.dns = port, dns
    return merlon


# Address fields as people write them, and what an MTA does not leave alone.
FIELDS = """A. B. <a@b.example>
O'Brien, Pat <pat@b.example>
"O'Brien, Pat" <pat@b.example>
a@b.example,c@d.example;e@f.example
a@b.example,   c@d.example,e@f.example
A  B   <a@b.example>,"C, D"<c@d.example>,  e@f.example (E. F.)
=?utf-8?q?J=C3=BCrgen_M=2E?= <j@b.example>, =?utf-8?b?w4TDtg==?= <k@b.example>
J\u00fcrgen M\u00fcller <j@b.example>, K. M\u00fcller <k@b.example>
undisclosed-recipients:;
group: a@b.example, c@d.example;
root
<a b@c.example>
@,a@b.example

\n a@b.example,\n\tc@d.example
'a@b.example' <a@b.example>, "b@c.example" <b@c.example>
""".split("\n")
FIELDS += [", ".join(f"Number {i:02} <user{i:02}@some.domain.example>" for i in range(40)),
           ",".join(f"user{i:02}@some.domain.example" for i in range(40)), "N" * 300 + " <a@b.example>"]
SUBJECTS = ["", " ", "a  b   c  ", "a\n b\n\tc", "\u00e4\u00f6\u00fc", "x" * 985, "x" * 1500, "a\n " + "y" * 1200]
BODIES = [b"", b"\n\n\n", b"a\n\n\n", b"a  \n b\t\n  \n", b".\n..\n.a\n", b"From a\n>From b\n\nFrom c\n", b"\xc3\xa4\xff\x80\n",
          b"x" * 985 + b"\n", b"x" * 3000 + b"\n", b"a\x01\x0c\x7fb\n", b"no end of line"]
HEAD = "From: Somebody <somebody@sender.example>\nDate: Sun, 22 Nov 2026 04:00:00 +0000\n"
MIME = b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="xx"\n'


def made_up():
    mails = []
    for field in FIELDS:
        for name in ("To", "Cc", "Reply-To", "Sender"):
            mails.append((HEAD + f"{name}: {field}\nSubject: {name}\n\nhello\n").encode())
        mails.append(f"From: {field}\nDate: Sun, 22 Nov 2026 04:00:00 +0000\nSubject: author\n\nhello\n".encode())
    mails += [(HEAD + f"To: a@b.example\nSubject: {subject}\n\nhello\n").encode() for subject in SUBJECTS]
    mails += [(HEAD + "To: a@b.example\nSubject: body\n\n").encode() + body for body in BODIES]
    mails += [b"To: a@b.example\nSubject: no author\n\nhello\n",
              b"From: a@b.example\nSubject: no date\n\nhello\n",
              b"From: a@b.example\nFrom: c@d.example\nSubject: two authors\n\nhello\n",
              HEAD.encode() + b"Subject : blank before the colon\nSUBJECT:none behind it\n\nhello\n",
              HEAD.encode() + b"Resent-From: a@b.example\nResent-To: c@d.example\nSubject: resent\n\nhello\n",
              HEAD.encode() + b"Bcc: c@d.example\nReturn-Path: <a@b.example>\nSubject: bcc\n\nhello\n"]
    for body in (b"--xx\n\nopen\n", b"pre\n--xx\n\na\n--xx--\nepilogue\n\n", b"--xx\n\na\n--xx-- \n"):
        mails.append(HEAD.encode() + MIME + b"Subject: parts\n\n" + body)
    return mails


def mails():
    """Octets with CRLF: of CORPUS (a directory; at most N), or those of the tree and made-up ones."""
    corpus = os.environ.get("CORPUS")
    if corpus:
        paths = sorted(p for p in glob.glob(f"{corpus}/**/*", recursive=True) if os.path.isfile(p) and not p.endswith(".tsv"))
        n = int(os.environ.get("N", "1000"))
        paths = [paths[i * len(paths) // n] for i in range(n)] if n < len(paths) else paths
    else:
        paths = sorted(glob.glob(f"{TOP}/tests/parity/mails/*.eml"))
    found = []
    for path in paths:
        with open(path, "rb") as f:
            found.append(f.read())
    found += made_up()
    return [wire(m) for m in found]


def wire(mail):
    if mail.startswith(b"From "):
        mail = mail.split(b"\n", 1)[1]
    mail = re.sub(rb"\r?\n", b"\r\n", mail)
    return mail if mail.endswith(b"\r\n") else mail + b"\r\n"
