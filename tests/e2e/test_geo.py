#!/usr/bin/python3
"""Databases of addresses under a daemon at work: replaced, broken, truncated, taken away; one copy of
them for all workers."""
import os
import re
import shutil

from harness import TOP, Bench, equal, expect, run, wait_for
from milter_client import judge
from test_supervisor import Load, Site

GEO = os.path.join(TOP, "tests/unit/checks/outside/geo")
RULES = """
header IN_DE eval:geo_country('client', 'DE')
score IN_DE 1
header IN_SE eval:geo_country('client', 'SE')
score IN_SE 1
header ABOVE eval:geo_country('client')
score ABOVE 0.1
header NO_FILE eval:geo_missing()
score NO_FILE 0.1
"""


def extra(b):
    with open(os.path.join(b.path("rules"), "50_geo.cf"), "w") as f:
        f.write(RULES)
    return (f'daemon {{ workers = 2 }}\nrules {{ dir = "{b.path("rules")}" }}\n'
            f'geo {{ country = "{b.directory}/geo.mmdb" }}\n')


def put(b, name):
    """As an updater does it."""
    shutil.copy(os.path.join(GEO, name), f"{b.directory}/new.mmdb")
    os.chmod(f"{b.directory}/new.mmdb", 0o644)
    os.utime(f"{b.directory}/new.mmdb")
    os.replace(f"{b.directory}/new.mmdb", f"{b.directory}/geo.mmdb")


def country(site):
    found = re.findall(r"IN_(\w+)\(", judge(site.where).field("X-Merlon-Symbols") or "")
    return found[0] if found else None


def told(site, event, n=1, seconds=20):
    wait_for(lambda: site.log().count(f'event="{event}"') >= n, f"{event} {n}", seconds)


def copies(site):
    """Of the database, by the workers' maps: inode of each, and whether another file is mapped too."""
    found = []
    for pid in site.merlon.workers():
        with open(f"/proc/{pid}/maps") as f:
            lines = [line for line in f if "mmdb" in line or "merlon-geo" in line]
        expect(all("memfd:merlon-geo" in line for line in lines), f"nothing else is mapped: {lines}")
        found += {line.split()[4] for line in lines}
    return found


def test_renewed_under_load():
    with Bench() as b:
        put(b, "country.mmdb")
        site = Site(b, extra(b))
        equal(country(site), "DE", "at the start")
        load = Load(site.where)
        put(b, "country-new.mmdb")
        told(site, "geo_loaded")
        equal(country(site), "SE", "after the change")
        put(b, "country.mmdb")
        told(site, "geo_loaded", 2)
        equal(country(site), "DE", "and back")
        load.end()
        equal((load.refused, load.lost), (0, 0), "refused, lost")
        expect(load.messages > 10, "there was mail")
        wait_for(lambda: len(site.merlon.workers()) == 2, "the old workers have left")
        found = copies(site)
        equal((len(found), len(set(found))), (2, 1), f"workers with it, and copies: {found}")


def test_broken_and_gone():
    with Bench() as b:
        put(b, "country.mmdb")
        site = Site(b, extra(b))
        load = Load(site.where, lambda v: "IN_DE" in v.field("X-Merlon-Symbols"))
        path = f"{b.directory}/geo.mmdb"
        os.truncate(path, 700)
        told(site, "geo_kept_old")
        os.truncate(path, 0)
        told(site, "geo_kept_old", 2)
        put(b, "make.pl")
        told(site, "geo_kept_old", 3)
        os.remove(path)
        told(site, "geo_kept_old", 4)
        reasons = re.findall(r'event="geo_kept_old" file="([^"]*)" reason="([^"]+)"', site.log())
        equal({f for f, _ in reasons}, {path}, "files named")
        site.reload()  # not there at all: a warning, and no countries; mail goes on
        told(site, "geo_missing")
        load.stopped = True
        load.join(15)
        equal((load.refused, load.lost), (0, 0), "refused, lost")
        v = judge(site.where)
        expect("IN_" not in v.field("X-Merlon-Symbols") and "NO_FILE(" in v.field("X-Merlon-Symbols"), v.field("X-Merlon-Symbols"))
        expect("geo" in v.field("X-Merlon-Degraded").split(", "), v.field("X-Merlon-Degraded"))
        put(b, "country-new.mmdb")
        told(site, "geo_loaded")
        equal(country(site), "SE", "with the one that came")
        expect("geo" not in judge(site.where).field("X-Merlon-Degraded"), "it is missed no more")


def test_broken_at_a_reload():
    with Bench() as b:
        put(b, "country.mmdb")
        site = Site(b, extra(b))
        with open(f"{b.directory}/geo.mmdb", "w") as f:
            f.write("no database")
        site.reload("reload_kept_old")
        expect(f"{b.directory}/geo.mmdb: no such database" in site.log(), "the reason")
        equal(country(site), "DE", "the old one goes on")


if __name__ == "__main__":
    run([test_renewed_under_load, test_broken_and_gone, test_broken_at_a_reload])
