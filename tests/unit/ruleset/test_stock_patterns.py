#!/usr/bin/python3
"""The filters of patterns on SpamAssassin's stock rules: every hit with them as without them."""
import os
import subprocess
import sys
import tempfile

src = os.environ.get("srcdir", ".")
perl = os.path.join(src, "tests/unit/ruleset/stock_patterns.pl")
if not os.path.isdir("/usr/share/spamassassin"):
    print("SpamAssassin is not installed")
    sys.exit(77)
with tempfile.NamedTemporaryFile(suffix=".tsv") as f:
    subprocess.run(["perl", perl], stdout=f, check=True)
    os.environ["MERLON_STOCK_PATTERNS"] = f.name
    sys.exit(subprocess.call(["tests/unit/ruleset/test_pattern_filter"]))
