"""What tests of the store in Redis share: servers, a proxy that misbehaves to order, servers that
are none, and the program that asks the store."""
import json
import os
import select
import signal
import socket
import subprocess
import threading
import time

from harness import BUILD, expect, free_port, wait_for

# A build with ASan keeps little of what is freed, or its memory says nothing.
ENVIRONMENT = os.environ | {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "quarantine_size_mb=1")}
DRIVER = os.path.join(BUILD, "tests/lib/store_driver")


class Server:
    """A redis-server (or sentinel) with lines of configuration, at a port of 127.0.0.1."""

    def __init__(self, bench, name, lines=(), port=None, argv=()):
        self.port = port or free_cluster_port()
        self.directory = bench.path(name)
        self.socket = os.path.join(self.directory, "redis.sock")
        self.conf = os.path.join(self.directory, "redis.conf")
        self.log = os.path.join(self.directory, "log")
        self.argv = list(argv)
        with open(self.conf, "w") as f:
            f.write("\n".join(["bind 127.0.0.1", f"port {self.port}", f"dir {self.directory}", "daemonize no",
                               f"logfile {self.log}", *([] if argv else ['save ""', "appendonly no",
                               f"unixsocket {self.socket}", "enable-debug-command yes"]), *lines]) + "\n")
        self.process = None
        bench.stack.callback(self.kill)
        self.start()

    def start(self):
        self.process = subprocess.Popen(["/usr/bin/redis-server", self.conf, *self.argv],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: self.say("PING").startswith(("PONG", "NOAUTH", "LOADING")), f"redis at {self.port}")

    def say(self, *words, stdin=None):
        return subprocess.run(["/usr/bin/redis-cli", "-p", str(self.port), *map(str, words)], capture_output=True,
                              text=True, timeout=20, input=stdin, check=False).stdout.strip()

    def info(self, section, key):
        for line in self.say("INFO", section).splitlines():
            name, _, value = line.strip().partition(":")
            if name == key:
                return value
        return None

    def kill(self, sig=signal.SIGKILL):
        if self.process and self.process.poll() is None:
            if sig == signal.SIGKILL:
                self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(sig)
            if sig == signal.SIGKILL:
                self.process.wait(10)

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"


def free_cluster_port():
    """One whose cluster bus (port + 10000) is free, too."""
    while True:
        port = free_port()
        if port < 55000:
            with socket.socket() as s:
                try:
                    s.bind(("127.0.0.1", port + 10000))
                    return port
                except OSError:
                    pass


