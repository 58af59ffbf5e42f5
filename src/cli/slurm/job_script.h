// The script of a job: what Slurm starts, and starts again after a requeue. It is made of settings and paths alone, so
// that it can be shown without Slurm.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/slurm/job_settings.h"

namespace persea::slurm {

namespace fs = std::filesystem;

struct JobPlan {
  fs::path program, recipe, folder;  // absolute; the folder holds the script, a copy of the recipe and the log
  std::string verb;                  // of persea
  std::vector<std::string> words;    // that stand behind `persea VERB RECIPE`
  JobSettings settings;
  std::string created;  // when, for people
};

// The job's files in its folder.
constexpr const char* kScriptFile = "script";
constexpr const char* kRecipeFile = "recipe.toml";
constexpr const char* kLogFile = "log";
constexpr const char* kExitFile = "exit";  // the exit status, once the job is done with its work

// Fails where a path cannot stand in a script, or Slurm would take it for another.
Result<std::string> job_script(const JobPlan& plan);

// One word of a shell, whatever is in it.
std::string shell_quote(std::string_view text);

}  // namespace persea::slurm
