#define OMPI_SKIP_MPICXX 1  // the C interface alone: Open MPI's old one for C++ wants a library of its own
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/hash.h"
#include "comm/link.h"

namespace persea {
namespace {

constexpr size_t kMost = size_t{1} << 30;  // bytes of one message: a count is an int
constexpr auto kNap = std::chrono::milliseconds(2);

// Where processes of one number are one process: the boot of a machine and its space of process numbers.
uint64_t process_space() {
  const auto boot = read_file("/proc/sys/kernel/random/boot_id");
  char space[64] = "";
  if (readlink("/proc/self/ns/pid", space, sizeof space - 1) < 0) return 0;
  return boot ? hash64(*boot + space) : 0;
}

// What has failed in a link, the first time it did.
struct Failure {
  std::string message;
  bool check(int status) {
    if (status == MPI_SUCCESS) return true;
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    MPI_Error_string(status, text, &length);
    if (message.empty()) message = std::string("MPI: ") + text;
    return false;
  }
};

class MpiTransfer : public Transfer {
 public:
  template <class Begin>
  MpiTransfer(Failure& failure, size_t bytes, const Begin& begin) : failure_(failure) {
    for (size_t at = 0; at < bytes; at += kMost) {
      requests_.push_back(MPI_REQUEST_NULL);
      failure_.check(begin(at, static_cast<int>(std::min(kMost, bytes - at)), &requests_.back()));
    }
  }
  bool done() override {
    int all = 0;
    if (!failure_.message.empty()) return false;
    std::vector<MPI_Status> statuses(requests_.size());
    const auto count = static_cast<int>(requests_.size());
    const int tested = MPI_Testall(count, requests_.data(), &all, statuses.data());
    return failure_.check(tested == MPI_ERR_IN_STATUS ? first_error(statuses) : tested) && all != 0;
  }

 private:
  static int first_error(const std::vector<MPI_Status>& statuses) {
    for (const MPI_Status& status : statuses) {
      if (status.MPI_ERROR != MPI_SUCCESS && status.MPI_ERROR != MPI_ERR_PENDING) return status.MPI_ERROR;
    }
    return MPI_ERR_IN_STATUS;
  }

  Failure& failure_;
  std::vector<MPI_Request> requests_;
};

class MpiLink : public Link {
 public:
  MpiLink() {
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
    const Process own{process_space(), static_cast<int64_t>(getpid())};
    processes_.resize(static_cast<size_t>(size_));
    failure_.check(MPI_Allgather(&own, sizeof own, MPI_BYTE, processes_.data(), sizeof own, MPI_BYTE, MPI_COMM_WORLD));
    // Where a space cannot be told, each process counts as alone on its machine.
    const auto is_here = [&](const Process& each) {
      return own.space != 0 ? each.space == own.space : &each == &processes_[static_cast<size_t>(rank_)];
    };
    here_ = static_cast<int>(std::count_if(processes_.begin(), processes_.end(), is_here));
    place_ = static_cast<int>(std::count_if(processes_.begin(), processes_.begin() + rank_, is_here));
  }

  // Leaves MPI together with the others, or, where they cannot be waited for, without a word.
  ~MpiLink() override {
    if (abandoned_ || !failure_.message.empty() || std::uncaught_exceptions() > 0) return;
    MPI_Request all = MPI_REQUEST_NULL;
    MPI_Ibarrier(MPI_COMM_WORLD, &all);
    for (int there = 0; MPI_Test(&all, &there, MPI_STATUS_IGNORE) == MPI_SUCCESS && there == 0;) {
      for (int each = 0; each < size_; ++each) {
        if (gone(each)) return;
      }
      std::this_thread::sleep_for(kNap);
    }
    MPI_Finalize();
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  int here() const override { return here_; }
  int place() const override { return place_; }

  std::unique_ptr<Transfer> send(int to, std::span<const std::byte> bytes) override {
    return std::make_unique<MpiTransfer>(failure_, bytes.size(), [&](size_t at, int count, MPI_Request* request) {
      return MPI_Isend(bytes.data() + at, count, MPI_BYTE, to, 0, MPI_COMM_WORLD, request);
    });
  }
  std::unique_ptr<Transfer> receive(int from, std::span<std::byte> bytes) override {
    return std::make_unique<MpiTransfer>(failure_, bytes.size(), [&](size_t at, int count, MPI_Request* request) {
      return MPI_Irecv(bytes.data() + at, count, MPI_BYTE, from, 0, MPI_COMM_WORLD, request);
    });
  }

  // Of a rank on this machine, whether its process is there; of others nothing is known: their launcher ends the job.
  bool gone(int rank) override {
    const Process &own = processes_[static_cast<size_t>(rank_)], &other = processes_[static_cast<size_t>(rank)];
    return own.space != 0 && own.space == other.space && kill(static_cast<pid_t>(other.pid), 0) != 0 && errno == ESRCH;
  }
  std::string problem() const override { return failure_.message; }
  void abandon() override { abandoned_ = true; }

 private:
  struct Process {
    uint64_t space;
    int64_t pid;
  };
  int rank_ = 0, size_ = 1, here_ = 1, place_ = 0;
  std::vector<Process> processes_;  // by rank
  Failure failure_;
  bool abandoned_ = false;
};

}  // namespace

Result<std::unique_ptr<Link>> join_mpi() {
  int provided = 0;
  if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS ||
      provided < MPI_THREAD_FUNNELED)
    return fail("MPI does not start: run the command without mpirun, or see what mpirun says");
  return std::unique_ptr<Link>(std::make_unique<MpiLink>());
}

}  // namespace persea
