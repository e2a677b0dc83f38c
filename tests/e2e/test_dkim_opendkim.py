#!/usr/bin/python3
"""What we sign, verified by OpenDKIM's library as Debian has it, beside dkimpy and ourselves."""
import os
import re
import subprocess

from harness import BUILD, TOP, equal, expect, peer, run


def test_tree_and_nasty_ones():
    """In all four canonicalisations, RSA and Ed25519; what it cannot read is left to the others."""
    p = subprocess.run([os.path.join(TOP, "tests/conformance/dkim_sign_peer.py"), "--opendkim",
                        peer("opendkim-tools")], stdout=subprocess.PIPE, text=True, check=False,
                       env=dict(os.environ, srcdir=TOP, builddir=BUILD))
    lines = p.stdout.splitlines()
    equal(p.returncode, 0, "\n".join(line for line in lines if "FAILED" in line) or "its end")
    at = next(i for i, line in enumerate(lines) if line.startswith("opendkim:"))
    for line in lines[at + 1:at + 9]:
        verified, bad = re.search(r"(\d+) verified, (\d+) not", line).groups()
        expect(int(verified) >= 200 and bad == "0", line)


if __name__ == "__main__":
    run([test_tree_and_nasty_ones])
