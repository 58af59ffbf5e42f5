// What Slurm says about a job, read from what its commands print. Text from outside: whatever it is, these answer with
// a state whose texts are short and printable, or with nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace persea::slurm {

struct JobId {
  uint64_t number = 0;
  std::string cluster;  // "" where there is only one
  bool operator==(const JobId&) const = default;
};

struct JobState {
  std::string name;    // as Slurm calls it: "PENDING", "RUNNING", ...
  std::string reason;  // why it waits or has ended; "" where nothing is said
  std::string start;   // when it is expected to start, or has; "" where that is not known
  std::string nodes;
  int64_t restarts = 0;
  int exit = 0;  // of its script, as a shell has it: 128 more than a signal

  bool ended() const;
  // What a follower exits with: 0 only for a job that is done.
  int status() const;
};

// The fields that parse_squeue wants, for squeue's --Format.
constexpr const char* kSqueueFields = "State:|,RestartCnt:|,exit_code:|,StartTime:|,NodeList:|,Reason:|";
std::optional<JobState> parse_squeue(std::string_view text);

// And for sacct --parsable2 --noheader.
constexpr const char* kSacctFields = "State,ExitCode";
std::optional<JobState> parse_sacct(std::string_view text);

// What sbatch --parsable prints: "12" or "12;cluster".
std::optional<JobId> parse_job_id(std::string_view text);

// "pending (Resources), expected to start 2026-11-23T06:05:57", "running on n[1-2]", "failed with exit status 1".
std::string describe(const JobState& state);

}  // namespace persea::slurm
