#!/usr/bin/env bash
# Prints the folder in which the JavaScript clients that Persea is tested with run. Makes it under build/ on the first call,
# from the npm registry, with the versions that node/package.json pins.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
folder="$(cd "$here/../.." && pwd)/build/peers-node"
mkdir -p "$folder"
exec 9>"$folder.lock"
flock 9
cp "$here/node/"*.mjs "$folder/"
if ! cmp -s "$here/node/package.json" "$folder/installed.json"; then
  {
    cp "$here/node/package.json" "$folder/package.json"
    (cd "$folder" && npm install --no-audit --no-fund --ignore-scripts --loglevel=error)
    cp "$here/node/package.json" "$folder/installed.json"
  } >&2
fi
echo "$folder"
