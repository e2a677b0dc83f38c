#!/usr/bin/python3
"""merlon store: what is imported is what is exported, from SQLite to Redis and back too; check, stats,
expire; and imports that are no exports."""
import base64
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

BUILD = os.path.abspath(os.environ.get("MERLON_BUILD", os.environ.get("builddir", ".")))
MERLON = f"{BUILD}/merlon"
NOW = int(time.time() * 1000)
passed = failed = 0


def check(good, text):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print("ok" if good else "FAILED", text)


def merlon(*argv, stdin=b""):
    return subprocess.run([MERLON, "store", *argv], capture_output=True, input=stdin, timeout=60)


def b64(octets):
    return base64.b64encode(octets).decode()


def record(key, value, ends=0):
    return {"shape": "record", "key": b64(key), "value": b64(value), "ends_ms": ends}


def member(key, name, ends=0):
    return {"shape": "member", "key": b64(key), "member": b64(name), "ends_ms": ends}


def entry(key, number, value):
    return {"shape": "entry", "key": b64(key), "id": number, "value": b64(value), "ends_ms": 0}


def lines(records, backend=None):
    rows = [{"store": "merlon", "version": 1, **({"backend": backend} if backend else {})}, *records, {"end": True, "records": len(records)}]
    return "".join(json.dumps(r) + "\n" for r in rows).encode()


def all_kinds():
    """Every kind of record, with octets that are awkward, alive for some hours or for ever."""
    soon = NOW + 7200000
    awkward = bytes(range(256))
    records = [record(b"v:" + awkward, b"V" + awkward * 20, soon), record(b"v:empty", b"V")]
    for i in range(300):
        sums = struct.pack(f">{1 + i % 4}d", *(i / 7 + k for k in range(1 + i % 4)))
        records += [
            record(b"rep:%d\0x" % i, b"A" + struct.pack(">Bqq", 1 + i % 4, NOW - i, NOW) + sums,
                   soon if i % 2 else 0),
            record(b"rate:%d" % i, b"T" + struct.pack(">qd", NOW, i / 3), soon),
            member(b"set:%d" % (i % 9), b"m\0%d" % i, soon + i if i % 5 else 0),
        ]
        if i < 40:
            records.append(entry(b"log:%d" % (i % 3), 1000 + i, b"e\xff%d" % i))
    records.append(record(b"l:lease", b"L" + struct.pack(">q", NOW) + b"me", soon))
    return records


def content(text):
    """Records of an export, sorted; None: it does not begin and end as one."""
    rows = [json.loads(row) for row in text.decode().splitlines()]
    head = {"store": "merlon", "version": 1}
    if len(rows) < 2 or rows[0] not in ({**head, "backend": "sqlite"}, {**head, "backend": "redis"}):
        return None
    if rows[-1] != {"end": True, "records": len(rows) - 2}:
        return None
    return sorted(json.dumps(r, sort_keys=True) for r in rows[1:-1])


def exported(*where):
    done = merlon("export", *where)
    check(done.returncode == 0 and not done.stderr, f"export {where[1][:20]}: {done.stderr.decode()}")
    return content(done.stdout)


def moves(top):
    """There and back, with whatever is in the middle."""
    records = all_kinds()
    wanted = sorted(json.dumps(r, sort_keys=True) for r in records)
    first, last = f"{top}/first", f"{top}/last"
    os.mkdir(first), os.mkdir(last)
    path = f"{top}/all.jsonl"
    with open(path, "wb") as f:
        f.write(lines(records))
    done = merlon("import", "--state", first, "--json", path)
    check(done.returncode == 0 and json.loads(done.stdout or "{}").get("records") == len(records),
          f"import: {done.stdout.decode()}{done.stderr.decode()}")
    check(exported("--state", first) == wanted, "what was imported is exported")
    again = merlon("export", "--state", first).stdout
    done = merlon("import", "--url", f"sqlite:{last}/store.db", "-", stdin=again)
    check(done.returncode == 0, f"import from standard input: {done.stderr.decode()}")
    check(exported("--state", last) == wanted, "moved to another file, nothing is lost")
    return first, records, wanted


