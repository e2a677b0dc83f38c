#!/usr/bin/python3
"""Which keys OpenDKIM's own filter and ours take out of the same tables, for a list of authors.

signers.py BUILD PEERS: PEERS is a directory where tests/lib/peers.sh may unpack OpenDKIM. OpenDKIM
2.11 loses all but the first and the last of several matches (MultipleSignatures): those are compared.
"""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
KEYS = """k1 one.test:s1:{0}/k.pem
k2 one.test:s2:{0}/k.pem
k3 test:s3:{0}/k.pem
pct %:sp:{0}/k.pem
own.test own.test:own:{0}/k.pem
"""
TABLES = [
    ("refile", "ann@one.test k1\n*@one.test k2\nb*b@*.test k3:x@test\n*@*.two.test pct:@%\n*@q?.test k1\n"
               "*@id.one.test k2:ceo@one.test\n*@own.test %\n"),
    ("file", "ann@one.test k1 # c\none.test k2\nbob@.test k3\n.two.test k1:@one.test\neve@* k2\nJoe@Mixed.test k3\n"
             "*@star.test k1\nown.test %\n"),
    ("file", "bob@.two.test k1\n.two.test k2\nbob@.test k3\n.test k1\nbob@* k2\n* k3\ntest k1\n"),
    ("file", "ann@one.test k1\n* k2\n"),
    ("file", "# none\n"),
]
AUTHORS = """bob@b.a.two.test joe@b.a.two.test bob@test ann@one.test Ann@One.Test joe@one.test bob@one.test bulb@x.test
bb@y.test joe@a.two.test bob@a.two.test joe@two.test eve@far.example joe@mixed.test JOE@mixed.test x@star.test x@qx.test
x@id.one.test me@own.test me@far.example x@b.id.one.test ann@a.one.test""".split()


def theirs(peers, where, kind, every, author):
    with open(f"{where}/conf", "w", encoding="ascii") as f:
        f.write(f"KeyTable file:{where}/KeyTable\nSigningTable {kind}:{where}/SigningTable\nMode s\n"
                f"MultipleSignatures {every}\nRequireSafeKeys no\n")
    with open(f"{where}/mail", "wb") as f:
        f.write(f"From: {author}\r\nTo: b@x.test\r\nSubject: x\r\nDate: Tue, 14 Nov 2023 22:00:00 +0000\r\n\r\nhi\r\n".encode())
    libs = sorted({d for d, _, files in os.walk(peers) if any(".so" in x for x in files)})
    p = subprocess.run([f"{peers}/usr/sbin/opendkim", "-x", f"{where}/conf", "-t", f"{where}/mail", "-vvv"],
                       capture_output=True, text=True, env={"LD_LIBRARY_PATH": ":".join(libs)}, timeout=60, check=False)
    found = []
    for value in re.findall(r"INSHEADER: .*?hvalue='(.*?)'", p.stdout, re.S):
        tag = dict(x.split("=", 1) for x in re.sub(r"\s+", "", value).split(";") if "=" in x)
        found.append(f"{tag['d']}/{tag['s']}" + (f"({tag['i']})" if "i" in tag else ""))
    return found


def main(build, peers):
    subprocess.run(["sh", f"{HERE}/../lib/peers.sh", peers, "opendkim"], check=True)
    passed = failed = 0
    with tempfile.TemporaryDirectory() as where:
        subprocess.run(["openssl", "genrsa", "-out", f"{where}/k.pem", "1024"], check=True, stderr=subprocess.DEVNULL)
        with open(f"{where}/KeyTable", "w", encoding="ascii") as f:
            f.write(KEYS.format(where))
        for kind, table in TABLES:
            with open(f"{where}/SigningTable", "w", encoding="ascii") as f:
                f.write(table)
            for every in ("no", "yes"):
                out = subprocess.run([f"{build}/tests/parity/signers", "all" if every == "yes" else "first",
                                      f"{kind}:{where}/SigningTable", f"file:{where}/KeyTable"],
                                     input="\n".join(AUTHORS) + "\n", capture_output=True, text=True, check=True).stdout
                for author, line in zip(AUTHORS, out.split("\n")):
                    ours, their = line.split(), theirs(f"{peers}/opendkim", where, kind, every, author)
                    ours = [ours[0], ours[-1]] if len(ours) > 2 else ours
                    passed, failed = passed + (ours == their), failed + (ours != their)
                    if ours != their:
                        print("FAILED", kind, every, author, "ours", ours, "theirs", their)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
