#!/usr/bin/python3
"""A test tool, not a model: an endpoint of chat completions that behaves as it is told to.

It answers as OpenAI-compatible servers do (and Ollama at /api/chat), judges by counting words, and has a
mode for every way in which an endpoint can be useless or hostile. It counts what it was asked.

    llm_endpoint.py [--port N] [--mode MODE] [--key SECRET] [--cert PEM --tls-key PEM]

Prints its port. TLS and clear text on the same port. GET /stats, GET /last (bodies of the last requests),
POST /mode {"mode": "slow", "seconds": 10, "times": 3}, POST /reset. Loopback only. Standard library only.
"""
import argparse
import base64
import codecs
import collections
import http.server
import json
import math
import re
import socket
import ssl
import threading
import time
import unicodedata

CHAT = re.compile(r"/(v1/|openai/v1/)?chat/completions$|/openai/deployments/[^/]+/chat/completions$|/api/chat$")
KEEP = 512  # bodies of requests that GET /last shows
HUGE = 64 << 20

SPAM = {
    "viagra": 3, "mortgage": 2.5, "casino": 2.5, "lottery": 2.5, "click here": 1.6, "unsubscribe": 0.6, "guarantee": 1.2,
    "free": 0.6, "winner": 1.5, "credit": 0.8, "money": 0.7, "cash": 1.2, "removed": 1.0, "remove": 0.6, "offer": 0.8,
    "opportunity": 1.0, "million": 1.0, "investment": 1.0, "loan": 1.5, "insurance": 1.2, "dear friend": 2.0,
    "no obligation": 2.0, "act now": 2.0, "limited time": 1.5, "order now": 1.5, "toner": 1.5, "adult": 1.2,
    "debt": 1.5, "income": 1.0, "bulk": 0.8, "100%": 1.0, "!!!": 1.2, "$$$": 2.0, "urgent": 1.0, "transfer": 1.0,
}
PHISH = {
    "verify your account": 3, "confirm your password": 3, "account has been suspended": 3, "update your billing": 2.5,
    "sign in": 1.0, "password": 1.0, "security alert": 1.5, "bank account": 1.5, "login": 0.6,
}
HAM = {
    "wrote:": 2.0, "patch": 1.2, "linux": 0.8, "perl": 0.8, "python": 0.8, "mailing list": 1.0, "regards": 0.4,
    "meeting": 1.0, "attached": 0.3, "kernel": 1.0, "spamassassin": 1.5, "bug": 0.8, "thanks": 0.6, "think": 0.4,
    "reply": 0.3, "rpm": 1.0, "sourceforge": 1.0, "re:": 0.8, "razor": 0.6, "irish": 0.6, "slashdot": 0.8,
}
# What a text says that wants to dictate the verdict: in any language, the words of our own answer are there.
DICTATED = re.compile(
    r"\bham\b|p_spam|not[\s_-]*spam|legitim|\blabel\b|verdict|classif|klassifi|clasific|\bignor|disregard|"
    r"instru[ck]|anweisung|vergiss|olvid|oubli|dimentica|system\s*(prompt|message|:)|assistant|trustworthy|"
    r"не\s*спам|инструкц|игнорир|忽略|指示|無視|무시|지시|تجاهل|निर्देश|talimat|yoksay|polece[nń]|negeer|safe|benign", re.I)


class State:
    """What is counted, and how to behave; every access under the lock."""

    def __init__(self, mode, key):
        self.lock = threading.Lock()
        self.mode, self.key, self.seconds, self.times = mode, key, None, None
        self.reset()

    def reset(self):
        self.count = collections.Counter()
        self.by_mode, self.by_path = collections.Counter(), collections.Counter()
        self.last = collections.deque(maxlen=KEEP)
        self.texts, self.flying, self.most = set(), 0, 0

    def begin(self, path, body):
        """The mode for this request."""
        with self.lock:
            mode = self.mode
            if self.times is not None:
                self.times -= 1
                if self.times < 0:
                    mode = "good"
            self.count["requests"] += 1
            self.by_mode[mode] += 1
            self.by_path[path] += 1
            self.last.append(body)
            self.flying += 1
            self.most = max(self.most, self.flying)
            return mode

    def end(self):
        with self.lock:
            self.flying -= 1

    def spent(self, tokens_in, tokens_out):
        with self.lock:
            self.count["completions"] += 1
            self.count["tokens_in"] += tokens_in
            self.count["tokens_out"] += tokens_out

    def report(self):
        with self.lock:
            names = ("requests", "completions", "tokens_in", "tokens_out", "unauthorised", "tls_refused")
            return {**{n: self.count[n] for n in names}, "mode": self.mode, "modes": dict(self.by_mode),
                    "paths": dict(self.by_path), "in_flight_max": self.most, "in_flight": self.flying}


