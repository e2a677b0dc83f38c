#!/bin/sh
# Makes DIR a build directory, if it is not one yet: configured.sh DIR [VAR=VALUE|--option]...
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
[ -x configure ] && [ -e Makefile.in ] && [ -e build-aux/install-sh ] || autoreconf -fi
mkdir -p "$1"
cd "$1"
shift
[ -e Makefile ] || "$top/configure" -q --enable-werror "$@"