def through_redis(top, first, wanted):
    if not shutil.which("redis-server"):
        print("no redis-server: not looked at, not counted")
        return
    sock = f"{top}/redis.sock"
    server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", sock, "--save", "",
                               "--appendonly", "no", "--dir", top],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url, back = f"redis:unix:{sock}", f"sqlite:{top}/back.db"
        for _ in range(100):
            if os.path.exists(sock):
                break
            time.sleep(0.05)
        done = merlon("import", "--url", url, "-", stdin=merlon("export", "--state", first).stdout)
        check(done.returncode == 0, f"into Redis: {done.stderr.decode()}")
        done = merlon("export", "--url", url)
        check(content(done.stdout) == wanted, f"Redis holds all of it: {done.stderr.decode()}")
        done = merlon("import", "--url", back, "-", stdin=done.stdout)
        check(done.returncode == 0, f"and back: {done.stderr.decode()}")
        check(exported("--url", back) == wanted, "from SQLite to Redis and back, nothing is lost")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)


def classifier_stays(top):
    """What machines share of the classifier is not what one has: it does not replace it."""
    mine = [record(b"m:ring", b"Vmine"), record(b"m:l:1", b"Vmine"), record(b"rep:a", b"Vmine")]
    theirs = [record(b"m:ring", b"Vtheirs"), record(b"m:l:1", b"Vtheirs"), record(b"m:snap", b"Vtheirs"),
              entry(b"m:log", 7, b"theirs"), record(b"rep:a", b"Vtheirs"), record(b"rep:b", b"Vtheirs")]
    state = f"{top}/machine"
    os.mkdir(state)
    merlon("import", "--state", state, "-", stdin=lines(mine))
    done = merlon("import", "--state", state, "--json", "-", stdin=lines(theirs, "redis"))
    check(json.loads(done.stdout or "{}") == {"records": 6, "over": 0, "left": 4}, f"shared: {done.stdout}{done.stderr}")
    check(exported("--state", state) == sorted(json.dumps(r, sort_keys=True) for r in mine[:2] + theirs[4:]),
          "what was learnt here stays, all else comes")
    done = merlon("import", "--state", state, "--json", "-", stdin=lines(theirs[:1], "sqlite"))
    check(json.loads(done.stdout or "{}").get("left") == 0, "of a machine's own export nothing is left out")
    none = f"{top}/new"
    os.mkdir(none)
    done = merlon("import", "--state", none, "--json", "-", stdin=lines(theirs[1:4], "redis"))
    check(json.loads(done.stdout or "{}").get("left") == 3, f"a machine without one: {done.stdout}{done.stderr}")


def counted(first, records):
    done = merlon("stats", "--state", first, "--json")
    said = json.loads(done.stdout)
    spaces = {s["name"]: s["records"] for s in said["namespaces"]}
    check(done.returncode == 0 and said["backend"] == "sqlite" and said["records"] == 603 and
          said["members"] == 300 and said["entries"] == 40 and said["file_octets"] > 0, f"stats: {said}")
    check(spaces == {"v": 2, "rep": 300, "rate": 300, "set": 300, "log": 40, "l": 1}, f"{spaces}")
    done = merlon("stats", "--state", first)
    check(b"rep " in done.stdout and b"%d" % len(records) in done.stdout, "stats as text")


