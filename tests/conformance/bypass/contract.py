"""What holds for every answer of merlon auth --json, whatever the message: its shape, its words, and no pass by chance."""
import re

WORDS = {
    "iprev": ("pass", "fail", "temperror", "permerror", "none"),
    "spf": ("none", "neutral", "pass", "fail", "softfail", "temperror", "permerror", "policy"),
    "dkim": ("neutral", "pass", "fail", "temperror", "permerror", "policy"),
    "arc": ("none", "pass", "fail"),
    "dmarc": ("pass", "fail", "none", "temperror", "permerror"),
}
TOP = ("file", "action", "score", "threshold", "auth", "authentication_results", "symbols", "edits", "timing_ms",
       "dns_queries")
SPF = ("result", "domain", "explanation", "lookups", "void")
DKIM = ("result", "domain", "selector", "algorithm", "key_bits", "identity", "b", "reason")
ARC = ("result", "instances", "oldest_pass", "sealers", "reason")
DMARC = ("result", "from_domain", "org_domain", "policy_domain", "policy", "policy_tag", "psd", "testing",
         "disposition", "aligned", "method", "reason")
NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\Z")


class Faults(list):
    def need(self, good, text):
        if not good:
            self.append(text)


def keys(out, where, o, want):
    missing = [k for k in want if not isinstance(o, dict) or k not in o]
    out.need(not missing, "%s lacks %s" % (where, missing))
    return not missing


def check_spf(out, spf):
    if not keys(out, "spf", spf, ("helo", "mailfrom")):
        return
    for which in ("helo", "mailfrom"):
        r = spf[which]
        if not keys(out, "spf." + which, r, SPF):
            continue
        out.need(r["result"] in WORDS["spf"], "spf.%s.result" % which)
        out.need(0 <= r["lookups"] <= 10 and 0 <= r["void"] <= 10, "spf.%s counts" % which)
        out.need(r["explanation"] is None or r["result"] == "fail", "an explanation without fail")
        out.need(r["domain"] is None or r["domain"] == r["domain"].lower(), "spf.%s.domain case" % which)
        out.need(r["result"] != "pass" or r["domain"], "spf.%s passes for no domain" % which)


def check_dkim(out, sigs):
    for s in sigs:
        if not keys(out, "dkim", s, DKIM):
            continue
        out.need(s["result"] in WORDS["dkim"], "dkim.result")
        out.need(s["domain"] is None or NAME.match(s["domain"]), "dkim.domain %r" % s["domain"])
        out.need(s["algorithm"] in (None, "rsa-sha256", "rsa-sha1", "ed25519-sha256"), "dkim.algorithm")
        out.need(s["b"] is None or len(s["b"]) <= 8, "dkim.b")
        if s["result"] == "pass":
            out.need(s["algorithm"] in ("rsa-sha256", "ed25519-sha256"), "dkim pass with %s" % s["algorithm"])
            out.need(s["algorithm"] != "rsa-sha256" or s["key_bits"] >= 1024, "dkim pass with a short key")
            out.need(s["domain"] and s["selector"] and s["identity"], "dkim pass without names")
        else:
            out.need(s["reason"], "dkim %s without a reason" % s["result"])


def check_arc(out, arc):
    if not keys(out, "arc", arc, ARC):
        return
    out.need(arc["result"] in WORDS["arc"], "arc.result")
    out.need((arc["result"] == "pass") == (arc["oldest_pass"] is not None), "arc.oldest_pass")
    # A chain that an earlier hop ended by cv=fail has no result.
    out.need(arc["result"] != "none" or arc["reason"] or (arc["instances"] == 0 and not arc["sealers"]),
             "arc none with sets")
    out.need(arc["result"] != "fail" or arc["reason"], "arc fail without a reason")


def check_dmarc(out, d, auth):
    if not keys(out, "dmarc", d, DMARC):
        return
    out.need(d["result"] in WORDS["dmarc"], "dmarc.result")
    out.need(d["disposition"] in ("none", "quarantine", "reject"), "dmarc.disposition")
    out.need(d["method"] in ("rfc9989", "psl"), "dmarc.method")
    for k in ("from_domain", "org_domain", "policy_domain"):
        out.need(d[k] is None or NAME.match(d[k]), "dmarc.%s %r" % (k, d[k]))
    out.need(d["result"] == "fail" or d["disposition"] == "none", "a disposition without fail")
    record = d["policy_domain"] is not None
    out.need((d["policy"] in ("none", "quarantine", "reject")) == record, "dmarc.policy")
    out.need((d["policy_tag"] in ("p", "sp", "np")) == record, "dmarc.policy_tag")
    out.need(d["psd"] in ((None, "y", "n", "u") if not record else ("y", "n", "u")), "dmarc.psd")
    out.need(not record or isinstance(d["testing"], bool), "dmarc.testing")
    keys(out, "dmarc.aligned", d["aligned"], ("spf", "dkim"))
    aligned = d["aligned"]["spf"] or d["aligned"]["dkim"]
    if d["result"] == "pass":
        out.need(record and d["from_domain"] and aligned and d["disposition"] == "none", "dmarc pass unfounded")
        out.need(not d["aligned"]["spf"] or auth["spf"]["mailfrom"]["result"] == "pass", "spf aligned, not passed")
        out.need(not d["aligned"]["dkim"] or any(s["result"] == "pass" for s in auth["dkim"]),
                 "dkim aligned, not passed")
    else:
        out.need(not aligned, "aligned, and yet %s" % d["result"])
        out.need(d["reason"], "dmarc %s without a reason" % d["result"])


