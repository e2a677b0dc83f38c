#!/usr/bin/python3
"""SpamAssassin's network rules, by SpamAssassin and by Merlon: both ask one name server on loopback, which
lists certain addresses, domains and digests; what their rules say of messages made here must be the same.

network.py [--show] [--messages N]: from the build directory, or with MERLON_BUILD."""
import argparse
import base64
import collections
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

import dkim

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.environ.get("builddir", ".")))
STOCK, SITE = "/usr/share/spamassassin", "/etc/spamassassin"
FUNCTION = re.compile(r"eval:(check_rbl\w*|check_uridnsbl|check_hashbl\w*)\(")
passed = failed = 0

# What SpamAssassin 4.0.1 does otherwise than its manual says (README.md): not compared.
KNOWN = {"NO_DNS_FOR_FROM", "NET_NS_IP", "NET_NS_FROM"}

RULES = r"""
header   NET_FROMHOST     eval:check_rbl_from_host('fh', 'from.list.example.')
header   NET_FROMDOMAIN   eval:check_rbl_from_domain('fd', 'from.list.example.', '^127\.0\.0\.3$')
header   NET_ENVFROM      eval:check_rbl_envfrom('ef', 'from.list.example', '127.0.0.2')
header   NET_RCVD         eval:check_rbl_rcvd('rcvd', 'rcvd.list.example')
header   NET_RCVD_IP      eval:check_rbl_rcvd('rcvd', 'rcvd.list.example')
tflags   NET_RCVD_IP      net ips_only
header   NET_RCVD_NAME    eval:check_rbl_rcvd('rcvd', 'rcvd.list.example')
tflags   NET_RCVD_NAME    net domains_only
header   NET_ALL          eval:check_rbl('all', 'mask.list.example.', '2')
header   NET_NOTFIRST     eval:check_rbl('nf-notfirsthop', 'mask.list.example', '4')
header   NET_UNTRUSTED    eval:check_rbl('un-untrusted', 'mask.list.example', '8')
header   NET_SUB_MASK     eval:check_rbl_sub('all', '8')
header   NET_SUB_RE       eval:check_rbl_sub('all', '^127\.0\.0\.(?:2|10)$')
header   NET_TXT          eval:check_rbl_txt('txt-lastexternal', 'text.list.example', '(?i:dial.?up)')
header   NET_HEADERS      eval:check_rbl_headers('hd', 'from.list.example')
header   NET_HEADERS_OWN  eval:check_rbl_headers('hd', 'from.list.example', '127.0.0.2', 'X-Host')
dns_query_restriction deny blocked.list.example
dns_query_restriction allow open.blocked.list.example
header   NET_DENIED       eval:check_rbl('den', 'blocked.list.example')
header   NET_ALLOWED      eval:check_rbl('all2', 'open.blocked.list.example')
---
uridnsbl_skip_domain spared-links.com
urirhssub NET_RHS_RANGE   uri.list.example A 127.0.0.4-127.0.0.9
body     NET_RHS_RANGE    eval:check_uridnsbl('NET_RHS_RANGE')
urirhssub NET_RHS_VALUE   uri.list.example A 0.0.0.16/0.0.0.16
body     NET_RHS_VALUE    eval:check_uridnsbl('NET_RHS_VALUE')
urirhssub NET_RHS_HEX     uri.list.example A 0x20
body     NET_RHS_HEX      eval:check_uridnsbl('NET_RHS_HEX')
urirhsbl NET_RHS_ANY      uri.list.example A
body     NET_RHS_ANY      eval:check_uridnsbl('NET_RHS_ANY')
urirhsbl NET_RHS_TXT      uri.list.example TXT
body     NET_RHS_TXT      eval:check_uridnsbl('NET_RHS_TXT')
urirhsbl NET_RHS_IPS      uri.list.example A
body     NET_RHS_IPS      eval:check_uridnsbl('NET_RHS_IPS')
tflags   NET_RHS_IPS      net ips_only
urirhsbl NET_RHS_DOMS     uri.list.example A
body     NET_RHS_DOMS     eval:check_uridnsbl('NET_RHS_DOMS')
tflags   NET_RHS_DOMS     net domains_only
urirhsbl NET_RHS_FULL     full.list.example A
body     NET_RHS_FULL     eval:check_uridnsbl('NET_RHS_FULL')
tflags   NET_RHS_FULL     net notrim
urinsrhsbl NET_NS         ns.list.example A
body     NET_NS           eval:check_uridnsbl('NET_NS')
urifullnsrhssub NET_NS_FULL ns.list.example A 127.0.0.5
body     NET_NS_FULL      eval:check_uridnsbl('NET_NS_FULL')
uridnsbl NET_A            mask.list.example A
body     NET_A            eval:check_uridnsbl('NET_A')
tflags   NET_A            net a
uridnsbl NET_NS_IP        server.list.example A
body     NET_NS_IP        eval:check_uridnsbl('NET_NS_IP')
tflags   NET_NS_IP        net ns
header   NET_NS_FROM      eval:check_rbl_ns_from('nsf', 'ns.list.example')
---
hashbl_ignore ignored@mail-bad.net
uridnsbl_skip_domain spared-links.com
header   NET_HASH         eval:check_hashbl_emails('hash.list.example')
header   NET_HASH_MD5     eval:check_hashbl_emails('hash.list.example/A', 'md5/nodot/max=10', 'Reply-To/From', '^127\.0\.0\.2')
header   NET_HASH_DOMAIN  eval:check_hashbl_emails('uri.list.example', 'raw/domain', 'ALLFROM')
header   NET_HASH_BODY    eval:check_hashbl_emails('hash.list.example', 'sha256/noquote', 'body')
header   NET_HASH_URI     eval:check_hashbl_uris('hash.list.example', 'sha1', '^127\.0\.0\.32$')
body     NET_HASH_RE      eval:check_hashbl_bodyre('hash.list.example', 'sha1/case', '\b(BTC[0-9a-f]{8})\b')
body     NET_HASH_NUM     eval:check_hashbl_bodyre('hash.list.example', 'raw/num', 'phone: ([-0-9 ]{6,20})')
header   NET_HASH_TAG     eval:check_hashbl_tag('mask.list.example', 'raw/ip/revip', 'LASTEXTERNALIP')
header   NET_HASH_TAG_DOM eval:check_hashbl_tag('uri.list.example', 'raw/trim', 'SENDERDOMAIN')
---
askdns   NET_ASK_ANY      _AUTHORDOMAIN_.uri.list.example.
askdns   NET_ASK_TXT      _SENDERDOMAIN_ TXT /^v=spf1 .*-all$/
askdns   NET_ASK_MX       _SENDERDOMAIN_ MX /^10 mail\./
askdns   NET_ASK_NS       _AUTHORDOMAIN_ NS /^ns1\./
askdns   NET_ASK_TEXT     _LASTEXTERNALREVIP_.mask.list.example A "127.0.0.2"
askdns   NET_ASK_MASK     _LASTEXTERNALREVIP_.mask.list.example A 8
askdns   NET_ASK_RANGE    _LASTEXTERNALREVIP_.mask.list.example A 127.0.0.8-127.0.0.12
askdns   NET_ASK_RCODE    _LASTEXTERNALREVIP_.mask.list.example A [NXDOMAIN]
askdns   NET_ASK_HEADER   _HEADER(Reply-To:addr:domain)_.uri.list.example A
askdns   NET_ASK_HELO     _LASTEXTERNALHELO_ A /./
askdns   NET_ASK_DKIM     _DKIMSELECTOR_._DKIMDOMAIN_.uri.list.example A 127.0.0.2
askdns   NET_ASK_AAAA     _SENDERDOMAIN_ AAAA /^2001:db8/
"""


