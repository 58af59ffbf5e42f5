#!/bin/bash
# Two ranks on two machines whose network fails: netns_ranks_test.sh PERSEA curate|run. Each machine is a network namespace, joined to the other by a bridge
# in a third, so that the network of this machine is left alone. Where the link goes down while they work, the job has to end, soon and saying why; and the same command has
# to go on to what ranks make that nothing disturbs. 77 (skipped) where namespaces or mpirun cannot be had.
set -euo pipefail
persea=$(realpath "$1")
verb=$2
command -v mpirun >/dev/null || { echo "mpirun is missing: a failing network is not tested"; exit 77; }
command -v ip >/dev/null || { echo "ip (iproute2) is missing: a failing network is not tested"; exit 77; }
folder=$(mktemp -d "${TMPDIR:-/tmp}/persea-netns.XXXXXX")
prefix=persea-$$

finish() {
  local status=$? name pid
  set +e
  for name in a b hub; do
    for pid in $(ip netns pids "$prefix-$name" 2>/dev/null); do kill -KILL "$pid" 2>/dev/null; done
    ip netns del "$prefix-$name" 2>/dev/null
  done
  rm -rf "$folder"
  exit "$status"
}
trap finish EXIT
trap 'exit 143' TERM INT HUP

make_network() {
  local name
  for name in hub a b; do ip netns add "$prefix-$name" && ip -n "$prefix-$name" link set lo up || return 1; done
  ip -n "$prefix-hub" link add bridge type bridge && ip -n "$prefix-hub" link set bridge up || return 1
  for name in a b; do
    ip -n "$prefix-hub" link add "to-$name" type veth peer name eth0 netns "$prefix-$name" &&
      ip -n "$prefix-hub" link set "to-$name" master bridge up &&
      ip -n "$prefix-$name" addr add "10.77.0.$([[ $name == a ]] && echo 1 || echo 2)/24" dev eth0 &&
      ip -n "$prefix-$name" link set eth0 up || return 1
  done
}
if ! make_network 2>"$folder/why"; then
  echo "no network namespaces here ($(head -n 1 "$folder/why")): a failing network is not tested"
  exit 77
fi

# Until one machine hears the other: a port that refuses is an answer.
joined() {
  local i answer
  for ((i = 0; i < 100; ++i)); do
    answer=$(timeout 1 ip netns exec "$prefix-a" bash -c ': </dev/tcp/10.77.0.2/9' 2>&1 || true)
    [[ $answer == *refused* ]] && return 0
    sleep 0.2
  done
  echo "the machines do not hear each other" >&2
  return 1
}
joined

# What mpirun calls to start its daemon on another machine, in place of ssh.
cat >"$folder/agent" <<AGENT
#!/bin/bash
case \$1 in
  10.77.0.1) name=a ;;
  10.77.0.2) name=b ;;
  *) exit 1 ;;
esac
shift
exec ip netns exec $prefix-\$name unshare --uts sh -c "hostname \$name; \$*"
AGENT
chmod +x "$folder/agent"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
on_two_machines() {
  timeout 200 ip netns exec "$prefix-a" unshare --uts sh -c 'hostname a; exec "$@"' sh \
    mpirun --host 10.77.0.1,10.77.0.2 -n 2 --mca plm rsh --mca plm_rsh_agent "$folder/agent" --mca btl tcp,self \
    --mca oob_tcp_keepalive_time 3 --mca oob_tcp_keepalive_intvl 1 --mca oob_tcp_keepalive_probes 3 "$@"
}

# A corpus is the one that a single process makes, a model the one of two ranks; `work` are files whose appearing says that the job is under way.
recipe=$folder/recipe.toml
if [[ $verb == curate ]]; then
  . "$(dirname "$0")/made_up_texts.sh"
  made_up_texts "$folder" 25000 25000
  work='*'
  undisturbed=$("$persea" curate "$recipe" --lab "$folder/undisturbed" --threads 1 -q | tail -n 1)
else
  . "$(dirname "$0")/ranks_that_train.sh"
  small_recipe "$recipe" 1500
  work='checkpoint-*[1-9]*'
  undisturbed=$(on_two_machines "$persea" run "$recipe" --lab "$folder/undisturbed" --threads 1 -q | tail -n 1)
fi
echo "undisturbed: $undisturbed"
lab=$folder/lab
on_two_machines "$persea" "$verb" "$recipe" --lab "$lab" --threads 1 -q >"$folder/out" 2>&1 &
job=$!
under_way() { [[ -n $(find "$lab/work" -mindepth 2 -type f -name "$work" 2>/dev/null | head -n 1) ]]; }
for ((i = 0; i < 1200; ++i)); do
  under_way && break
  kill -0 "$job" 2>/dev/null || break
  sleep 0.05
done
kill -0 "$job" 2>/dev/null || { cat "$folder/out" >&2; echo "the job was over before its network could fail" >&2; exit 1; }
ip -n "$prefix-hub" link set to-b down
begin=$SECONDS status=0
wait "$job" || status=$?
took=$((SECONDS - begin))
if ((status == 0 || status == 124 || took > 60)); then
  cat "$folder/out" >&2
  echo "without its network the job has ended with status $status after $took s" >&2
  exit 1
fi
[[ $(grep -c "lost communication with a remote daemon" "$folder/out") == 1 ]] || { cat "$folder/out" >&2; echo "it is not said what has happened" >&2; exit 1; }
left=$(ip netns pids "$prefix-b" | wc -l)
for ((i = 0; i < 300 && left > 0; ++i)); do sleep 0.1; left=$(ip netns pids "$prefix-b" | wc -l); done
((left == 0)) || { echo "the rank that was cut off goes on" >&2; exit 1; }
[[ -z $(ls "$lab/artifacts") || $verb != curate ]] || { echo "half of the work has become an artifact" >&2; exit 1; }
echo "the network fails: the job ends after $took s with status $status"

ip -n "$prefix-hub" link set to-b up
joined
again=$(on_two_machines "$persea" "$verb" "$recipe" --lab "$lab" --threads 1 -q | tail -n 1)
[[ $again == "$undisturbed" ]] || { echo "with its network again the job makes $again, undisturbed $undisturbed" >&2; exit 1; }
content() { "$persea" show "$([[ $verb == run ]] && echo model || echo corpus)" --json --lab "$1" | grep '"content"'; }
wanted=$(content "$folder/undisturbed")
[[ -n $wanted && $(content "$lab") == "$wanted" ]] || { echo "with its network again the job makes other bits" >&2; exit 1; }
echo "and goes on with it: $again"
