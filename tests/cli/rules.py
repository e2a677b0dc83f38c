#!/usr/bin/python3
"""merlon rules as an analyst meets it: list, show, lint, test, explain; layers, exit codes, JSON."""
import json
import os
import subprocess
import sys
import tempfile

BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.environ.get("builddir", ".")))
MERLON, MERLOND = f"{BUILD}/merlon", f"{BUILD}/merlond"
passed = failed = 0

PACKAGE = r"""header CHEAP Subject =~ /cheap/i
describe CHEAP says that something is cheap
score CHEAP 1.5
test CHEAP ok Cheap things
test CHEAP fail dear things
header __OUT eval:outbound()
meta OURS __OUT
describe OURS from one of our own
score OURS 0.5
test OURS ok auth=user | From: a@b.example\nSubject: x\n\nbody
test OURS fail | From: a@b.example\nSubject: x\n\nbody
meta BOTH CHEAP && OURS
replace_tag A [a4]
body TAGGED /w<A>tch/
replace_rules TAGGED
"""
SITE = "score CHEAP 2\nmeta PARTIAL NOWHERE || UNKNOWN\nheader UNKNOWN eval:nothing('x')\nadd_header all X y\n"
RUNTIME = "score CHEAP (0.25)\ngroup CHEAP words\n"
MAIL = "From: a@b.example\nTo: c@d.example\nSubject: A cheap w4tch\n\nA cheap w4tch.\n"


def check(good, text):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print("ok" if good else "FAILED", text)


def rules(*argv):
    return subprocess.run([MERLON, "rules", *argv], capture_output=True, text=True, timeout=60)


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def configured(d, package=PACKAGE, site=SITE, name="merlon.conf"):
    write(f"{d}/package.cf", package)
    write(f"{d}/site.cf", site)
    write(f"{d}/runtime.cf", RUNTIME)
    return write(f"{d}/{name}", f'rules {{ dir = "{d}/package.cf" files = {{"{d}/site.cf"}} '
                                f'runtime = "{d}/runtime.cf" }}\ndns {{ servers = {{"127.0.0.1@9"}} timeout = 100ms }}\n')


def lists(conf):
    found = json.loads(rules("list", "--json", "-c", conf).stdout)
    names = {r["name"]: r for r in found}
    check(names["CHEAP"]["score"] == 2.25 and names["CHEAP"]["kind"] == "header", "list: score and kind")
    check(names["UNKNOWN"]["kind"] == "none" and not names["UNKNOWN"]["run"], "list: what is not loaded")
    check(names["__OUT"]["score"] is None, "list: a subrule has no score")
    only = json.loads(rules("list", "--json", "--group", "words", "-c", conf).stdout)
    check([r["name"] for r in only] == ["CHEAP"], "list --group")
    only = json.loads(rules("list", "--json", "--kind", "meta", "-c", conf, "O*", "B*").stdout)
    check([r["name"] for r in only] == ["OURS", "BOTH"], "list --kind GLOB")
    check("says that something is cheap" in rules("list", "-c", conf).stdout, "list as text")


def shows(d, conf):
    shown = json.loads(rules("show", "--json", "CHEAP", "TAGGED", "-c", conf).stdout)
    scores = [(s["layer"], os.path.basename(s["file"]), s["line"], s["counts"], s["relative"])
              for s in shown[0]["scores"]]
    check(scores == [("package", "package.cf", 3, False, False), ("site", "site.cf", 1, True, False),
                     ("runtime", "runtime.cf", 1, True, True)], f"show: layers {scores}")
    check(shown[0]["score"] == 2.25 and shown[0]["used_by"] == ["BOTH"] and len(shown[0]["tests"]) == 2,
          "show: score, users, tests")
    check(shown[1]["pattern"] == "w[a4]tch", "show: the expression after its tags are replaced")
    text = rules("show", "CHEAP", "-c", conf).stdout
    check(f"site     {d}/site.cf:1  score 2\n" in text and "score 1.5  (superseded)" in text, "show as text")
    done = rules("show", "CHEEP", "-c", conf)
    check(done.returncode == 1 and "did you mean CHEAP" in done.stderr, "show: did you mean")
    os.unlink(f"{d}/runtime.cf")
    check(json.loads(rules("show", "--json", "CHEAP", "-c", conf).stdout)[0]["score"] == 2,
          "the file of rules.runtime need not be there")