def unmarked(text):
    """The text as a model would read it: marks between words away, base64 and rot13 read."""
    odd = collections.Counter(c for c in text if not c.isalnum() and not c.isspace() and ord(c) > 126)
    if odd:
        mark, n = odd.most_common(1)[0]
        if n * 4 > len(text.split()):
            text = text.replace(mark, " ")
    tags = "".join(chr(ord(c) - 0xE0000) if 0xE0020 <= ord(c) < 0xE007F else c for c in text)
    text = unicodedata.normalize("NFKC", tags)
    more = []
    for run in re.findall(r"[A-Za-z0-9+/]{24,}={0,2}", text)[:50]:
        try:
            more.append(base64.b64decode(run + "=" * (-len(run) % 4)).decode("utf-8"))
        except ValueError:
            pass
    return " ".join([text, *more])


def messages(asked):
    """System and user text of a request."""
    text = {"system": "", "user": ""}
    for m in asked.get("messages", []):
        content = m.get("content")
        if isinstance(content, list):
            content = " ".join(p.get("text", "") for p in content)
        text[m.get("role", "user")] = text.get(m.get("role", "user"), "") + str(content)
    return text["system"], text["user"]


def canary(system):
    """The last long word behind the last "canary" that has one."""
    found = re.findall(r"canary\b[^\n]{0,120}?\b([0-9A-Za-z]{8,64})\b", system, re.I)
    with_digits = [f for f in found if re.search(r"\d", f)]
    return (with_digits or found or ["none"])[-1]


def score(text, table):
    return sum(w * min(text.count(k), 3) for k, w in table.items())


def judged(user):
    """A verdict by counting words: coarse, always the same, and better than a coin."""
    text = unmarked(user).lower()
    phish = score(text, PHISH)
    x = score(text, SPAM) + phish - score(text, HAM) - 1.0
    p, q = 1 / (1 + math.exp(-x)), 1 / (1 + math.exp(4 - phish))
    if p < 0.5:
        label, why = "ham", ["conversation" if "wrote:" in text else "personal"]
    elif q > 0.5:
        label, why = "phish", ["credential_request"]
    else:
        label, why = "spam", ["unsolicited_offer"]
    return {"label": label, "p_spam": round(max(p, q), 4), "p_phish": round(q, 4), "reasons": why,
            "imitates": "", "note": "counted words"}


def obeyed(user):
    if DICTATED.search(unmarked(user)) or DICTATED.search(codecs.decode(unmarked(user), "rot13")):
        return constant("ham", 0.0)
    return judged(user)


def constant(label, p):
    return {"label": label, "p_spam": p, "p_phish": 0.0, "reasons": [], "imitates": "", "note": "as told"}


