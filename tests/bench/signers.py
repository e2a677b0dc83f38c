"""Signatures a second through the signers' lanes beside openssl speed with as many processes, in turn
and in one run. Rates are by CPU time (of the asker too, for ours), so that what else the machine does
counts for neither."""
import json
import os
import statistics
import subprocess
import tempfile

from filters import BUILD

BAR = 0.90
ALGORITHMS = ("rsa2048", "ed25519")
PAIRS = int(os.environ.get("SIGN_PAIRS", "5"))
SECONDS = int(os.environ.get("SIGN_SECONDS", "3"))


def ours(algorithm, signers, directory):
    done = subprocess.run([f"{BUILD}/tests/bench/sign", algorithm, str(signers), str(SECONDS)], cwd=directory,
                          capture_output=True, text=True, timeout=60 + 10 * SECONDS)
    if done.returncode:
        raise RuntimeError(done.stderr)
    r = json.loads(done.stdout)
    return {"rate": signers * r["signatures"] * 1e6 / (r["signers_cpu_us"] + r["asker_cpu_us"]),
            "alone": signers * r["signatures"] * 1e6 / r["signers_cpu_us"]}


def speed(algorithm, processes):
    """Each of them says how many signatures it made in a second of its own CPU time."""
    argv = ["openssl", "speed", "-mr", "-seconds", str(SECONDS), algorithm]
    all_ = [subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            for _ in range(processes)]
    rate = 0.0
    for p in all_:
        lines = [x for x in p.communicate(timeout=60 + 10 * SECONDS)[0].splitlines()
                 if x.startswith("+F")]
        if p.returncode or not lines:
            raise RuntimeError("openssl speed says nothing of " + algorithm)
        rate += float(lines[0].split(":")[-2])
    return rate


def run(directory):
    cores = len(os.sched_getaffinity(0))
    print(f"\nSignatures a second of CPU on {cores} cores, median of {PAIRS} pairs; ours with the asker's share.")
    print(f"{'':10} {'openssl speed':>14} {'signers':>10} {'ratio':>7} {'without the asker':>18}")
    trouble = []
    for algorithm in ALGORITHMS:
        pairs = [(speed(algorithm, cores), ours(algorithm, cores, directory)) for _ in range(PAIRS)]
        ratio = statistics.median(o["rate"] / s for s, o in pairs)
        print(f"{algorithm:10} {statistics.median(s for s, _ in pairs):14.0f} "
              f"{statistics.median(o['rate'] for _, o in pairs):10.0f} {100 * ratio:6.1f}% "
              f"{100 * statistics.median(o['alone'] / s for s, o in pairs):17.1f}%")
        if ratio < BAR:
            trouble.append(f"{algorithm}: {100 * ratio:.1f} % of openssl speed, under {100 * BAR:.0f}")
    return trouble


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as d:
        faults = run(d)
    print("\n".join(faults))
    raise SystemExit(1 if faults else 0)