# ---- Authentication-Results, read by a strict reader of our own (RFC 8601 2.2) ----

TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]+"
VALUE = r'(?:"(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*"|[^\s";()\\=\x00-\x1f\x7f]+)'
METHOD = re.compile(r'([a-z-]+)=([a-z]+)(?: reason=(%s))?((?: [a-z]+\.[a-z-]+=%s)*)\Z' % (VALUE, VALUE))


def methods_of(out, text):
    flat = re.sub(r"\r\n(?=[ \t])", "", text)
    out.need(not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", flat), "control characters in the field")
    out.need(all(len(line) <= 998 for line in text.split("\r\n")), "a line over 998")
    flat = re.sub(r"[ \t]+", " ", flat)
    items, item, in_quotes = [], "", False
    for c in flat:
        in_quotes ^= c == '"'
        if c == ";" and not in_quotes:
            items.append(item.strip())
            item = ""
        else:
            item += c
    items.append(item.strip())
    out.need("(" not in flat and ")" not in flat, "a comment in the field")
    found = []
    for one in items[1:]:
        m = METHOD.match(one)
        out.need(m or one == "none", "not a result: %r" % one)
        if m:
            found.append((m.group(1), m.group(2)))
    return items[0], found


def check_field(out, answer, authserv):
    auth = answer["auth"]
    name, found = methods_of(out, answer["authentication_results"])
    out.need(name == authserv, "authserv-id %r" % name)
    by = {}
    for method, result in found:
        by.setdefault(method, []).append(result)
    out.need(by.get("dmarc") == [auth["dmarc"]["result"]], "dmarc= %s" % by.get("dmarc"))
    all_sigs = [s["result"] for s in auth["dkim"]]
    room, want = 10 - all_sigs.count("pass"), []
    for result in all_sigs:
        if result == "pass" or room > 0:
            want.append(result)
            room -= result != "pass"
    want = want or ["none"]
    out.need(by.get("dkim", []) == want, "dkim= %s, not %s" % (by.get("dkim"), want))
    out.need(set(by) <= {"iprev", "spf", "dkim", "arc", "dmarc"}, "methods %s" % sorted(by))
    spf = {auth["spf"]["helo"]["result"], auth["spf"]["mailfrom"]["result"]}
    out.need(set(by.get("spf", [])) <= spf and len(by.get("spf", [])) <= 2, "spf= %s" % by.get("spf"))
    out.need(by.get("arc", ["none"]) == [auth["arc"]["result"]], "arc= %s" % by.get("arc"))


def check_edits(out, answer):
    edits = answer["edits"]
    seen_insert = False
    last = {}
    for e in edits:
        if e["op"] == "insert":
            seen_insert = True
            continue
        out.need(e["op"] == "delete" and not seen_insert, "edit out of order: %s" % e)
        name = e["name"].lower()
        out.need(e["index"] >= 1 and e["index"] < last.get(name, 1 << 30), "deletes not highest first")
        last[name] = e["index"]
    inserts = [e for e in edits if e["op"] == "insert"]
    out.need(len(inserts) == 1 and inserts[0]["index"] == 0 and inserts[0]["name"] == "Authentication-Results"
             and inserts[0]["value"] == answer["authentication_results"], "the inserted field")


def check_answer(answer, authserv):
    """What is wrong with an answer, in words."""
    out = Faults()
    if not keys(out, "the answer", answer, TOP) or not keys(out, "auth", answer["auth"], WORDS):
        return out
    auth = answer["auth"]
    out.need(answer["action"] is None and answer["score"] is None and answer["threshold"] is None
             and answer["symbols"] == [], "auth judges")
    out.need(auth["iprev"]["result"] in WORDS["iprev"], "iprev.result")
    out.need(isinstance(answer["dns_queries"], int) and answer["dns_queries"] <= 100, "dns_queries")
    check_spf(out, auth["spf"])
    check_dkim(out, auth["dkim"])
    check_arc(out, auth["arc"])
    check_dmarc(out, auth["dmarc"], auth)
    check_field(out, answer, authserv)
    check_edits(out, answer)
    return out


# ---- what a case expects ----

def value_at(answer, path):
    node = answer["auth"] if path.split(".")[0] in WORDS else answer
    for step in path.split("."):
        if step == "n" and isinstance(node, list):
            return len(node)
        if isinstance(node, list):
            node = node[int(step)] if int(step) < len(node) else "(not there)"
        elif isinstance(node, dict) and step in node:
            node = node[step]
        else:
            return "(not there)"
    return node


def differs(got, want):
    if isinstance(want, dict):
        if "not" in want:
            return got == want["not"]
        if "in" in want:
            return got not in want["in"]
        if "has" in want:
            return not isinstance(got, (str, list)) or want["has"] not in got
        if "lacks" in want:
            return isinstance(got, (str, list)) and want["lacks"] in got
        if "match" in want:
            return not isinstance(got, str) or not re.search(want["match"], got)
    return got != want or isinstance(got, bool) != isinstance(want, bool)


def check_expected(answer, expect):
    out = Faults()
    for path, want in expect.items():
        got = value_at(answer, path)
        out.need(not differs(got, want), "%s is %r, not %r" % (path, got, want))
    if "dmarc.result" not in expect:
        out.need(answer["auth"]["dmarc"]["result"] != "pass", "dmarc pass that nobody expects")
    return out
