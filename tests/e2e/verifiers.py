"""Three opinions about DKIM signatures: dkimpy's, libopendkim's (opendkim-testmsg) and merlon's. Each
takes messages as octets with CRLF and says of every signature whether it verifies."""
import json
import os
import re
import subprocess

import dkim

from harness import BUILD, peer

FIELD = re.compile(rb"^DKIM-Signature:.*\r\n(?:[ \t].*\r\n)*", re.M | re.I)


def signatures(message):
    """Spans of the signatures by algorithm: {"rsa-sha256": (from, to)}."""
    head = message.split(b"\r\n\r\n", 1)[0] + b"\r\n"
    found = {}
    for m in FIELD.finditer(head):
        tags = dict(t.strip().split(b"=", 1) for t in m.group().split(b":", 1)[1].split(b";") if b"=" in t)
        found[tags[b"a"].strip().decode()] = m.span()
    return found


def alone(message, algorithm):
    """The message with that signature as its only one."""
    keep, out, at = signatures(message)[algorithm], [], 0
    for m in FIELD.finditer(message.split(b"\r\n\r\n", 1)[0] + b"\r\n"):
        out.append(message[at:m.start()])
        if m.span() == keep:
            out.append(m.group())
        at = m.end()
    return b"".join(out) + message[at:]


def by_dkimpy(messages, records):
    """records: {"sel._domainkey.example": b"v=DKIM1; ..."}. One {algorithm: verdict} a message."""
    def txt(name, timeout=5):
        return records.get(name.decode().rstrip("."))

    results = []
    for message in messages:
        said = {}
        for algorithm in signatures(message):
            try:
                ok = dkim.verify(alone(message, algorithm), dnsfunc=txt)
            except Exception as e:  # a broken message is no verdict of ours
                ok = repr(e)
            said[algorithm] = ok
        results.append(said)
    return results


def by_merlon(messages, dns, directory):
    jobs = os.path.join(directory, "jobs.jsonl")
    with open(jobs, "w") as f:
        for i, message in enumerate(messages):
            with open(f"{directory}/{i}.eml", "wb") as out:
                out.write(message)
            f.write(json.dumps({"path": f"{i}.eml", "client_ip": "192.0.2.1", "helo": "x.example",
                                "mail_from": "", "rcpt": []}) + "\n")
    done = subprocess.run([os.path.join(BUILD, "merlon"), "auth", "--json", "--dns", f"{dns.address}@{dns.port}",
                           "--jobs", jobs], capture_output=True, text=True, timeout=900)
    results = []
    for line in done.stdout.splitlines():
        said = {}
        for s in json.loads(line)["auth"]["dkim"]:
            said.setdefault(s["algorithm"], s["result"] == "pass" or f"{s['result']}: {s['reason']}")
        results.append(said)
    return results


# In a network of its own, where its resolver is ours.
ODK = """ip link set lo up 2>/dev/null || ifconfig lo up
mount --bind {dir}/resolv.conf /etc/resolv.conf
{dnsd} --port 53 --address 127.0.0.1 {dir}/zone >{dir}/dnsd.out &
dnsd=$!
while [ ! -s {dir}/dnsd.out ]; do sleep 0.05; done
for f in {dir}/*.odk; do
	text=$({testmsg} <$f 2>&1); echo "${{f##*/}} $? $text" | head -1
done
kill $dnsd
"""


ONCE = b"from sender reply-to to cc bcc message-id in-reply-to references subject date".split()


def odd(message):
    """Fields stand there more often than RFC 5322 3.6 has them, or From or Date not at all:
    opendkim-testmsg does not look at such a message."""
    names = [m.group(1).lower() for m in re.finditer(rb"^([^\s:]+)[ \t]*:", message.split(b"\r\n\r\n", 1)[0], re.M)]
    return any(names.count(n) > 1 for n in ONCE) or b"from" not in names or b"date" not in names


def by_opendkim(messages, zone, directory):
    """One process a signature: each message is given with one alone."""
    odk = peer("opendkim-tools")
    with open(f"{directory}/resolv.conf", "w") as f:
        f.write("nameserver 127.0.0.1\noptions timeout:2 attempts:1\n")
    with open(f"{directory}/zone", "w") as f:
        f.write(zone)
    for i, message in enumerate(messages):
        for algorithm in signatures(message):
            with open(f"{directory}/{i:06}:{algorithm}.odk", "wb") as f:
                f.write(alone(message, algorithm))
    script = ODK.format(dir=directory, dnsd=os.path.join(BUILD, "tests/lib/dnsd"),
                        testmsg=f"{odk}/usr/sbin/opendkim-testmsg")
    env = dict(os.environ, LD_LIBRARY_PATH=f"{odk}/usr/lib/x86_64-linux-gnu:{odk}/usr/lib")
    done = subprocess.run(["unshare", "-m", "-n", "sh", "-c", script], capture_output=True, env=env, timeout=1800)
    results = [{} for _ in messages]
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        m = re.match(r"(\d+):([\w-]+)\.odk (\d+) ?(.*)", line)
        if m:
            i, said = int(m.group(1)), m.group(4)
            refused = said.endswith("dkim_chunk(): Syntax error") and odd(messages[i])
            results[i][m.group(2)] = m.group(3) == "0" or ("not looked at" if refused else said)
    return results
