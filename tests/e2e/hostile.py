"""Servers that misbehave to order: what stands in for a scanner, a feed, a model or a check of the site
that is dead, slow, silent, lying, garbled or endless. One thread each, loopback only."""
import contextlib
import os
import select
import socket
import threading
import time

from harness import free_port

MODES = ("good", "dead", "slow", "silent", "lying", "garbled", "half", "endless")
GARBAGE = bytes((i * 37 + 11) % 256 for i in range(4096))


class Peer:
    """answer(request: bytes) -> reply or None (more is to come); lie: the same, of a liar. At a port, or at
    a path. slow: seconds before a slow one answers."""

    def __init__(self, bench, answer, lie=None, path=None, slow=10):
        self.answer, self.lie, self.path, self.slow = answer, lie or (lambda _: GARBAGE), path, slow
        self.mode, self.asked, self.stopped = "good", 0, False
        self.port = None if path else free_port()
        self.listener = None
        self.listen()
        bench.stack.callback(self.close)

    def listen(self):
        if self.path:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path)
            s = socket.socket(socket.AF_UNIX)
            s.bind(self.path)
            os.chmod(self.path, 0o777)
        else:
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("127.0.0.1", self.port))
        s.listen(128)
        self.listener = s
        threading.Thread(target=self.serve, args=(s,), daemon=True).start()

    def be(self, mode):
        """From now on. A dead one does not listen."""
        if mode == "dead" and self.listener:
            s, self.listener = self.listener, None
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)
            s.close()
        elif mode != "dead" and not self.listener:
            self.listen()
        self.mode = mode

    def close(self):
        self.stopped = True
        self.be("dead")

    def serve(self, listener):
        while True:
            try:
                c, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.one, args=(c,), daemon=True).start()

    def one(self, c):
        with contextlib.suppress(OSError), c:
            self.talk(c)

    def talk(self, c):
        mode, got, reply = self.mode, b"", None
        c.settimeout(30)
        while reply is None:
            data = c.recv(65536)
            if not data:
                return
            got += data
            reply = self.answer(got)
        self.asked += 1
        if mode == "slow":
            self.wait(c, self.slow)
        elif mode == "silent":
            self.wait(c, 30)
            return
        elif mode == "lying":
            reply = self.lie(got)
        elif mode == "garbled":
            reply = GARBAGE
        elif mode == "half":
            reply = reply[:len(reply) // 2]
        elif mode == "endless":
            self.drip(c, reply)
            return
        c.sendall(reply)

    def wait(self, c, seconds):
        """Until the other side has gone, or for so long."""
        until = time.monotonic() + seconds
        while not self.stopped and time.monotonic() < until:
            if select.select([c], [], [], 0.1)[0] and not c.recv(65536):
                raise OSError("gone")

    def drip(self, c, reply):
        """The first half, and then an octet at a time, for ever."""
        c.sendall(reply[:len(reply) // 2])
        for _ in range(600):
            if self.stopped:
                return
            c.sendall(b"x")
            time.sleep(0.05)


def http(status=200, body=b"", headers=""):
    return (f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n").encode() + body


def whole_http(request):
    """Whether a request of HTTP has come, its body too."""
    head, blank, body = request.partition(b"\r\n\r\n")
    if not blank:
        return False
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return len(body) >= int(value)
    return True


def clamd(found=None):
    """INSTREAM: chunks up to an empty one. Found: a name, or nothing."""
    def answer(got):
        command, nul, rest = got.partition(b"\0")
        if not nul:
            return None
        if command != b"zINSTREAM":
            return b"PONG\0" if command == b"zPING" else b"UNKNOWN COMMAND\0"
        while len(rest) >= 4:
            n = int.from_bytes(rest[:4], "big")
            if n == 0:
                return b"stream: " + (found.encode() + b" FOUND" if found else b"OK") + b"\0"
            if len(rest) < 4 + n:
                return None
            rest = rest[4 + n:]
        return None
    return answer
