#!/bin/sh
# The release build that the end-to-end tests run, one test for each of the two programs; and what the
# worst messages cost it, one test for each kind and rule set.
set -eu
dir=$1 top=$(cd "$(dirname "$0")/../.." && pwd) good=0 bad=0
cd "$top"
tests/lib/configured.sh "$dir"
make -s -k -j"$(nproc)" -C "$dir" all tests/bench/milter_load tests/limits/limits \
	tests/unit/store/test_kills || bad=1
for p in merlond merlon; do
	if [ -x "$dir/$p" ]; then good=$((good + 1)); else bad=$((bad + 1)); echo "$dir/$p is not there"; fi
done
limits() {
	"$dir/tests/limits/limits" -f -r "$1" >"$dir/limits-$1.txt" || true
}
if [ -x "$dir/tests/limits/limits" ]; then
	limits own & limits stock
	wait
	limits world
	# what bombs among reports cost in memory: with sanitizers that is another measure
	MERLON_BUILD=$dir srcdir=$top tests/cli/report.py >"$dir/limits-reports.txt" || true
	for rules in own stock world reports; do
		cat "$dir/limits-$rules.txt"
		set -- $(tail -n 1 "$dir/limits-$rules.txt" | grep -E '^[0-9]+ passed, [0-9]+ failed$' || echo 0 passed, 1 failed)
		good=$((good + $1)) bad=$((bad + $3))
	done
fi
# The embedded store through a thousand kills at any moment: one test.
if MERLON_KILLS=1000 "$dir/tests/unit/store/test_kills"; then good=$((good + 1)); else bad=$((bad + 1)); fi
echo "$good passed, $bad failed"
[ $bad = 0 ]