def check(good, text):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED", text)


# ---- the world ----

DOMAINS = ["mail-bad.net", "links-bad.info", "fine-shop.com", "plain-news.org", "spam-links.biz",
           "spared-links.com", "fresh-one.net", "phish-bank.co.uk", "old-friend.org"]
HOSTS = ["www", "mail", "click.track", "a"]
ADDRESSES = [f"198.51.100.{i}" for i in range(1, 9)] + [f"203.0.113.{i}" for i in range(1, 6)]
NETS = [("zen.spamhaus.org", ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.10"]),
        ("bl.mailspike.net", ["127.0.0.2", "127.0.0.10", "127.0.0.13"]),
        ("wl.mailspike.net", ["127.0.0.17", "127.0.0.20"]),
        ("list.dnswl.org", ["127.0.5.0", "127.0.9.1", "127.0.3.2", "127.0.4.3"]),
        ("psbl.surriel.com", ["127.0.0.2"]), ("bl.score.senderscore.com", ["127.0.0.2"]),
        ("iadb.isipp.com", ["127.0.0.1", "127.2.255.1", "127.3.100.7", "127.101.1.10"]),
        ("mask.list.example", ["127.0.0.2", "127.0.0.4", "127.0.0.10"]),
        ("rcvd.list.example", ["127.0.0.2"]), ("blocked.list.example", ["127.0.0.2"]),
        ("open.blocked.list.example", ["127.0.0.2"])]
NAMES = [("dbl.spamhaus.org", ["127.0.1.2", "127.0.1.4", "127.0.1.105"]),
         ("multi.surbl.org", ["127.0.0.8", "127.0.0.80", "127.0.0.64"]),
         ("multi.uribl.com", ["127.0.0.2", "127.0.0.4"]),
         ("dob.sibl.support-intelligence.net", ["127.0.0.2"]),
         ("fresh.fmb.la", ["127.2.0.2", "127.2.0.14", "127.2.0.28"]),
         ("lookup.dkimwl.org", ["127.0.3.5", "127.0.2.0", "127.0.1.3"]),
         ("from.list.example", ["127.0.0.2", "127.0.0.3"]), ("rcvd.list.example", ["127.0.0.2"]),
         ("uri.list.example", ["127.0.0.2", "127.0.0.6", "127.0.0.16", "127.0.0.36"]),
         ("ns.list.example", ["127.0.0.5", "127.0.0.2"])]


def reverse(ip):
    return ".".join(reversed(ip.split(".")))


def label(kind, text):
    digest = hashlib.new(kind, text.encode()).digest()
    return base64.b32encode(digest).decode().rstrip("=").lower() if kind == "sha256" else digest.hex()


def make_zone(rnd, key):
    lines = [f"sel._domainkey.{d} TXT \"v=DKIM1; p={key}\"" for d in DOMAINS]
    for zone, codes in NETS:
        for ip in ADDRESSES:
            for code in rnd.sample(codes, rnd.choice([0, 1, 1, min(2, len(codes))])):
                lines.append(f"{reverse(ip)}.{zone} A {code}")
    for ip in ADDRESSES:
        if rnd.random() < 0.5:
            lines.append(f"{reverse(ip)}.uri.list.example A 127.0.0.{rnd.choice([2, 6, 16])}")
        if rnd.random() < 0.5:
            lines.append(f'{reverse(ip)}.bl.spamcop.net TXT "Blocked - see bl.spamcop.net?{ip}"')
        if rnd.random() < 0.6:
            lines.append(f'{reverse(ip)}.text.list.example TXT "{rnd.choice(["Dial-Up range", "other"])}"')
        if rnd.random() < 0.4:
            lines.append(f'{reverse(ip)}.sa-accredit.habeas.com TXT "safe"')
    for zone, codes in NAMES:
        for d in DOMAINS:
            if rnd.random() < 0.5:
                lines.append(f"{d}.{zone} A {codes[(DOMAINS.index(d) + 1) % len(codes)]}")
            for host in HOSTS:
                if zone in ("from.list.example", "rcvd.list.example") and rnd.random() < 0.4:
                    lines.append(f"{host}.{d}.{zone} A {rnd.choice(codes)}")
    for d in DOMAINS:
        if rnd.random() < 0.5:
            lines.append(f'{d}.uri.list.example TXT "listed"')
            lines.append(f"sel.{d}.uri.list.example A 127.0.0.2")
        lines += [f"{host}.{d}.full.list.example A 127.0.0.2" for host in HOSTS if rnd.random() < 0.4]
        lines += [f"{host}.{d} A {rnd.choice(ADDRESSES)}" for host in HOSTS]
        lines += [f"ns1.{d} A 198.18.0.{DOMAINS.index(d)}", f"{d} NS ns1.{d}", f"{d} MX {rnd.choice([10, 20])} mail.{d}", f"{d} A {rnd.choice(ADDRESSES)}",
                  f"{d} AAAA 2001:db8::1", f'{d} TXT "v=spf1 a {rnd.choice(["-all", "+all", "~all"])}"']
        if rnd.random() < 0.7:
            lines.append(f"ns1.{d}.ns.list.example A 127.0.0.5")
        for user in ("bad", "ignored", "joe.user"):
            lines.append(f"{label('sha1', f'{user}@{d}')}.hash.list.example A 127.0.0.2")
            lines.append(f"{label('md5', user.replace('.', '') + '@' + d)}.hash.list.example A 127.0.0.2")
            lines.append(f"{label('sha256', f'{user}@{d}')}.hash.list.example A 127.0.0.2")
        lines.append(f"{label('sha1', f'http://www.{d}/pay')}.hash.list.example A 127.0.0.32")
    lines.append(f"{label('sha1', 'BTC0badcafe')}.hash.list.example A 127.0.0.2")
    lines.append("5551234567.hash.list.example A 127.0.0.2")
    return "\n".join(dict.fromkeys(lines)) + "\n"


def received(rnd, ip, domain, by, helo=None):
    host = f"{rnd.choice(HOSTS)}.{domain}"
    return (f"Received: from {helo or host} ({host} [{ip}]) by {by} (Postfix) with ESMTP id {rnd.randrange(10**6)}"
            f"\n\tfor <user@our-site.org>; Tue, 14 Nov 2023 22:13:{rnd.randrange(10, 60)} +0000\n")


def links(rnd):
    out = []
    for _ in range(rnd.randrange(4)):
        d = rnd.choice(DOMAINS)
        host = rnd.choice([f"{rnd.choice(HOSTS)}.{d}", d, rnd.choice(ADDRESSES), f"www.{d}"])
        out.append(f"http://{host}/{rnd.choice(['pay', 'x?y=1', ''])}")
    return out


def message(rnd, pem):
    d, e = rnd.choice(DOMAINS), rnd.choice(DOMAINS)
    user = rnd.choice(["bad", "joe.user", "ignored", "info", "nobody"])
    head = f"Return-Path: <{rnd.choice(['bounce', 'bad'])}@{rnd.choice([e, 'mail.' + e])}>\n"
    head += received(rnd, rnd.choice(ADDRESSES), e, "mx.our-site.org", rnd.choice([None, d]))
    for _ in range(rnd.randrange(3)):
        head += received(rnd, rnd.choice(ADDRESSES), rnd.choice(DOMAINS), f"mail.{e}")
    core = f"From: Somebody <{user}@{rnd.choice([d, 'mail.' + d])}>\nTo: user@our-site.org\n"
    core += "Subject: About your order\nDate: Tue, 14 Nov 2023 22:13:20 +0000\n"
    core += f"Message-ID: <{rnd.randrange(10**9)}@{d}>\nMIME-Version: 1.0\n"
    if rnd.random() < 0.5:
        core += f"Reply-To: {rnd.choice(['bad', 'j.oe.user'])}@{rnd.choice(DOMAINS)}\n"
    if rnd.random() < 0.3:
        core += f"X-Host: {rnd.choice(HOSTS)}.{rnd.choice(DOMAINS)}\n"
    found = links(rnd)
    text = "Dear customer,\n\nplease have a look at this.\n" + "".join(f"{u} now.\n" for u in found[:2])
    text += rnd.choice(["", f"Write to bad@{rnd.choice(DOMAINS)} today.\n", "Pay to BTC0badcafe please.\n",
                        "Call phone: 555-123 4567 now.\n", f"On Monday bad@{e} wrote:\n"])
    if rnd.random() < 0.5:
        core += "Content-Type: text/html; charset=utf-8\n"
        text = f"<html><body><p>{text}</p>" + "".join(f'<a href="{u}">here</a>\n' for u in found[2:]) + "</body></html>\n"
    else:
        core += "Content-Type: text/plain; charset=utf-8\n"
    raw = (core + "\n" + text).replace("\n", "\r\n").encode()
    if rnd.random() < 0.5:
        raw = dkim.sign(raw, b"sel", rnd.choice([d, e]).encode(), pem, include_headers=[b"from", b"to", b"subject"]) + raw
    return head.encode() + raw.replace(b"\r\n", b"\n")


def make_key():
    pem = subprocess.run(["openssl", "genrsa", "-traditional", "2048"], capture_output=True, check=True).stdout
    der = subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=pem, capture_output=True,
                         check=True).stdout
    return pem, base64.b64encode(der).decode()


