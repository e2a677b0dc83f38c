"""The bench of rules: SpamAssassin's stock rules by spamd and by Merlon, our own rules beside rspamd
with its default ones, and how long rules take to load. Processor time only, so that a loaded machine
shows the same figures."""
import json
import os
import resource
import shutil
import socket
import statistics
import subprocess
import time

from filters import BUILD, Filter, Rspamd, Server, Wire, libraries, peer, write

STOCK = "/usr/share/spamassassin"
SITE = "/etc/spamassassin"
CACHE = os.path.join(BUILD, "tests/bench/patterns")
MESSAGES = 240        # of a corpus, evenly taken
SPAMD_MESSAGES = 80   # of these, evenly taken: it takes a while
REPEATS = 3


def stock_conf(hyperscan):
    return (f'rules {{ score_set = 0 dir = "{STOCK}" files = {{"{SITE}"}} cache = "{CACHE}/stock"\n'
            f'  hyperscan = {hyperscan} }}\nlookalike {{ brands = "none" }}\n')


def own_conf(hyperscan):
    return f'rules {{ cache = "{CACHE}/own" hyperscan = {hyperscan} }}\n'


def evenly(things, n):
    return [things[i * len(things) // n] for i in range(n)] if len(things) > n else things


def messages(corpus):
    """Paths of the messages of CORPUS, or of the generated corpus."""
    found = []
    for root, _, names in os.walk(corpus):
        found += [os.path.join(root, n) for n in names if not n.endswith((".tsv", ".jsonl", ".txt", ".md"))]
    return evenly(sorted(found), MESSAGES)


def jobs(directory, name, paths, times=1):
    return write(f"{directory}/{name}.jsonl", "".join(json.dumps({
        "path": p, "client_ip": "198.18.1.1", "helo": "mail.d000.example", "mail_from": "bounce@d000.example",
        "rcpt": ["receiver@example.org"]}) + "\n" for p in paths * times))


def cpu_of(argv, **more):
    """Seconds of processor time of a program, and what it wrote."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(argv, capture_output=True, timeout=300, **more)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if not done.stdout:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


# ---- merlon scan ----

def scan(conf, jobs_file):
    return cpu_of([f"{BUILD}/merlon", "scan", "-c", conf, "--local", "--subrules", "--jobs", jobs_file])


def scan_cost(directory, conf, paths):
    """Milliseconds a message without the loading of rules; what was hit."""
    times = max(1, 720 // len(paths))
    one, many = jobs(directory, "one", paths[:1]), jobs(directory, "many", paths, times)
    costs = []
    for _ in range(REPEATS):
        load, _ = scan(conf, one)
        cpu, out = scan(conf, many)
        costs.append((cpu - load) * 1000 / (len(paths) * times - 1))
    hits = [(r["file"], sorted((s["name"], s["score"]) for s in r["symbols"]), sorted(r["subrules"]))
            for r in map(json.loads, out.splitlines())]
    return statistics.median(costs), hits


def load_times(conf):
    """(processor, clock) seconds of one load with Hyperscan's databases there, without, and of making
    them."""
    cache = [line.split('cache = "')[1].split('"')[0] for line in open(conf) if 'cache = "' in line][0]
    merlon = [f"{BUILD}/merlon", "rules"]

    def once(*what):
        began = time.monotonic()
        return cpu_of([*merlon, *what, "-c", conf])[0], time.monotonic() - began

    shutil.rmtree(cache, ignore_errors=True)
    cold = min(once("lint") for _ in range(REPEATS))
    made = once("compile")
    return {"warm": min(once("lint") for _ in range(REPEATS)), "cold": cold, "compile": made}


# ---- daemons ----

class Spamd(Filter):
    """Debian's spamd, local tests only, one child; it is no milter and is asked in its own words."""
    name = "spamd"
    unix = True

    def start(self):
        root, d = peer("spamd"), self.directory
        os.chmod(d, 0o777)
        path = self.where(self.socket())
        argv = ["/usr/bin/perl", "-T", f"{root}/usr/sbin/spamd", "--local", "--nouser-config", "--username=nobody",
                "--max-children=1", "--min-children=1", f"--socketpath={path}", "--socketmode=0666",
                f"--helper-home-dir={d}", f"--pidfile={d}/pid", "-s", f"{d}/spamd.log",
                f"--configpath={STOCK}", f"--siteconfigpath={SITE}"]
        self.ready(Server(argv, f"{d}/log", dict(os.environ, HOME=d, TMPDIR=d)))

    def ask(self, path):
        with open(path, "rb") as f:
            mail = f.read()
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(self.where(self.sockets[0]))
            s.sendall(b"SYMBOLS SPAMC/1.5\r\nContent-length: %d\r\n\r\n%s" % (len(mail), mail))
            s.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: s.recv(65536), b""))
        if b" 0 EX_OK" not in answer.split(b"\r\n", 1)[0]:
            raise RuntimeError(f"spamd: {answer[:200]!r}")

    def cost(self, paths):
        for path in paths[:5]:
            self.ask(path)
        before = self.cpu()
        for path in paths:
            self.ask(path)
        return (self.cpu() - before) * 1000 / len(paths)


