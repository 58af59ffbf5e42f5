// Following a job: its log as it grows and its states as they change, until it has ended or a person turns away. It
// only looks: the job does not notice.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/slurm/job_record.h"

namespace persea::slurm {

struct Followed {
  std::string state;  // the last one that was seen, as Slurm calls it; "" where none was
  int64_t restarts = 0;
  int status = 1;  // the exit status of the job; 130 where the following was interrupted
  bool interrupted = false;
};

// The log goes to standard output if `show_log`; states are told on standard error.
Result<Followed> follow_job(const JobRecord& record, bool show_log);

}  // namespace persea::slurm
