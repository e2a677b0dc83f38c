"""
Signed messages of every kind, changed in one way at a time. Whether a change breaks the signature is worked
out from RFC 6376 itself: the canonical form of what is signed is the same, or it is not.
"""
import base64
import re

import lab

D = "mutant.example"
ZONE = (lab.txt("_dmarc." + D, "v=DMARC1; p=reject") + lab.key_zone(D) + lab.key_zone(D, "ed", "ed"))
HEADERS = (b"X-Trace: by one;\r\n\tat  noon\r\nX-Trace: by two; later\r\nFrom: Joe SixPack <joe@mutant.example>\r\n"
           b"To: sue@b.example,\r\n  bob@b.example\r\nSUBject:  two  blanks \t\r\nDate: Fri, 11 Jul 2003 21:00:37 -0700\r\n"
           b"MIME-Version:1.0\r\nX-Empty:\r\nX-Blank: \t \r\nX-8bit: \xe4\xf6 octets\r\nX-Fold:\r\n first\r\n\t second  \r\n"
           b"Content-Type: text/plain; charset=utf-8\r\nX-Unsigned: whatever\r\n")
BODY = b"\r\nHello  world. \t\r\n\tA tab,\x0b and 8-bit \xe4.\r\n \r\n.\r\nFrom here\r\nend \r\n\r\n \t\r\n\r\n"
H = ("from:from:to:subject:subject:date:x-trace:x-trace:mime-version:x-empty:x-blank:x-8bit:x-fold:content-type:"
     "reply-to:x-nowhere")
NAMES = (b"from", b"to", b"subject", b"date", b"mime-version", b"x-8bit", b"x-fold", b"content-type")


def variants():
    """(name, how it is signed)"""
    for key, s in (("rsa2048", "sel"), ("ed", "ed")):
        for c in ("simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"):
            yield "%s %s" % (key, c), {"key": key, "s": s, "c": c, "h": H}
    for name, how in (("fold", {"fold": True}), ("order", {"order": "b bh +h s d c a v"}),
                      ("folded h=", {"h": H.replace(":", " :\r\n\t ")}), ("capital h=", {"h": H.upper()}),
                      ("z=", {"tags": "z=From:Joe=20SixPack|Subject:x"}), ("x=", {"tags": "t=1600000000; x=1700000001"}),
                      ("i=", {"tags": "i=joe=3Dx@a.b.mutant.example"}), ("l=20", {"l": 20}), ("l=0", {"l": 0}),
                      ("q=", {"tags": "q=dns/txt"}), ("simple only", {"c": "simple"}), ("relaxed only", {"c": "relaxed"})):
        yield name, dict({"key": "ed", "s": "ed", "c": "relaxed/relaxed", "h": H}, **how)


# ---- what is signed ----

def parts_of(message):
    head, body = lab.split(message)
    fields = lab.fields_of(head)
    at = [i for i, f in enumerate(fields) if f[0].strip(b" \t").lower() == b"dkim-signature"]
    return fields, fields[at[0]] if at else None, body


def tags_of(value):
    tags = {}
    for part in value.split(b";"):
        name, _, text = part.partition(b"=")
        tags.setdefault(name.strip(b" \t\r\n"), re.sub(rb"[ \t\r\n]", b"", text))
    return tags


def form(message):
    """The octets under the signature, and the signature; None: there is none any more."""
    fields, sig, body = parts_of(message)
    if not sig:
        return None
    tags = tags_of(sig[1])
    head, _, tail = tags.get(b"c", b"simple").partition(b"/")
    names = tags[b"h"].split(b":")
    others = [f for f in fields if f is not sig]
    data = b"".join(lab.canon_field(n, v, head == b"relaxed") for n, v in lab.select(others, names))
    bare = re.sub(rb"((?:^|;)[ \t\r\n]*b[ \t\r\n]*=)[^;]*", rb"\1", sig[1])
    data += lab.canon_field(sig[0], bare, head == b"relaxed", b"")
    canon = lab.canon_body(body, tail == b"relaxed")
    length = int(tags.get(b"l", len(canon)))
    try:
        b = base64.b64decode(tags.get(b"b", b""), validate=True)
    except ValueError:
        b = None
    return data, canon[:length], length <= len(canon), b


