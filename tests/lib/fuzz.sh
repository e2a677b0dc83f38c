#!/bin/sh
# Builds the fuzz targets with clang in DIR and runs each, some at a time; one test each. SECONDS given: explores
# for so long, from what was found before, another way each time. Else what gates: the seeds, then RUNS inputs
# that are the same ones each time (10 s at most).
set -eu
dir=$1 seconds=${2:-} top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
mkdir -p "$dir/runs" "$dir/artifacts"
tests/lib/configured.sh "$dir" CC=clang --enable-fuzz
targets=$(make -s -C "$dir" print-fuzz-targets | tr ' ' '\n' | grep '^tests/fuzz/fuzz_' || true)
rm -rf "$dir"/runs/*
make -s -k -j"$(nproc)" -C "$dir" $targets >"$dir/runs/make.log" 2>&1 || tail -n 40 "$dir/runs/make.log"

cat >"$dir/runs/one" <<'END'
#!/bin/sh
# one DIR SECONDS TARGET
name=$(basename "$3"); name=${name#fuzz_}
if [ "$2" ]; then
	corpus=$1/corpus/$name how="-max_total_time=$2"
else
	corpus=$1/runs/$name.corpus how="-seed=1 -runs=20000 -max_total_time=10"
fi
mkdir -p "$corpus"
set -- "$1" "${2:-10}" "$1/$3" $how -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
	-print_final_stats=1 -artifact_prefix="$1/artifacts/$name-" "$corpus"
[ ! -d tests/fuzz/seeds/$name ] || set -- "$@" tests/fuzz/seeds/$name
[ ! -e tests/fuzz/$name.dict ] || set -- "$@" -dict=tests/fuzz/$name.dict
dir=$1 limit=$(($2 + 60)); shift 2
timeout -k 5 $limit "$@" >"$dir/runs/$name.log" 2>&1 && touch "$dir/runs/$name.ok"
exit 0
END
chmod +x "$dir/runs/one"
echo $targets | xargs -r -n 1 -P "$(nproc)" "$dir/runs/one" "$dir" "$seconds"

good=0 bad=0
for t in $targets; do
	name=$(basename "$t"); name=${name#fuzz_}
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$dir/runs/$name.log" 2>/dev/null || true)
	if [ -e "$dir/runs/$name.ok" ] && [ "${runs:-0}" -gt 0 ]; then
		good=$((good + 1)); echo "ok $name: $runs runs"
	else
		bad=$((bad + 1)); echo "FAILED $name: see $dir/runs/$name.log and $dir/artifacts/"
		tail -n 30 "$dir/runs/$name.log" 2>/dev/null || true
	fi
done
[ "$targets" ] || { echo "there is no fuzz target"; bad=1; }
echo "$good passed, $bad failed"
[ $bad = 0 ]