def lints(d, conf):
    done = rules("lint", "--json", "-c", conf)
    found = json.loads(done.stdout)
    texts = [f"{os.path.basename(r['file'])}:{r['line']} {r['text']}" for r in found["remarks"]]
    check(done.returncode == 0 and found["faults"] == 0 and found["not_loaded"] == 1 and found["partial"] == 1,
          "lint: notes are no faults")
    for text in ("site.cf:3 header UNKNOWN: not loaded: no function nothing",
                 "site.cf:2 meta PARTIAL: NOWHERE is not defined: it counts as 0",
                 "site.cf:2 meta PARTIAL: partial: it depends on UNKNOWN, which is not loaded",
                 "site.cf:4 ignored: add_header: fields that are added are options of merlon.conf"):
        check(text in texts, f"lint: {text}")
    done = subprocess.run([MERLOND, "-t", "-c", conf], capture_output=True, text=True, timeout=60)
    check(done.returncode == 0 and f"{len(texts)} notes" in done.stdout, "merlond -t counts the notes")
    bad = configured(d, site="score CHEAP x\nbody B x\n", name="bad.conf")
    done = rules("lint", "-c", bad)
    check(done.returncode == 1 and f"FAULT {d}/site.cf:1: score CHEAP" in done.stdout and
          f"FAULT {d}/site.cf:2: body B" in done.stdout, "lint: every fault, exit 1")
    check(rules("list", "-c", bad).returncode == 2, "list: exit 2 without rules")


def tests(d, conf):
    done = rules("test", "-c", conf)
    check(done.returncode == 0 and done.stdout == "4 tests, 0 failed\n", f"test: {done.stdout}")
    check(rules("test", "OURS", "-c", conf).stdout == "2 tests, 0 failed\n", "test NAME")
    bad = configured(d, PACKAGE.replace("test OURS fail", "test OURS ok"), name="failing.conf")
    done = rules("test", "--json", "-c", bad)
    found = json.loads(done.stdout)
    check(done.returncode == 1 and [t["line"] for t in found["failed"]] == [11], "test: a message that fails")
    done = subprocess.run([MERLOND, "-t", "-c", bad], capture_output=True, text=True, timeout=60)
    check(done.returncode == 78 and "package.cf:11: test OURS: expected it to hit" in done.stderr,
          "merlond -t runs them too")


def explains(d, conf):
    path = write(f"{d}/mail.eml", MAIL)
    found = json.loads(rules("explain", "--json", path, "-c", conf).stdout)[0]
    hits = {h["name"]: h for h in found["hits"]}
    check(sorted(hits) == ["CHEAP", "TAGGED"], f"explain: {sorted(hits)}")
    check(hits["CHEAP"]["evidence"] == 'header Subject: "cheap"' and hits["CHEAP"]["line"] == 1, "explain: evidence")
    check(hits["TAGGED"]["evidence"].endswith(': "w4tch"'), "explain: evidence of a body")
    check(hits["CHEAP"]["evidence"] in rules("explain", path, "-c", conf).stdout, "explain as text")
    done = subprocess.run([MERLON, "scan", "--json", "--subrules", "-c", conf, path], capture_output=True, text=True,
                          timeout=60)
    check(json.loads(done.stdout)["subrules"] == [], "scan --subrules")
    check(rules("explain", f"{d}/nowhere", "-c", conf).returncode == 2, "explain: no such file")
    envelope(d, path)


def envelope(d, path):
    """explain --ip, --helo, --from, --local: rules see whom they name."""
    site = ("header FROM_IP X-Spam-Relays-External =~ /^\\[ ip=192\\.0\\.2\\.7 .*helo=h\\.example /\n"
            "header FROM_ENV EnvelopeFrom =~ /e@f\\.example/\nbody NESTED /(?:q+)+z/\n")
    conf = configured(d, site=site, name="envelope.conf")
    argv = ("explain", "--json", "--local", path, "-c", conf)
    given = ("--ip", "192.0.2.7", "--helo", "h.example", "--from", "<e@f.example>")
    check(not {"FROM_IP", "FROM_ENV"} & {h["name"] for h in json.loads(rules(*argv).stdout)[0]["hits"]},
          "explain without an envelope")
    names = {h["name"] for h in json.loads(rules(*argv, *given).stdout)[0]["hits"]}
    check({"FROM_IP", "FROM_ENV"} <= names, f"explain with an envelope: {names}")
    check("NESTED: unbounded repetition" in rules("lint", "-c", conf).stdout, "lint warns of nested repetition")
    for word in ("nonsense=1", "ip=192.0.2"):
        wrong = configured(d, site=f"header X Subject =~ /x/\ntest X ok {word} | Subject: x\\n\\nx\n", name="wrong.conf")
        check(f'found "{word}", expected ip=' in rules("lint", "-c", wrong).stdout, f"test with the envelope {word}")
    conf = configured(d, site=site, name="envelope.conf")
    check(rules("test", "NOWHERE", "-c", conf).returncode == 1, "test of a rule that is not there")


def usage():
    check(rules("--help").returncode == 0 and "explain" in rules("--help").stdout, "--help")
    for argv in ((), ("nothing",), ("list", "--nothing"), ("explain",), ("show",), ("lint", "--compile"),
                 ("explain", "--ip", "nowhere", "x")):
        done = rules(*argv)
        check(done.returncode == 2 and done.stderr, f"wrong usage: {argv}")


with tempfile.TemporaryDirectory() as directory:
    usage()
    lists(configured(directory))
    for part in (shows, lints, tests, explains):
        part(directory, configured(directory))
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
