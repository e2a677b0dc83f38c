"""Messages at and over the limits (LIMITS.md 1): many and long fields, many signatures, names and answers."""
import lab

D = "big.example"
V = "hidden.example"
ZONE = (lab.txt(D, "v=spf1 ip4:192.0.2.66 -all") + lab.txt("_dmarc." + D, "v=DMARC1; p=reject") + lab.key_zone(D)
        + lab.txt(V, "v=spf1 ip4:192.0.2.66 -all") + lab.txt("_dmarc." + V, "v=DMARC1; p=reject")
        + lab.key_zone(V, key="other"))
# SPF that needs 30 questions at three depths.
DENY = "deny.example"
ZONE += (lab.txt(DENY, "v=spf1 include:a.deny.example include:b.deny.example -all")
         + lab.txt("a." + DENY, "v=spf1 include:c.deny.example ~all") + lab.txt("c." + DENY, "v=spf1 mx:m1.deny.example ~all")
         + lab.txt("b." + DENY, "v=spf1 mx:m2.deny.example mx:m3.deny.example ~all")
         + "".join("m%d.deny.example MX %d h%d.m%d.deny.example\nh%d.m%d.deny.example A 203.0.113.%d\n" % (m, h, h, m, h, m, h)
                   for m in (1, 2, 3) for h in range(8))
         + lab.txt("_dmarc." + DENY, "v=DMARC1; p=reject")
         + lab.txt("dear.evil.example", "v=spf1 mx:m1.dear.evil.example mx:m2.dear.evil.example -all")
         + "".join("m%d.dear.evil.example MX 1 h%d.dear.evil.example\n" % (m, h) for m in (1, 2) for h in range(9))
         + "".join("77.2.0.192.in-addr.arpa PTR h%d.dear.evil.example\n" % h for h in range(10)))
BASE = b"From: x@big.example\r\nTo: a@b.example\r\nSubject: s\r\nDate: d\r\n\r\nHello\r\n"
NOT_PASS = {"dmarc.result": {"not": "pass"}}


def job(name, message, expect, mail_from="x@other.example", **more):
    return lab.Job("big: " + name, message, expect, mail_from=mail_from, **more)


def signatures():
    good = lab.signature(BASE, d=D)
    junk = lab.signature(BASE, d="junk.example", key="other")
    broken = good.replace(b"b=", b"b=AAAA", 1)
    yield job("10 junk signatures above a good one", junk * 10 + good + BASE,
              {"dkim.n": 11, "dkim.10.result": "pass", "dkim.9.result": "neutral",
               "dkim.9.reason": "not evaluated: limit", "dmarc.result": "pass"})
    yield job("11 signatures of the author domain that do not verify, above a good one", broken * 11 + good + BASE,
              {"dkim.n": 12, "dmarc.result": {"in": ["pass", "fail"]}})
    yield job("11 unreadable ones cost nothing", b"DKIM-Signature: x\r\n" * 11 + good + BASE,
              {"dkim.n": 12, "dkim.0.result": "permerror", "dkim.11.result": "pass", "dmarc.result": "pass"})
    yield job("junk below", lab.sign(BASE, d=D) and good + junk * 20 + BASE,
              {"dkim.n": 21, "dkim.0.result": "pass", "dmarc.result": "pass"})
    for n in (99, 100, 101, 200, 1000):
        yield job("%d junk signatures above a good one" % n, junk * n + good + BASE,
                  {"dkim.n": n + 1, "dkim.%d.result" % n: "pass", "dkim.%d.result" % (n - 1): "neutral",
                   "dkim.%d.reason" % (n - 1): "not evaluated: limit", "dkim.%d.domain" % (n - 1): "junk.example",
                   "dmarc.result": "pass", "authentication_results": {"has": "dmarc=pass"}})
    yield job("200 different selectors", b"".join(
        lab.signature(BASE, d="s%d.junk.example" % i, s="x%d" % i, key="other") for i in range(200)) + good + BASE,
              {"dkim.n": 201, "dkim.200.result": "pass", "dmarc.result": "pass"})


