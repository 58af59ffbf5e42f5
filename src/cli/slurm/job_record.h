// The record that a lab keeps of a job: a folder jobs/TIME-NAME/ with the script, a copy of the recipe, the log, and
// job.json, which names the job. What the job made is recorded by its artifacts, not here.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "cli/slurm/job_state.h"

namespace persea::slurm {

namespace fs = std::filesystem;

struct JobRecord {
  JobId id;
  fs::path folder;
};

// Where a job belongs: in a folder named after `created`, without its separators, and the job's name.
fs::path job_folder(const fs::path& lab, std::string_view created, std::string_view name);
// Makes this folder, or where somebody has it, one with a number behind its name, for nobody else.
Result<fs::path> make_job_folder(const fs::path& wanted);

// Writes job.json: `facts` and the job's id.
Status write_job_record(const JobRecord& record, Json facts);

// The newest record of a job of this number.
Result<JobRecord> find_job_record(const fs::path& lab, std::string_view job);

}  // namespace persea::slurm
