"""The filters of the bench: Merlon's two engines, a filter that does nothing, and the peers,
unpacked and not installed, each set up to authenticate and to do nothing else."""
import contextlib
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from harness import AUTHSERV, BUILD, TOP, Merlon, Server, answers, free_port, peer, wait_for  # noqa: E402

DNS_ADDRESS = f"127.77.{os.getpid() % 250}.53"  # OpenDMARC only knows port 53


def libraries(root):
    return ":".join(f"{root}/usr/lib/{d}" for d in ("x86_64-linux-gnu", "rspamd", "")).rstrip("/")


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)
    return path


class Filter:
    """What is measured: servers that speak milter, one after the other."""
    name = ""
    unix = False

    def __init__(self, directory):
        self.directory, self.servers, self.sockets = directory, [], []
        os.makedirs(directory, exist_ok=True)
        os.chmod(directory, 0o755)

    def socket(self):
        """A fresh one, in the words of milter_load and libmilter."""
        if self.unix:
            path = f"{self.directory}/{len(self.sockets)}.sock"
            self.sockets.append("unix:" + path)
        else:
            self.sockets.append(f"inet:{free_port()}@127.0.0.1")
        return self.sockets[-1]

    def where(self, s):
        kind, rest = s.split(":", 1)
        return rest if kind == "unix" else ("127.0.0.1", int(rest.split("@")[0]))

    def ready(self, server, seconds=20):
        self.servers.append(server)
        try:
            wait_for(lambda: not server.alive() or all(answers(self.where(s)) for s in self.sockets), self.name, seconds)
        finally:
            if not server.alive():
                raise RuntimeError(f"{self.name} does not start:\n{server.tail()}")

    def processes(self):
        """Of all servers, with their children."""
        pids = [s.pid for s in self.servers]
        for pid in pids:
            with open(f"/proc/{pid}/task/{pid}/children") as f:
                pids += [int(p) for p in f.read().split()]
        return pids

    def cpu(self):
        """Seconds of processor time so far."""
        ticks = 0
        for pid in self.processes():
            with open(f"/proc/{pid}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            ticks += sum(int(n) for n in fields[11:15])  # its own and its reaped children's
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """KiB that are the processes' own."""
        total = 0
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError), open(f"/proc/{pid}/smaps_rollup") as f:
                total += sum(int(line.split()[1]) for line in f if line.startswith("Private_"))
        return total

    def start(self):
        raise NotImplementedError

    def stop(self):
        for s in self.servers:
            s.stop()
        self.servers, self.sockets = [], []


class Null(Filter):
    unix = True
    name = "null filter (libmilter)"

    def start(self):
        self.ready(Server([f"{BUILD}/tests/bench/null_filter", "-a", self.socket()], f"{self.directory}/log"))


class Wire(Filter):
    name = "Merlon, TCP"
    engine = "native"
    more = ""
    # Only what the others do too: rspamd and spamd are run without network, OpenDKIM asks no lists. What lists
    # make a message wait is measured by latency.py.
    outside = "dnslist { use = off }\nhosts { dns = off }\n"

    def start(self):
        os.chmod(self.directory, 0o777)  # libmilter makes its socket itself, as the daemon's user
        s = self.socket()
        self.servers.append(Merlon(self.directory, f"""
dns {{ servers = {{"{DNS_ADDRESS}@53"}} }}
auth {{ authserv_id = "{AUTHSERV}" }}
milter {{ engine = {self.engine} }}
listen "bench" {{ socket = "{s}" }}
{self.outside}{self.more}""", [self.where(s)]))


class WireUnix(Wire):
    name = "Merlon, unix socket"
    unix = True


class Libmilter(WireUnix):
    name = "Merlon, libmilter engine"
    engine = "libmilter"


