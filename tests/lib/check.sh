#!/bin/sh
# Builds with sanitizers in DIR, runs `make check` there, and counts the tests in its logs.
set -eu
dir=$1 top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
mkdir -p "$dir/logs"
tests/lib/configured.sh "$dir" --enable-sanitize
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1
status=0
find "$dir" -name '*.trs' -delete
make -s -k -j"$(nproc)" -C "$dir" all check >"$dir/logs/make.log" 2>&1 || status=$?
[ $status = 0 ] || grep -E -B2 -A12 '(error|Error|FAIL|ERROR)' "$dir/logs/make.log" | tail -n 100
find "$dir" -name '*.trs' | LC_ALL=C sort | awk -v dir="$dir/" -v status=$status -f tests/lib/tally.awk
