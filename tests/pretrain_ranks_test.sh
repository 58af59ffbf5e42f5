#!/bin/bash
# One recipe trained on several ranks, and after one of them was killed: pretrain_ranks_test.sh PERSEA. The model has to be the one that
# a single process trains, up to the rounding of sums. Where there is no mpirun nothing is tested, and that is said.
set -euo pipefail
persea=$1
if ! command -v mpirun >/dev/null; then
  echo "mpirun is missing: ranks are not tested"
  exit 77
fi
folder=$(mktemp -d)
trap 'jobs -p | xargs -r kill 2>/dev/null; rm -rf "$folder"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

cat >"$folder/recipe.toml" <<'TOML'
[corpus]
source = "smallworld"
documents = 600
[tokenizer]
kind = "bytes"
[model]
dim = 48
layers = 2
heads = 2
context = 64
[pretrain]
steps = 120
batch_tokens = 512
sequence = 64
micro_batch = 4
dropout = 0.1
eval_every = 40
eval_tokens = 1024
checkpoint_every = 15
[report]
prompts = ["Once"]
sample_tokens = 8
questions = 0
TOML

. "$(dirname "$0")/ranks_that_train.sh"
# train LAB RANKS [OPTION...]: the recipe by so many ranks; 0 is a process without mpirun.
train() {
  local launcher=(mpirun --oversubscribe --bind-to none -n "$2")
  [[ $2 == 0 ]] && launcher=()
  PERSEA_LAB=$folder/$1 timeout 120 "${launcher[@]}" "$persea" run "$folder/recipe.toml" --threads 1 -q "${@:3}" >"$folder/out" 2>&1 ||
    { cat "$folder/out" >&2; wrong "$1: training with $2 ranks failed"; }
}
close_to_alone() { close_to "$alone" 5e-3 "$1"; }

train alone 0
alone=$(loss_of alone)
echo "one process: loss $alone"
for ranks in 1 2 4; do
  train "ranks-$ranks" $ranks
  close_to_alone "ranks-$ranks"
done
[[ $(content_of ranks-1) == "$(content_of alone)" ]] || wrong "one rank under mpirun has other bits than one process"
train again 2
[[ $(content_of again) == "$(content_of ranks-2)" ]] || wrong "two ranks have other bits the second time"

# Two ranks hold the model together, alone and twice.
train sliced 2 --tensor-parallel 2
close_to_alone sliced
train sliced-again 2 --tensor-parallel 2
[[ $(content_of sliced-again) == "$(content_of sliced)" ]] || wrong "two slices have other bits the second time"
train sliced-4 4 --tensor-parallel 2
close_to_alone sliced-4
# A small rate: a large one makes of the rounding of sums another model, with slices or without.
adamw=(--set pretrain.optimizer=adamw --set pretrain.lr=0.001)
train adamw 1 "${adamw[@]}"
train sliced-adamw 2 --tensor-parallel 2 "${adamw[@]}"
close_to "$(loss_of adamw)" 5e-3 sliced-adamw

# killed LAB RANKS VICTIM LINES [OPTION...]: kills a rank once so many lines of metrics are there; says how the job ended.
killed() {
  PERSEA_LAB=$folder/$1 timeout 120 mpirun --oversubscribe --bind-to none -n "$2" "$persea" run "$folder/recipe.toml" --threads 1 -q "${@:5}" >"$folder/out" 2>&1 &
  local job=$! mpirun pids
  trained_for "$1" "$4"
  mpirun=$(pgrep -P $job mpirun || wrong "$1: the job ended by itself")
  mapfile -t pids < <(pgrep -P "$mpirun" persea)
  [[ ${#pids[@]} == "$2" ]] || wrong "$1: ${#pids[@]} of $2 ranks are there"
  kill -9 "${pids[$3]}"
  if wait $job; then wrong "$1: the job did not fail"; fi
  one_line_of_a_dead_rank "$3"
  "$persea" verify --lab "$folder/$1" -q >/dev/null
}

killed killed-a 4 2 40
train killed-a 1
close_to_alone killed-a
killed killed-b 2 0 70
killed killed-b 2 1 100
train killed-b 2
[[ $(content_of killed-b) == "$(content_of ranks-2)" ]] || wrong "two ranks that were killed have other bits than two that were not"
killed killed-t 4 3 40 --tensor-parallel 2
train killed-t 1
close_to_alone killed-t
killed killed-u 2 0 40 --tensor-parallel 2
train killed-u 2 --tensor-parallel 2
[[ $(content_of killed-u) == "$(content_of sliced)" ]] || wrong "two slices that were killed have other bits than two that were not"
killed killed-c 2 1 30
train killed-c 3
close_to_alone killed-c

# What is wrong is said once, and no rank waits for ever.
# refused RANKS LINE OPTION...: no job of so many ranks (0: no mpirun) starts, and one line says why.
refused() {
  local launcher=(mpirun --oversubscribe --bind-to none -n "$1")
  [[ $1 == 0 ]] && launcher=()
  if timeout 60 "${launcher[@]}" "$persea" run "$folder/recipe.toml" --lab "$folder/refused" --threads 1 -q "${@:3}" >"$folder/out" 2>&1; then
    wrong "${*:3} on $1 ranks was not refused"
  fi
  [[ $(grep -c '^persea: ' "$folder/out") == 1 ]] && grep -q "^persea: $2" "$folder/out" || { cat "$folder/out" >&2; wrong "${*:3}: another line"; }
}
refused 0 "--tensor-parallel 2 needs as many ranks: start them with mpirun -n 2" --tensor-parallel 2
refused 3 "--tensor-parallel 2 does not divide the 3 ranks" --tensor-parallel 2
refused 4 "--tensor-parallel 4 has to divide model.heads = 2" --tensor-parallel 4
if timeout 60 mpirun --oversubscribe --bind-to none -n 4 "$persea" run "$folder/recipe.toml" --set pretrain.batch_tokens=128 --set pretrain.micro_batch=0 \
  --lab "$folder/alone" --threads 1 -q >"$folder/out" 2>&1; then
  wrong "four ranks shared two sequences"
fi
[[ $(grep -c "^persea: 4 ranks cannot share the 2 sequences" "$folder/out") == 1 && $(grep -c '^persea: ' "$folder/out") == 1 ]] ||
  { cat "$folder/out" >&2; exit 1; }