def damage(top, first):
    done = merlon("check", "--state", first, "--json")
    said = json.loads(done.stdout)
    check(done.returncode == 0 and said["good"] and said["records"] == 943 and not said["faults"],
          f"check: {said}")
    for name, at, n in (("page", 8192, 4096), ("head", 0, 64)):
        copy = f"{top}/{name}.db"
        shutil.copy(f"{first}/store.db", copy)
        with open(copy, "r+b") as f:
            f.seek(at)
            f.write(b"noise" * (n // 5))
        done = merlon("check", "--url", f"sqlite:{copy}")
        check(done.returncode == 1 and done.stdout, f"a damaged {name} is found: {done.stdout[:80]}")
    import sqlite3
    copy = f"{top}/torn.db"
    shutil.copy(f"{first}/store.db", copy)
    db = sqlite3.connect(copy)
    db.execute("DELETE FROM member WHERE member = ?", (b"m\x007",))
    db.execute("INSERT INTO log (key, id, value) VALUES (x'00', 1, x'00')")
    db.commit()
    db.close()
    done = merlon("check", "--url", f"sqlite:{copy}")
    check(done.returncode == 1 and b"set of" in done.stdout and b"without their log" in done.stdout,
          f"a set that lost a member: {done.stdout.decode()}")


def expiry(top):
    soon = int(time.time() * 1000) + 1500
    url = f"sqlite:{top}/expire.db"
    records = [record(b"a:%d" % i, b"Vx", soon if i % 2 else 0) for i in range(1400)]
    records += [member(b"s:1", b"m", soon), record(b"a:past", b"Vx", 5000)]
    done = merlon("import", "--url", url, "--json", "-", stdin=lines(records))
    check(json.loads(done.stdout or "{}") == {"records": 1402, "over": 1, "left": 0}, f"over: {done.stdout}{done.stderr}")
    time.sleep(max(0.0, soon / 1000 + 0.1 - time.time()))
    done = merlon("expire", "--url", url, "--json")
    check(done.returncode == 0 and json.loads(done.stdout) == {"removed": 701}, f"expire: {done.stdout}")
    done = merlon("expire", "--url", url)
    check(done.stdout == b"0 records removed\n", f"expire again: {done.stdout}")
    check(json.loads(merlon("check", "--url", url, "--json").stdout)["good"], "and it is whole")


def wrong(top):
    whole = lines([record(b"a:1", b"Vx")])
    head, rec, end = whole.splitlines(keepends=True)
    url = f"sqlite:{top}/wrong.db"
    for name, text, says in (
            ("nothing", b"", b"ends early"), ("no JSON", b"garbage\n", b"line 1: not JSON"),
            ("no head", rec + end, b"line 1: not an export"),
            ("newer", head.replace(b"1", b"2") + rec + end, b"version 2"),
            ("no end", head + rec, b"ends early"), ("cut", head + rec[:20], b"line 2: not JSON"),
            ("wrong number", head + rec + rec + end, b"2 records came"),
            ("more", head + rec + end + rec, b"after the end"),
            ("two heads", head + lines([record(b"a:1", b"Vx")]), b"line 2: not a record"),
            ("damaged", head + json.dumps(record(b"a:1", b"Xx")).encode() + b"\n" + end, b"line 2: a damaged"),
            ("key", head + json.dumps(record(b"", b"Vx")).encode() + b"\n" + end, b"line 2: a damaged"),
            ("large key", head + json.dumps(record(b"k" * 513, b"Vx")).encode() + b"\n" + end, b"line 2: not"),
            ("base64", head + rec.replace(b'"Vng="', b'"V!!="') + end, b"line 2: not a record")):
        done = merlon("import", "--url", url, "-", stdin=text)
        check(done.returncode == 2 and says in done.stderr, f"{name}: {done.returncode} {done.stderr.decode()}")


def usage(top):
    for argv, code in ((("--help",), 0), ((), 2), (("stats", "more"), 2), (("import",), 2), (("nothing",), 2),
                       (("stats", "--url", "mysql:x"), 2), (("stats", "--state", f"{top}/none"), 2),
                       (("import", "--state", top, f"{top}/none"), 2), (("--wrong",), 2)):
        done = merlon(*argv)
        check(done.returncode == code and (done.stdout if code == 0 else done.stderr), f"{argv}: {done.returncode}")


def main():
    with tempfile.TemporaryDirectory() as top:
        first, records, wanted = moves(top)
        through_redis(top, first, wanted)
        classifier_stays(top)
        counted(first, records)
        damage(top, first)
        expiry(top)
        wrong(top)
        usage(top)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
