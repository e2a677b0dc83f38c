#!/bin/sh
# The release build that the end-to-end tests run; one test for each of the two programs.
set -eu
dir=$1 top=$(cd "$(dirname "$0")/../.." && pwd) good=0 bad=0
cd "$top"
tests/lib/configured.sh "$dir"
make -s -k -j"$(nproc)" -C "$dir" all tests/bench/milter_load || bad=1
for p in merlond merlon; do
	if [ -x "$dir/$p" ]; then good=$((good + 1)); else bad=$((bad + 1)); echo "$dir/$p is not there"; fi
done
echo "$good passed, $bad failed"
[ $bad = 0 ]