def names():
    for n, result in ((50, "pass"), (96, "pass"), (97, "permerror"), (1000, "permerror")):
        h = ":".join(["from", "to", "subject", "date"] + ["x-%d" % i for i in range(n)])
        yield job("h= of %d names" % (n + 4), lab.sign(BASE, d=D, h=h, fold=True),
                  {"dkim.0.result": result, "dmarc.result": "pass" if result == "pass" else "fail"})
    yield job("h= of 1,000 times From", lab.sign(BASE, d=D, h=":".join(["from"] * 1000)),
              {"dkim.0.result": "permerror", "dmarc.result": "fail"})
    yield job("z= of 30,000 octets", lab.sign(BASE, d=D, tags="z=" + "|".join(["From:" + "x" * 1000] * 30)),
              {"dkim.0.result": "pass", "dmarc.result": "pass"})
    yield job("b= of 20,000 octets", lab.sign(BASE, d=D).replace(b" b=", b" b=" + b"A" * 20000, 1),
              {"dkim.0.result": {"in": ["fail", "permerror"]}, "dmarc.result": "fail"})
    yield job("200 tags", lab.sign(BASE, d=D, tags=";".join("t%d=x" % i for i in range(200))),
              {"dkim.0.result": {"in": ["pass", "permerror"]}, "dmarc.result": {"in": ["pass", "fail"]}})


def fields():
    evil = b"From: ceo@hidden.example\r\n"
    good = b"From: x@big.example\r\n"
    mine = {"mail_from": "x@big.example"}
    pad = b"".join(b"X-%d: y\r\n" % i for i in range(2100))
    yield job("a From behind 2,100 fields, another in front", good + pad + evil + b"\r\nx\r\n", NOT_PASS, **mine)
    yield job("a From behind 2,100 fields", pad + evil + b"\r\nx\r\n", NOT_PASS, **mine)
    yield job("a From in front of 2,100 fields", good + pad + b"\r\nx\r\n",
              {"dmarc.result": {"in": ["pass", "permerror"]}}, **mine)
    yield job("a signature behind 2,100 fields", pad + lab.sign(BASE, d=D), NOT_PASS)
    yield job("a signature in front of 2,100 fields", lab.signature(BASE, d=D) + pad + BASE, NOT_PASS)
    long = b"ceo@hidden.example, " + b" " * 70000
    yield job("a second From of 70 kB", good + b"From: " + long + b"\r\n\r\nx\r\n", NOT_PASS, **mine)
    yield job("a second From of 70 kB, first", b"From: " + long + b"\r\n" + good + b"\r\nx\r\n", NOT_PASS, **mine)
    yield job("the address of From behind 70 kB of comment",
              b"From: x@big.example (" + b"a" * 70000 + b") , ceo@hidden.example\r\n\r\nx\r\n", NOT_PASS, **mine)
    yield job("a folded From of 70 kB", b"From: x@big.example" + b"\r\n  " * 20000 + b"\r\n\r\nx\r\n", NOT_PASS, **mine)
    yield job("a field of 63 kB in front of From", b"X-Y: " + b"z" * 63000 + b"\r\n" + good + b"\r\nx\r\n",
              {"dmarc.result": "pass"}, **mine)
    yield job("a field of 70 kB that is not From", b"X-Y: " + b"z" * 70000 + b"\r\n" + good + b"\r\nx\r\n",
              {"dmarc.result": {"in": ["pass", "permerror"]}}, **mine)
    yield job("a header line of 1 MB without a colon", b"z" * 1000000 + b"\r\n" + good + b"\r\nx\r\n", NOT_PASS, **mine)
    yield job("1.5 MB of fields, then From", b"".join(b"X-%d: %s\r\n" % (i, b"y" * 30000) for i in range(50))
              + good + b"\r\nx\r\n", {"dmarc.result": {"in": ["pass", "permerror"]}}, **mine)
    yield job("1.5 MB of fields between two Froms", good + b"".join(
        b"X-%d: %s\r\n" % (i, b"y" * 30000) for i in range(50)) + evil + b"\r\nx\r\n", NOT_PASS, **mine)
    yield job("a name of 300 octets", b"X" * 300 + b": y\r\n" + good + b"\r\nx\r\n",
              {"dmarc.result": {"in": ["pass", "permerror"]}}, **mine)
    yield job("a name that begins with From and is over the limit", b"From" + b" " * 300 + b": ceo@hidden.example\r\n"
              + good + b"\r\nx\r\n", NOT_PASS, **mine)


