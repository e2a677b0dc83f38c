#!/bin/sh
# make install DESTDIR=...: the tree works where it stands, and uninstall leaves nothing of it behind.
set -eu
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
good=0 bad=0
check() { # check TEXT COMMAND...
	text=$1; shift
	if "$@" >"$d/out" 2>&1; then good=$((good + 1)); echo "ok $text"
	else bad=$((bad + 1)); echo "FAILED $text"; cat "$d/out"; fi
}
# The jobs of the make that runs us are not ours to take.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
cd "${MERLON_BUILD:-.}"
check "make install" make -s install DESTDIR="$d/root"
merlond=$(find "$d/root" -name merlond -type f) merlon=$(find "$d/root" -name merlon -type f)
conf=$(find "$d/root" -name merlon.conf -path '*/merlon/merlon.conf')
for f in merlond.8 merlon.1 merlon.conf.5 merlon-rules.5 30_auth.cf merlond.service merlon.conf.sample \
	postfix.md sendmail.md README.md; do
	check "$f is there" test -n "$(find "$d/root" -name $f)"
done
check "merlond -t" "$merlond" -t
check "merlond -t -c" "$merlond" -t -c "$conf"
mkdir "$d/state"
printf 'From: a@example.net\r\n\r\nx\r\n' >"$d/message"
check "merlon scan" "$merlon" scan --dns 127.0.0.1@1 "$d/message"
check "the unit starts what was installed" grep -q "^ExecStart=${merlond#"$d/root"} -c ${conf#"$d/root"} " \
	"$(find "$d/root" -name merlond.service)"
echo '# of the site' >>"$conf"
check "make install again" make -s install DESTDIR="$d/root"
check "a changed configuration stays" grep -q 'of the site' "$conf"
check "make uninstall" make -s uninstall DESTDIR="$d/root"
check "only the changed configuration is left" test "$(find "$d/root" -type f)" = "$conf"
echo "$good passed, $bad failed"
[ $bad = 0 ]
