#!/usr/bin/python3
"""Writes the corpus of the bench to DIR: signed messages in mails/, the zone that they need, and
what a client does with them. jobs.jsonl has all; the others are one message each of some domains:
jobs-cold and jobs-gap of domains that no other job but jobs-warm has, jobs-seen-1 and jobs-seen-2 of
domains whose records live for a second. jobs-warm has all of the domains whose records last."""
import argparse
import base64
import hashlib
import json
import os
import quopri
import random
import re
import time
from email.utils import formatdate

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

WORDS = """the of and to in is that for it as was with be by on not he his but at are this have from
or had an they which one you were her all she there would their we him been has when who will more no
if out so said what up its about into than them can only other new some could time these two may then
do first any my now such like our over man me even most made after also did many before must through
invoice meeting project delivery account quarter report schedule customer attached please regards""".split()
SIGNED = "from:to:subject:date:message-id:mime-version:content-type"


def prose(rng, size):
    lines, line, total = [], "", 0
    while total < size:
        line += rng.choice(WORDS) + " "
        if len(line) > 66 + rng.randrange(8):
            lines.append(line.rstrip())
            total += len(line) + 1
            line = ""
        if lines and rng.random() < 0.006:
            lines.append("")
    return "\r\n".join(lines) + "\r\n"


