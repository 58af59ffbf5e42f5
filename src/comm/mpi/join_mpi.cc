#define OMPI_SKIP_MPICXX 1  // the C interface alone: Open MPI's old one for C++ wants a library of its own
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <algorithm>
#include <cstdlib>

#include "comm/launched.h"

namespace persea {
namespace {

void finish() {
  int done = 0;
  MPI_Finalized(&done);
  if (done == 0) MPI_Finalize();
}

// Every failure of MPI itself ends the job (its default): ranks that cannot talk cannot agree on anything.
class MpiRanks : public Ranks {
 public:
  MpiRanks() {
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
  }
  int rank() const override { return rank_; }
  int size() const override { return size_; }
  std::string broadcast(std::string from_first) override { return broadcast_from(0, std::move(from_first)); }

  Status agree(const Status& own) override {
    int failed = own ? size_ : rank_, lowest = 0;
    MPI_Allreduce(&failed, &lowest, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    if (lowest == size_) return {};
    std::string message = broadcast_from(lowest, rank_ == lowest ? own.error().message : "");
    return lowest == 0 ? Error{std::move(message)} : fail("rank {}: {}", lowest, message);
  }

 private:
  std::string broadcast_from(int root, std::string text) {
    uint64_t bytes = text.size();
    MPI_Bcast(&bytes, 1, MPI_UINT64_T, root, MPI_COMM_WORLD);
    text.resize(bytes);
    constexpr uint64_t kMost = 1 << 30;  // a count is an int
    for (uint64_t at = 0; at < bytes; at += kMost) {
      MPI_Bcast(text.data() + at, static_cast<int>(std::min(kMost, bytes - at)), MPI_BYTE, root, MPI_COMM_WORLD);
    }
    return text;
  }

  int rank_ = 0, size_ = 1;
};

}  // namespace

Result<std::unique_ptr<Ranks>> join_mpi() {
  int begun = 0;
  MPI_Initialized(&begun);
  if (begun == 0) {
    int provided = 0;
    if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS ||
        provided < MPI_THREAD_FUNNELED)
      return fail("MPI does not start: run the command without mpirun, or see what mpirun says");
    std::atexit(finish);
  }
  return std::unique_ptr<Ranks>(std::make_unique<MpiRanks>());
}

}  // namespace persea
