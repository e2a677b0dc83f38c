#!/usr/bin/python3
"""
Attacks on mail authentication, and tables of what must come of them, through merlon auth itself: the
cases of bypass/*.yaml and those that bypass/gen_*.py makes, with DNS from the test server.
"""
import os
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = sys.path.pop(0)  # holds a dkim.py of our own
sys.path.insert(0, os.path.join(HERE, "bypass"))
import cases  # noqa: E402
import cli  # noqa: E402
import contract  # noqa: E402
import faults  # noqa: E402
import gen_big  # noqa: E402
import gen_dkim  # noqa: E402
import lab  # noqa: E402


def run_group(folder, jobs, port, conf, show):
    bad = 0
    for job, answer in zip(jobs, lab.run_jobs(folder, jobs, port, conf)):
        wrong = contract.check_answer(answer, lab.AUTHSERV)
        wrong += contract.check_expected(answer, job.expect)
        if wrong:
            bad += 1
            print("FAILED: %s: %s" % (job.name, "; ".join(wrong)))
        if show:
            print(job.name, answer)
    return bad


def main():
    only = sys.argv[1] if len(sys.argv) > 1 else ""  # in a case's name
    show = len(sys.argv) > 2
    zone, jobs = "", []
    for source in (cases, gen_dkim, gen_big):
        more_zone, more_jobs = source.make()
        zone += more_zone
        jobs += more_jobs
    jobs = [j for j in jobs if only in j.name]
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        server = lab.Server(folder, zone)
        try:
            for conf in sorted({j.conf for j in jobs}):
                bad += run_group(folder, [j for j in jobs if j.conf == conf], server.port, conf, show)
        finally:
            server.close()
        total = len(jobs)
        for part in () if only else (faults, cli):
            ran, failed = part.run(folder)
            total, bad = total + ran, bad + failed
    print("%d passed, %d failed" % (total - bad, bad))
    return 1 if bad else 0


sys.exit(main())
