#!/usr/bin/python3
"""Reports about our own mail that come in by mail: through the real daemon into `merlon report summary`,
each once, however often it is sent and whatever dies in between."""
import gzip
import json
import os
import signal
import subprocess
import time

from harness import BUILD, Bench, Merlon, Redis, equal, expect, run, wait_for
from test_memory import send, symbols
from test_metrics import parse, tool
from test_supervisor import Site

ZONE = """
reporter.example TXT "v=spf1 ip4:192.0.2.1 -all"
_dmarc.reporter.example TXT "v=DMARC1; p=reject"
nobody.example TXT "v=spf1 ip4:192.0.2.1 -all"
"""
CONFIG = """
daemon { workers = 2 }
cache { ttl = 0 }
memory { local_domains = {"here.example"} }
report { inbox = {"rua@here.example"} }
"""


def document(number, good, bad, domain="here.example"):
    """A report of yesterday: so many messages passed, so many were not signed."""
    begin = int(time.time()) // 86400 * 86400 - 86400
    row = ("<record><row><source_ip>{}</source_ip><count>{}</count><policy_evaluated><disposition>none</disposition>"
           "<dkim>{}</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>{}</header_from></identifiers>"
           "<auth_results><spf><domain>{}</domain><result>softfail</result></spf></auth_results></record>")
    return ("<?xml version='1.0'?><feedback><report_metadata><org_name>Reporter</org_name><email>dmarc@reporter.example"
            f"</email><report_id>{number}</report_id><date_range><begin>{begin}</begin><end>{begin + 86399}</end></date_range>"
            f"</report_metadata><policy_published><domain>{domain}</domain><p>none</p></policy_published>"
            + row.format("192.0.2.10", good, "pass", domain, domain) + row.format("192.0.2.66", bad, "fail", domain, domain)
            + "</feedback>").encode()


def mail(site, octets, sender="dmarc@reporter.example", to="rua@here.example"):
    import base64
    body = base64.encodebytes(gzip.compress(octets)).decode().replace("\n", "\r\n")
    return symbols(send(site.where, sender, [to],
                        [("From", sender), ("To", to), ("Subject", "Report Domain: here.example"), ("MIME-Version", "1.0"),
                         ("Content-Type", "application/gzip; name=r.xml.gz"), ("Content-Transfer-Encoding", "base64")], body))


def summary(site, *more):
    done = subprocess.run([f"{BUILD}/merlon", "report", "--json", "-c", site.merlon.config, "--state",
                           f"{site.merlon.directory}/state", *more, "summary"], capture_output=True, text=True, timeout=30)
    expect(done.returncode in (0, 1), done.stderr)
    return json.loads(done.stdout)


def figures(site):
    return {(d["domain"], d["kind"]): (d["pass"], d["fail"], d["reports"], d["unverified"]) for d in summary(site)["domains"]}


def wait_figures(site, want):
    wait_for(lambda: figures(site) == want, f"{want}; there is {figures(site)}", 30)


def test_sums():
    with Bench() as b:
        site = Site(b, CONFIG, zone=ZONE)
        expect("REPORT_TAKEN" in mail(site, document(1, 100, 7)), "taken")
        expect("REPORT_TAKEN" not in mail(site, document(2, 5, 5), to="joe@here.example"), "not to the address")
        expect("REPORT_UNREADABLE" in mail(site, document(3, 1, 1, "theirs.example")), "of somebody else's domain")
        expect("REPORT_UNREADABLE" in mail(site, document(3, 1, 1)[:-40]), "cut off")
        expect("REPORT_UNREADABLE" in mail(site, bytes(64 << 20)), "a bomb")
        expect("REPORT_UNVERIFIED" in mail(site, document(4, 10, 1), "dmarc@nobody.example"), "of a stranger")
        wait_figures(site, {("here.example", "dmarc"): (110, 8, 2, 1)})
        line = summary(site, "--domain", "here.example")["domains"][0]["failing"][0]
        equal((line["source"], line["count"], line["why"], line["reporters"]),
              ("192.0.2.66", 8, "not signed; SPF softfail of here.example", ["reporter.example"]), "who fails, and why")
        m = parse(tool(site))
        equal([m["merlon_reported_messages_total", f'domain="here.example",result="{r}"'] for r in ("pass", "fail")],
              [110, 8], "as metrics")
        equal(m["merlon_reports_received_total", 'kind="dmarc"'], 2, "reports")


def once(b, extra=""):
    """Two copies before and after the control process is killed, twice: one report each."""
    site = Site(b, CONFIG + extra, zone=ZONE)
    want = 0
    for number in range(1, 7):
        mail(site, document(number, 10, 1))
        if number % 2:
            for pid in site.merlon.control():
                os.kill(pid, signal.SIGKILL)
        mail(site, document(number, 10, 1))
        want += 1
    wait_figures(site, {("here.example", "dmarc"): (10 * want, want, want, 0)})
    mail(site, document(1, 10, 1))
    os.killpg(site.merlon.pid, signal.SIGKILL)
    site.merlon.process.wait()
    site.merlon = b.add(Merlon(b.directory, open(site.merlon.config, encoding="utf-8").read(), [site.where]))
    mail(site, document(50, 1, 0))
    wait_figures(site, {("here.example", "dmarc"): (10 * want + 1, want, want + 1, 0)})


def test_once():
    with Bench() as b:
        once(b)


def test_once_in_redis():
    with Bench() as b:
        redis = b.add(Redis(b.directory))
        once(b, f'store {{ backend = redis redis {{ servers = {{"unix:{redis.path}"}} }} }}\n')


if __name__ == "__main__":
    run([test_sums, test_once, test_once_in_redis], 180)