def authors():
    mine = {"mail_from": "x@big.example"}
    same = ", ".join("x%d@big.example" % i for i in range(15)).encode()
    yield job("15 authors of one domain", b"From: " + same + b"\r\n\r\nx\r\n",
              {"dmarc.result": {"in": ["pass", "permerror"]}}, **mine)
    yield job("16 and one of another domain", b"From: " + same + b", y@big.example, ceo@hidden.example\r\n\r\nx\r\n",
              NOT_PASS, **mine)
    yield job("100 authors, the last another", b"From: " + b", ".join([same] * 7) + b", ceo@hidden.example\r\n\r\nx\r\n",
              NOT_PASS, **mine)
    yield job("comments nested 1,000 deep", b"From: " + b"(" * 1000 + b")" * 1000 + b" x@big.example\r\n\r\nx\r\n",
              {"dmarc.result": {"in": ["pass", "permerror"]}}, **mine)
    yield job("groups in groups", b"From: " + b"a:" * 50 + b"ceo@hidden.example" + b";" * 50 + b"\r\n\r\nx\r\n",
              NOT_PASS, **mine)
    yield job("1,000 encoded words", b"From: " + b"=?utf-8?q?a?= " * 1000 + b"<x@big.example>\r\n\r\nx\r\n",
              {"dmarc.result": {"in": ["pass", "permerror"]}}, **mine)
    yield job("a domain of 130 labels", b"From: x@" + b"a." * 120 + b"big.example\r\n\r\nx\r\n",
              {"dmarc.result": {"in": ["pass", "fail"]}, "dmarc.policy_tag": "p"}, **mine)
    yield job("a domain of 300 octets", b"From: x@" + b"abc." * 75 + b"big.example\r\n\r\nx\r\n", NOT_PASS, **mine)


def results():
    forged = b"Authentication-Results: mx.lab.example; dmarc=pass\r\n"
    good = b"From: x@big.example\r\n\r\nx\r\n"
    mine = {"mail_from": "x@big.example"}
    yield job("300 forged results", forged * 300 + good, {"edits.n": 301, "edits.0.index": 300, "edits.299.index": 1,
                                                          "dmarc.result": "pass"}, **mine)
    yield job("a forged result of 70 kB", b"Authentication-Results: mx.lab.example;" + b" " * 70000 + b"dmarc=pass\r\n"
              + forged + good, {"edits.0.index": 2, "edits.1.index": 1,
                                "dmarc.result": {"in": ["pass", "permerror"]}}, **mine)
    yield job("a forged result behind 2,100 fields", b"X-Y: z\r\n" * 2100 + forged + good,
              {"edits.0": {"in": [{"op": "delete", "name": "Authentication-Results", "index": 1}]}}, **mine)
    yield job("results of others of 60 kB", b"Authentication-Results: o.example; spf=pass (" + b"a" * 60000 + b")\r\n" + good,
              {"edits.n": 1, "dmarc.result": "pass"}, **mine)


def bodies():
    mine = {"mail_from": "x@big.example"}
    for what, body in (("12 MB", b"x" * 998 + b"\r\n"), ("12 MB of empty lines", b"\r\n" * 500),
                       ("12 MB of blanks", b" \t" * 500), ("12 MB of CR", b"\r" * 1000), ("12 MB of LF", b"\n" * 1000)):
        yield job("a body of " + what, b"From: x@big.example\r\n\r\n" + body * 12000, {"dmarc.result": "pass"}, **mine)
    signed = b"From: x@big.example\r\n\r\n" + b"word  word \r\n" * 300000 + b"\r\n" * 10
    for c in ("relaxed/relaxed", "simple/simple"):
        yield job("4 MB, signed %s" % c, lab.sign(signed, d=D, h="from", c=c), {"dkim.0.result": "pass", "dmarc.result": "pass"})
    yield job("4 MB, and one octet changed at the end", lab.sign(signed, d=D, h="from")[:-25] + b"!" + b"\r\n" * 12,
              {"dkim.0.result": "fail", "dmarc.result": "fail"})


def chains():
    good = b"From: x@big.example\r\n\r\nx\r\n"
    mine = {"mail_from": "x@big.example"}
    some = b"ARC-Seal: i=%d; a=rsa-sha256; d=big.example; s=sel; cv=pass; b=AAAA\r\n"
    for n in (1, 50, 51, 200, 1000):
        yield job("%d seals and nothing else" % n, b"".join(some % i for i in range(n, 0, -1)) + good,
                  {"arc.result": "fail", "dmarc.result": "pass"}, **mine)
    yield job("1,900 seals of one instance", some % 1 * 1900 + good, {"arc.result": "fail", "dmarc.result": "pass"}, **mine)
    message = BASE
    for i in range(1, 52):
        message = lab.arc_seal(message, i, D, "pass" if i > 1 else "none", "mx; none", h="from")
        if i in (1, 2, 50, 51):
            yield job("a chain of %d" % i, message, {"arc.result": "pass" if i < 51 else "fail", "dmarc.result": "fail"})


