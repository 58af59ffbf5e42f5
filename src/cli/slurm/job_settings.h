// What a job asks Slurm for: the keys of a recipe's table [submit], which are also options of `persea submit`. Times,
// sizes and names are Slurm's own: it judges them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace persea::slurm {

struct JobSettings {
  static constexpr bool kZeroIsOff = false;
  int64_t ranks = 0, nodes = 0, ranks_per_node = 0;  // 0: as the others say
  int64_t threads = 1;                               // of a rank: its CPUs
  std::string time, partition, account, memory, gpus, name;
  std::vector<std::string> sbatch;  // further options of sbatch, each as it would be typed
  std::string launcher = "auto";    // or "srun", "mpirun"
  int64_t warning = 120;            // seconds between the warning and the time limit
  int64_t requeues = 100;           // how often the job may requeue itself

  template <class Visit>
  void fields(Visit visit) {
    visit("ranks", ranks);
    visit("nodes", nodes);
    visit("ranks_per_node", ranks_per_node);
    visit("threads", threads);
    visit("time", time);
    visit("partition", partition);
    visit("account", account);
    visit("memory", memory);
    visit("gpus", gpus);
    visit("name", name);
    visit("sbatch", sbatch);
    visit("launcher", launcher);
    visit("warning", warning);
    visit("requeues", requeues);
  }
};

// The table [submit] of a recipe with `options` (an object of the same keys) in place of what it says; checked, and the
// ranks settled.
Result<JobSettings> read_job_settings(const TomlDocument& recipe, std::string_view where, const Json& options);

}  // namespace persea::slurm