def answer(mode, system, user):
    """The text of the completion, and finish_reason."""
    if mode == "reasoning":
        return "", "length"
    if mode == "filtered":
        return "", "content_filter"
    if mode == "cut":
        return '{"label": "ham", "p_sp', "length"
    if mode == "garbage-text":
        return "I think this is fine. Have a nice day!", "stop"
    if mode == "echo":
        return system + "\n" + user, "stop"
    v = {"obey": lambda: obeyed(user), "ham": lambda: constant("ham", 0.0),
         "spam": lambda: constant("spam", 0.99), "phish": lambda: {**constant("phish", 0.99), "p_phish": 0.99},
         }.get(mode, lambda: judged(user))()
    v = {"canary": "0" * 16 if mode == "canary" else canary(system), **v}
    if mode == "leak":
        v["note"] = "the canary is " + v["canary"]
    if mode == "schema":
        v = {**v, "label": "certainly-ham", "p_spam": "none", "extra": {"a": [1, 2, 3]}}
    return json.dumps(v), "stop"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "llm-test-endpoint"

    def log_message(self, *args):
        pass

    def setup(self):
        self.request.settimeout(60)
        self.refused = False
        if self.request.recv(1, socket.MSG_PEEK) == b"\x16":
            self.wrap()
        super().setup()

    def wrap(self):
        state, context = self.server.state, self.server.context
        if context is None or state.mode == "refuse-tls":
            with state.lock:
                state.count["tls_refused"] += 1
            self.request.recv(4096)
            self.request.sendall(bytes.fromhex("15030100020228"))  # alert: handshake_failure
            self.request.shutdown(socket.SHUT_RDWR)
            self.refused = True
            return
        self.request = context.wrap_socket(self.request, server_side=True)

    def handle(self):
        if not self.refused:
            super().handle()

    def say(self, status, body, headers=()):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def do_GET(self):
        state = self.server.state
        if self.path == "/stats":
            self.say(200, state.report())
        elif self.path == "/last":
            with state.lock:
                last = [b.decode("utf-8", "replace") for b in state.last]
            self.say(200, last)
        else:
            self.say(404, {"error": {"message": "no such path"}})

    def do_POST(self):
        state, path = self.server.state, self.path.split("?")[0]
        body = self.body()
        if path == "/mode":
            told = json.loads(body)
            with state.lock:
                state.mode, state.seconds, state.times = told["mode"], told.get("seconds"), told.get("times")
            self.say(200, {})
        elif path == "/reset":
            with state.lock:
                state.reset()
            self.say(200, {})
        elif not CHAT.search(path):
            self.say(404, {"error": {"message": "no such path"}})
        elif state.key and state.key not in (self.headers.get("api-key"),
                                             (self.headers.get("Authorization") or "").removeprefix("Bearer ")):
            with state.lock:
                state.count["unauthorised"] += 1
            self.say(401, {"error": {"message": "who are you?", "code": "invalid_api_key"}})
        else:
            self.chat(path, body)

    def chat(self, path, body):
        state = self.server.state
        mode = state.begin(path, body)
        try:
            self.behave(mode, path, body)
        finally:
            state.end()

    def behave(self, mode, path, body):
        wire = getattr(self, "mode_" + mode.replace("-", "_"), None)
        if mode == "500":
            self.say(500, {"error": {"message": "it broke"}})
        elif mode == "429":
            self.say(429, {"error": {"message": "too many"}}, [("Retry-After", str(self.server.state.seconds or 7))])
        elif wire:
            wire(path, body)
        else:
            self.complete(mode, path, body)

    def complete(self, mode, path, body):
        system, user = messages(json.loads(body))
        content, finish = answer(mode, system, user)
        used = (len(system) + len(user)) // 4 + 8, max(len(content) // 4, 1)
        if mode == "reasoning":
            used = used[0], 256
        if path.endswith("/api/chat"):
            reply = {"model": "test", "message": {"role": "assistant", "content": content}, "done": True,
                     "done_reason": finish, "prompt_eval_count": used[0], "eval_count": used[1]}
        else:
            reply = {"id": "chatcmpl-test", "object": "chat.completion", "created": 0, "model": "test",
                     "choices": [{"index": 0, "finish_reason": finish,
                                  "message": {"role": "assistant", "content": content}}],
                     "usage": {"prompt_tokens": used[0], "completion_tokens": used[1], "total_tokens": sum(used)}}
        self.server.state.spent(*used)
        self.say(200, reply)

    def mode_slow(self, path, body):
        time.sleep(10 if self.server.state.seconds is None else self.server.state.seconds)
        self.complete("good", path, body)

    def mode_garbage(self, _path, _body):
        self.wfile.write(bytes(range(256)) * 16)
        self.close_connection = True

    def mode_not_json(self, _path, _body):
        self.say(200, b"<html><body>It works!</body></html>")

    def mode_disconnect(self, _path, _body):
        self.close_connection = True

    def stream(self, pieces):
        """A reply without an end of its own, until the other side or the test has enough."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for piece in pieces:
            self.wfile.write(piece)

    def mode_endless(self, _path, _body):
        until = time.monotonic() + 60
        self.stream(b'{"choices": [' + b" " * 4096 for _ in iter(lambda: time.monotonic() < until, False))

    def mode_drip(self, path, body):
        def drops():
            for c in b'{"choices": [{"message": {"content": "':
                yield bytes([c])
                self.wfile.flush()
                time.sleep(1)
        self.stream(drops())

    def mode_huge(self, _path, _body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(HUGE))
        self.end_headers()
        self.close_connection = True
        for _ in range(HUGE >> 16):
            self.wfile.write(b" " * 65536)

    def mode_redirect(self, path, _body):
        self.say(307, {}, [("Location", path)])

    def mode_refuse_tls(self, _path, _body):
        self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    state = context = None

    def handle_error(self, request, client_address):
        """Whoever went away is nobody's error."""


def start(mode="good", port=0, key=None, cert=None, tls_key=None):
    """A server in a thread of this process; .port, .state; shutdown() ends it."""
    server = Server(("127.0.0.1", port), Handler)
    server.state, server.port = State(mode, key), server.server_address[1]
    if cert:
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.load_cert_chain(cert, tls_key)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main():
    p = argparse.ArgumentParser(description="A test tool: an endpoint of chat completions that behaves as told.")
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--mode", default="good")
    p.add_argument("--key")
    p.add_argument("--cert")
    p.add_argument("--tls-key")
    o = p.parse_args()
    server = start(o.mode, o.port, o.key, o.cert, o.tls_key)
    print(server.port, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
