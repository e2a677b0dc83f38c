#!/usr/bin/python3
"""merlon report: samples, exact sums of many reports however often they are added, and bombs: a clear
fault, bounded memory, time that grows with the input and not faster."""
import gzip
import io
import json
import multiprocessing
import os
import random
import shutil
import struct
import sys
import tempfile
import time
import zipfile
import zlib

TOP = os.path.abspath(os.environ.get("srcdir", os.path.join(os.path.dirname(__file__), "../..")))
BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.environ.get("builddir", ".")))
SAMPLES = f"{TOP}/tests/conformance/report/in"
MB = 1 << 20
DIR = tempfile.mkdtemp(prefix="report.")
# With sanitizers memory is another measure.
with open(f"{BUILD}/merlon", "rb") as f:
    SANITIZED = b"__asan_init" in f.read()
RSS = 1500 if SANITIZED else 120
passed = failed = 0


def check(good, text):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAILED", text)


def launcher(pipe):
    """Runs what it is told to: in a process that is small, since its memory counts as the program's before exec."""
    while True:
        argv = pipe.recv()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=[
                (os.POSIX_SPAWN_DUP2, out.fileno(), 1), (os.POSIX_SPAWN_DUP2, err.fileno(), 2)])
            _, status, used = os.wait4(pid, 0)
            out.seek(0)
            err.seek(0)
            pipe.send((os.waitstatus_to_exitcode(status), used.ru_maxrss / 1024, used.ru_utime + used.ru_stime,
                       out.read().decode("utf-8", "replace"), err.read().decode("utf-8", "replace")))


class Done:
    """A run of merlon report, with what it used: MB and seconds of CPU."""

    def __init__(self, *argv):
        PIPE.send([f"{BUILD}/merlon", "report", *argv])
        self.code, self.rss, self.cpu, self.out, self.err = PIPE.recv()


PIPE, OTHER = multiprocessing.Pipe()
multiprocessing.get_context("fork").Process(target=launcher, args=(OTHER,), daemon=True).start()


def put(name, octets):
    path = f"{DIR}/{name}"
    with open(path, "wb") as f:
        f.write(octets)
    return path


# ---- samples ----

def samples():
    names = [n for n in sorted(os.listdir(SAMPLES)) if n != "README.md"]
    kinds = {"tls.json": "tls", "tls.eml": "tls", "arf.eml": "abuse", "cfbl.eml": "abuse", "afrf.eml": "failure"}
    done = Done("--json", "read", *[f"{SAMPLES}/{n}" for n in names])
    check(done.code == 0, "samples: " + done.err)
    for name, r in zip(names, json.loads(done.out)):
        check(r["kind"] == kinds.get(name, "dmarc") and r["fault"] is None, f"{name} is {r['kind']}")
    for name, line in (("search.xml", "       120  192.0.2.10                pass (DKIM, SPF)\n"
                                      "         7  2001:db8::25              news.ours.example: signed by "
                                      "d=other.example, not aligned (selector list); SPF softfail of "
                                      "bounce.other.example, not aligned; delivered (local_policy)\n"),
                       ("office.xml", "DKIM fail of d=ours.example (selector s2026); SPF fail of ours.example; quarantined"),
                       ("portal.xml", "(source not told)         not signed; SPF fail of ours.example; delivered"),
                       ("tls.eml", "         3  192.0.2.77                certificate-expired (mx.ours.example)")):
        done = Done("read", f"{SAMPLES}/{name}")
        check(done.code == 0 and line in done.out, f"{name}: {done.out}")


def usage():
    for argv, code in ((["--help"], 0), ([], 2), (["read"], 2), (["summary", "x"], 2), (["--add", "summary"], 2),
                       (["--days", "0", "summary"], 2), (["--days", "91", "summary"], 2), (["--wrong"], 2),
                       (["read", f"{DIR}/nowhere"], 2), (["read", f"{SAMPLES}/README.md"], 1),
                       (["read", f"{SAMPLES}/README.md", f"{SAMPLES}/search.xml"], 1),
                       (["--state", f"{DIR}/empty", "--domain", "a b", "summary"], 2)):
        check(Done(*argv).code == code, f"exit of {argv}")


# ---- sums ----

ROW = ("<record><row><source_ip>{ip}</source_ip><count>{n}</count><policy_evaluated><disposition>{what}</disposition>"
       "<dkim>{dkim}</dkim><spf>{spf}</spf></policy_evaluated></row><identifiers><header_from>{domain}</header_from>"
       "</identifiers><auth_results><dkim><domain>{signer}</domain><selector>s</selector><result>pass</result></dkim>"
       "<spf><domain>{domain}</domain><result>softfail</result></spf></auth_results></record>\n")


