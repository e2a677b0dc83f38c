"""What the tests of DMARC aggregate reports share: a relay that takes them, and what is in them."""
import email
import gzip
import os
import re
import socket
import subprocess
import threading
import time
import xml.etree.ElementTree as ET

from harness import TOP, equal, expect

NS = {"d": "urn:ietf:params:xml:ns:dmarc-2.0"}
XSD = os.path.join(TOP, "tests/conformance/report/dmarc.xsd")
AT_ONCE = 200  # files that one xmllint looks at


class Sink(threading.Thread):
    """The site's relay: takes messages, unless told otherwise of a recipient."""

    def __init__(self):
        super().__init__(daemon=True)
        self.says, self.got, self.tried = {}, [], []
        self.room = None  # messages that are taken before the next one has to wait
        self.hang = threading.Event()  # set: nothing is said after a message
        self.hung = threading.Event()
        self.server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.server.getsockname()[1]
        self.start()

    def run(self):
        while True:
            conn, _ = self.server.accept()
            threading.Thread(target=self.session, args=(conn,), daemon=True).start()

    def session(self, conn):
        try:
            self.talk(conn, conn.makefile("rb"))
        except OSError:
            pass
        conn.close()

    def talk(self, conn, lines):
        sender = to = ""
        conn.sendall(b"220 sink\r\n")
        for line in lines:
            verb, reply = line[:4].upper(), b"250 ok\r\n"
            if verb == b"MAIL":
                sender = re.search(rb"<(.*?)>", line)[1].decode()
            elif verb == b"RCPT":
                to = re.search(rb"<(.*?)>", line)[1].decode()
                self.tried.append(to)
                reply = self.says.get(to, b"250 ok\r\n")
            elif verb == b"DATA":
                conn.sendall(b"354 go on\r\n")
                octets, ended = b"", False
                for line in lines:
                    if line == b".\r\n":
                        ended = True
                        break
                    octets += line[1:] if line[:1] == b"." else line
                if not ended:
                    return
                while self.room is not None and len(self.got) >= self.room:
                    time.sleep(0.01)
                self.got.append((sender, to, octets))
                if self.hang.is_set():
                    self.hung.set()
                    lines.read()
                    return
            elif verb == b"QUIT":
                conn.sendall(b"221 bye\r\n")
                return
            conn.sendall(reply)


def validate(paths):
    """All of them against the schema of RFC 9990."""
    for i in range(0, len(paths), AT_ONCE):
        some = paths[i:i + AT_ONCE]
        done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", XSD, *some], capture_output=True,
                              text=True)
        equal(done.returncode, 0, f"xmllint: {done.stderr}")
        equal(sorted(done.stderr.split("\n")), sorted([f"{p} validates" for p in some] + [""]), "xmllint's word")


def unpacked(octets):
    """The message, its file's name, the file, and the XML in it."""
    m = email.message_from_bytes(octets)
    part = [p for p in m.walk() if p.get_content_type() == "application/gzip"]
    equal(len(part), 1, "attachments")
    packed = part[0].get_payload(decode=True)
    return m, part[0].get_filename(), packed, gzip.decompress(packed)


def report_of(bench, octets, n):
    """The XML of a message, valid."""
    m, filename, packed, xml = unpacked(octets)
    path = os.path.join(bench.path("xml"), f"{n}.xml")
    with open(path, "wb") as f:
        f.write(xml)
    validate([path])
    return m, filename, packed, ET.fromstring(xml)


def text(element, path):
    """Of what is there once; "" if it is not there."""
    found = element.findall("/".join("d:" + name for name in path.split("/")), NS)
    expect(len(found) <= 1, f"{len(found)} of {path}")
    return found[0].text or "" if found else ""


def reports_of(bench, sink):
    """What came, each report once for each address, all of it valid: {(address, report id): XML}. One id
    has one content and one domain, whoever it goes to and however often it is sent."""
    files, found, paths = {}, {}, []
    for _, to, octets in list(sink.got):
        _, filename, packed, xml = unpacked(octets)
        root = ET.fromstring(xml)
        rid = text(root, "report_metadata/report_id")
        expect(rid in filename, f"no {rid} in {filename}")
        if rid not in files:
            files[rid] = packed
            paths.append(os.path.join(bench.path("xml"), f"{len(paths)}.xml"))
            with open(paths[-1], "wb") as f:
                f.write(xml)
        equal(packed, files[rid], "another content of the same id")
        found[(to, rid)] = root
    validate(paths)
    return found
