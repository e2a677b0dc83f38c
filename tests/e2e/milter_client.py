"""An MTA's side of the milter protocol (version 6), as small as tests of the daemon need it."""
import socket
import struct


class Gone(Exception):
    """The filter closed the connection, or never took it."""


class Verdict:
    """What a filter said of a message, and what it wants changed."""

    def __init__(self):
        self.action, self.reply, self.inserted, self.deleted = None, "", [], []
        self.dropped, self.held = [], False  # recipients taken off; quarantine

    def field(self, name):
        """The inserted field of that name, unfolded; "" if there is none."""
        for n, value in self.inserted:
            if n.lower() == name.lower():
                return " ".join(value.split())
        return ""


ACTIONS = {b"a": "accept", b"c": "accept", b"r": "reject", b"t": "tempfail", b"d": "discard"}


class Milter:
    """One connection. Nothing is left out: the filter answers every command."""

    def __init__(self, where, timeout=10):
        self.s = socket.socket(socket.AF_UNIX if isinstance(where, str) else socket.AF_INET)
        self.s.settimeout(timeout)
        self.s.connect(where)
        if not isinstance(where, str):
            self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.command(b"O", struct.pack("!III", 6, 0x1FF, 0))
        self.read()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.s.close()

    def command(self, letter, data=b""):
        try:
            self.s.sendall(struct.pack("!I", len(data) + 1) + letter + data)
        except (BrokenPipeError, ConnectionResetError) as e:
            raise Gone(str(e)) from None

    def exact(self, n):
        data = b""
        while len(data) < n:
            try:
                piece = self.s.recv(n - len(data))
            except ConnectionResetError as e:
                raise Gone(str(e)) from None
            if not piece:
                raise Gone("closed")
            data += piece
        return data

    def read(self):
        data = self.exact(struct.unpack("!I", self.exact(4))[0])
        return data[:1], data[1:]

    def ask(self, letter, data=b""):
        self.command(letter, data)
        return self.read()[0]

    def open(self, ip="192.0.2.1", host="client.example", helo=b"client.example"):
        """The beginning of a session."""
        self.ask(b"C", host.encode() + b"\0" + b"4" + struct.pack("!H", 25) + ip.encode() + b"\0")
        self.ask(b"H", helo + b"\0")
        return self

    def begin(self, sender=b"<a@sender.example>", qid=b"Q1", rcpts=(b"<b@here.example>",), user=b""):
        """A message up to its recipients; user: who is authenticated."""
        self.command(b"D", b"Mi\0" + qid + b"\0" + (b"{auth_authen}\0" + user + b"\0" if user else b""))
        self.ask(b"M", sender + b"\0")
        for rcpt in rcpts:
            self.ask(b"R", rcpt + b"\0")

    def content(self, headers, body=b"text\r\n"):
        for name, value in headers:
            self.ask(b"L", name.encode() + b"\0" + value.encode() + b"\0")
        self.ask(b"N")
        self.ask(b"B", body)

    def end(self):
        """The end of the message; the verdict on it."""
        v = Verdict()
        self.command(b"E")
        while v.action is None:
            letter, data = self.read()
            if letter == b"i":
                name, value = data[4:].split(b"\0")[:2]
                v.inserted.append((name.decode(), value.decode()))
            elif letter == b"m":
                v.deleted.append((data[4:].split(b"\0")[0].decode(), struct.unpack("!I", data[:4])[0]))
            elif letter == b"-":
                v.dropped.append(data.rstrip(b"\0").decode())
            elif letter == b"q":
                v.held = True
            elif letter == b"y":
                v.reply = data.rstrip(b"\0").decode()
                v.action = "reject" if v.reply[0] == "5" else "tempfail"
            else:
                v.action = ACTIONS.get(letter)
        return v

    def message(self, headers, body=b"text\r\n", **begin):
        self.begin(**begin)
        self.content(headers, body)
        return self.end()

    def quit(self):
        self.command(b"Q")
        self.s.close()


PLAIN = [("From", "a@author.example"), ("Subject", "hello")]


def judge(where, headers=None, **kind):
    """One message in a session of its own."""
    with Milter(where) as m:
        v = m.open(**kind).message(headers or PLAIN)
        m.quit()
        return v
