#!/usr/bin/python3
"""Writes the tables of the manual pages and merlon.conf.sample from the programs' own tables.

usage: tables.py MERLON          writes them into the source tree
       tables.py --check MERLON  says which of them differ from what it would write; exit 1 if any
"""
import json
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# What the sample shows for options without a default of use.
EXAMPLES = {
    "antivirus.clamd": ["unix:/run/clamav/clamd.ctl"],
    "antivirus.icap": ["icap://127.0.0.1:1344/avscan"],
    "auth.authserv_id": "mx.example.org",
    "control.group": "vmail",
    "control.socket": "/run/merlon/control.sock",
    "daemon.user": "merlon",
    "dmarc.psl_file": "/usr/share/publicsuffix/public_suffix_list.dat",
    "dmarc.trusted_forwarders": ["192.0.2.0/24", "lists.example.net"],
    "dmarc.trusted_sealers": ["example.net"],
    "dns.servers": ["127.0.0.1"],
    "metrics.listen": "127.0.0.1:8892",
    "geo.asn": "/var/lib/GeoIP/GeoLite2-ASN.mmdb",
    "geo.city": "/var/lib/GeoIP/GeoLite2-City.mmdb",
    "geo.country": "/var/lib/GeoIP/GeoLite2-Country.mmdb",
    "dnszone.*.zone": "KEY.zen.dq.spamhaus.net",
    "dnszone.*.scopes": ["client", "received"],
    "dnszone.*.refused": ["127.0.0.255"],
    "dnszone.*.hosts": "shorteners,redirectors",
    "dnszone.*.listed": "2.0.0.127",
    "dnszone.*.unlisted": "1.0.0.127",
    "listen.*.group": "postfix",
    "learn.ham_addresses": ["ham@example.com"],
    "learn.spam_addresses": ["spam@example.com"],
    "lookalike.brands": "/usr/local/share/merlon/rules/lists/brands",
    "lookalike.protect": ["example.com", "example.org"],
    "llm_endpoint.*.ca": "/etc/merlon/llm-ca.pem",
    "llm_endpoint.*.cert": "/etc/merlon/llm-cert.pem",
    "llm_endpoint.*.cert_key": "/etc/merlon/llm-cert.key",
    "llm_endpoint.*.headers": ["X-Project: mail"],
    "llm_endpoint.*.key": "secret",
    "llm_endpoint.*.key_file": "/etc/merlon/llm.key",
    "llm_endpoint.*.model": "openai",
    "llm_endpoint.*.price_in": 0.15,
    "llm_endpoint.*.price_out": 0.6,
    "llm_endpoint.*.region": "eu",
    "llm_endpoint.*.socket": "/run/llama/socket",
    "llm_endpoint.*.url": "https://llm.example.net",
    "llm_site.*.endpoints": ["main"],
    "report.dmarc.bounce_address": "dmarc-bounce@mx.example.org",
    "report.dmarc.contact": "https://example.org/dmarc",
    "report.dmarc.domain": "mx.example.org",
    "report.dmarc.email": "dmarc-reports@mx.example.org",
    "report.dmarc.exclude": ["example.net"],
    "report.dmarc.org_name": "Example",
    "report.relay.helo": "mx.example.org",
    "report.relay.password_file": "/etc/merlon/relay.password",
    "report.relay.user": "merlon",
    "seal.domain": "example.org",
    "seal.key": "/etc/merlon/keys/seal.key",
    "seal.listeners": ["lists"],
    "seal.munge_address": "list@lists.example.org",
    "seal.recipients": ["all@example.org", "lists.example.org"],
    "seal.selector": "arc",
    "sign.internal_hosts": "refile:/etc/opendkim/TrustedHosts",
    "sign.key_table": "refile:/etc/opendkim/KeyTable",
    "sign.keys": "/var/lib/merlon/dkim",
    "sign.listeners": ["lists"],
    "sign.login_domain": "example.org",
    "sign.senders": "/etc/merlon/senders",
    "sign.signing_table": "refile:/etc/opendkim/SigningTable",
    "sign.trusted_hosts": "refile:/etc/opendkim/TrustedHosts",
    "sign.user": "merlon-sign",
    "sign_domain.*.identity": "@example.org",
    "sign_domain.*.keys": ["2026a=/etc/merlon/keys/example.org-rsa.key", "2026e=/etc/merlon/keys/example.org-ed25519.key"],
    "sign_domain.*.selector": "2026a",
    "llm_site.*.mode": "on",
    "llm_site.*.money_day": 1,
    "llm_site.*.money_minute": 0,
    "llm_site.*.privacy": "features",
    "llm_site.*.requests_day": 1000,
    "llm_site.*.requests_minute": 20,
    "llm_site.*.tokens_day": 1000000,
    "llm_site.*.tokens_minute": 50000,
    "memory.local_domains": ["example.com", "example.org"],
    "pyzor.access": "/etc/merlon/pyzor.access",
    "pyzor.accounts": "/etc/merlon/pyzor.accounts",
    "pyzor.key_file": "/etc/merlon/pyzor.key",
    "pyzor.listen": "127.0.0.1@24441",
    "pyzor.servers": ["pyzor.example.net"],
    "report.dmarc.never_to": ["dmarc-reports@example.com"],
    "report.inbox": ["dmarc-reports@example.com", "tls-reports@example.com"],
    "report.domains": ["newsletter.example.com"],
    "store.redis.ca": "/etc/merlon/redis-ca.pem",
    "store.redis.cert": "/etc/merlon/redis.pem",
    "store.redis.key": "/etc/merlon/redis.key",
    "store.redis.password_file": "/etc/merlon/redis.password",
    "store.redis.sentinel_password_file": "/etc/merlon/sentinel.password",
    "store.redis.user": "merlon",
    "external.*.socket": "unix:/run/site-check/socket",
    "feed.*.source": "file:/etc/merlon/links",
    "feed.*.header": ["User-Agent: site-name"],
    "feed.*.ca": "/etc/merlon/publisher-ca.pem",
    "feed.*.sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "feed.*.key": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "greylist.to": 6,
    "greylist.except": ["192.0.2.0/24", "postmaster@example.org"],
    "rate.*.key": ["user"],
    "rate.*.limit": "200/1h",
    "rate.*.except": ["192.0.2.0/24", "newsletter@example.org"],
    "trap.addresses": ["old.bait@example.org"],
    "trap.patterns": ["sales-??@example.org"],
    "trap.domains": ["unused.example"],
    "trap.aged_file": "/etc/merlon/left-users",
    "redirect.allow_nets": ["192.0.2.0/24"],
    "redirect.refuse_nets": ["198.51.100.0/24", "2001:db8::/32"],
    "rules.cache": "/var/cache/merlon",
    "rules.dir": "/usr/local/share/merlon/rules",
    "rules.files": ["/etc/merlon/local.cf"],
    "rules.runtime": "/var/lib/merlon/runtime.cf",
}
# What a section cannot be without: not a comment in the sample.
REQUIRED = ("external.*.socket", "feed.*.source", "llm_endpoint.*.model", "llm_endpoint.*.url", "rate.*.key", "rate.*.limit")
TITLES = {"dnszone": "spamhaus_zen", "external": "site", "feed": "links", "listen": "inbound", "llm_endpoint": "main", "llm_site": "example.org", "rate": "messages", "sign_domain": "example.org"}
SECTIONS = {
    "antivirus": "virus scanners",
    "auth": "Authentication-Results",
    "seal": "ARC sets of what leaves again",
    "sign": "DKIM signatures of what our users send",
    "sign_domain": "a domain and the keys that sign for it; one section for each, named as the domain",
    "cache": "verdicts of equal messages",
    "control": "the socket at which the daemon is trained",
    "daemon": "the processes",
    "dkim": "DKIM",
    "dmarc": "DMARC",
    "dns": "the resolver",
    "dnslist": "lists that are asked by DNS",
    "dnszone": "where a DNS list is, and what it is asked for; one section for each, named as in the rules",
    "redirect": "where links of shorteners and redirectors lead",
    "external": "checks of the site; one section for each, each with a name of its own",
    "feed": "lists that others publish; one section for each, each with a name of its own",
    "geo": "databases of addresses: countries, networks, cities",
    "greylist": "who is asked to come again",
    "headers": "fields added and removed",
    "hosts": "names of clients and senders in DNS",
    "learn": "the classifier's training",
    "listen": "where MTAs reach us; one section for each socket, each with a name of its own",
    "limits": "rate limits that come with the program",
    "llm": "the second opinion of a language model",
    "llm_endpoint": "where a model is asked; one section for each, each with a name of its own",
    "llm_site": "what differs for a domain of recipients; one section for each",
    "log": "the log",
    "lookalike": "names that are imitated",
    "memory": "what is remembered of senders",
    "milter": "the milter protocol",
    "psl": "the public suffix list",
    "pyzor": "Pyzor: other sites are asked, or ask us",
    "rate": "rate limits; one section for each, each with a name of its own",
    "reply": "SMTP replies",
    "rules": "rule files",
    "scan": "the scan of a message",
    "score": "what a score leads to",
    "spf": "SPF",
    "takeover": "accounts of our users that somebody else uses",
    "stat": "the statistical classifier",
    "store": "what is remembered",
    "trap": "spam traps",
}
TYPES = {"bool": "true or false", "int": "whole number", "size": "size", "time": "time",
         "float": "number", "string": "text", "word": "one of", "list": "list of texts"}


