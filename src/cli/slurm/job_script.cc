#include "cli/slurm/job_script.h"

#include <algorithm>

namespace persea::slurm {
namespace {

// What the script does with the names that its head has set. Ranks are told of the end by SIGUSR1, which both srun and
// mpirun hand on (SIGTERM ends those themselves).
constexpr std::string_view kBody = R"script(
warned= told= again= launch=
tell() {
  if [[ -n $warned && -n $launch && -z $told ]]; then
    told=yes
    kill -USR1 "$launch" 2>/dev/null
  fi
}
trap 'warned=yes again=yes; tell' USR1  # ahead of the time limit
trap 'again=yes' TERM                   # Slurm ends or requeues the job itself, and its steps get this too

finish() {
  echo "$1" >"$folder/exit"
  exit "$1"
}
preempted() { scontrol --oneliner show job "$SLURM_JOB_ID" 2>/dev/null | grep -q ' PreemptTime=[0-9]'; }

rm -f "$folder/exit"
if ! cmp -s "$recipe" "$folder/recipe.toml"; then
  echo "$recipe: is gone, or has changed since the job was submitted: submit it again" >&2
  finish 2
fi

step=(srun --ntasks="$ranks" --cpus-per-task="$threads" --kill-on-bad-exit=1)
if ((ranks == 1)); then
  step+=(--mpi=none)
elif [[ $launcher == srun ]] || { [[ $launcher == auto ]] && srun --mpi=list 2>&1 | grep -qw pmix; }; then
  step+=(--mpi=pmix)
else
  # A machine that is lost is noticed within half a minute: left to itself, mpirun takes eight. Ranks that are ended have
  # time for a checkpoint, as far as Slurm gives it.
  step=(mpirun -n "$ranks" --bind-to none
    --mca odls_base_sigkill_timeout 60 --mca oob_tcp_keepalive_time 10 --mca oob_tcp_keepalive_intvl 5 --mca oob_tcp_keepalive_probes 4)
fi

export TERM=dumb NO_COLOR=1  # mpirun gives its ranks a terminal, and this is a log
"${step[@]}" "${work[@]}" &
launch=$!
tell
again=yes
while [[ -n $again ]]; do  # a signal ends a wait too early
  again=
  wait "$launch"
  status=$?
done

# 2 is wrong usage, and 0 is done: neither gets better by another try. Any other end does where it was Slurm's wish, or
# mpirun has lost a machine (205).
if ((status != 0 && status != 2)) && { [[ -n $warned ]] || ((status == 205)) || preempted; }; then
  if ((${SLURM_RESTART_COUNT:-0} >= requeues)); then
    echo "this job has been requeued $requeues times: submit it again to go on" >&2
  else
    echo "interrupted: the job is requeued, and goes on from what is kept" >&2
    scontrol requeue "$SLURM_JOB_ID" && exit 0
  fi
fi
finish "$status"
)script";

bool printable(std::string_view path) {
  return std::none_of(path.begin(), path.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

Status check_path(const fs::path& path) {
  if (!path.is_absolute()) throw std::logic_error("job_script: " + path.string() + " is not absolute");
  if (!printable(path.string())) return fail("a path has control characters: rename {}", path.filename().string());
  return {};
}

// A value as a line #SBATCH has it: sbatch knows quotes, but nothing inside single ones.
std::string directive(std::string_view option, std::string_view value) {
  return fmt::format("#SBATCH --{}={}\n", option, shell_quote(value));
}

// Of a path, what Slurm does not take for a pattern.
std::string without_patterns(std::string_view path) {
  std::string text;
  for (const char c : path) text += c == '%' ? "%%" : std::string(1, c);
  return text;
}

std::string directives(const JobPlan& plan) {
  const JobSettings& settings = plan.settings;
  std::string text = directive("job-name", settings.name);
  text += directive("ntasks", std::to_string(settings.ranks));
  if (settings.nodes > 0) text += directive("nodes", std::to_string(settings.nodes));
  if (settings.ranks_per_node > 0) text += directive("ntasks-per-node", std::to_string(settings.ranks_per_node));
  text += directive("cpus-per-task", std::to_string(settings.threads));
  if (!settings.time.empty()) text += directive("time", settings.time);
  if (!settings.partition.empty()) text += directive("partition", settings.partition);
  if (!settings.account.empty()) text += directive("account", settings.account);
  if (!settings.memory.empty()) text += directive("mem", settings.memory);
  if (!settings.gpus.empty()) text += directive("gpus", settings.gpus);
  text += directive("output", without_patterns((plan.folder / kLogFile).string()));
  text += "#SBATCH --open-mode=append\n#SBATCH --requeue\n";
  text += fmt::format("#SBATCH --signal=B:USR1@{}\n", settings.warning);
  for (const std::string& option : settings.sbatch) text += fmt::format("#SBATCH {}\n", option);
  return text;
}

}  // namespace

std::string shell_quote(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-+=.,:/@").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? R"('"'"')" : std::string(1, c);
  return quoted + "'";
}

Result<std::string> job_script(const JobPlan& plan) {
  for (const fs::path& path : {plan.program, plan.recipe, plan.folder}) PERSEA_CHECK(check_path(path));
  if (plan.folder.string().find('\\') != std::string::npos)
    return fail("{}: a path with a backslash is no place for Slurm's log: name another lab", plan.folder.string());
  const JobSettings& settings = plan.settings;
  std::string text = fmt::format("#!/bin/bash\n# Written by persea {} at {}. Slurm runs it again after a requeue.\n",
                                 PERSEA_VERSION, plan.created);
  text += directives(plan);
  text += fmt::format("\nrecipe={}\nfolder={}\n", shell_quote(plan.recipe.string()), shell_quote(plan.folder.string()));
  text += fmt::format("ranks={} threads={} requeues={} launcher={}\n", settings.ranks, settings.threads,
                      settings.requeues, settings.launcher);
  text += fmt::format("work=({} {} \"$recipe\"", shell_quote(plan.program.string()), plan.verb);
  for (const std::string& word : plan.words) {
    if (!printable(word)) return fail("an option has control characters: {}", shell_quote(word));
    text += " " + shell_quote(word);
  }
  text += " --threads \"$threads\")\n";
  text += kBody;
  return text;
}

}  // namespace persea::slurm
