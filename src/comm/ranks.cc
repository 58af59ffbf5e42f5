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

// Whether a launcher started this process as one of several, by what the common ones leave in the environment (Open
// MPI, PMI of MPICH and Slurm).
bool one_of_several() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_SIZE"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && std::atoi(value) > 1) return true;
  }
  const char* tasks = std::getenv("SLURM_NTASKS");
  return tasks != nullptr && std::atoi(tasks) > 1 && std::getenv("PMIX_RANK") != nullptr;
}

}  // namespace

std::unique_ptr<Ranks> Ranks::alone() { return std::make_unique<Alone>(); }

Result<std::unique_ptr<Ranks>> Ranks::of_this_job() {
  if (one_of_several()) return join_mpi();
  return alone();
}

}  // namespace persea
