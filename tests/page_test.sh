#!/bin/bash
# The page: page_test.sh unit|browser BUILD_FOLDER NODE. `unit`: its modules by themselves; `browser`: all of it in Chromium, against
# `persea serve`.
set -euo pipefail
what=$1 build=$2 node=$3
case $what in
  unit) exec "$node" --test "$build"/web/test/unit/*/*.test.mjs ;;
  browser) exec "$node" "$build/web/test/page_test.mjs" "$build/persea" ;;
  *) echo "page_test: unit or browser?" >&2 && exit 2 ;;
esac