# ---- both programs ----

def spamassassin(files, rules, port):
    env = dict(os.environ, SA_DNS=f"127.0.0.1:{port}", SA_SITE=rules, TMPDIR=rules)
    done = subprocess.run([f"{HERE}/sa_hits.pl", STOCK], input="\n".join(files) + "\n", capture_output=True,
                          text=True, env=env, timeout=500)
    check(done.returncode == 0, f"sa_hits.pl: {done.stderr[-500:]}")
    return {r["file"]: set(r["hits"]) | set(r["subrules"]) for r in map(json.loads, done.stdout.splitlines())}


def merlon(files, conf, port, where):
    with open(f"{where}/jobs", "w") as f:
        f.writelines(json.dumps({"path": p}) + "\n" for p in files)
    done = subprocess.run([f"{BUILD}/merlon", "scan", "-c", conf, "--dns", f"127.0.0.1@{port}", "--subrules",
                           "--jobs", f"{where}/jobs"], capture_output=True, text=True, timeout=300)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    check(len(rows) == len(files), f"merlon judges every message: {done.stderr[-500:]}")
    return {r["file"]: {s["name"] for s in r["symbols"]} | set(r["subrules"]) for r in rows}


def network_rules(rules):
    """Rules that ask, of a file or the stock: by the functions they call, and by askdns."""
    names = set()
    paths = [rules] if rules else [os.path.join(STOCK, n) for n in os.listdir(STOCK) if n.endswith(".cf")]
    for path in paths:
        for line in open(path, encoding="latin-1"):
            word = line.split("#")[0].split()
            if len(word) > 2 and (word[0] == "askdns" or FUNCTION.match(word[2])):
                names.add(word[1])
    return names