def document(org, number, domain, rows, begin=None):
    begin = int(time.time()) // 86400 * 86400 - 86400 if begin is None else begin
    return (f"<feedback><report_metadata><org_name>{org}</org_name><email>r@{org}</email><report_id>{number}</report_id>"
            f"<date_range><begin>{begin}</begin><end>{begin + 86400}</end></date_range></report_metadata>"
            f"<policy_published><domain>{domain}</domain><p>none</p></policy_published>\n{rows}</feedback>\n").encode()


def zipped(name, octets):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(name, octets)
    return out.getvalue()


def many(seed):
    """200 reports with their sums: per domain passed, failed, and per source and reason."""
    rnd, sums, lines, paths = random.Random(seed), {}, {}, []
    for i in range(200):
        domain, org, rows = f"d{rnd.randrange(8)}.example", f"org{rnd.randrange(12)}.example", ""
        for _ in range(rnd.randrange(1, 30)):
            n, good, ip = rnd.randrange(1, 1000), rnd.random() < 0.7, f"192.0.2.{rnd.randrange(20)}"
            what = "none" if good else rnd.choice(("none", "quarantine", "reject"))
            signer = domain if good else "esp.example"
            rows += ROW.format(ip=ip, n=n, what=what, dkim="pass" if good else "fail", spf="fail", domain=domain, signer=signer)
            sums.setdefault(domain, [0, 0])[not good] += n
            key = (domain, ip, good, what)
            lines[key] = lines.get(key, 0) + n
        octets = document(org, f"{seed}-{i}", domain, rows)
        form = i % 3
        paths.append(put(f"r{i}", octets if form == 0 else gzip.compress(octets) if form == 1 else zipped("r.xml", octets)))
    return sums, lines, paths


def found(state, *more):
    done = Done("--state", state, "--json", *more, "summary")
    j = json.loads(done.out)
    sums = {d["domain"]: [d["pass"], d["fail"]] for d in j["domains"]}
    lines = {(d["domain"], l["source"], good, l["disposition"]): l["count"]
             for d in j["domains"] for good, part in ((True, d["passing"]), (False, d["failing"])) for l in part}
    return j, sums, lines


def sums():
    state = f"{DIR}/state"
    os.mkdir(state)
    want, lines, paths = many(6)
    for part in (paths[:120], paths[60:], paths):  # whatever is added again counts once
        done = Done("--state", state, "--add", "read", *part)
        check(done.code == 0, "read --add: " + done.err)
    j, got, got_lines = found(state)
    check(got == want, f"sums of 200 reports: {got} {want}")
    check(got_lines == lines, "sums of each source")
    check(j["reports"] == 200 and not j["cut"], "as many reports")
    check(all(d["unverified"] == 0 for d in j["domains"]), "added by hand is not unverified")
    _, one, _ = found(state, "--domain", "d3.example")
    check(one == {"d3.example": want["d3.example"]}, "one domain")
    j, old, _ = found(state, "--days", "1")
    check(old == {}, f"they are of the day before: {old}")
    text = Done("--state", state, "--domain", "d3.example", "summary").out
    check("signed by d=esp.example, not aligned (selector s); SPF softfail of d3.example" in text and
          "pass (DKIM)" not in text, "the summary in words")
    check("pass (DKIM)" in Done("--state", state, "--passing", "summary").out, "and what passes")


def crowded():
    """More sources than are kept: the many small ones are one line, the sums stay exact."""
    state = f"{DIR}/crowded"
    os.mkdir(state)
    rows = "".join(ROW.format(ip=f"10.{i >> 8}.{i & 255}.1", n=1 + i % 7 + (1000 if i < 5 else 0), what="none", dkim="fail",
                              spf="fail", domain="d.example", signer="x.example") for i in range(20000))
    total = sum(1 + i % 7 + (1000 if i < 5 else 0) for i in range(20000))
    done = Done("--state", state, "--add", "read", put("crowd", document("o.example", "1", "d.example", rows)))
    check(done.code == 0, "many sources: " + done.err)
    j, _, _ = found(state)
    d = j["domains"][0]
    check(d["fail"] == total == sum(l["count"] for l in d["failing"]), "the sum of many sources")
    check([l["source"] for l in d["failing"] if l["count"] > 1000 and not l["rest"]] ==
          [f"10.0.{i}.1" for i in (4, 3, 2, 1, 0)], "the largest are there")
    check(sum(l["rest"] for l in d["failing"]) == 1 and len(d["failing"]) <= 257, "the rest is one line")


