"""A milter that keeps what it saw of each message and lets it through with one numbered field more."""
import socketserver
import struct
import threading

ADD_HEADERS, LEADING_SPACE = 0x01, 0x00100000
MARK = b"X-Capture"


class Seen:
    """A message as a milter sees it; line ends are as they came."""

    def __init__(self, macros):
        self.macros, self.headers, self.body = macros, [], b""


class Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def packet(self):
        head = self.rfile.read(4)
        return self.rfile.read(struct.unpack("!I", head)[0]) if len(head) == 4 else b""

    def reply(self, data):
        self.wfile.write(struct.pack("!I", len(data)) + data)

    def handle(self):
        macros, seen = {}, None
        while True:
            data = self.packet()
            verb, data = data[:1], data[1:]
            if verb in (b"", b"Q"):
                return
            if verb == b"O":
                self.leading = struct.unpack("!I", data[8:12])[0] & LEADING_SPACE
                self.reply(b"O" + struct.pack("!III", 6, ADD_HEADERS, self.leading))
            elif verb == b"D":
                words = data[1:].split(b"\0")
                macros.update(zip(words[0::2], words[1::2]))
            elif verb == b"E":
                seen.body += data
                self.mark(seen)
                self.reply(b"c")
            elif verb != b"A":
                if verb == b"M":
                    seen = Seen(macros)
                elif verb == b"L":
                    name, value = data.split(b"\0", 2)[:2]
                    seen.headers.append((name, value if self.leading else b" " + value))
                elif verb == b"B":
                    seen.body += data
                self.reply(b"c")

    def mark(self, seen):
        with self.server.lock:
            number = len(self.server.seen)
            self.server.seen.append(seen)
        blank = b" " if self.leading else b""
        self.reply(b"i" + struct.pack("!I", 0) + MARK + b"\0" + blank + str(number).encode() + b"\0")


class CaptureMilter(socketserver.ThreadingTCPServer):
    """seen[i] is the message whose mark is i."""

    allow_reuse_address = daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.port, self.lock, self.seen = self.server_address[1], threading.Lock(), []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()
