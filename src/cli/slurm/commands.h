// Slurm's own commands, run and understood: all that the program knows of a cluster it asks here.
#pragma once

#include <filesystem>
#include <optional>

#include "base/result.h"
#include "cli/slurm/job_state.h"

namespace persea::slurm {

// Fails where this machine has no Slurm.
Status check_slurm();

// Fails where Slurm refuses the job.
Result<JobId> submit_job(const std::filesystem::path& script);

// Nothing where Slurm knows the job no more (or never did); fails where it does not answer.
Result<std::optional<JobState>> query_job(const JobId& id);

// The command that cancels a job, for people.
std::string cancel_command(const JobId& id);

}  // namespace persea::slurm