def partial(message):
    tags = tags_of(parts_of(message)[1][1])
    canon = lab.canon_body(parts_of(message)[2], tags.get(b"c", b"simple").endswith(b"/relaxed"))
    return b"l" in tags and int(tags[b"l"]) < len(canon)


# ---- changes ----

def in_field(name, change, nth=0):
    def apply(message):
        head, body = lab.split(message)
        fields = lab.fields_of(head)
        at = [i for i, f in enumerate(fields) if f[0].lower() == name][nth]
        fields[at] = (fields[at][0], change(fields[at][1]))
        return b"".join(n + b":" + v + b"\r\n" for n, v in fields) + b"\r\n" + body
    return apply


def sub(old, new, count=1):
    return lambda v: v.replace(old, new, count)


def fields(change):
    def apply(message):
        head, body = lab.split(message)
        return b"".join(n + b":" + v + b"\r\n" for n, v in change(lab.fields_of(head))) + b"\r\n" + body
    return apply


def body(change):
    def apply(message):
        head, text = lab.split(message)
        return head + b"\r\n" + change(text)
    return apply


def without(name):
    return fields(lambda f: [x for x in f if x[0].lower() != name])


def moved_down(f):
    return f[1:] + f[:1]


def in_tag(tag, change):
    pattern = re.compile(rb"((?:^|;)[ \t\r\n]*" + tag + rb"=[ \t\r\n]*)([^;]*)")
    return in_field(b"dkim-signature", lambda v: pattern.sub(lambda m: m.group(1) + change(m.group(2)), v, count=1))


def flip(text):
    at = len(text) // 2
    while not text[at:at + 1].isalnum():
        at += 1
    return text[:at] + (b"A" if text[at:at + 1] != b"A" else b"B") + text[at + 1:]


