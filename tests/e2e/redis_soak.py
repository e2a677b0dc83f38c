#!/usr/bin/python3
"""Redis killed again and again under load: no message lost, none late, none judged as if the store
had answered when it had not, and memory flat.
redis_soak.py [SECONDS] [MESSAGES A SECOND]; test_shared.py runs a short one."""
import sys
import threading
import time

from harness import Bench, Redis, children, expect, run
from mailsite import start
from milter_client import Gone, Milter

DEAD_S = 5.0  # between two deaths
LATE_S = 0.5
HEADERS = [("From", "somebody@doubt.example"), ("To", "b@here.example"), ("Message-ID", "<{n}@doubt.example>"),
           ("Subject", "number {n}")]


class Sender(threading.Thread):
    """One session after the other, one message a turn."""

    def __init__(self, where, pause):
        super().__init__(daemon=True)
        self.where, self.pause, self.stop = where, pause, threading.Event()
        self.verdicts, self.lost = [], 0  # (when it ended, how long it took, degraded)

    def run(self):
        n = 0
        while not self.stop.is_set():
            n += 1
            began = time.monotonic()
            try:
                with Milter(self.where) as m:
                    headers = [(name, value.format(n=f"{id(self)}.{n}")) for name, value in HEADERS]
                    m.open()
                    m.begin()
                    m.content(headers, f"text number {n}\r\n".encode())
                    asked = time.monotonic()
                    v = m.end()
                    now = time.monotonic()
                    self.verdicts.append((now, now - asked, "store" in v.field("X-Merlon-Degraded")))
                    self.lost += v.action not in ("accept", "reject")  # whatever its rules say, but no tempfail
                    m.quit()
            except (Gone, OSError):
                self.lost += 1
            self.stop.wait(max(0.0, self.pause - (time.monotonic() - began)))


def memory(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/status") as f:
            total += sum(int(line.split()[1]) for line in f if line.startswith("RssAnon"))
    return total


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def soak(bench, seconds, rate, senders=4):
    directory = bench.path("redis")
    redis = Redis(directory)
    _, merlon = start(bench, more=f'store {{ backend = redis redis {{ servers = {{"unix:{redis.path}"}} }} }}\n')
    threads = [Sender(("127.0.0.1", merlon.port), senders / rate) for _ in range(senders)]
    for t in threads:
        t.start()
    time.sleep(min(3.0, seconds / 4))
    workers, before, kills, down = merlon.workers(), None, 0, []
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            redis.kill()
            redis.process.wait()
            gone = time.monotonic()
            kills += 1
            time.sleep(DEAD_S / 2)
            redis = Redis(directory)
            down.append((gone, time.monotonic()))
            time.sleep(DEAD_S / 2)
            if kills == 2:
                before = memory(children(merlon.pid))
        time.sleep(2)
    finally:
        for t in threads:
            t.stop.set()
        for t in threads:
            t.join(20)
        redis.stop()
    after = memory(children(merlon.pid))
    verdicts = sorted(v for t in threads for v in t.verdicts)
    lost = sum(t.lost for t in threads)
    late = [d for _, d, _ in verdicts]
    # asked in the middle of an outage: the store cannot have answered
    silent = [v for v in verdicts if not v[2] and any(a + 0.1 < v[0] < b - 0.6 for a, b in down)]
    # a second after its return it is used again
    still = [v for v in verdicts if v[2] and not any(a - 0.6 < v[0] < b + 1.5 for a, b in down)]
    print(f"{kills} deaths, {len(verdicts)} messages, {lost} lost, p50 {percentile(late, 0.5) * 1000:.1f} ms, worst "
          f"{max(late) * 1000:.0f} ms, {sum(v[2] for v in verdicts)} said that the store was missing, "
          f"RssAnon {before} -> {after} KiB", flush=True)
    expect(lost == 0, f"{lost} messages lost or put off")
    expect(max(late) < LATE_S + percentile(late, 0.5), f"a verdict took {max(late):.2f} s")
    expect(not silent, f"{len(silent)} messages judged without saying that the store was missing")
    expect(len(still) <= len(verdicts) // 50, f"{len(still)} messages without the store although it was there")
    expect(merlon.workers() == workers, "workers died")
    expect(before is None or after < before + 2048, f"memory grows: {before} -> {after} KiB")


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 300
    rate = float(sys.argv[2]) if len(sys.argv) > 2 else 50
    del sys.argv[1:]

    def redis_soak():
        with Bench() as bench:
            soak(bench, seconds, rate)

    run([redis_soak], int(seconds) + 120)


if __name__ == "__main__":
    main()
