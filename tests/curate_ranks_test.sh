#!/bin/bash
# Curation by several ranks, and after kills: curate_ranks_test.sh PERSEA. The corpus has to be the one that a single process makes. Where
# there is no mpirun the ranks are left out, and that is said.
set -euo pipefail
persea=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

. "$(dirname "$0")/made_up_texts.sh"
made_up_texts "$folder" 300 90000  # one file is large enough to be shared

curate() { "$@" "$persea" curate "$folder/recipe.toml" -q | tail -n 1; }
same() {
  if [[ $2 != "$alone" ]]; then
    echo "$1: $2, but one process makes $alone" >&2
    exit 1
  fi
  echo "$1: $2"
}

alone=$(PERSEA_LAB=$folder/alone curate env)
echo "one process: $alone"

# Killed at several instants, and gone on with.
for seconds in 0.3 0.8 1.5; do
  PERSEA_LAB=$folder/killed timeout -s KILL "$seconds" "$persea" curate "$folder/recipe.toml" -q >/dev/null 2>&1 || true
done
same killed "$(PERSEA_LAB=$folder/killed curate env)"

if ! command -v mpirun >/dev/null; then
  echo "mpirun is missing: ranks are not tested"
  exit 0
fi
for ranks in 1 2 4; do
  same "$ranks ranks" "$(PERSEA_LAB=$folder/ranks-$ranks curate mpirun --oversubscribe -n "$ranks")"
done

# What is wrong is said once, and no rank waits for ever.
if PERSEA_LAB=$folder/wrong timeout 60 mpirun --oversubscribe -n 2 "$persea" curate "$folder/none.toml" -q >"$folder/out" 2>&1; then
  echo "a recipe that is not there was taken" >&2
  exit 1
fi
[[ $(grep -c "none.toml: cannot open" "$folder/out") == 1 ]] || { cat "$folder/out" >&2; exit 1; }