SIG = b"dkim-signature"
CHANGES = [
    ("nothing", lambda m: m), ("line feeds only", lambda m: m.replace(b"\r\n", b"\n")),
    ("a letter in From", in_field(b"from", sub(b"joe@", b"jpe@"))), ("the case of From", in_field(b"from", sub(b"Joe", b"joe"))),
    ("a blank more in Date", in_field(b"date", sub(b"11 Jul", b"11  Jul"))),
    ("a blank less in Date", in_field(b"date", sub(b"11 Jul", b"11Jul"))),
    ("a tab in Date", in_field(b"date", sub(b"11 Jul", b"11\tJul"))),
    ("a fold in Date", in_field(b"date", sub(b"11 Jul", b"11\r\n Jul"))),
    ("a fold in a word", in_field(b"date", sub(b"2003", b"20\r\n 03"))),
    ("To unfolded", in_field(b"to", sub(b"\r\n ", b""))), ("blanks at the end of Subject off", in_field(b"subject", lambda v: v.rstrip())),
    ("blanks at the end of Date", in_field(b"date", lambda v: v + b" \t")), ("a blank behind the colon", in_field(b"mime-version", lambda v: b" " + v)),
    ("an empty field filled", in_field(b"x-empty", lambda v: b"x")), ("an empty field of blanks", in_field(b"x-empty", lambda v: b" \t")),
    ("an 8-bit octet", in_field(b"x-8bit", sub(b"\xe4", b"\xe5"))), ("another unsigned value", in_field(b"x-unsigned", lambda v: b" no")),
    ("the first of two", in_field(b"x-trace", lambda v: v + b"x", 0)), ("the second of two", in_field(b"x-trace", lambda v: v + b"x", 1)),
    ("names in capitals", fields(lambda f: [f[0]] + [(n.upper(), v) for n, v in f[1:]])),
    ("the signature's name in capitals", fields(lambda f: [(f[0][0].upper(), f[0][1])] + f[1:])),
    ("the order of fields", fields(lambda f: [f[0]] + f[1:3] + f[:2:-1])), ("the two exchanged", fields(lambda f: [f[0], f[2], f[1]] + f[3:])),
    ("the signature last", fields(moved_down)),
    ("a third X-Trace above", fields(lambda f: [(b"X-Trace", b" x")] + f)), ("a third X-Trace below", fields(lambda f: f + [(b"X-Trace", b" x")])),
    ("a second Subject", fields(lambda f: [(b"Subject", b" x")] + f)), ("a second Date", fields(lambda f: [(b"Date", b" x")] + f)),
    ("a Reply-To", fields(lambda f: f + [(b"Reply-To", b" x@evil.example")])),
    ("a second From", fields(lambda f: [(b"From", b" x@mutant.example")] + f)), ("a Cc that nobody signed", fields(lambda f: f + [(b"Cc", b" x@evil.example")])),
    ("a letter of b=", in_tag(b"b", flip)), ("a letter of bh=", in_tag(b"bh", flip)), ("blanks in b=", in_tag(b"b", lambda v: v[:9] + b"\r\n\t " + v[9:])),
    ("the end of b= off", in_tag(b"b", lambda v: v[:-8])), ("more of b=", in_tag(b"b", lambda v: v.rstrip(b"=") + b"AAAA")),
    ("blanks in bh=", in_tag(b"bh", lambda v: v[:9] + b" " + v[9:])),
    ("a blank in a tag", in_field(SIG, sub(b"; d=", b";  d="))), ("a tag more", in_field(SIG, sub(b"; d=", b"; y=1; d="))),
    ("d= in capitals", in_tag(b"d", bytes.upper)), ("s= of another key", in_tag(b"s", lambda v: b"ed" if v == b"sel" else b"sel")),
    ("h= shorter", in_tag(b"h", lambda v: re.sub(rb"(?i)\s*:\s*x-nowhere", b"", v))), ("x= added", in_field(SIG, lambda v: v.rstrip() + b"; x=1900000000")),
    ("c= exchanged", in_tag(b"c", lambda v: b"relaxed/simple" if v.startswith(b"simple") else b"simple/relaxed")),
    ("empty lines at the end", body(lambda t: t + b"\r\n\r\n")), ("blank lines at the end", body(lambda t: t + b" \r\n\t\r\n")),
    ("empty lines at the end off", body(lambda t: t.rstrip(b"\r\n \t") + b"\r\n")), ("no line end at all", body(lambda t: t.rstrip(b"\r\n"))),
    ("text at the end", body(lambda t: t + b"evil\r\n")), ("text at the front", body(lambda t: b"evil\r\n" + t)),
    ("an empty line at the front", body(lambda t: b"\r\n" + t)), ("blanks doubled", body(lambda t: t.replace(b" ", b"  "))),
    ("blanks to tabs", body(lambda t: t.replace(b" ", b"\t"))), ("blanks off", body(lambda t: t.replace(b" ", b""))),
    ("blanks at line ends", body(lambda t: t.replace(b"\r\n", b" \r\n"))), ("blanks at line starts", body(lambda t: t.replace(b"\r\n", b"\r\n "))),
    ("a dot less", body(lambda t: t.replace(b"\r\n.\r\n", b"\r\n"))), (">From", body(lambda t: t.replace(b"\r\nFrom", b"\r\n>From"))),
    ("the case of the body", body(bytes.swapcase)), ("an octet less", body(lambda t: t[:9] + t[10:])), ("half the body", body(lambda t: t[:30])),
    ("no body", body(lambda t: b"")), ("a vertical tab to a blank", body(lambda t: t.replace(b"\x0b", b" "))),
] + [("without " + n.decode(), without(n)) for n in NAMES]


def expected(signed, changed):
    """(DKIM results that may be, DMARC results that may be)"""
    whole = changed.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    fields_now, sig, _ = parts_of(whole)
    authors = sum(n.strip(b" \t").lower() == b"from" for n, _ in fields_now)
    same = form(signed) == form(whole) and form(whole)[2]
    if same:
        dkim = ["pass"]
        dmarc = ["fail"] if partial(whole) else ["pass"]
    else:
        dkim, dmarc = ["fail", "permerror"], ["fail"]
    if authors != 1:
        dmarc = ["permerror", "none"]
    return dkim, dmarc


def make():
    jobs = []
    for name, how in variants():
        signed = lab.sign(HEADERS + b"\r\n" + BODY, d=D, **how)
        for what, change in CHANGES:
            changed = change(signed)
            dkim, dmarc = expected(signed, changed)
            jobs.append(lab.Job("dkim: %s: %s" % (name, what), changed,
                                {"dkim.n": 1, "dkim.0.result": {"in": dkim}, "dmarc.result": {"in": dmarc}},
                                mail_from="x@other.example"))
    return ZONE, jobs
