#!/usr/bin/python3
"""Feeds against publishers as the world has them: honest, dead, slow, endless, lying, cut off, compressed to burst,
with a wrong certificate; and a fetcher that is killed. Whatever comes, the last good list stays, the publisher is not
asked too often, and what is missing shows."""
import contextlib
import gzip
import hashlib
import http.server
import json
import os
import signal
import ssl
import subprocess
import threading
import time
import zlib

from harness import BUILD, Bench, children, equal, expect, free_port, name, run, wait_for
from milter_client import Milter
from test_supervisor import Site

CONFIG = "daemon {{ workers = 1 }}\ncache {{ ttl = 0 }}\n{}"


def entries(feed, n=40):
    return "".join(f"https://{feed}{i}.bad.example/x\n" for i in range(n)).encode()


def certificates(directory):
    """A CA, a certificate of it for 127.0.0.1, and one that signed itself."""
    def openssl(*argv):
        subprocess.run(["openssl", *argv], cwd=directory, check=True, capture_output=True)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority")
    openssl("req", *key[:-2], "-keyout", "own.key", "-out", "own.csr", "-subj", "/CN=127.0.0.1")
    with open(f"{directory}/ext", "w") as f:
        f.write("subjectAltName = IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "own.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "ext", "-out", "own.pem")
    openssl("req", "-x509", *key, "-keyout", "bad.key", "-out", "bad.pem", "-subj", "/CN=127.0.0.1",
            "-addext", "subjectAltName = IP:127.0.0.1")


def bomb():
    """300 MB in a few hundred kB."""
    z = zlib.compressobj(1, zlib.DEFLATED, 31)
    lines = (b"https://bomb.bad.example/" + b"x" * 999 + b"\n") * 1000
    return b"".join(z.compress(lines) for _ in range(300)) + z.flush()


class Publisher:
    """An HTTPS server with a behaviour for each path."""

    def __init__(self, b, cert="own", directory=None):
        self.directory = directory or b.path("publisher")
        if not directory:
            certificates(self.directory)
        self.does, self.text, self.asked, self.headers = {}, {}, {}, {}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *argv):
                pass

            def do_GET(self):
                path = self.path.lstrip("/")
                outer.asked[path] = outer.asked.get(path, 0) + 1
                outer.headers[path] = self.headers
                with contextlib.suppress(OSError):
                    getattr(outer, outer.does.get(path, "good"))(self, path)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *argv: None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{self.directory}/{cert}.pem", f"{self.directory}/{cert}.key")
        # the handshake belongs to the connection's thread: who hangs there holds up nobody else
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        b.stack.callback(self.server.shutdown)

    def url(self, path):
        return f"https://127.0.0.1:{self.port}/{path}"

    def body(self, path):
        return self.text.get(path, entries(path))

    def reply(self, h, body, status=200, length=None, **fields):
        h.send_response(status)
        for key, value in fields.items():
            h.send_header(key.replace("_", "-"), value)
        h.send_header("Content-Length", str(len(body) if length is None else length))
        h.end_headers()
        h.wfile.write(body)

    # ---- behaviours ----

    def good(self, h, path):
        self.reply(h, self.body(path))

    def etag(self, h, path):
        body = self.body(path)
        tag = '"' + hashlib.md5(body).hexdigest() + '"'
        if h.headers.get("If-None-Match") == tag:
            h.send_response(304)
            h.send_header("ETag", tag)
            h.end_headers()
        else:
            self.reply(h, body, ETag=tag, Last_Modified="Sun, 22 Nov 2026 00:00:00 GMT")

    def gzip(self, h, path):
        expect("gzip" in h.headers.get("Accept-Encoding", ""), "gzip is not asked for")
        self.reply(h, gzip.compress(self.body(path)), Content_Encoding="gzip")

    def bomb(self, h, path):
        self.reply(h, self.burst, Content_Encoding="gzip")

    def truncated(self, h, path):
        body = self.body(path)
        self.reply(h, body[:len(body) - 100], length=len(body))
        h.close_connection = True

    def cut_chunk(self, h, path):
        h.send_response(200)
        h.send_header("Transfer-Encoding", "chunked")
        h.end_headers()
        body = self.body(path)
        h.wfile.write(b"%x\r\n" % len(body) + body + b"\r\n")
        h.close_connection = True

    def error(self, h, path):
        self.reply(h, b"sorry\n", 500)

    def busy(self, h, path):
        self.reply(h, b"later\n", 429, Retry_After="7200")

    def redirect(self, h, path):
        self.reply(h, b"", 302, Location=self.url("elsewhere"))

    def slow(self, h, path):
        h.send_response(200)
        h.send_header("Content-Length", "1000000")
        h.end_headers()
        for octet in self.body(path) * 2:
            h.wfile.write(bytes([octet]))
            time.sleep(0.3)

    def silent(self, h, path):
        time.sleep(60)

    def endless(self, h, path):
        h.send_response(200)
        h.end_headers()
        piece = entries(path, 20000)
        while True:
            h.wfile.write(piece)

    def garbage(self, h, path):
        self.reply(h, os.urandom(100000))

    def page(self, h, path):
        self.reply(h, b"<!DOCTYPE html>\n<html>\n<head>\n<title>503</title>\n</head>\n<body>\nno\n</body>\n</html>\n")

    def empty(self, h, path):
        self.reply(h, b"")

    def comments(self, h, path):
        self.reply(h, b"# nothing at all\n" * 50)

    def shrunk(self, h, path):
        self.reply(h, entries(path, 5))

    def no_http(self, h, path):
        h.wfile.write(b"\x00\x01\x02 what?\r\n\r\n")
        h.close_connection = True


