"""What the end-to-end tests share: servers that are started on free ports and stopped by their own
pid, a clock for everything, and a list of tests that ends with "N passed, M failed"."""
import atexit
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.path.join(TOP, "build")))
AUTHSERV = "mx.example.org"
os.umask(0o022)


def public(path):
    """Whether accounts other than ours can go there: below /root they can not."""
    while path != "/":
        if not os.stat(path).st_mode & 0o001:
            return False
        path = os.path.dirname(path)
    return True


def public_build(build):
    """The programs and their rules where any account can read them, as a reload needs."""
    copy = tempfile.mkdtemp(prefix="merlon-build-", dir="/run")
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    for name in ("merlond", "merlon"):
        shutil.copy(os.path.join(build, name), copy)
    shutil.copytree(os.path.join(TOP, "rules"), os.path.join(copy, "rules"))
    subprocess.run(["chmod", "-R", "a+rX", copy], check=True)
    os.symlink(os.path.join(build, "tests"), os.path.join(copy, "tests"))
    return copy


PUBLIC = public(os.path.join(TOP, "rules"))
if not PUBLIC and os.path.exists(os.path.join(BUILD, "merlon")):
    BUILD = public_build(BUILD)
PEERS = os.path.abspath(os.environ.get("MERLON_PEERS") or (
    os.path.join(TOP, "build-test", "peers") if PUBLIC else "/var/cache/merlon-test/peers"))


class Failure(Exception):
    """A test's expectation that was not met."""


def expect(condition, text):
    if not condition:
        raise Failure(text)


def equal(got, wanted, what):
    expect(got == wanted, f"{what}: got {got!r}, expected {wanted!r}")


def free_port(address="127.0.0.1"):
    with socket.socket() as s:
        s.bind((address, 0))
        return s.getsockname()[1]