class WithRules(Wire):
    unix = True
    rules = ""

    def start(self):
        self.more = self.rules
        super().start()


class Stock(WithRules):
    name, rules = "merlond", stock_conf("auto")


class StockPlain(WithRules):
    name, rules = "merlond, no Hyperscan", stock_conf("off")


class Own(WithRules):
    name, rules = "Merlon, own rules, authentication", own_conf("auto")


class OwnPlain(WithRules):
    name, rules = "the same, no Hyperscan", own_conf("off")


# What asks somebody: DNS, Redis, its fuzzy storage, maps that are fetched.
RSPAMD_NETWORK = """rbl surbl spf dkim dmarc arc asn bimi fuzzy_check greylist history_redis mx_check neural p0f
phishing ratelimit redis replies reputation rspamd_update spamtrap url_redirector antivirus dcc clickhouse elastic
external_services metadata_exporter metric_exporter dkim_signing aws_s3 http_headers hfilter""".split()


class RspamdRules(Rspamd):
    name = "rspamd, default rules, no network"

    def start(self):
        root, d = peer("rspamd"), self.directory
        cache = f"{CACHE}/rspamd"  # compiling takes half a minute
        os.makedirs(cache, exist_ok=True)
        share, etc = f"{root}/usr/share/rspamd", f"{root}/etc/rspamd"
        at = self.socket()[5:] + " mode=0666"
        for module in RSPAMD_NETWORK:
            write(f"{d}/override.d/{module}.conf", "enabled = false;\n")
        write(f"{d}/override.d/classifier-bayes.conf", "enabled = false;\n")
        for worker in ("normal", "controller", "fuzzy"):
            write(f"{d}/override.d/worker-{worker}.inc", f'bind_socket = "{d}/{worker}.sock"; count = 0; enabled = false;\n')
        write(f"{d}/override.d/worker-proxy.inc", f"""bind_socket = "{at}"; milter = yes; count = 1; timeout = 60s;
upstream "local" {{ default = yes; self_scan = yes; }}
""")
        write(f"{d}/override.d/options.inc", f"""control_socket = "{d}/control.sock mode=0600"; tempdir = "{d}";
local_addrs = []; dns {{ nameserver = ["127.0.0.1:9:1"]; timeout = 0.1s; retransmits = 1; }}
""")
        write(f"{d}/override.d/actions.conf", "reject = 1000; add_header = 900; greylist = 800;\n")
        write(f"{d}/override.d/logging.inc", 'level = "warning";\n')
        variables = {"SHAREDIR": share, "RULESDIR": f"{share}/rules", "PLUGINSDIR": f"{share}/plugins",
                     "LUALIBDIR": f"{share}/lualib", "CONFDIR": etc, "LOCAL_CONFDIR": d, "RUNDIR": d,
                     "DBDIR": cache, "LOGDIR": d, "WWWDIR": d}
        argv = [f"{root}/usr/bin/rspamd", "-f", "-i", "-c", f"{etc}/rspamd.conf"]
        argv += [f"--var={k}={v}" for k, v in variables.items()]
        self.ready(Server(argv, f"{d}/rspamd.log", dict(os.environ, LD_LIBRARY_PATH=libraries(root))), 120)
        self.calm()

    def calm(self, seconds=60):
        """Waits until it has compiled its own expressions."""
        end, before = time.monotonic() + seconds, -1.0
        while time.monotonic() < end and self.cpu() - before > 0.05:
            before = self.cpu()
            time.sleep(2)


