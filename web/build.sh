#!/bin/bash
# Makes the page: build.sh FOLDER NODE NPM copies web/ to FOLDER, installs there the packages that package-lock.json pins
# (again only where that changed), checks the types, bundles, and writes FOLDER/page_files.cc for the program.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1 node=$2 npm=$3
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
rm -rf "$folder/src" "$folder/browser" "$folder/page_files.cc"
cp -r "$here/." "$folder/"
cd "$folder"
if ! cmp -s package-lock.json installed.json; then
  if ! "$npm" ci --ignore-scripts --no-audit --no-fund --loglevel=error >npm.log 2>&1; then
    echo "web/: npm cannot install the page's packages: $(grep -m 1 -iE 'reason|failed' npm.log || tail -n 1 npm.log)" \
      "(all of it: $folder/npm.log; -DPERSEA_PAGE=OFF builds without the page)" >&2
    exit 1
  fi
  cp package-lock.json installed.json
fi
node_modules/.bin/tsc --noEmit
"$node" build.mjs