def wait_for(condition, what, seconds=10.0):
    """Asks until the condition holds; its value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"waited {seconds} s in vain for {what}")
        time.sleep(0.02)


def answers(where):
    """Whether a server accepts connections at (address, port) or at a path."""
    family = socket.AF_UNIX if isinstance(where, str) else socket.AF_INET
    with socket.socket(family) as s:
        s.settimeout(1)
        return s.connect_ex(where) == 0


def peer(name):
    subprocess.run([os.path.join(TOP, "tests/lib/peers.sh"), PEERS, name], check=True)
    return os.path.join(PEERS, name)


class Server:
    """A child process with a log file. Ends with the test, politely first."""

    def __init__(self, argv, log, env=None, cwd=None, stdout=None):
        self.log = log
        self.out = open(log, "ab")
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=stdout or self.out,
                                        stderr=self.out, env=env, cwd=cwd, start_new_session=True)
        self.pid = self.process.pid

    def alive(self):
        return self.process.poll() is None

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)

    def stop(self, seconds=10):
        """Asks it to end; its exit code."""
        if self.alive():
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                os.killpg(self.pid, signal.SIGKILL)
                self.process.wait()
        self.out.close()
        return self.process.returncode

    def tail(self, lines=25):
        with open(self.log, errors="replace") as f:
            return "".join(f.readlines()[-lines:])


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return [int(word) for word in f.read().split()]


def priority(pid):
    try:
        return os.getpriority(os.PRIO_PROCESS, pid)
    except ProcessLookupError:
        return 19


def name(pid):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError), open(f"/proc/{pid}/comm") as f:
        return f.read().strip()
    return ""


class Dns(Server):
    """The test DNS server, with a zone in the text form of tests/lib/zone.h."""

    def __init__(self, directory, zone, delay_ms=0, port=0, address="127.0.0.1"):
        path = os.path.join(directory, f"zone-{time.monotonic_ns()}.txt")
        with open(path, "w") as f:
            f.write(zone)
        argv = [os.path.join(BUILD, "tests/lib/dnsd"), "--port", str(port), "--delay-ms", str(delay_ms)]
        if address != "127.0.0.1":
            argv += ["--address", address]
        super().__init__(argv + [path], os.path.join(directory, "dns.log"), stdout=subprocess.PIPE)
        self.address, self.port = address, int(self.process.stdout.readline())

    def asked(self):
        """Questions so far, {"example.com TXT": 3}."""
        self.kill(signal.SIGUSR1)
        return json.loads(self.process.stdout.readline())["asked"]

    def wait_asked(self, question, seconds=3):
        end = time.monotonic() + seconds
        while question not in self.asked() and time.monotonic() < end:
            time.sleep(0.05)
        return question in self.asked()


class Redis(Server):
    """A Redis that keeps nothing on disk, at a unix socket and a port of 127.0.0.1."""

    def __init__(self, directory, argv=()):
        self.path, self.port = os.path.join(directory, "redis.sock"), free_port()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        super().__init__(["/usr/bin/redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--unixsocket", self.path,
                          "--unixsocketperm", "777", "--save", "", "--appendonly", "no", "--dir", directory, *argv],
                         os.path.join(directory, "redis.log"))
        wait_for(lambda: not self.alive() or answers(self.path), "redis-server")
        expect(self.alive(), "redis-server did not start")

    def cli(self, *words):
        return subprocess.run(["/usr/bin/redis-cli", "-s", self.path, *words], capture_output=True, text=True,
                              timeout=20).stdout.strip()


class Merlon(Server):
    """The daemon, with a configuration; listens where told, and is waited for."""

    def __init__(self, directory, config, sockets, argv=()):
        self.directory, self.sockets = directory, sockets
        self.config = os.path.join(directory, "merlon.conf")
        self.write(config)
        state = os.path.join(directory, "state")
        os.makedirs(state, exist_ok=True)
        os.chmod(state, 0o777)
        super().__init__([os.path.join(BUILD, "merlond"), "-c", self.config, "--state", state, *argv],
                         os.path.join(directory, "merlond.log"))
        try:
            wait_for(lambda: not self.alive() or all(answers(s) for s in sockets), "merlond")
            expect(self.alive(), "merlond did not start")
            wait_for(self.workers, "workers")
        except Failure as e:
            self.stop()
            raise Failure(f"{e}\n{self.tail()}") from None

    def write(self, config):
        """DNS lists are asked only where a test says so: the zones of tests have none."""
        with open(self.config, "w") as f:
            f.write(config if "dnslist" in config else config + "\ndnslist { use = off }\n")

    def reload(self):
        self.kill(signal.SIGHUP)

    def workers(self):
        """Not the compiler of filters, which is the one of least priority, nor the control process, nor
        who holds the keys."""
        return [pid for pid in children(self.pid)
                if priority(pid) < 19 and name(pid) not in ("merlond-control", "merlon-keeper")]

    def control(self):
        return [pid for pid in children(self.pid) if name(pid) == "merlond-control"]


class Bench:
    """One test's servers and its directory; everything is gone afterwards."""

    def __init__(self):
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        # not in /tmp: Sendmail trusts no socket below a directory that anybody may write to
        self.directory = tempfile.mkdtemp(prefix="merlon-e2e-", dir="/run")
        os.chmod(self.directory, 0o755)
        if not os.environ.get("MERLON_KEEP"):
            self.stack.callback(shutil.rmtree, self.directory, ignore_errors=True)
        return self

    def __exit__(self, *what):
        self.stack.close()

    def add(self, server):
        self.stack.callback(server.stop)
        return server

    def path(self, name):
        path = os.path.join(self.directory, name)
        os.makedirs(path, exist_ok=True)
        return path


def run(tests, seconds=60):
    """Runs test functions, those named on the command line or all, and counts them."""
    def too_long(*_):
        raise Failure(f"not done in {seconds} s")

    passed = failed = 0
    signal.signal(signal.SIGALRM, too_long)
    for test in tests:
        if len(sys.argv) > 1 and test.__name__ not in sys.argv[1:]:
            continue
        began = time.monotonic()
        signal.alarm(seconds)
        try:
            test()
            passed += 1
            print(f"ok {test.__name__} ({time.monotonic() - began:.1f} s)", flush=True)
        except Exception as e:  # a test's own trouble is a failure too
            failed += 1
            print(f"FAILED {test.__name__}: {e}", flush=True)
            if not isinstance(e, Failure):
                traceback.print_exc(file=sys.stdout)
        finally:
            signal.alarm(0)
    print(f"{passed} passed, {failed} failed", flush=True)
    sys.exit(failed != 0)