class OpenDkimDmarc(Filter):
    unix = True
    name = "OpenDKIM + OpenDMARC"

    def opendkim(self):
        root, d = peer("opendkim"), self.directory
        write(f"{d}/opendkim.conf", f"""Mode v
Socket {self.socket().replace("unix:", "local:")}
Syslog no
AuthservID {AUTHSERV}
AlwaysAddARHeader yes
InternalHosts {write(d + "/internal", "192.0.2.255" + chr(10))}
Nameservers {DNS_ADDRESS}
""")
        self.ready(Server([f"{root}/usr/sbin/opendkim", "-f", "-x", f"{d}/opendkim.conf"], f"{d}/opendkim.log",
                          dict(os.environ, LD_LIBRARY_PATH=libraries(root))))

    def opendmarc(self):
        root, d = peer("opendmarc"), self.directory
        write(f"{d}/resolv.conf", f"nameserver {DNS_ADDRESS}\noptions timeout:2 attempts:2\n")
        write(f"{d}/opendmarc.conf", f"""Socket {self.socket().replace("unix:", "local:")}
Syslog no
AuthservID {AUTHSERV}
TrustedAuthservIDs {AUTHSERV}
IgnoreHosts {write(d + "/ignore", "192.0.2.255" + chr(10))}
SPFSelfValidate yes
SPFIgnoreResults yes
RejectFailures no
PublicSuffixList /usr/share/publicsuffix/public_suffix_list.dat
""")
        script = f"mount --bind {d}/resolv.conf /etc/resolv.conf; exec {root}/usr/sbin/opendmarc -f -c {d}/opendmarc.conf"
        self.ready(Server(["unshare", "-m", "sh", "-c", script], f"{d}/opendmarc.log",
                          dict(os.environ, LD_LIBRARY_PATH=libraries(root))))

    def start(self):
        self.opendkim()
        self.opendmarc()


RSPAMD_CONF = """
options {{
  pidfile = "{d}/rspamd.pid"; tempdir = "{d}"; filters = "dkim"; url_tld = "{d}/suffixes"; local_addrs = [];
  control_socket = "{d}/control.sock mode=0600"; allow_raw_input = true; one_shot = false;
  dns {{ nameserver = ["{dns}:53:1"]; timeout = 5s; retransmits = 2; }}
}}
logging {{ type = "file"; filename = "{d}/rspamd-main.log"; level = "warning"; }}
modules {{ path = "{share}/plugins/"; }}
actions {{ reject = 1000; add_header = 900; greylist = 800; }}
worker "rspamd_proxy" {{
  bind_socket = "{bind}"; milter = yes; timeout = 60s; count = 1; max_retries = 5;
  upstream "local" {{ default = yes; self_scan = yes; }}
}}
spf {{ spf_cache_size = 2k; }}
dkim {{ dkim_cache_size = 2k; }}
dmarc {{ }}
arc {{ }}
milter_headers {{ use = ["authentication-results"]; skip_local = false; skip_authenticated = false;
  routines {{ authentication-results {{ }} }} }}
"""


class Rspamd(Filter):
    unix = True
    name = "rspamd, no rules"

    def start(self):
        root, d = peer("rspamd"), self.directory
        share, s = f"{root}/usr/share/rspamd", self.socket()
        at = s[5:] + " mode=0666" if self.unix else "127.0.0.1:" + s[5:].split("@")[0]
        write(f"{d}/suffixes", "example\norg\ncom\n")  # the whole list takes 20 s to compile
        write(f"{d}/rspamd.conf", RSPAMD_CONF.format(d=d, dns=DNS_ADDRESS, share=share, bind=at))
        variables = {"SHAREDIR": share, "RULESDIR": f"{share}/rules", "PLUGINSDIR": f"{share}/plugins",
                     "LUALIBDIR": f"{share}/lualib", "CONFDIR": d, "LOCAL_CONFDIR": d, "RUNDIR": d,
                     "DBDIR": d, "LOGDIR": d, "WWWDIR": d}
        argv = [f"{root}/usr/bin/rspamd", "-f", "-i", "-c", f"{d}/rspamd.conf"]
        argv += [f"--var={k}={v}" for k, v in variables.items()]
        self.ready(Server(argv, f"{d}/rspamd.log", dict(os.environ, LD_LIBRARY_PATH=libraries(root))))


ALL = [Wire, WireUnix, Libmilter, Null, OpenDkimDmarc, Rspamd]