# ---- bombs ----

def zeros(wbits, n):
    """n MiB of zeros, deflated."""
    c, block, out = zlib.compressobj(9, zlib.DEFLATED, wbits), bytes(MB), io.BytesIO()
    for _ in range(n):
        out.write(c.compress(block))
    return out.getvalue() + c.flush()


def raw_zip(name, data, size, crc=0, flags=0):
    """A zip whose directory says what it likes of one deflated member."""
    head = struct.pack("<HHHHHIIIHH", 20, flags, 8, 0, 0, crc, len(data), size, len(name), 0)
    local = b"PK\3\4" + head + name + data
    entry = b"PK\1\2" + struct.pack("<H", 20) + head + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    return local + entry + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(entry), len(local), 0)


def deflated(octets):
    c = zlib.compressobj(9, zlib.DEFLATED, -15)
    return c.compress(octets) + c.flush()


def laughs():
    lines = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE f [<!ENTITY l0 "lol">{lines}]><feedback>&l9;</feedback>'.encode()


def bombs():
    good = open(f"{SAMPLES}/search.xml", "rb").read()
    gig, rows = zeros(31, 1024), ROW.format(ip="192.0.2.1", n=1, what="none", dkim="fail", spf="fail", domain="d.example",
                                            signer="d.example")
    yield "gigabyte.gz", gig, "larger than 20 MB inflated"
    yield "gigabyte.zip", raw_zip(b"a.xml", zeros(-15, 1024), 1 << 30), "larger than 20 MB inflated"
    yield "lying.zip", raw_zip(b"a.xml", zeros(-15, 1024), 100), "larger than 20 MB inflated"
    yield "zip in zip", zipped("a.zip", zipped("a.xml", good)), "a zip without XML or JSON in it"
    yield "gz in gz", gzip.compress(gzip.compress(good)), True
    yield "big in gz in gz", gzip.compress(gig), "inflates to more than 300 times its size"
    yield "zip in gz", gzip.compress(zipped("a.xml", good)), "packed twice"
    yield "large.gz", gzip.compress(random.Random(1).randbytes(128 * 1024) * 200), None
    yield "empty members", gzip.compress(b"", mtime=0) * 500000, None
    yield "many members", zipped_many(3000), "a zip without XML or JSON in it"
    yield "encrypted", raw_zip(b"a.xml", deflated(good), len(good), zlib.crc32(good), 1), "an encrypted zip"
    yield "folders only", zipped("a/", b""), "a zip without XML or JSON in it"
    yield "cut.gz", gzip.compress(good)[:-300], None
    yield "cut.zip", zipped("a.xml", good)[:200], None
    yield "laughs", laughs(), "line 1: expected an element, found a document type or an entity, which are refused"
    yield "laughs.gz", gzip.compress(laughs()), "line 1: expected an element, found a document type or an entity, which are refused"
    yield "quadratic", b'<!DOCTYPE f [<!ENTITY a "' + b"a" * MB + b'">]><feedback>' + b"&a;" * MB + b"</feedback>", \
        "line 1: expected an element, found a document type or an entity, which are refused"
    yield "undeclared", b"<feedback>" + b"&a;" * MB, 'line 1: expected &lt; &gt; &amp; &quot; &apos; or a number, found "&a"'
    yield "file", b'<!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/passwd">]><feedback>&x;</feedback>', \
        "line 1: expected an element, found a document type or an entity, which are refused"
    yield "deep", b"<feedback>" + b"<a>" * 4 * MB, "line 1: expected at most 16 elements in one another"
    yield "comments", b"<feedback>" + b"<!-- " * 3 * MB, None
    yield "open comments", b"<feedback>" + b"<!---->" * 2 * MB, None
    yield "instructions", b"<feedback>" + b"<?a " * 4 * MB, None
    yield "data", b"<feedback>" + b"<![CDATA[" * 2 * MB, None
    yield "attributes", b"<feedback " + b"a='b' " * 3 * MB, "line 1: expected \">\" within 4096 octets of \"<\""
    yield "quotes", b"<feedback a='" + b'"' * 16 * MB, "line 1: expected \">\" within 4096 octets of \"<\""
    yield "text", b"<feedback>" + b"x" * 19 * MB + b"</feedback>", "line 1: expected at most 4096 octets of text in <feedback>"
    yield "numbers", b"<feedback>" + b"&#65;" * 3 * MB + b"</feedback>", None
    yield "elements", b"<feedback>" + b"<a/>" * 4 * MB + b"</feedback>", None
    yield "errors", b"<feedback><report_metadata>" + b"".join(b"<error>%d</error>" % i for i in range(900000)), None
    yield "names", document("o.example", "1", "d.example", "".join(
        f"<record><row><count>1</count></row><identifiers><header_from>{i}.example</header_from></identifiers></record>"
        for i in range(100001))), "line 2: expected at most 100000 records"
    yield "rows", document("o.example", "1", "d.example", rows * 60000), "larger than 20 MB"
    yield "signatures", document("o.example", "1", "d.example", "<record><auth_results>" +
                                 "<dkim><domain>d.example</domain></dkim>" * 400000), None
    yield "utf16", "<feedback>".encode("utf-16") + b"<\0" * 8 * MB, None
    yield "json deep", b'{"a":' * 3 * MB, "JSON that is nested too deeply"
    yield "json arrays", b'{"policies":[' + b"[]," * 6 * MB, "JSON of too many values"
    yield "json wide", b'{"policies":[' + b"1," * 9 * MB, "JSON of too many values"
    yield "json text", b'{"policies":"' + b"\\" * 19 * MB, None
    yield "json names", b"{" + b",".join(b'"%d":1' % i for i in range(99000)) + b"}", None
    yield "mail of parts", b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-Type: text/xml\n\n<feedback/>\n" * 300000, None
    yield "mail in mail", b"Content-Type: message/rfc822\n\n" * 100000, None
    yield "mail of bombs", b"Content-Type: multipart/mixed; boundary=b\n\n" + b"".join(
        b"--b\nContent-Transfer-Encoding: base64\n\n" + zlib_b64(zeros(31, 19)) + b"\n" for _ in range(100)), None
    yield "feedback", b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/feedback-report\n\n" + \
        b"Feedback-Type: abuse\n" * 500000, True


