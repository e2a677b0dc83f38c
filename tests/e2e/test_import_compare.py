#!/usr/bin/python3
"""merlon import --compare with OpenDKIM and OpenDMARC as Debian has them."""
import json
import os
import shutil
import subprocess
import tempfile

from harness import BUILD, Dns, equal, expect, free_port, peer, run

MAIL = "From: A <a@{}>\nTo: b@example.net\nSubject: hi\nDate: Tue, 14 Nov 2023 22:13:20 +0000\nMessage-ID: <4711.0815@example.org>\n\nHello.\n"


def environment():
    """The peers where they are unpacked, with the libraries that came with them."""
    libraries, programs = set(), []
    for name in ("opendkim", "opendmarc"):
        top = peer(name)
        programs.append(os.path.join(top, "usr/sbin"))
        for directory, _, files in os.walk(top):
            if any(".so" in f for f in files):
                libraries.add(directory)
    return dict(os.environ, PATH=":".join([*programs, os.environ["PATH"]]), LD_LIBRARY_PATH=":".join(sorted(libraries)))


def facts(d, env, *more):
    p = subprocess.run([os.path.join(BUILD, "merlon"), "import", *more, "--json", "--compare", d + "/m1", d + "/m2"],
                       stdout=subprocess.PIPE, env=env, check=False, timeout=300)
    return p.returncode, [{f["fact"]: f for f in m["facts"]} for m in json.loads(p.stdout)]


def test_side_by_side():
    """Signed by the same key, or by neither; a directory that others cannot write, as OpenDKIM wants it."""
    d = tempfile.mkdtemp(prefix="merlon-import-", dir="/run")
    try:
        subprocess.run(["openssl", "genrsa", "-out", d + "/key", "2048"], capture_output=True, check=True)
        os.chmod(d + "/key", 0o600)
        texts = {"dkim": f"Domain example.org\nSelector s\nKeyFile {d}/key\nUserID root\nAuthservID mx.example.org\n"
                         "AlwaysAddARHeader yes\nNameservers 127.0.0.1\nDNSTimeout 1\n",
                 "dmarc": "AuthservID mx.example.org\nUserID root\nFailureReports true\n"
                          "FailureReportsSentBy d@example.org\nHistoryFile /none\n",
                 "m1": MAIL.format("example.org"), "m2": MAIL.format("other.example")}
        for name, text in texts.items():
            with open(f"{d}/{name}", "w", encoding="ascii") as f:
                f.write(text)
        env, port = environment(), free_port()
        dns = Dns(d, "example.org A 192.0.2.1\nother.example A 192.0.2.1\n", port=port)
        dkim = ["opendkim", "--from", d + "/dkim", "--dns", f"127.0.0.1@{port}"]
        code, (own, other) = facts(d, env, *dkim)
        equal(code, 0, f"nothing differs: {own} {other}")
        for side in ("theirs", "ours"):
            equal(own["signature"][side], "example.org/s rsa-sha256", f"signature, {side}")
            equal(other["dkim"][side], "none", f"results, {side}")
        expect("signature" not in other, "nobody signs for others")
        expect(own["fields"]["ours"].startswith("from:from:"), "fields")
        with open(f"{d}/dkim", "a", encoding="ascii") as f:
            f.write("Mode v\n")
        code, (own, _) = facts(d, env, *dkim)
        expect("signature" not in own, f"Mode v: {code} {own}")
        _, (own, _) = facts(d, env, "opendmarc", "--from", d + "/dmarc", "--dns", f"127.0.0.1@{port}")
        equal(own["action"]["ours"], "accept", "without the reports that were taken over")
        dns.stop()
    finally:
        shutil.rmtree(d)


if __name__ == "__main__":
    run([test_side_by_side])