def served(conf):
    out = subprocess.run([f"{BUILD}/merlon", "rules", "list", "--json", "-c", conf], capture_output=True, text=True)
    check(out.returncode == 0, f"rules list: {out.stderr[-500:]}")
    return {r["name"] for r in json.loads(out.stdout) if r["run"]}


def compare(theirs, ours, names, show):
    both, missing, extra = collections.Counter(), collections.defaultdict(list), collections.defaultdict(list)
    for path in theirs:
        for name in (theirs[path] | ours[path]) & names:
            if name in theirs[path] and name in ours[path]:
                both[name] += 1
            else:
                (missing if name in theirs[path] else extra)[name].append(path)
    for title, d in (("SpamAssassin only", missing), ("Merlon only", extra)):
        for name, where in sorted(d.items()):
            print(f"  {title}: {name} {len(where)} {where[0] if show else ''}")
    print("  by both: " + " ".join(f"{name} {n}" for name, n in sorted(both.items())))
    differ = sum(map(len, missing.values())) + sum(map(len, extra.values()))
    return sum(both.values()), differ, len(both)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--show", action="store_true")
    p.add_argument("--messages", type=int, default=24)
    p.add_argument("--keep", help="a directory where everything stays")
    o = p.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        run(o, o.keep or scratch)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