def attachment(rng, size):
    return base64.encodebytes(rng.randbytes(size * 3 // 4)).decode().replace("\n", "\r\n")


STYLE = """<style type="text/css">
body { font-family: Arial, sans-serif; color: #222222; background: #fafafa }
.head { font-size: 22px; color: #0a3d62 } .small { font-size: 11px; color: #777777 }
.pre { display: none; max-height: 0; overflow: hidden } a { color: #0a3d62; text-decoration: none }
</style>"""


def newsletter(rng, size, boundary):
    """Text and HTML of the same: tables, styles, images and links."""
    host, text, rows, total = f"d{rng.randrange(200):03d}.example", "", "", 0
    while total < size * 2 // 3:
        words, id_ = prose(rng, 180 + rng.randrange(200)), rng.randrange(10**9)
        link = f"https://www.{host}/news/{id_}?utm_source=mail&c={rng.randrange(10**6)}"
        text += f"{words}{link}\r\n\r\n"
        rows += (f'<tr><td width="120"><img src="https://img.{host}/{id_}.png" width="110" height="80" alt="">'
                 f'</td>\r\n<td style="padding: 8px; color: #333333"><p class="head">{" ".join(rng.choices(WORDS, k=4))}'
                 f'</p>\r\n<p>{words}</p><a href="{link.replace("&", "&amp;")}">read <b>more</b></a></td></tr>\r\n')
        total += len(words) * 2 + 420
    page = (f"<html><head><title>{' '.join(rng.choices(WORDS, k=3))}</title>{STYLE}</head><body>\r\n"
            f'<div class="pre">{" ".join(rng.choices(WORDS, k=9))}</div><table>\r\n{rows}</table>\r\n'
            f'<p class="small">You get this for you asked for it. <a href="https://{host}/u">leave</a></p></body></html>')
    page = quopri.encodestring(page.replace("\r\n", "\n").encode()).decode().replace("\n", "\r\n")
    return f'multipart/alternative; boundary="{boundary}"', (
        f"--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n--{boundary}\r\n"
        f"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        f"{page}\r\n--{boundary}--\r\n")


def body(rng, size, boundary):
    if size < 20000 and rng.random() < 0.45:
        return newsletter(rng, size, boundary)
    if size < 6000:
        return "text/plain; charset=utf-8", prose(rng, size)
    text = prose(rng, size // 5)
    html = "<html><body>\r\n<p>" + prose(rng, size // 4).replace("\r\n\r\n", "</p>\r\n<p>") + "</p></body></html>\r\n"
    parts = [("text/plain; charset=utf-8", "", text), ("text/html; charset=utf-8", "", html),
             ("application/octet-stream", "Content-Transfer-Encoding: base64\r\n",
              attachment(rng, size - len(text) - len(html)))]
    out = "This is a message in several parts.\r\n"
    for kind, more, content in parts:
        out += f"--{boundary}\r\nContent-Type: {kind}\r\n{more}\r\n{content}\r\n"
    return f'multipart/mixed; boundary="{boundary}"', out + f"--{boundary}--\r\n"


def relaxed_header(name, value):
    return name.lower() + ":" + re.sub(r"[ \t]+", " ", value.replace("\r\n", "")).strip()


def relaxed_body(text):
    lines = [re.sub(r"[ \t]+", " ", line).rstrip(" ") for line in text.split("\r\n")]
    return ("\r\n".join(lines).rstrip("\r\n") + "\r\n").encode()


def sign(key, domain, selector, fields, text, now):
    digest = base64.b64encode(hashlib.sha256(relaxed_body(text)).digest()).decode()
    value = (f" v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s={selector};\r\n"
             f"\tt={now}; h={SIGNED};\r\n\tbh={digest};\r\n\tb=")
    found = {name.lower(): (name, v) for name, v in fields}
    data = "".join(relaxed_header(*found[n]) + "\r\n" for n in SIGNED.split(":"))
    data += relaxed_header("DKIM-Signature", value)
    b = base64.b64encode(key.sign(data.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
    return value + "\r\n\t ".join(b[i:i + 72] for i in range(0, len(b), 72))


def message(rng, key, domain, selector, number, size, now):
    kind, text = body(rng, size, f"=_part_{number}_{rng.randrange(10**9)}")
    fields = [("From", f' "Sender {number}" <user{number % 7}@{domain}>'),
              ("To", " Receiver <receiver@example.org>"),
              ("Subject", " " + " ".join(rng.choices(WORDS, k=7))),
              ("Date", " " + formatdate(now)),
              ("Message-ID", f" <{number}.{now}@mail.{domain}>"),
              ("MIME-Version", " 1.0"), ("Content-Type", " " + kind),
              ("X-Mailer", " Example Mailer 5.1"), ("List-Unsubscribe", f" <https://{domain}/u/{number}>"),
              ("X-Campaign", f" c-{rng.randrange(10**6)}"), ("Precedence", " bulk")]
    signature = sign(key, domain, selector, fields, text, now)
    received = (f" from app{number % 9}.{domain} (app.{domain} [10.1.2.3])\r\n\tby mail.{domain} (Postfix)"
                f" with ESMTPS id {number:010X}\r\n\tfor <receiver@example.org>; {formatdate(now)}")
    fields = [("Received", received), ("DKIM-Signature", signature)] + fields
    return "".join(f"{n}:{v}\r\n" for n, v in fields) + "\r\n" + text


def zone(domain, ip, selector, key, ttl):
    der = key.public_key().public_bytes(serialization.Encoding.DER,
                                        serialization.PublicFormat.SubjectPublicKeyInfo)
    p = "v=DKIM1; k=rsa; p=" + base64.b64encode(der).decode()
    strings = " ".join(f'"{p[i:i + 250]}"' for i in range(0, len(p), 250))
    reverse = ".".join(reversed(ip.split("."))) + ".in-addr.arpa"
    records = [(domain, 'TXT "v=spf1 include:spf.%s -all"' % domain),
               (domain, f"MX 10 mail.{domain}"), (domain, f"A {ip}"),
               (f"spf.{domain}", f'TXT "v=spf1 ip4:{ip} -all"'),
               (f"mail.{domain}", f"A {ip}"), (f"mail.{domain}", 'TXT "v=spf1 a -all"'),
               (f"_dmarc.{domain}", f'TXT "v=DMARC1; p=reject; rua=mailto:dmarc@{domain}"'),
               (f"{selector}._domainkey.{domain}", "TXT " + strings), (reverse, f"PTR mail.{domain}")]
    names = dict.fromkeys(name for name, _ in records)
    return "".join(f"{n} {r}\n" for n, r in records) + "".join(f"{n} TTL {ttl}\n" for n in names)


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--messages", type=int, default=1600)
    ap.add_argument("--domains", type=int, default=200)
    ap.add_argument("--keys", type=int, default=32, help="keys made; domains share them")
    ap.add_argument("--set", type=int, default=60, help="domains each for cold, gap and seen")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("dir")
    a = ap.parse_args()
    rng, now = random.Random(a.seed), int(time.time())
    os.makedirs(f"{a.dir}/mails", exist_ok=True)
    keys = [rsa.generate_private_key(65537, 2048) for _ in range(a.keys)]
    jobs, records, short = [], "", range(2 * a.set, 3 * a.set)
    for d in range(a.domains):
        domain, ip = f"d{d:03d}.example", f"198.18.{1 + d // 200}.{1 + d % 200}"
        records += zone(domain, ip, "s2026", keys[d % a.keys], 1 if d in short else 3600)
    for n in range(a.messages):
        d = n % a.domains
        domain, ip = f"d{d:03d}.example", f"198.18.{1 + d // 200}.{1 + d % 200}"
        size = int(2000 * 30 ** rng.random())
        text = message(rng, keys[d % a.keys], domain, "s2026", n, size, now)
        with open(f"{a.dir}/mails/{n:05d}.eml", "wb") as f:
            f.write(text.encode())
        jobs.append(json.dumps({"path": f"mails/{n:05d}.eml", "client_ip": ip, "helo": f"mail.{domain}",
                                "mail_from": f"bounce-{n}@{domain}", "rcpt": ["receiver@example.org"]}) + "\n")
    second = jobs[a.domains:]
    files = {"zone.txt": records, "jobs-cold.jsonl": jobs[:a.set], "jobs-gap.jsonl": jobs[a.set:2 * a.set],
             "jobs-seen-1.jsonl": jobs[2 * a.set:3 * a.set], "jobs-seen-2.jsonl": second[2 * a.set:3 * a.set],
             "jobs-warm.jsonl": [j for n, j in enumerate(jobs) if n % a.domains not in short],
             "jobs.jsonl": jobs}
    for name, text in files.items():  # jobs.jsonl last: it says that all is there
        with open(f"{a.dir}/{name}", "w") as f:
            f.write("".join(text))


main()