FAULTS = ["bomb", "truncated", "cut_chunk", "error", "busy", "redirect", "slow", "silent", "endless", "garbage", "page",
          "empty", "comments", "shrunk", "no_http"]


def section(p, feed, more="", source=None, timeout="3s"):
    return (f'feed "{feed}" {{ source = "{source or p.url(feed)}" class = phish timeout = {timeout} '
            f'ca = "{p.directory}/ca.pem" {more} }}\n')


def feeds_dir(b):
    return os.path.join(b.directory, "state", "feeds")


def state(b, feed):
    with contextlib.suppress(FileNotFoundError, json.JSONDecodeError), open(f"{feeds_dir(b)}/{feed}.state") as f:
        return json.load(f)
    return {"fetched": 0, "failures": 0, "tried": 0, "why": ""}


def long_ago(b, *feeds):
    """As if the last question had been yesterday."""
    for feed in feeds:
        s = state(b, feed)
        s.update(tried=1, not_before=0)
        with open(f"{feeds_dir(b)}/{feed}.state", "w") as f:
            json.dump(s, f)


def merlon(b, *argv):
    done = subprocess.run([f"{BUILD}/merlon", "feeds", "--json", "-c", f"{b.directory}/merlon.conf", "--state",
                           f"{b.directory}/state", *argv], capture_output=True, text=True, timeout=60)
    expect(done.returncode in (0, 1), f"merlon feeds {argv}: {done.returncode} {done.stderr}")
    expect("Sanitizer" not in done.stderr, done.stderr)
    return json.loads(done.stdout)


def listed(b, *values):
    return {v["value"]: [f["name"] for f in v["feeds"]] for v in merlon(b, "test", *values)}


def send(site, *links):
    text = "please look: " + " ".join(links) + "\r\n"
    with Milter(site.where, 30) as m:
        m.open().begin()
        for key, value in [("From", "a@author.example"), ("To", "b@here.example"), ("Subject", "look"),
                           ("Date", "Sun, 22 Nov 2026 04:00:00 +0000"), ("Message-ID", f"<{time.monotonic_ns()}@x>")]:
            m.ask(b"L", key.encode() + b"\0" + value.encode() + b"\0")
        m.ask(b"N")
        m.ask(b"B", text.encode())
        return m.end()


def symbols(verdict):
    return verdict.field("X-Merlon-Symbols") + verdict.field("X-Merlon-Degraded")


