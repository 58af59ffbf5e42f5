#include "cli/slurm/commands.h"

#include <string>
#include <vector>

#include "base/child_process.h"

namespace persea::slurm {
namespace {

// What a command has to say for itself, on one line.
std::string complaint(const ChildOutput& output) {
  std::string line;
  for (const char c : output.err.substr(0, 1000)) {
    const bool end = c == '\n' || c == '\r';
    line += end ? "; " : std::string(1, c < 0x20 || c == 0x7f ? '?' : c);
  }
  while (line.ends_with("; ")) line.resize(line.size() - 2);
  return line.empty() ? fmt::format("exit status {}", output.status) : line;
}

std::vector<std::string> of_cluster(std::vector<std::string> words, const JobId& id) {
  if (!id.cluster.empty()) words.push_back("--clusters=" + id.cluster);
  return words;
}

}  // namespace

Status check_slurm() {
  const auto output = run_child({"sbatch", "--version"});
  return output ? Status()
                : fail("{}: jobs need Slurm's commands (Debian: slurm-client); without Slurm there is persea run",
                       output.error().message);
}

Result<JobId> submit_job(const std::filesystem::path& script) {
  const auto output = run_child({"sbatch", "--parsable", script.string()}, {.seconds = 300});
  if (!output) return output.error();
  if (output->status != 0) return fail("{}", complaint(*output));
  const auto id = parse_job_id(output->out);
  if (!id) return fail("sbatch names no job: {}", complaint(*output));
  return *id;
}

Result<std::optional<JobState>> query_job(const JobId& id) {
  const std::string job = std::to_string(id.number);
  PERSEA_TRY(
      const ChildOutput queue,
      run_child(of_cluster(
          {"squeue", "--noheader", "--states=all", "--jobs=" + job, std::string("--Format=") + kSqueueFields}, id)));
  if (auto state = parse_squeue(queue.out)) return state;
  const bool forgotten = queue.status == 0 || queue.err.find("Invalid job id") != std::string::npos;
  if (!forgotten) return fail("{}", complaint(queue));

  // The accounting database knows jobs of long ago, where a cluster has one.
  const auto accounts = run_child(of_cluster(
      {"sacct", "--noheader", "--parsable2", "--allocations", "--jobs=" + job, std::string("--format=") + kSacctFields},
      id));
  if (!accounts || accounts->status != 0) return std::optional<JobState>();
  return parse_sacct(accounts->out);
}

std::string cancel_command(const JobId& id) {
  return id.cluster.empty() ? fmt::format("scancel {}", id.number)
                            : fmt::format("scancel --clusters={} {}", id.cluster, id.number);
}

}  // namespace persea::slurm
