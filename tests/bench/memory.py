"""The bench of memory: what statistics, digests, reputation and counters add to a message, with the
embedded store and with Redis (Redis's own processor time included), and what an equal message costs.
Processor time only."""
import json
import os
import statistics
import subprocess

from filters import BUILD, Server, answers, wait_for
from rules import REPEATS, WithRules, evenly, jobs, messages, own_conf, running

TRAINING = 1000  # messages of a corpus that are learnt first


class Forgetful(WithRules):
    name = "nothing remembered"
    store = "store { backend = none }\n"
    cache = "0s"

    def start(self):
        self.before()
        self.rules = own_conf("auto") + self.store + f"cache {{ ttl = {self.cache} }}\n"
        super().start()

    def before(self):
        pass

    def redis_cpu(self):
        return 0.0

    def round_trips(self):
        return None


class Embedded(Forgetful):
    name = "embedded store"
    store = "store { backend = embedded }\n"


class EmbeddedCached(Embedded):
    name = "embedded store, equal messages"
    cache = "10m"


class Redis(Forgetful):
    name = "Redis"

    def before(self):
        path = f"{self.directory}/redis.sock"
        self.redis = Server(["/usr/bin/redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--appendonly",
                             "no", "--dir", self.directory, "--unixsocketperm", "777"], f"{self.directory}/redis.log")
        wait_for(lambda: answers(path), "redis-server")
        self.path = path
        self.store = f'store {{ backend = redis redis {{ servers = {{"unix:{path}"}} }} }}\n'

    def info(self):
        out = subprocess.run(["/usr/bin/redis-cli", "-s", self.path, "info"], capture_output=True, text=True, timeout=20).stdout
        return dict(line.split(":", 1) for line in out.split() if ":" in line)

    def redis_cpu(self):
        i = self.info()
        return float(i["used_cpu_user"]) + float(i["used_cpu_sys"])

    def stop(self):
        super().stop()
        self.redis.stop()


def train(f, corpus):
    """Teaches the filter a part of a corpus that is sorted in ham and spam."""
    learnt = 0
    for kind in ("ham", "spam"):
        where = os.path.join(corpus, kind)
        if not os.path.isdir(where) or "none" in f.store:
            continue
        paths = evenly(messages(where), TRAINING // 2)
        argv = [f"{BUILD}/merlon", "learn", "-c", f"{f.directory}/merlon.conf", "--state", f"{f.directory}/state", "--json", kind, *paths]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=300)
        if done.returncode > 1 or not done.stdout:
            raise RuntimeError(f"learn: {done.stderr}")
        learnt += json.loads(done.stdout.splitlines()[-1])["learnt"]
    return learnt


def cost(f, load, jobs_file, count):
    load(f, jobs_file, conns=8, corpus="/")
    costs = []
    for _ in range(REPEATS):
        before = f.cpu() + f.redis_cpu()
        result = load(f, jobs_file, conns=8, messages=count, corpus="/")
        costs.append((f.cpu() + f.redis_cpu() - before) * 1000 / result["messages"])
    return statistics.median(costs), result


def memory_table(directory, load, corpus, trouble):
    paths = messages(corpus)
    all_jobs = jobs(directory, "memory", [os.path.abspath(p) for p in paths])
    rows = []
    for cls in (Forgetful, Embedded, EmbeddedCached, Redis):
        with running(cls, directory) as f:
            learnt = train(f, corpus)
            ms, result = cost(f, load, all_jobs, 3 * len(paths))
            rows.append((f.name, learnt, ms, result["eom_ms"]))
            if result["actions"].get("failed") or result["actions"].get("tempfail"):
                trouble.append(f"{f.name}: {result['actions']}")
    print(f"\nWhat memory costs, own rules, {len(paths)} messages of {corpus}, 8 connections: CPU a message of all processes;"
          "\nend of message to reply, p50 / p99\n")
    for name, learnt, ms, eom in rows:
        print(f"{name:34}{ms:8.2f} ms  {ms - rows[0][2]:+6.2f} ms  {eom['p50']:8.2f} / {eom['p99']:.2f} ms"
              f"   {learnt} learnt")