def published():
    """An honest publisher: lists come, are asked for again only as changed, in every form; rules take them."""
    with Bench() as b:
        p = Publisher(b)
        p.does.update(tagged="etag", packed="gzip")
        p.text.update(columns=b"id,url\n1,\"https://csv.bad.example/a,b\"\n2,https://csv2.bad.example/\n",
                      zone=b"$ORIGIN z.test.\n@ SOA . . 1 2 3 4 5\nrpz.bad.example CNAME .\n*.rpz.bad.example CNAME .\n",
                      names=b"0.0.0.0 hosts.bad.example\n")
        extra = (section(p, "tagged", 'header = {"X-Key: secret"}') + section(p, "packed") +
                 section(p, "columns", "form = csv column = 2 kind = url") + section(p, "zone", "form = rpz") +
                 section(p, "names", "form = hosts"))
        feeds = ["tagged", "packed", "columns", "zone", "names"]
        site = Site(b, CONFIG.format(extra))
        wait_for(lambda: all(state(b, f)["fetched"] for f in feeds), "all feeds", 20)
        equal(p.headers["tagged"]["X-Key"], "secret", "the key in a field")
        found = listed(b, "http://tagged1.bad.example/x/?victim=1", "packed2.bad.example/x", "https://csv.bad.example/a,b",
                       "x.rpz.bad.example", "hosts.bad.example", "x.hosts.bad.example", "https://good.example/x")
        equal(list(found.values()), [["tagged"], ["packed"], ["columns"], ["zone"], ["names"], [], []], "who lists what")
        verdict = wait_for(lambda: (v := send(site, "http://tagged1.bad.example/x?you")) and
                           "PHISHED_FEED" in symbols(v) and v, "PHISHED_FEED", 8)
        expect("FEED_UNAVAILABLE" not in symbols(verdict), symbols(verdict))
        expect("PHISHED_FEED_HOST" in symbols(send(site, "http://www.rpz.bad.example/")), "the host of a link")
        site.merlon.stop()
        # none is asked again too soon, by whomever
        equal({f["outcome"] for f in merlon(b, "fetch")}, {"early"}, "too soon")
        inode = os.stat(f"{feeds_dir(b)}/tagged.set").st_ino
        long_ago(b, "tagged")
        p.asked.clear()
        equal(merlon(b, "fetch", "tagged")[0]["outcome"], "current", "304")
        equal((p.asked, os.stat(f"{feeds_dir(b)}/tagged.set").st_ino), ({"tagged": 1}, inode), "the set stays")
        with open(f"{feeds_dir(b)}/damaged", "wb") as f:
            f.write(os.urandom(1000))
        os.rename(f"{feeds_dir(b)}/damaged", f"{feeds_dir(b)}/tagged.set")
        long_ago(b, "tagged")
        equal(merlon(b, "fetch", "tagged")[0]["outcome"], "new", "a damaged set is made anew though nothing has changed")
        p.text["tagged"] = entries("other")
        long_ago(b, "tagged", "packed")
        equal([f["outcome"] for f in merlon(b, "fetch", "tagged", "packed")], ["new", "current"], "a newer one; the same text")
        equal(list(listed(b, "other1.bad.example/x", "tagged1.bad.example/x").values()), [["tagged"], []], "the newer one")