def starving():
    """Questions that the sender's own records and fields cost do not keep others from being asked."""
    m = b"From: x@deny.example\r\n\r\nx\r\n"
    for i in range(50, 0, -1):
        m = (b"ARC-Seal: i=%d; a=rsa-sha256; d=s%d.evil.example; s=as; cv=%s; b=AAAA\r\n"
             b"ARC-Message-Signature: i=%d; a=rsa-sha256; d=s%d.evil.example; s=ams; h=from; bh=%s; b=AAAA\r\n"
             b"ARC-Authentication-Results: i=%d; mx; none\r\n" % (i, i, b"pass" if i > 1 else b"none", i, i, b"A" * 43 + b"=", i)) + m
    for i in range(10):
        m = lab.signature(b"From: a\r\n\r\n", d="deny.example", s="x%d" % i, key="other", h="from") + m
    yield job("50 seals by 50 names, and a sender who denies it", m,
              {"spf.mailfrom.result": "fail", "arc.result": "fail", "dmarc.result": "fail", "dmarc.disposition": "reject"},
              mail_from="x@deny.example", helo="dear.evil.example", ip="192.0.2.77")


def answers():
    """Records that are larger than any need be."""
    global ZONE
    for n in (3000, 4097, 60000):
        pad = " " + "x" * (n - 60)
        d = "txt%d.example" % n
        ZONE += lab.txt("" + d, "v=spf1 ip4:192.0.2.66 -all exp=%s%s" % (d, pad)[:n])
        ZONE += lab.txt("_dmarc." + d, "v=DMARC1; p=reject; x=" + pad)
        ZONE += lab.txt("sel._domainkey." + d, "v=DKIM1; p=%s; n=%s" % (lab.PUBLIC["rsa2048"], pad))
        m = lab.sign(b"From: x@%s\r\n\r\nx\r\n" % d.encode(), d=d, h="from")
        want = ["pass"] if n <= 4000 else ["none", "permerror", "fail"]
        yield job("records of %d octets" % n, m, {"dmarc.result": {"in": want}, "spf.mailfrom.result": {"in": [
            "pass", "permerror"]}, "dkim.0.result": "pass" if n <= 4000 else "permerror"}, mail_from="x@" + d)
    ZONE += lab.txt("i.txt.example", "v=spf1 -all")
    for name, n in (("hundred", 100), ("twohundred", 190)):
        d = name + ".example"
        ZONE += lab.txt("" + d, "v=spf1 " + "include:i.txt.example " * n + "-all")
        yield job("%d includes" % n, b"From: x@big.example\r\n\r\nx\r\n",
                  {"spf.mailfrom.result": "permerror", "spf.mailfrom.lookups": {"in": [0, 10]}, "dmarc.result": "fail"}, mail_from="x@" + d)
    ZONE += "".join("manytxt.example TXT \"v=spf%d\"\n" % i for i in range(2, 300)) + lab.txt("manytxt.example", "v=spf1 +all")
    yield job("300 TXT records", b"From: x@big.example\r\n\r\nx\r\n",
              {"spf.mailfrom.result": "temperror", "dmarc.result": "fail"}, mail_from="x@manytxt.example")
    ZONE += "".join("manykeys._domainkey.big.example TXT \"v=DKIM1; p=%s\"\n" % lab.PUBLIC["other"] for i in range(1))
    ZONE += "".join("manykeys._domainkey.big.example TXT \"hello %d\"\n" % i for i in range(40))
    yield job("a key among 40 other texts, not the signer's", lab.sign(BASE, d=D, s="manykeys"),
              {"dkim.0.result": {"in": ["fail", "permerror"]}, "dmarc.result": "fail"})


def long_results():
    """Values as long as can be in every place of Authentication-Results; ours must still say all it has to."""
    d = ".".join(["a" * 60] * 3 + ["big.example"])
    m = BASE
    for i in range(12):
        m = lab.signature(BASE, d=d, s="s%d." % i + "b" * 20, key="other", tags="i=" + "c" * 3000 + "@" + d) + m
    yield job("long names everywhere", m, {"dkim.n": 12, "dmarc.result": "fail"}, helo=d,
              mail_from="%s@%s" % ("m" * 3000, d))


def make():
    jobs = []
    for part in (signatures, names, fields, authors, results, bodies, chains, starving, answers, long_results):
        jobs += list(part())
    return ZONE, jobs
