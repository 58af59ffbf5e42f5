#!/bin/bash
# One recipe trained by ranks with a GPU each, and after one of them was killed: gpu_ranks_test.sh PERSEA. It runs on the emulated GPUs
# of a build with PERSEA_CUDA=EMULATED, over the emulated NCCL that PERSEA_NCCL names. Without mpirun nothing is tested, and that is said.
set -euo pipefail
persea=$1
if ! command -v mpirun >/dev/null; then
  echo "mpirun is missing: ranks are not tested"
  exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

cat >"$folder/recipe.toml" <<'TOML'
[corpus]
source = "smallworld"
documents = 200
[tokenizer]
kind = "bytes"
[model]
dim = 16
layers = 1
heads = 2
context = 32
[pretrain]
steps = 8
batch_tokens = 128
sequence = 32
micro_batch = 2
eval_every = 8
eval_tokens = 64
checkpoint_every = 4
[report]
prompts = ["Once"]
sample_tokens = 4
questions = 0
TOML

. "$(dirname "$0")/ranks_that_train.sh"
launch() {  # RANKS ARGUMENT...: `persea run` by so many ranks.
  local ranks=$1
  shift
  timeout 200 mpirun --oversubscribe --bind-to none -n "$ranks" "$persea" run "$folder/recipe.toml" --threads 1 -q "$@" >"$folder/out" 2>&1
}
train() {  # LAB RANKS DEVICE [OPTION...]
  launch "$2" --lab "$folder/$1" --device "$3" "${@:4}" || { cat "$folder/out" >&2; wrong "$1: training with $2 ranks failed"; }
}

train cpu 1 cpu
cpu=$(loss_of cpu)
for ranks in 1 2 3; do
  train "gpus-$ranks" $ranks cuda
  close_to "$cpu" 1e-4 "gpus-$ranks"
done
train again 2 cuda
[[ $(content_of again) == "$(content_of gpus-2)" ]] || wrong "two ranks have other bits the second time"

# Two ranks hold the model together, alone and twice; "auto" takes the GPUs, which gives the same bits.
train sliced 2 cuda --tensor-parallel 2
close_to "$cpu" 2e-4 sliced
train sliced-again 2 auto --tensor-parallel 2
[[ $(content_of sliced-again) == "$(content_of sliced)" ]] || wrong "two slices have other bits the second time"
train sliced-4 4 cuda --tensor-parallel 2
close_to "$cpu" 2e-4 sliced-4
adamw=(--set pretrain.optimizer=adamw --set pretrain.lr=0.001)
train adamw 1 cpu "${adamw[@]}"
train sliced-adamw 2 cuda --tensor-parallel 2 "${adamw[@]}"
close_to "$(loss_of adamw)" 2e-4 sliced-adamw

# A rank that dies ends the job with one line, and what is left goes on from the last checkpoint. A pass may take the emulator longer than
# the second that mpirun leaves the others.
OMPI_MCA_odls_base_sigkill_timeout=20 launch 2 --lab "$folder/killed" --device cuda --set pretrain.steps=4000 --set pretrain.checkpoint_every=4 &
job=$!
trained_for killed 6
mapfile -t pids < <(pgrep -f "^$persea run $folder/recipe.toml")
[[ ${#pids[@]} == 2 ]] || wrong "${#pids[@]} of 2 ranks are there"
kill -9 "${pids[1]}"
if wait $job; then wrong "a job that lost a rank did not fail"; fi
one_line_of_a_dead_rank
grep '^persea: ' "$folder/out"

# What is wrong is said once.
refused() {  # PATTERN COMMAND...
  local pattern=$1
  shift
  if "$@"; then wrong "not refused: $pattern"; fi
  [[ $(grep -c '^persea: ' "$folder/out") == 1 ]] && grep -q "$pattern" "$folder/out" || { cat "$folder/out" >&2; wrong "not said: $pattern"; }
}
CUDA_VISIBLE_DEVICES=0 refused 'ranks 0 and 1 have the same GPU' launch 2 --lab "$folder/cpu" --device cuda
PERSEA_NCCL=off refused 'NCCL is not there' launch 2 --lab "$folder/cpu" --device cuda
