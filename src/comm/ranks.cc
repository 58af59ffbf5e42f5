#include "comm/ranks.h"

#include <cstdlib>

#include "comm/launched.h"

namespace persea {
namespace {

class Alone : public Ranks {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  std::string broadcast(std::string from_first) override { return from_first; }
  Status agree(const Status& own) override { return own; }
};

// A number that a launcher left in the environment; 0 where it did not.
int counted(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? 0 : std::atoi(value);
}

// Whether a launcher started this process as one of several, by what the common ones leave in the environment. mpirun
// is asked first: in a job of Slurm its own daemons are srun's tasks, and the ranks inherit what srun says of those.
bool one_of_several() {
  if (const int size = counted("OMPI_COMM_WORLD_SIZE"); size > 0) return size > 1;
  if (counted("PMI_SIZE") > 1 || counted("PMIX_SIZE") > 1) return true;  // MPICH, and Slurm's PMI-2
  return counted("SLURM_NTASKS") > 1 && std::getenv("PMIX_RANK") != nullptr;
}

}  // namespace

std::unique_ptr<Ranks> Ranks::alone() { return std::make_unique<Alone>(); }

Result<std::unique_ptr<Ranks>> Ranks::of_this_job() {
  if (one_of_several()) return join_mpi();
  if (counted("OMPI_COMM_WORLD_SIZE") == 0 && counted("SLURM_STEP_NUM_TASKS") > 1)
    return fail("srun started {} tasks that cannot know of each other: start them with srun --mpi=pmix, or by mpirun",
                counted("SLURM_STEP_NUM_TASKS"));
  return alone();
}

}  // namespace persea