def ask(merlon, *args):
    return json.loads(subprocess.run([merlon, *args, "--json"], check=True, capture_output=True).stdout)


def roff(text):
    """Text as roff shows it, octet by octet."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def words(value):
    """An argument of an mdoc macro."""
    return '"' + roff(value).replace('"', '\\(dq') + '"'


def kind(option):
    text, allowed = TYPES.get(option["type"], option["type"]), option["allowed"]
    if option["type"] == "word":
        return text + " " + ", ".join(allowed.split("|"))
    return text + (", " + allowed.replace("..", " to ") if allowed else "")


def options_page(options):
    out, section = [], None
    for o in options:
        if o["name"].split(".")[0] != section:
            section = o["name"].split(".")[0]
            if out:
                out.append(".El")
            title = SECTIONS.get(section, section)
            out += [".Ss " + (f"{section} \\(dqNAME\\(dq" if ".*." in o["name"] else section) +
                    " \\(em " + roff(title), ".Bl -tag -width Ds"]
        out += [f".It Ic {o['name'].replace('.*.', '.').split('.', 1)[1]}",
                roff(o["help"][0].upper() + o["help"][1:]) + ".", ".br",
                roff(kind(o)[0].upper() + kind(o)[1:]) + "; " +
                ("no default." if o["default"] in (None, "") else "default"),]
        if o["default"] not in (None, ""):
            out.append(f".Li {words(o['default'])} .")
    return out + [".El"]


def predicates_page(checks):
    out = [".Bl -tag -width Ds"]
    for c in checks:
        for p in c["predicates"]:
            needed, _, more = p["args"].replace("s", " text").replace("n", " number").partition("|")
            args = needed.split() + [f"[{a}]" for a in more.replace("*", " ...").split()]
            out += [" ".join([f".It Fn {p['name']}"] + [words(a) for a in args]), re.sub(r"\. (?=[A-Z])", ".\n", roff(p["help"][0].upper() + p["help"][1:])) + ".", ".br", f"Check: {c['name']}."]
    return out + [".El"]


def rules_page(rules):
    """Every rule that shows, in groups by the file that it stands in."""
    out, group = [], None
    for r in rules:
        if r["score"] is None:
            continue
        if r["group"] != group:
            out += [".El"] * bool(group) + [f".Ss {roff(r['group'])}", ".Bl -tag -width Ds"]
            group = r["group"]
        text = r["describe"] or "not described"
        text = re.sub(r"\. (?=[A-Z])", ".\n", roff(text[0].upper() + text[1:]).rstrip("."))
        out += [f".It Ic {r['name']} Pq {roff(repr(r['score']))}", text + "."]
    return out + [".El"] * bool(group)


def quoted(option, value):
    if option["type"] == "list":
        items = value if isinstance(value, list) else [x.strip(' "') for x in value.strip("{}").split(",")]
        return "{" + ", ".join(f'"{x}"' for x in items) + "}"
    return f'"{value}"' if option["type"] == "string" else str(value)


def fold(text, prefix):
    lines, line = [], prefix + "#"
    for word in text.split():
        if len(line) + len(word) > 90:
            lines.append(line)
            line = prefix + "#"
        line += " " + word
    return lines + [line]


def silent(lines):
    """Named sections as comments, so that the sample by itself asks nobody."""
    out, within = [], False
    for line in lines:
        within = within or re.match(r'(?!listen)\w+ "', line) is not None
        out.append("#" + line if within else line)
        within = within and line != "}"
    return out


def sample(options):
    out = ["# Every option of merlon.conf, as a comment, with its default (for options without one: an",
           "# example). A section with a name of its own is a comment as a whole, but for the listener: it",
           "# would ask or count; what it cannot be without is set in it. Sections and options may stand in",
           "# any order, sections more than once; see merlon.conf(5). Written by docs/tables.py."]
    section, inner = None, []
    for o in options:
        name, *below, leaf = o["name"].replace(".*.", ".").split(".")
        tabs = "\t" * (1 + len(below))
        if inner and (name, below) != (section, inner):
            out.append("\t}")
            inner = []
        if name != section:
            out += (["}"] if section else []) + ["", f"# {name}: {SECTIONS.get(name, name)}.",
                    f'{name} "{TITLES[name]}" {{' if ".*." in o["name"] else f"{name} {{"]
            section = name
        if below != inner:
            out.append(f"\t{below[0]} {{")
            inner = below
        value = EXAMPLES[o["name"]] if o["default"] in (None, "") else o["default"]
        out += fold(f"{o['help'][0].upper() + o['help'][1:]}. ({kind(o)})", tabs)
        out.append(f"{tabs}{'' if o['name'] in REQUIRED else '#'}{leaf} = {quoted(o, value)}")
    return out + ["\t}"] * bool(inner) + ["}"]


def replace_part(text, name, lines):
    begin, end = f'.\\" BEGIN {name}\n', f'.\\" END {name}\n'
    head, rest = text.split(begin)
    return head + begin + "\n".join(lines) + "\n" + end + rest.split(end)[1]


def wanted(merlon):
    """Path and text of each file as it should be."""
    options, checks = ask(merlon, "conf", "--options"), ask(merlon, "checks")
    parts = {"docs/merlon.conf.5": {"options": options_page(options)},
             "docs/merlon-rules.5": {"predicates": predicates_page(checks), "rules": rules_page(ask(merlon, "rules", "list"))}}
    for path, tables in parts.items():
        with open(f"{TOP}/{path}", encoding="utf-8") as f:
            text = f.read()
        for name, lines in tables.items():
            text = replace_part(text, name, lines)
        yield path, text
    yield "contrib/merlon.conf.sample", "\n".join(silent(sample(options))) + "\n"


def main(argv):
    check = argv[:1] == ["--check"]
    if len(argv) != 1 + check:
        sys.exit(__doc__)
    differ = 0
    for path, text in wanted(argv[-1]):
        full = f"{TOP}/{path}"
        old = open(full, encoding="utf-8").read() if os.path.exists(full) else ""
        if old == text:
            continue
        differ += 1
        if check:
            print(f"{path} differs from the program's tables: run docs/tables.py")
        else:
            with open(full, "w", encoding="utf-8") as f:
                f.write(text)
    return 1 if check and differ else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