class Driver:
    """store_driver: orders in, answers out."""

    def __init__(self, bench, *argv):
        self.err = os.path.join(bench.path("driver"), f"err{free_port()}")
        with open(self.err, "w") as err:
            self.process = subprocess.Popen([DRIVER, *argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=err, text=True, env=ENVIRONMENT)
        bench.stack.callback(self.close)

    def send(self, order):
        self.process.stdin.write(order + "\n")
        self.process.stdin.flush()

    def receive(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the driver is gone: {self.process.wait(5)}: {self.said()}")
        return json.loads(line)

    def ask(self, order):
        self.send(order)
        return self.receive()

    def said(self):
        with open(self.err) as f:
            return f.read()

    def until_up(self, up=True, seconds=5.0):
        end = time.monotonic() + seconds
        while self.ask("wait 20")["up"] != up:
            expect(time.monotonic() < end, f"store not {'up' if up else 'down'} in {seconds} s: {self.said()}")
        return seconds - (end - time.monotonic())

    def close(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.wait(20)
        self.process.stdout.close()
        expect(self.process.returncode == 0, f"driver ended with {self.process.returncode}: {self.said()}")


class Proxy(threading.Thread):
    """Between the store and a Redis; mode is what it does with octets from now on:
    pass, delay (seconds late), blackhole (takes all, gives nothing), half (closes its side towards
    the store), garbage (answers with noise), partial (cuts each answer in its middle), trickle (an
    octet a second), refuse (whoever comes from now on)."""

    def __init__(self, bench, target):
        super().__init__(daemon=True)
        self.target, self.mode, self.delay = target, "pass", 10.0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.pairs, self.late, self.ended = {}, [], False
        self.connects, self.cut_wanted = 0, False
        self.start()
        bench.stack.callback(self.end)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def end(self):
        self.ended = True
        self.join(5)
        for s in [self.listener, *self.pairs]:
            s.close()

    def drop(self, s):
        for one in (s, self.pairs.get(s)):
            if one in self.pairs:
                del self.pairs[one]
                one.close()

    def run(self):
        servers = set()
        while not self.ended:
            try:
                ready = select.select([self.listener, *self.pairs], [], [], 0.01)[0]
            except (OSError, ValueError):
                ready = []
            if self.cut_wanted:
                self.cut_wanted = False
                for s in list(self.pairs):
                    self.drop(s)
            for s in ready:
                if s is self.listener:
                    self.take(servers)
                elif s in self.pairs:
                    self.move(s, s in servers)
            while self.late and self.late[0][0] <= time.monotonic():
                _, to, data = self.late.pop(0)
                self.write(to, data)

    def cut(self):
        """Ends every connection."""
        self.cut_wanted = True

    def take(self, servers):
        client = self.listener.accept()[0]
        self.connects += 1
        if self.mode == "refuse":
            client.close()
            return
        server = socket.create_connection(("127.0.0.1", self.target))
        self.pairs[client], self.pairs[server] = server, client
        servers.add(server)

    def write(self, to, data):
        try:
            to.sendall(data)
        except OSError:
            self.drop(to)

    def move(self, s, from_server):
        try:
            data = s.recv(65536)
        except OSError:
            data = b""
        to = self.pairs[s]
        if not data:
            self.drop(s)
        elif self.mode == "pass" or (not from_server and self.mode in ("delay", "partial", "garbage", "trickle")):
            self.write(to, data)
        elif self.mode == "delay":
            self.late.append((time.monotonic() + self.delay, to, data))
        elif self.mode == "garbage":
            self.write(to, bytes((i * 37 + 11) % 256 for i in range(len(data))))
        elif self.mode == "partial":
            self.write(to, data[:len(data) // 2])
            self.drop(s)
        elif self.mode == "trickle":
            now = time.monotonic()
            self.late += [(now + i, to, data[i:i + 1]) for i in range(min(len(data), 30))]
            self.late.sort(key=lambda entry: entry[0])
        elif self.mode == "half" and from_server:
            to.shutdown(socket.SHUT_WR)


class Fake(threading.Thread):
    """A server that answers what it is told, whatever is asked: script(sock) runs once for each
    connection, in a thread."""

    def __init__(self, bench, script):
        super().__init__(daemon=True)
        self.script, self.connects = script, 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.start()
        bench.stack.callback(self.listener.close)

    def run(self):
        while True:
            try:
                s = self.listener.accept()[0]
            except OSError:
                return
            self.connects += 1
            threading.Thread(target=self.serve, args=(s,), daemon=True).start()

    def serve(self, s):
        with s:
            try:
                self.script(s)
            except OSError:
                pass


def commands(s):
    """The commands that come, each a list of words; ends with the connection."""
    data = b""
    while True:
        while b"\r\n" not in data:
            more = s.recv(65536)
            if not more:
                return
            data += more
        head, _, data = data.partition(b"\r\n")
        words = []
        for _ in range(int(head[1:])):
            while b"\r\n" not in data:
                data += s.recv(65536)
            size, _, data = data.partition(b"\r\n")
            need = int(size[1:]) + 2
            while len(data) < need:
                data += s.recv(65536)
            words.append(data[:need - 2])
            data = data[need:]
        yield words


def hello(words, shas):
    """The answer to what a connection begins with; None if it is something else."""
    if words[:2] == [b"SCRIPT", b"LOAD"]:
        shas.append(b"%040x" % (len(shas) + 1))
        return b"$40\r\n" + shas[-1] + b"\r\n"
    if words[0] in (b"PING", b"AUTH", b"SELECT"):
        return b"+OK\r\n"
    if words[0] == b"TIME":
        return b"*2\r\n$10\r\n1790000000\r\n$1\r\n0\r\n"
    if words[0] == b"ROLE":
        return b"*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"
    return None
