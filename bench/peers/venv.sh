#!/usr/bin/env bash
# Prints the python that runs the peers (PyTorch and the other libraries that Persea is measured against). Makes its virtual
# environment under build/ on the first call, from PyPI, with the versions pinned below; PERSEA_PEERS_PYTHON names another.
set -euo pipefail

if [[ -n "${PERSEA_PEERS_PYTHON:-}" ]]; then
  echo "$PERSEA_PEERS_PYTHON"
  exit
fi

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
venv="$root/build/peers-venv"
requirements="$root/bench/peers/requirements.txt"
alone="$root/bench/peers/requirements-alone.txt" # packages whose pinned dependencies contradict the others', and are not needed
mkdir -p "$root/build"
exec 9>"$venv.lock"
flock 9 # two bars at once wait for one installation
if ! cat "$requirements" "$alone" | cmp -s - "$venv/requirements.txt"; then
  {
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$alone"
    cat "$requirements" "$alone" >"$venv/requirements.txt"
  } >&2
fi
echo "$venv/bin/python"
