#!/bin/bash
# The Debian package: cpack makes it, it names the libraries it needs, and what it installs runs.
# package_test.sh BUILD_FOLDER VERSION
set -euo pipefail
build=$1 version=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "package_test: $*" >&2
  exit 1
}

(cd "$work" && cpack --config "$build/CPackConfig.cmake" -B "$work" >"$work/log") || fail "cpack failed: $(cat "$work/log")"
package=("$work"/persea_"$version"_*.deb)
[[ -f ${package[0]} ]] || fail "no package was made"
depends=$(dpkg-deb -f "${package[0]}" Depends)
[[ $depends == *libc6* && $depends == *libsoci-sqlite3* ]] || fail "the package does not name its libraries: $depends"

dpkg-deb -x "${package[0]}" "$work/root"
persea=$work/root/usr/bin/persea
[[ $("$persea" --version) == *"$version"* ]] || fail "the installed program does not tell version $version"
[[ -s $work/root/usr/share/persea/recipes/quickstart.toml ]] || fail "the recipes are missing"
[[ -s $work/root/usr/share/doc/persea/copyright ]] || fail "the licence is missing"
