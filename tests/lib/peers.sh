#!/bin/sh
# Fetches other people's servers and unpacks them beside each other in DIR, without installing them:
# peers.sh DIR postfix|sendmail|opendkim|opendkim-tools|opendmarc|rspamd|spamd... What is there is not fetched again.
set -eu
mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift

packages() {
	case $1 in
	postfix) echo postfix ;;
	sendmail) echo sendmail-bin sendmail-base sendmail-cf sensible-mda ;;
	opendkim | opendkim-tools | opendmarc | rspamd | spamd) echo "$1" ;;
	*) echo "peers.sh: what is $1?" >&2; exit 2 ;;
	esac
}

# The libraries that these need, and that this machine has not got.
libraries() {
	dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' >"$dir/.have"
	apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
		--no-replaces --no-enhances "$@" | grep -E '^lib[^ :]*$' | grep -vE -- '-(perl|dev)$' |
		sort -u | grep -vxFf "$dir/.have" || true
}

fetch() {
	name=$1 pkgs=$(packages "$1") debs=$dir/.debs-$1
	apt-cache show $pkgs >/dev/null 2>&1 || apt-get update -qq
	rm -rf "$dir/$name" "$debs"
	mkdir -p "$debs"
	(cd "$debs" && apt-get download -qq $pkgs $(libraries $pkgs))
	for d in "$debs"/*.deb; do dpkg -x "$d" "$debs/root"; done
	# set-group-id makes the loader ignore LD_LIBRARY_PATH
	find "$debs/root" -type f -perm /6000 -exec chmod ug-s {} +
	mv "$debs/root" "$dir/$name"
	rm -rf "$debs"
}

exec 9>"$dir/.lock"
flock 9
for name; do
	[ -d "$dir/$name" ] || fetch "$name" 2>&1 | grep -v 'performed unsandboxed' || true
	[ -d "$dir/$name" ] || { echo "peers.sh: no $name" >&2; exit 1; }
done