def faults():
    """Every fault at once: the last good lists stay, each is said once, and no publisher is asked again."""
    with Bench() as b:
        p = Publisher(b)
        p.burst = bomb()
        liar = Publisher(b, "bad", p.directory)
        port = free_port()
        feeds = FAULTS + ["certificate", "dead"]
        extra = "".join(section(p, f) for f in feeds)
        site = Site(b, CONFIG.format(extra))
        wait_for(lambda: all(state(b, f)["fetched"] for f in feeds), "all feeds", 25)
        site.merlon.stop()
        before = {f: open(f"{feeds_dir(b)}/{f}.set", "rb").read() for f in feeds}
        for f in FAULTS:
            p.does[f] = f
        # the source is another one then: that it is asked at once is right
        extra = "".join(section(p, f) for f in FAULTS) + section(liar, "certificate") + \
            section(p, "dead", source=f"https://127.0.0.1:{port}/dead")
        long_ago(b, *feeds)
        p.asked.clear()
        os.rename(site.merlon.log, site.merlon.log + ".first")
        site = Site(b, CONFIG.format(extra))
        wait_for(lambda: all(state(b, f)["failures"] for f in feeds), "all faults", 50)
        for f in feeds:
            s = state(b, f)
            print(f"  {f}: {s['why']}")
            expect(f not in ("bomb", "endless") or "too large" in s["why"], f"{f}: {s['why']}")
            equal(open(f"{feeds_dir(b)}/{f}.set", "rb").read(), before[f], f"{f}: the last good set")
            equal(site.log().count(f'event="feed_failed" feed="{f}"'), 1, f"{f}: said once")
        equal({p.asked.get(f, 0) for f in FAULTS}, {1}, "each is asked once")
        expect("elsewhere" not in p.asked, "redirects are not followed")
        equal([len(v) for v in listed(b, *[f"https://{f}7.bad.example/x" for f in feeds]).values()], [1] * len(feeds), "listed")
        expect("PHISHED_FEED" in symbols(send(site, "https://bomb3.bad.example/x")), "rules go on")
        site.merlon.stop()
        long_ago(b, "busy")
        equal(merlon(b, "fetch", "error")[0]["outcome"], "early", "not so soon after a failure")
        # a list that stays so short is believed in the end; one that is back is good at once
        for outcome in ("failed", "new"):
            long_ago(b, "shrunk")
            equal(merlon(b, "fetch", "shrunk")[0]["outcome"], outcome, "a list that stays short")
        p.does["error"] = "good"
        long_ago(b, "error")
        equal(merlon(b, "fetch", "error")[0]["outcome"], "current", "it is back")
        equal(state(b, "error")["failures"], 0, "and its failures are forgotten")


def signatures():
    """A signature and a sum: another text than that is not taken."""
    with Bench() as b:
        p = Publisher(b)
        d = p.directory
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", f"{d}/sign.key"], check=True)
        key = subprocess.run(["openssl", "pkey", "-in", f"{d}/sign.key", "-pubout", "-outform", "DER"], check=True,
                             capture_output=True).stdout[-32:].hex()

        def sign(text):
            with open(f"{d}/text", "wb") as f:
                f.write(text)
            return subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", f"{d}/sign.key", "-rawin", "-in", f"{d}/text"],
                                  check=True, capture_output=True).stdout

        p.text["signed"], p.text["signed.sig"] = entries("signed"), sign(entries("signed"))
        os.makedirs(f"{b.directory}/state")
        with open(f"{b.directory}/merlon.conf", "w") as f:
            f.write(section(p, "signed", f'key = "{key}"') +
                    section(p, "pinned", f'sha256 = "{hashlib.sha256(entries("pinned")).hexdigest()}"'))
        equal([f["outcome"] for f in merlon(b, "fetch")], ["new", "new"], "as it should be")
        p.text.update(signed=entries("forged"), pinned=entries("forged"))
        long_ago(b, "signed", "pinned")
        equal([f["why"] for f in merlon(b, "fetch")], ["its signature is wrong", "its SHA-256 is another one"], "forged")
        p.does["signed.sig"] = "error"
        long_ago(b, "signed")
        expect("500" in merlon(b, "fetch", "signed")[0]["why"], "no signature")
        equal(list(listed(b, "forged1.bad.example/x", "signed1.bad.example/x").values()), [[], ["signed"]], "what is listed")