def site(where, rules):
    os.makedirs(where, exist_ok=True)
    for name in os.listdir(SITE):
        if name.endswith((".pre", ".cf")):
            shutil.copy(f"{SITE}/{name}", where)
    with open(f"{where}/90_net.cf", "w") as f:
        f.write(rules)
    with open(f"{where}/merlon.conf", "w") as f:
        f.write(f'rules {{ score_set = 1 dir = "{STOCK}" files = {{"{where}"}} }}\n'
                'lookalike { brands = "none" }\n')
    return where


def one(name, o, where, rules, files, port, least):
    """One set of rules by both."""
    theirs = spamassassin(files, site(where, rules), port)
    ours = merlon(files, f"{where}/merlon.conf", port, where)
    names = network_rules(f"{where}/90_net.cf" if rules else None)
    live = names & served(f"{where}/merlon.conf")
    print(f"-- {name}")
    same, differ, kinds = compare(theirs, ours, live - KNOWN, o.show)
    print(f"{len(files)} messages, {len(live)} network rules of {len(names)} are live; {same} hits of {kinds} rules "
          f"by both, {differ} by one only: {100 * same / max(1, same + differ):.2f} %")
    check(kinds >= least, f"{name}: {kinds} rules hit")
    check(same > 3 * len(files), f"{name}: there is something to compare")
    check(differ * 200 <= same, f"{name}: {differ} of {same} differ")


def run(o, where):
    rnd = random.Random(5782)
    pem, key = make_key()
    os.makedirs(f"{where}/mails", exist_ok=True)
    files = [f"{where}/mails/{i:04}.eml" for i in range(o.messages)]
    for path in files:
        with open(path, "wb") as f:
            f.write(message(rnd, pem))
    with open(f"{where}/zone", "w") as f:
        f.write(make_zone(rnd, key))
    server = subprocess.Popen([f"{BUILD}/tests/lib/dnsd", "--max-seconds", "900", "--stats", "/dev/null",
                               f"{where}/zone"], stdout=subprocess.PIPE, text=True)
    try:
        port = server.stdout.readline().strip()
        stock = sorted(network_rules(None))
        one("stock rules", o, f"{where}/stock", "", files, port, 35)
        # A message asks so many questions at most: each set of functions by itself.
        groups = RULES.split("---\n")
        for i, rules in enumerate(groups):
            off = "".join(f"score {name} 0\n" for name in stock)
            one(f"functions {i + 1}", o, f"{where}/own{i}", rules + off, files, port, 7)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
