#!/usr/bin/python3
"""The manual pages and samples say what the programs say, and are well formed. Reads, changes nothing."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", "."))
PAGES = ["merlond.8", "merlon.1", "merlon.conf.5", "merlon-rules.5"]
passed = failed = 0


def check(good, text):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print("ok" if good else "FAILED", text)


def run(*argv, **more):
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, **more)


def read(path):
    with open(f"{TOP}/{path}", encoding="utf-8") as f:
        return f.read()


def tables():
    done = run(sys.executable, f"{TOP}/docs/tables.py", "--check", f"{BUILD}/merlon")
    check(done.returncode == 0, "tables in the pages and the sample are those of the program\n" +
          done.stdout + done.stderr)


def well_formed():
    for page in PAGES:
        if shutil.which("mandoc"):
            done = run("mandoc", "-Tlint", "-W", "warning", f"{TOP}/docs/{page}")
        elif shutil.which("groff"):
            done = run("groff", "-mandoc", "-ww", "-z", "-Tascii", f"{TOP}/docs/{page}")
        else:
            print(f"{page}: no mandoc, no groff: not looked at, not counted")
            continue
        check(done.returncode == 0 and not done.stdout + done.stderr, f"{page}: " + done.stdout + done.stderr)


def long_options(text):
    return set(re.findall(r"(?<![\w-])--([a-z][a-z-]+)", text))


def listed(text):
    """The words that a usage lists, two blanks before and after each."""
    return set(re.findall(r"^  ([a-z]+) +(?=\S)", text, re.M))


def parts(page):
    """Text of each .Ss by every command that it names: "auth, scan" is of both."""
    found = {}
    for part in page.split(".Sh DESCRIPTION\n")[1].split(".Sh ")[0].split(".Ss ")[1:]:
        title, _, text = part.partition("\n")
        found.update({name: text for name in title.split(", ")})
    return found


def helps():
    """Commands, and options by command: what --help names is in its part of the page, and no other."""
    page = read("docs/merlon.1").replace("\\", "")
    part, common = parts(page), {"config", "json", "plugins", "help"}
    check(common <= set(re.findall(r"-([a-z-]+)", page.split(".Ss ")[0])), "merlon.1: options of all commands")
    rules = listed(run(f"{BUILD}/merlon", "rules", "--help").stdout)
    check(rules == set(re.findall(r"^\.It Cm ([a-z]+)", part["rules"], re.M)), f"merlon.1 has merlon rules {rules}")
    commands = listed(run(f"{BUILD}/merlon", "--help").stdout) | {"rules fit", "llm test", "llm eval", "llm budget"}
    check(commands == set(part), f"merlon.1 has a part on each of {commands}, and on no other")
    for command in sorted(commands & set(part)):
        done = run(f"{BUILD}/merlon", *command.split(), "--help")
        check(done.returncode == 0 and not done.stderr, f"merlon {command} --help")
        told = long_options(done.stdout) - common
        items = "".join(re.findall(r"^\.It Fl .*", part[command], re.M))
        named = set(re.findall(r"(?:Fl|,) -([a-z-]+)", items))
        check(told == named, f"merlon.1, {command}: lacks {told - named}, invents {named - told}")
    for word in ["auth", "scan", "parse", "lookalike", "rules", "masscheck", *rules]:
        check(re.search(rf"Cm (\w+ \| |rules )*{word}\b", page), f"merlon.1 names {word}")
    page, text = read("docs/merlond.8").replace("\\", ""), run(f"{BUILD}/merlond", "--help").stdout
    for option in long_options(text) - {"options"}:
        check(f"-{option}" in page, f"merlond.8 has --{option}")


def events():
    """Every event that the programs log is in merlond.8."""
    page = read("docs/merlond.8").replace("\\", "")
    found = set()
    for directory, _, names in os.walk(f"{TOP}/src"):
        for name in names:
            if name.endswith(".c"):
                found |= set(re.findall(r'LOG\(\s*LOG_LVL_\w+,\s*"([a-z_]+)"', read(f"{directory}/{name}"[len(TOP) + 1:])))
    missing = sorted(e for e in found if not re.search(rf"\b{e}\b", page))
    check(len(found) > 50 and not missing, f"merlond.8 has all {len(found)} events; lacks {missing}")


def uncommented(text):
    text = re.sub(r'^#(\w+ "[^"]*" \{|\t.*|\})$', r"\1", text, flags=re.M)  # named sections
    return "\n".join(re.sub(r"^\t#(\w+ = )", r"\t\1", line) for line in text.split("\n"))


def samples():
    with tempfile.TemporaryDirectory() as d:
        with open(f"{d}/local.cf", "w", encoding="ascii") as f:
            f.write("score SPF_PASS -0.2\n")
        with open(f"{d}/left-users", "w", encoding="ascii") as f:
            f.write("gone@example.org,2020-01-31\n")
        for name, text in {"key": "00ff", "accounts": "friend : 00ff", "access": "check : all : allow"}.items():
            with open(f"{d}/pyzor.{name}", "w", encoding="ascii") as f:
                f.write(text + "\n")
        for name in ("llm-ca.pem", "llm-cert.pem", "llm-cert.key", "llm.key"):
            with open(f"{d}/{name}", "w", encoding="ascii") as f:
                f.write("text\n")
        full = uncommented(read("contrib/merlon.conf.sample")).replace("/etc/merlon/pyzor.", f"{d}/pyzor.")
        full = full.replace("/etc/merlon/llm", f"{d}/llm")
        full = full.replace("/etc/merlon/local.cf", f"{d}/local.cf")
        full = full.replace("/etc/merlon/left-users", f"{d}/left-users")
        full = full.replace("/usr/local/share/merlon/rules", f"{TOP}/rules")
        texts = {"minimal": read("contrib/merlon.conf.minimal"), "sample": read("contrib/merlon.conf.sample"),
                 "sample, every option set": full}
        page = read("docs/merlon.conf.5")
        example = page.split(".Bd -literal -offset indent\n")[1].split(".Ed")[0]
        texts["example of merlon.conf.5"] = example.replace('include("local.conf")', "")
        for name, text in texts.items():
            with open(f"{d}/merlon.conf", "w", encoding="utf-8") as f:
                f.write(text)
            done = run(f"{BUILD}/merlond", "-t", "-c", f"{d}/merlon.conf")
            check(done.returncode == 0, f"merlond -t: {name}\n" + done.stderr)
        check(full.count(" = ") >= 50, "the sample has all options")
        named = re.findall(r'^(\w+) "', texts["sample"], re.M)
        check(named == ["listen"], f"the sample by itself asks nobody: {named}")
        check('feed "links" {' in full.split("\n"), "a named section of the sample can be uncommented")


def rules_example():
    examples = [text.split(".Ed")[0].replace("\\e", "\\")
                for text in read("docs/merlon-rules.5").split(".Bd -literal -offset indent\n")[1:]]
    examples += re.findall(r"^```cf\n(.*?)^```", read("docs/analysts.md"), re.M | re.S)
    for i, text in enumerate(examples):
        with tempfile.TemporaryDirectory() as d:
            with open(f"{d}/x.cf", "w", encoding="utf-8") as f:
                f.write(text)
            with open(f"{d}/merlon.conf", "w", encoding="utf-8") as f:
                f.write(f'rules {{ dir = "{TOP}/rules" files = {{"{d}/x.cf"}} }}\n')
            done = run(f"{BUILD}/merlon", "rules", "lint", "-c", f"{d}/merlon.conf")
            check(done.returncode == 0 and "0 faults, 0 notes" in done.stdout, f"rules, example {i}\n" + done.stdout)
            done = run(f"{BUILD}/merlond", "-t", "-c", f"{d}/merlon.conf")
            check(done.returncode == 0, f"merlond -t: rules, example {i}\n" + done.stderr)
    check(len(examples) >= 3, "the examples of rules were found")


def keys_of(value):
    """Every member's name in a JSON value, but for those of tables by name."""
    if isinstance(value, list):
        return set().union(*map(keys_of, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    inner = [v for k, v in value.items() if k not in ("tricks", "hidden", "skipped", "faults")]
    return set(value).union(*map(keys_of, inner))


MAIL = """From: "A" <a@shop.example>
To: b@example.org
Subject: the report
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/html

<p>See <a href="http://shop.example/a">this</a> <span style="display:none">not this</span></p>
--x
Content-Type: application/zip; name=a.zip
Content-Transfer-Encoding: base64

UEsDBBQAAAAAAAAAIQCGphA2BQAAAAUAAAAFAAAAYS50eHRoZWxsb1BLAQIUAxQAAAAAAAAAIQCGphA2BQAAAAUAAAAFAAAAAAAAAAAAAACAAQAA
AABhLnR4dFBLBQYAAAAAAQABADMAAAAoAAAAAAA=
--x--
"""


def json_keys():
    """What --json prints is in the part JSON of the page, key by key."""
    page = read("docs/merlon.1").replace("\\", "").split(".Sh JSON\n")[1].split(".Sh ")[0]
    known = set(re.findall(r"[a-z][a-z0-9_.]*[a-z0-9_]|b|p", page))
    known |= {one for word in known for one in word.split(".")}
    with tempfile.TemporaryDirectory() as d:
        for kind in ("ham", "spam"):
            os.mkdir(f"{d}/{kind}")
            for i in range(2):
                with open(f"{d}/{kind}/{i}", "w", encoding="ascii") as f:
                    f.write(MAIL)
        mail, conf = f"{d}/ham/0", f"{d}/merlon.conf"
        with open(conf, "w", encoding="ascii") as f:
            f.write(f'rules {{ dir = "{TOP}/rules" cache = "{d}/cache" }}\n'
                    f'llm_endpoint "x" {{ url = "http://127.0.0.1:9" model = "{TOP}/models/llm/openai.conf" }}\n'
                    f'daemon {{ state = "{d}" }}\n'
                    f'dns {{ servers = {{"127.0.0.1@9"}} timeout = 100ms }}\n')
        with open(f"{d}/opendkim.conf", "w", encoding="ascii") as f:
            f.write("Mode v\nPeerList /x\n")
        reports = [f"{TOP}/tests/conformance/report/in/{name}" for name in
                   ("search.xml", "freemail.xml", "tls.json", "arf.eml", "README.md")]
        for command in (["scan", "--local", "--subrules", mail], ["auth", "--local", mail], ["parse", mail],
                        ["lookalike", "paypa1.com"], ["digest", "--lines", "--near", mail], ["rules", "list"],
                        ["rules", "show", "HTML_FORM", "__ANY_URL"],
                        ["rules", "lint"], ["rules", "test", "HTML_FORM"], ["rules", "explain", mail],
                        ["rules", "compile"], ["rules", "bench", mail], ["rules", "fit", "--folds", "2", d],
                        ["dkim", "new", "example.com"], ["dkim", "list"], ["dkim", "check"],
                        ["masscheck", d], ["classify", "--explain", mail], ["eval", d], ["eval", "--rules", "--folds", "2", d],
                        ["llm", "test", "--local", "--send", "--mode", "all", mail], ["llm", "eval", d], ["llm", "budget"],
                        ["import", "opendkim", "--from", f"{d}/opendkim.conf"],
                        ["report", "read", "--add", *reports], ["report", "summary", "--days", "90"]):
            more = [] if command[0] in ("digest", "classify", "import") else ["-c", conf]
            done = run(f"{BUILD}/merlon", *command, "--json", *more)
            found = keys_of(json.loads(done.stdout or "null"))
            check(found and found <= known, f"merlon.1, JSON of {command[:2]}: lacks {found - known} {done.stderr}")


def unit():
    path = f"{BUILD}/contrib/merlond.service"
    text = open(path, encoding="ascii").read()
    check("@sbindir@" not in text and "/merlond -c /" in text, "merlond.service: paths are filled in")
    check(re.search(r"^Type=notify$", text, re.M), "merlond.service: Type=notify")


tables()
well_formed()
helps()
events()
samples()
rules_example()
json_keys()
unit()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