def files():
    """Local files: read when they change, kept when they are bad; a set that is damaged or never was there shows."""
    with Bench() as b:
        path = f"{b.directory}/list"

        def write(text):
            with open(path + ".new", "wb") as f:
                f.write(text)
            os.rename(path + ".new", path)

        write(entries("file"))
        site = Site(b, CONFIG.format(f'feed "local" {{ source = "file:{path}" class = phish }}\n'
                                     f'feed "never" {{ source = "file:{b.directory}/none" class = spam }}\n'))
        verdict = wait_for(lambda: (v := send(site, "https://file1.bad.example/x")) and
                           "PHISHED_FEED" in symbols(v) and v, "the file", 15)
        expect("FEED_UNAVAILABLE" in symbols(verdict) and "feed:never" in verdict.field("X-Merlon-Degraded"), symbols(verdict))
        expect("feed:local" not in symbols(verdict), symbols(verdict))
        write(entries("newer"))
        wait_for(lambda: "PHISHED_FEED" in symbols(send(site, "https://newer1.bad.example/x")), "the newer file", 15)
        for text in (b"", os.urandom(5000), b"# nothing\n"):
            write(text)
            inode = str(os.stat(path).st_ino)
            wait_for(lambda: state(b, "local")["failures"] and inode in state(b, "local")["etag"], "a bad file", 15)
            expect(listed(b, "newer1.bad.example/x")["newer1.bad.example/x"], "the last good one stays")
        os.unlink(path)
        wait_for(lambda: "gone" in state(b, "local")["etag"], "no file", 15)
        expect("PHISHED_FEED" in symbols(send(site, "https://newer1.bad.example/x")), "the last good one stays")
        with open(f"{feeds_dir(b)}/damaged", "wb") as f:
            f.write(os.urandom(1000))
        os.rename(f"{feeds_dir(b)}/damaged", f"{feeds_dir(b)}/local.set")
        wait_for(lambda: "feed:local" in send(site, "https://newer1.bad.example/x").field("X-Merlon-Degraded"), "damage", 8)
        write(entries("mended"))
        wait_for(lambda: "PHISHED_FEED" in symbols(send(site, "https://mended1.bad.example/x")), "mended", 15)


def killed():
    """The control process dies in the middle of a fetch, and of a compilation; it has others to serve meanwhile."""
    with Bench() as b:
        p = Publisher(b)
        path = f"{b.directory}/many"
        extra = section(p, "slow", timeout="1m") + f'feed "many" {{ source = "file:{path}" kind = host class = spam }}\n'
        site = Site(b, CONFIG.format(extra))
        wait_for(lambda: state(b, "slow")["fetched"], "the feed", 15)
        site.merlon.stop()
        before = open(f"{feeds_dir(b)}/slow.set", "rb").read()
        p.does["slow"] = "slow"
        p.asked.clear()
        long_ago(b, "slow")
        site = Site(b, CONFIG.format(extra))
        wait_for(lambda: p.asked.get("slow"), "the request", 15)
        time.sleep(0.5)
        was = site.merlon.control()[0]
        os.kill(was, signal.SIGKILL)
        wait_for(lambda: site.merlon.control() and site.merlon.control()[0] != was, "another control process", 15)
        with open(path + ".new", "w") as f:
            f.writelines(f"{i:x}.many.example\n" for i in range(2000000))
        os.rename(path + ".new", path)
        worker = wait_for(lambda: [c for c in children(site.merlon.control()[0]) if name(c) == "merlon-feed"],
                          "a compilation", 30)[0]
        was = site.merlon.control()[0]
        os.kill(was, signal.SIGKILL)
        wait_for(lambda: not os.path.exists(f"/proc/{worker}"), "its end", 10)
        wait_for(lambda: site.merlon.control() and site.merlon.control()[0] != was, "another control process", 15)
        slowest = 0
        while not state(b, "many").get("fetched"):
            began = time.monotonic()
            done = subprocess.run([f"{BUILD}/merlon", "outside", "--json", "--state", f"{b.directory}/state"],
                                  capture_output=True, timeout=30)
            slowest = max(slowest, (time.monotonic() - began) * (done.returncode < 2))
        print(f"  the slowest answer of the control process during a compilation of 2 M entries: {slowest * 1000:.0f} ms")
        expect(slowest < 5, f"the control process did not answer for {slowest:.1f} s")
        equal(state(b, "many")["entries"], 2000000, "entries")
        equal(list(listed(b, "x.1e847f.many.example", "1e8480.many.example").values()), [["many"], []], "listed")
        equal(p.asked["slow"], 1, "who died of it does not ask again at once")
        equal(open(f"{feeds_dir(b)}/slow.set", "rb").read(), before, "the last good set")
        wait_for(lambda: "SPAM_FEED_HOST" in symbols(send(site, "http://ff.many.example/")), "SPAM_FEED_HOST", 10)
        equal([f for f in os.listdir(feeds_dir(b)) if f.endswith(".new")], [], "nothing is left over")


if __name__ == "__main__":
    run([published, faults, signatures, files, killed], 120)
