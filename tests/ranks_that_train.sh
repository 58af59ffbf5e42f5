# What the tests of training by several ranks share; they source this. `persea` is the program, `folder` holds labs by name, and "out" there what a job has printed.

# small_recipe FILE STEPS: training that takes seconds.
small_recipe() {
  cat >"$1" <<TOML
[corpus]
source = "smallworld"
documents = 300
[tokenizer]
kind = "bytes"
[model]
dim = 32
layers = 1
heads = 2
context = 64
[pretrain]
steps = $2
batch_tokens = 1024
sequence = 64
checkpoint_every = 20
[report]
questions = 4
sample_tokens = 8
TOML
}

wrong() {
  echo "$*" >&2
  exit 1
}
# The model's loss on the held-out text, and the digest of its files.
loss_of() { "$persea" show model --json --lab "$folder/$1" | sed -n 's/^ *"valid_loss": \([0-9.e-]*\),*$/\1/p'; }
content_of() { "$persea" show model --json --lab "$folder/$1" | sed -n 's/^  "content": "\(.*\)",$/\1/p'; }
# close_to WANTED PART LAB: whether the lab's loss is that one but for a part of it.
close_to() {
  local loss
  loss=$(loss_of "$3")
  awk -v a="$loss" -v b="$1" -v part="$2" 'BEGIN { d = a - b; exit !(a > 0 && d * d <= (part * b) ^ 2) }' || wrong "$3: a loss of $loss, wanted is $1"
  echo "$3: loss $loss"
}
# trained_for LAB LINES: waits until the metrics of a run have so many lines.
trained_for() {
  for _ in {1..6000}; do
    [[ $(cd "$folder/$1" 2>/dev/null && cat work/model-*/metrics.jsonl 2>/dev/null | wc -l) -ge $2 ]] && return
    sleep 0.02
  done
  wrong "$1: no $2 lines of metrics after two minutes"
}
# one_line_of_a_dead_rank [VICTIM]: that the job has said once which rank has ended. Of rank 0 mpirun may be the only one that can say so.
one_line_of_a_dead_rank() {
  if [[ ${1:-} == 0 ]] && ! grep -q '^persea: ' "$folder/out" && grep -q 'on signal 9' "$folder/out"; then return; fi
  [[ $(grep -c '^persea: ' "$folder/out") == 1 ]] && grep -q '^persea: rank [0-9]* has ended.* goes on from its last checkpoint' "$folder/out" ||
    { cat "$folder/out" >&2; wrong "not the one line of a rank that has ended"; }
  grep '^persea: ' "$folder/out"
}