def zipped_many(n):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for i in range(n):
            z.writestr(f"{i}.bin", b"x" * 1000)
    return out.getvalue()


def zlib_b64(octets):
    import base64
    return base64.encodebytes(octets)


def all_bombs():
    worst = worst_cpu = 0
    for name, octets, fault in bombs():
        done = Done("--json", "read", put("bomb", octets))
        r = json.loads(done.out)[0] if done.out else {"fault": None}
        worst, worst_cpu = max(worst, done.rss), max(worst_cpu, done.cpu)
        check(done.code == (0 if fault is True else 1), f"{name}: exit {done.code} {done.err[-300:]}")
        check(fault is True or bool(r["fault"]), f"{name}: a fault")
        check(fault in (None, True) or r["fault"] == fault, f"{name}: {r['fault']}")
        check(done.rss < RSS, f"{name}: {done.rss:.0f} MB")
        check(done.cpu < (60 if SANITIZED else 10), f"{name}: {done.cpu:.1f} s")
        if os.environ.get("VERBOSE"):
            print(f"{name:16} {len(octets):10} {done.rss:6.0f} MB {done.cpu:5.2f} s  {r['fault']}")
    print(f"bombs: at most {worst:.0f} MB, {worst_cpu:.2f} s of CPU")


def linear():
    """The cost of twice the rows is at most about twice: by the least of three runs."""
    def cost(n):
        rows = "".join(f"<record><row><source_ip>10.{i >> 16}.{i >> 8 & 255}.{i & 255}</source_ip><count>1</count></row>"
                       f"<identifiers><header_from>d{i}.example</header_from></identifiers></record>" for i in range(n))
        path = put("rows", document("o.example", "1", "d.example", rows))
        runs = [Done("read", path) for _ in range(3)]
        check(all(r.code == 0 and r.rss < RSS for r in runs), f"{n} rows: {runs[0].rss:.0f} MB {runs[0].err}")
        return min(r.cpu for r in runs)
    one, two = cost(50000), cost(100000)
    print(f"50000 rows {one:.2f} s, 100000 rows {two:.2f} s")
    check(two < 3 * one + 0.2, f"100000 rows: {two:.2f} s, 50000: {one:.2f} s")


try:
    samples()
    usage()
    sums()
    crowded()
    all_bombs()
    linear()
finally:
    shutil.rmtree(DIR)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
