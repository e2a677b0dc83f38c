#!/usr/bin/python3
"""Filters of the rules: compiled beside the daemon, which goes on; loaded from disk the next time."""
import os

from harness import BUILD, Bench, equal, expect, run, wait_for
from milter_client import judge
from test_supervisor import Load, Site

RULES = """
rawbody HEX12 /[a-f0-9]{12}/
score HEX12 0.1
rawbody ADDRESS /\\b\\d{1,3}(?:\\.\\d{1,3}){3}\\b/
score ADDRESS 0.1
rawbody VOWELS /\\b[aeiou]{3}\\b/i
score VOWELS 0.1
rawbody WORD /\\w\\w\\b/
score WORD 0.1
rawbody SPACED /(?:[^ ] ){6}/
score SPACED 0.1
"""


def hyperscan():
    with open(os.path.join(BUILD, "config.log"), errors="replace") as f:
        return "MERLON_HYPERSCAN 1" in f.read()


def extra(b, more=""):
    path = b.path("rules")
    with open(os.path.join(path, "50_patterns.cf"), "w") as f:
        f.write(RULES)
    return f'daemon {{ workers = 2 }}\nrules {{ dir = "{path}" {more} }}\n'


def symbols(site):
    return judge(site.where).field("X-Merlon-Symbols")


def test_compiled_beside_mail():
    with Bench() as b:
        site = Site(b, extra(b))
        before = symbols(site)
        expect("WORD(" in before, f"a pattern has hit: {before}")
        load = Load(site.where)
        wait_for(lambda: 'event="filters_loaded"' in site.log(), "filters", 30)
        done = load.messages
        wait_for(lambda: load.messages > done + 10, "messages after it")
        load.end()
        equal((load.refused, load.lost), (0, 0), "refused, lost")
        equal(symbols(site), before, "symbols with the filters")
        log = site.log()
        expect(log.index("filters_compiling") < log.index("filters_compiled") <
               log.index("filters_loaded"), "order of events")
        wait_for(lambda: 'event="slowest_rules"' in site.log(), "slowest rules of the workers that left", 40)
        cache = os.path.join(b.directory, "state", "cache")
        equal([f.startswith("patterns-") for f in os.listdir(cache)], [True], "files of the cache")
        site.reload()
        equal(symbols(site), before, "symbols after a reload")
        equal(site.log().count("filters_compiling"), 1, "compilations")


def test_nowhere_to_write():
    with Bench() as b:
        site = Site(b, extra(b, 'cache = "/proc/nothing"'))
        wait_for(lambda: site.log().count('event="filters_failed"') >= 2, "the failure")
        expect("WORD(" in symbols(site), "mail goes on")
        equal(site.log().count("filters_compiling"), 1, "tries")
        site.reload()
        wait_for(lambda: site.log().count("filters_compiling") == 2, "one more try after a reload")


def test_damaged_cache():
    with Bench() as b:
        more = f'cache = "{b.path("cache")}"'
        os.chmod(b.path("cache"), 0o777)
        site = Site(b, extra(b, more))
        before = symbols(site)
        wait_for(lambda: 'event="filters_loaded"' in site.log(), "filters", 30)
        cache = b.path("cache")
        for f in os.listdir(cache):
            with open(os.path.join(cache, f), "r+b") as file:
                file.seek(200)
                file.write(b"damaged")
        site.reload()
        wait_for(lambda: site.log().count('event="filters_loaded"') == 2, "made anew", 30)
        equal(symbols(site), before, "symbols")


def test_switched_off():
    with Bench() as b:
        site = Site(b, extra(b, "hyperscan = off"))
        expect("WORD(" in symbols(site), "mail goes on")
        site.reload()
        expect("filters_" not in site.log(), "nothing is compiled")


if __name__ == "__main__":
    run([v for k, v in list(globals().items()) if k.startswith("test_")] if hyperscan() else [])