def milter_cost(f, load, jobs_file, count, **more):
    """CPU a message at 8 connections, after a run that warms up; latencies."""
    load(f, jobs_file, conns=8, **more)
    costs = []
    for _ in range(REPEATS):
        before = f.cpu()
        result = load(f, jobs_file, conns=8, messages=count, **more)
        costs.append((f.cpu() - before) * 1000 / result["messages"])
    return statistics.median(costs), result


# ---- the three tables ----

def stock_table(directory, load, corpus, trouble):
    paths = messages(corpus)
    os.makedirs(f"{CACHE}/stock", exist_ok=True)
    conf = {h: write(f"{directory}/stock-{h}.conf", stock_conf(h)) for h in ("auto", "off")}
    times = load_times(conf["auto"])
    costs, hits = {}, {}
    for h, name in (("auto", "merlon scan"), ("off", "merlon scan, no Hyperscan")):
        costs[name], hits[h] = scan_cost(directory, conf[h], paths)
    if hits["auto"] != hits["off"]:
        trouble.append("stock rules: hits differ with and without Hyperscan")
    all_jobs = jobs(directory, "stock", [os.path.abspath(p) for p in paths])
    for cls in (Stock, StockPlain):
        with running(cls, directory) as f:
            costs[f.name], _ = milter_cost(f, load, all_jobs, 3 * len(paths), corpus="/")
    with running(Spamd, directory) as f:
        spamd = f.cost(evenly(paths, SPAMD_MESSAGES))
    print(f"\nSpamAssassin's stock rules, local tests, {len(paths)} messages of {corpus}: CPU a message\n")
    print(f"{'spamd':34}{spamd:8.2f} ms")
    for name, ms in costs.items():
        print(f"{name:34}{ms:8.2f} ms  {spamd / ms:6.0f} times less")
    hit = sum(len(s) + len(u) for _, s, u in hits["off"])
    print(f"\nhits with and without Hyperscan {'identical' if hits['auto'] == hits['off'] else 'DIFFERENT'}: {hit}")
    print("load: " + ", ".join(f"{k} {cpu:.2f} s of CPU, {clock:.2f} s" for k, (cpu, clock) in times.items()))


def own_table(directory, load, jobs_file, trouble):
    os.makedirs(f"{CACHE}/own", exist_ok=True)
    times = load_times(write(f"{directory}/own-auto.conf", own_conf("auto")))
    rows = []
    for cls in (Own, OwnPlain, RspamdRules):
        with running(cls, directory) as f:
            cost, result = milter_cost(f, load, jobs_file, 1200 if cls is not RspamdRules else 400)
            rows.append((f.name, cost, result["eom_ms"]))
        if isinstance(f, Wire) and result["dmarc_pass"] != result["messages"]:
            trouble.append(f"{f.name}: dmarc_pass {result['dmarc_pass']}/{result['messages']}")
    print("\nOwn default rules, 8 connections, warm DNS: CPU a message; end of message to reply, p50 / p99\n")
    for name, cost, eom in rows:
        print(f"{name:36}{cost:8.2f} ms  {rows[-1][1] / cost:6.1f} times less  {eom['p50']:8.2f} / {eom['p99']:.2f} ms")
    print("load: " + ", ".join(f"{k} {cpu:.2f} s of CPU, {clock:.2f} s" for k, (cpu, clock) in times.items()))


class running:
    """A filter for the length of a block."""

    def __init__(self, cls, directory):
        self.filter = cls(f"{directory}/{cls.__name__}")

    def __enter__(self):
        self.filter.start()
        return self.filter

    def __exit__(self, *what):
        self.filter.stop()
