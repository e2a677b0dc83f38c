"""The bench of the statistical classifier: merlon classify and bogofilter over the same labelled corpus in the same
order, each message classified, then learnt with its label. No figure of rules, no network."""
import os
import random
import resource
import shutil
import subprocess

from filters import BUILD

SEED = 1


def labelled(corpus):
    """Paths and labels of CORPUS/ham and CORPUS/spam, shuffled."""
    found = [(os.path.join(root, name), kind == "spam") for kind in ("ham", "spam")
             for root, _, names in sorted(os.walk(os.path.join(corpus, kind))) for name in sorted(names)]
    random.Random(SEED).shuffle(found)
    return found


class Merlon:
    name = "merlon classify --pipe"

    def __init__(self, directory):
        self.p = subprocess.Popen([f"{BUILD}/merlon", "classify", "--pipe"], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True, bufsize=1)

    def ask(self, line):
        self.p.stdin.write(line + "\n")
        return self.p.stdout.readline()

    def classify(self, path):
        return float(self.ask(f"C {path}"))

    def learn(self, path, spam):
        answer = self.ask(f"T {'spam' if spam else 'ham'} {path}")
        if answer != "ok\n":
            raise RuntimeError(f"{path}: {answer}")

    def end(self):
        self.p.communicate("Q\n", timeout=60)


class Bogofilter:
    name = "bogofilter"

    def __init__(self, directory):
        self.directory = os.path.join(directory, "bogofilter")
        os.makedirs(self.directory)

    def run(self, *options):
        return subprocess.run(["bogofilter", "-C", "-d", self.directory, *options], capture_output=True, text=True)

    def classify(self, path):
        done = self.run("-TT", "-I", path)
        return float(done.stdout) if done.stdout else 0.5  # before the first training there is no word list

    def learn(self, path, spam):
        done = self.run("-s" if spam else "-n", "-I", path)
        if done.returncode > 2:
            raise RuntimeError(f"{path}: {done.stderr}")

    def end(self):
        pass


def figures(scores):
    """1-ROCA in percent, and the percent of spam missed at 0.1 % and 1 % of the ham lost."""
    spam = sum(label for _, label in scores)
    ham, wrong, lost, caught, i = len(scores) - spam, 0.0, 0, 0, 0
    missed = {0.001: 1.0, 0.01: 1.0}
    scores = sorted(scores, reverse=True)
    while i < len(scores):
        equal = [label for score, label in scores[i:i + 1]]
        while i + len(equal) < len(scores) and scores[i + len(equal)][0] == scores[i][0]:
            equal.append(scores[i + len(equal)][1])
        i += len(equal)
        wrong += sum(equal) * (lost + (len(equal) - sum(equal)) / 2)
        lost, caught = lost + len(equal) - sum(equal), caught + sum(equal)
        for rate in missed:
            if lost <= rate * ham:
                missed[rate] = 1 - caught / spam
    return [100 * wrong / (ham * spam)] + [100 * m for m in missed.values()]


def cpu():
    return sum(getattr(resource.getrusage(resource.RUSAGE_CHILDREN), f) for f in ("ru_utime", "ru_stime"))


def measure(cls, directory, mails):
    before, it, scores = cpu(), cls(directory), []
    for path, spam in mails:
        scores.append((it.classify(path), spam))
        it.learn(path, spam)
    it.end()
    return figures(scores) + [1000 * (cpu() - before) / len(mails)]


def classifier_table(directory, corpus, trouble):
    mails = labelled(corpus)
    if not any(s for _, s in mails) or all(s for _, s in mails):
        trouble.append(f"statistics: {corpus}: expected messages in ham/ and spam/ (CORPUS=DIR)")
        return
    row = {"merlon": measure(Merlon, directory, mails)}
    print(f"\nThe classifier: {len(mails)} messages, each classified, then learnt. CPU of both.\n"
          f"{'':24} {'1-ROCA':>10} {'missed at .1 %':>15} {'at 1 %':>10} {'CPU/msg':>10}")
    if shutil.which("bogofilter"):
        row["bogofilter"] = measure(Bogofilter, directory, mails)
    else:
        trouble.append("statistics: no bogofilter to compare with")
    for cls, key in ((Merlon, "merlon"), (Bogofilter, "bogofilter")):
        if key in row:
            r = row[key]
            print(f"{cls.name:24} {r[0]:8.4f} % {r[1]:13.2f} % {r[2]:8.2f} % {r[3]:7.2f} ms")
    if "bogofilter" in row and any(m > b for m, b in zip(row["merlon"][:3], row["bogofilter"])):
        trouble.append("statistics: worse than bogofilter on some figure")
