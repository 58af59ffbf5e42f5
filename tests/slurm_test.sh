#!/bin/bash
# persea submit under a real Slurm: slurm_test.sh PERSEA. A munged, a slurmctld and two slurmd of the present user are started on free ports of the loopback,
# with all that they write in one temporary folder, and ended with the test. 77 (skipped) where Slurm or munge is not installed, or only root may start them.
set -euo pipefail
persea=$(realpath "$1")
for tool in munged slurmctld slurmd; do
  PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null || { echo "$tool is not installed: jobs are not tested"; exit 77; }
done
PATH=$PATH:/usr/sbin
folder=$(mktemp -d "${TMPDIR:-/tmp}/persea-slurm.XXXXXX")
daemons=()

finish() {
  local status=$?
  set +e
  if [[ -e $folder/up ]]; then
    scancel --user="$(id -un)" --signal=KILL --full 2>/dev/null
    scancel --user="$(id -un)" 2>/dev/null
    for _ in {1..100}; do
      [[ -z $(squeue --noheader 2>/dev/null) ]] && break
      sleep 0.2
    done
  fi
  for ((i = ${#daemons[@]} - 1; i >= 0; --i)); do kill "${daemons[i]}" 2>/dev/null; done
  for pid in "${daemons[@]}"; do
    for _ in {1..50}; do kill -0 "$pid" 2>/dev/null && sleep 0.1 || break; done
    kill -KILL "$pid" 2>/dev/null
  done
  if ((status != 0 && status != 77)); then tail -n 20 "$folder"/*.log >&2; fi
  rm -rf "$folder"
  exit "$status"
}
trap finish EXIT
trap 'exit 143' TERM INT HUP

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

start_slurm() {
  local host
  host=$(hostname -s)
  mkdir -m 700 "$folder/munge" "$folder/state" "$folder/n1" "$folder/n2"
  head -c 1024 /dev/urandom >"$folder/munge/key"
  chmod 400 "$folder/munge/key"
  cat >"$folder/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket,cred_expire=5
SlurmctldPort=$(free_port)
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/%n/spool
TmpFS=$folder/%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/%n.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/%n.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
MpiDefault=none
MailProg=/bin/true
ReturnToService=2
KillWait=5
SchedulerParameters=sched_interval=2,batch_sched_delay=1
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(free_port) CPUs=2
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(free_port) CPUs=2
PartitionName=main Nodes=ALL Default=YES PriorityTier=1 GraceTime=30
PartitionName=urgent Nodes=ALL PriorityTier=2
CONF
  export SLURM_CONF=$folder/slurm.conf
  munged --foreground --force --key-file="$folder/munge/key" --socket="$folder/munge/socket" --pid-file="$folder/munge/pid" \
    --log-file="$folder/munge.log" --seed-file="$folder/munge/seed" >/dev/null 2>&1 &
  daemons+=($!)
  for _ in {1..50}; do [[ -S $folder/munge/socket ]] && break || sleep 0.1; done
  slurmctld -D -c -f "$folder/slurm.conf" >/dev/null 2>&1 &
  daemons+=($!)
  for node in n1 n2; do
    slurmd -D -c -N "$node" -f "$folder/slurm.conf" >/dev/null 2>&1 &
    daemons+=($!)
  done
  for _ in {1..150}; do
    [[ $(sinfo --noheader --Node --partition=main --format=%t 2>/dev/null | grep -c idle) == 2 ]] && return 0
    sleep 0.2
  done
  return 1
}

. "$(dirname "$0")/ranks_that_train.sh"
# expect STATUS COMMAND...: its standard output in $folder/out, its standard error in $folder/err
expect() {
  local wanted=$1 status=0
  shift
  "$@" >"$folder/out" 2>"$folder/err" || status=$?
  if [[ $status != "$wanted" ]]; then
    cat "$folder/out" "$folder/err" >&2
    wrong "status $status, not $wanted: $*"
  fi
}
says() { grep -qE "$2" "$folder/$1" || { cat "$folder/out" "$folder/err" >&2; wrong "$1 has no line \"$2\""; }; }
until_true() { # SECONDS COMMAND...
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || wrong "waited in vain for: $*"
    sleep 0.1
  done
}
field() { squeue --noheader --states=all --jobs="$1" --Format="$2:|" | tr -d '|'; }
is() { [[ $(field "$1" "$2") == "$3" ]]; }
trains() { [[ -n $(find "$1/work" -mindepth 2 -maxdepth 3 -name 'checkpoint-*[1-9]*' 2>/dev/null | head -n 1) ]]; }
weights() { cat "$1"/artifacts/model-*/model.safetensors | sha256sum; }

# What can be said without Slurm.
cat >"$folder/curate.toml" <<'TOML'
[[source]]
name = "s"
path = "text"
[submit]
threads = 1
TOML
mkdir "$folder/text"
for i in {1..400}; do echo "{\"text\": \"$(printf 'the %s of a tale number %s and so on ' "$i" {1..40})\"}"; done >"$folder/text/a.jsonl"
small_recipe "$folder/train.toml" 1200
printf '[submit]\nname = "small"\n' >>"$folder/train.toml"
export PERSEA_LAB=$folder/lab
expect 0 "$persea" submit "$folder/train.toml" --dry-run --time 5 --sbatch=--qos=high --sbatch=--exclusive
says out '^#SBATCH --time=5$'
says out '^#SBATCH --exclusive$'
[[ ! -e $PERSEA_LAB ]] || wrong "--dry-run has made something"
expect 1 env PATH=/nowhere "$persea" submit "$folder/train.toml"
says err 'sbatch: is not found: jobs need Slurm'
[[ ! -e $PERSEA_LAB ]] || wrong "without Slurm a lab was made"
expect 2 "$persea" submit
expect 1 "$persea" submit --follow 7
says err 'has no record of this job'
expect 2 "$persea" submit "$folder/train.toml" --ranks 2 --nodes 3
says err '`nodes` = 3 is more than `ranks` = 2'
expect 2 "$persea" submit "$folder/train.toml" --time 0-00:02
says err '`time` = "0-00:02" ends before the work begins: its `warning` comes 120 seconds ahead, of 120'

if ! start_slurm; then
  if ((EUID != 0)); then
    echo "Slurm does not start for this user: jobs are not tested"
    exit 77
  fi
  wrong "Slurm does not start"
fi
touch "$folder/up"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

# Curation by two ranks on two nodes, in a folder whose name no shell would take: one corpus, the one that a single process makes.
alone=$(PERSEA_LAB=$folder/alone "$persea" curate "$folder/curate.toml" -q | tail -n 1)
for launcher in srun mpirun; do
  lab="$folder/a lab's \$HOME \"100%\" $launcher"
  expect 0 "$persea" submit "$folder/curate.toml" --lab "$lab" --nodes 2 --launcher "$launcher"
  says err 'job [0-9]+: completed$'
  job=$(sed -n 's/^job \([0-9]*\): submitted.*/\1/p' "$folder/err")
  is "$job" nodelist 'n[1-2]' || wrong "$launcher: on $(field "$job" nodelist), not on two nodes"
  if grep -q $'\x1b' "$folder/out"; then wrong "$launcher: the log has a terminal's codes"; fi
  [[ $(grep -c "^$alone$" "$folder/out") == 1 && $(tail -n 1 "$folder/out") == "$alone" ]] || { cat "$folder/out"; wrong "$launcher: not one corpus $alone"; }
  record=$(echo "$lab"/jobs/*-curate)
  for file in script recipe.toml log job.json exit; do [[ -s $record/$file ]] || wrong "$record has no $file"; done
  echo "curation by two ranks, $launcher: $alone"
done
expect 1 timeout 60 srun --ntasks=2 --mpi=none "$persea" curate "$folder/curate.toml" --lab "$folder/none"
says err 'srun started 2 tasks that cannot know of each other'

# What is wrong is said before or behind, once; and such a job is not tried again.
expect 1 "$persea" submit "$folder/curate.toml" --partition none
says err 'invalid partition'
[[ -z $(ls "$PERSEA_LAB/jobs") ]] || wrong "a job that was refused has left a record"
mv "$folder/text" "$folder/moved"
expect 1 "$persea" submit "$folder/curate.toml" --json
mv "$folder/moved" "$folder/text"
says err 'failed with exit status 1'
says out '"restarts": 0'
says out '"status": 1'
echo "an error ends a job for good"

# A run that is requeued goes on, to the same bits: on one rank, and on two of two nodes.
PERSEA_LAB=$folder/of1 "$persea" run "$folder/train.toml" --threads 1 -q >/dev/null
PERSEA_LAB=$folder/of2 mpirun --oversubscribe --bind-to none -n 2 "$persea" run "$folder/train.toml" --threads 1 -q >/dev/null
disturbed() { # RANKS LAB COMMAND...: follows a run that COMMAND JOB disturbs
  local ranks=$1 lab=$2 job
  shift 2
  job=$("$persea" submit "$folder/train.toml" --lab "$lab" --ranks "$ranks" --nodes "$ranks" --no-follow 2>/dev/null)
  until_true 120 trains "$lab"
  "$@" "$job"
  expect 0 "$persea" submit --follow "$job" --lab "$lab"
  says out 'going on from step [1-9]'
  says err 'job [0-9]+: requeued \(restart 1\)'
  is "$job" restartcnt 1 || wrong "job $job has restarted $(field "$job" restartcnt) times"
  [[ $(weights "$lab") == $(weights "$folder/of$ranks") ]] || wrong "$*: other weights than those of an undisturbed run of as many ranks"
  echo "$*, ranks: $ranks: the run goes on, to the same bits"
}
urgent() { sbatch --quiet --partition=urgent --nodes=2 --exclusive --time=1 --output=/dev/null --wrap='sleep 2'; }
disturbed 1 "$folder/requeued" scontrol requeue
disturbed 2 "$folder/requeued2" scontrol requeue
disturbed 2 "$folder/warned" scancel --batch --signal=USR1
says out 'interrupted after step [1-9]'
disturbed 1 "$folder/preempted" urgent
says out 'interrupted after step [1-9]'

# The time limit: a warning in time, a checkpoint, a requeue. And Ctrl-C ends the following alone; a cancelled job is not requeued.
lab=$folder/limited
"$persea" submit "$folder/train.toml" --lab "$lab" --set pretrain.steps=10000000 --time 1 --warning 50 >"$folder/followed" 2>&1 &
follower=$!
until_true 150 grep -q 'interrupted after step' "$folder/followed"
until_true 60 grep -q 'going on from step' "$folder/followed"
kill -INT "$follower"
status=0
wait "$follower" || status=$?
[[ $status == 130 ]] || wrong "a follower that was interrupted exits with $status"
job=$(sed -n 's/.*persea submit --follow \([0-9]*\) --lab.*/\1/p' "$folder/followed")
is "$job" state RUNNING || wrong "Ctrl-C on the following has touched the job"
grep -q "to cancel it: scancel $job" "$folder/followed" || wrong "it is not said how the job is cancelled"
scancel "$job"
expect 1 "$persea" submit --follow "$job" --lab "$lab"
says err 'job [0-9]+: cancelled'
sleep 3
is "$job" state CANCELLED || wrong "a cancelled job is $(field "$job" state)"
echo "time limit, Ctrl-C and scancel: as said"
