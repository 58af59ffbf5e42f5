#include "comm/ranks.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "base/clock.h"
#include "base/threads.h"
#include "tensor/cuda.h"

namespace persea {
namespace {

constexpr int kEagerPolls = 200;  // before a waiting rank begins to sleep between two looks
constexpr auto kNap = std::chrono::microseconds(100), kLongNap = std::chrono::microseconds(2000);
constexpr double kLong = 1;              // seconds of waiting after which naps are long
constexpr double kBetweenChecks = 0.02;  // seconds between two looks whether the others live
constexpr double kDoubt = 1;             // for which a link's problem may turn out to be the end of a rank
constexpr double kLastWords = 1;  // seconds for which a rank that ends stays, so that rank 0 sees first who was missing

template <class T>
std::span<const std::byte> bytes_of(const T* values, size_t count) {
  return std::as_bytes(std::span(values, count));
}

// "rank 2 has", "ranks 0, 2 and 3 have"
std::string have(const std::vector<int>& ranks) {
  std::string text = ranks.size() == 1 ? "rank " : "ranks ";
  for (size_t i = 0; i < ranks.size(); ++i) {
    if (i > 0) text += i + 1 == ranks.size() ? " and " : ", ";
    text += std::to_string(ranks[i]);
  }
  return text + (ranks.size() == 1 ? " has" : " have");
}

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

std::unique_ptr<Ranks> Ranks::alone() { return std::make_unique<Ranks>(nullptr); }

Result<std::unique_ptr<Ranks>> Ranks::of_this_job() {
  if (one_of_several()) {
    PERSEA_TRY(std::unique_ptr<Link> link, join_mpi());
    return std::make_unique<Ranks>(std::move(link));
  }
  if (counted("OMPI_COMM_WORLD_SIZE") == 0 && counted("SLURM_STEP_NUM_TASKS") > 1)
    return fail("srun started {} tasks that cannot know of each other: start them with srun --mpi=pmix, or by mpirun",
                counted("SLURM_STEP_NUM_TASKS"));
  return alone();
}

Ranks::Ranks(Ranks& world, std::vector<int> members) : world_(&world), members_(std::move(members)) {
  const auto own = std::find(members_.begin(), members_.end(), world.rank());
  if (own == members_.end()) throw std::logic_error("ranks: a group without this rank");
  rank_ = static_cast<int>(own - members_.begin());
}

Ranks::~Ranks() {
  if (!broken_ || rank() == 0) return;
  const double start = wall_seconds();
  while (!link_->gone(0) && wall_seconds() - start < kLastWords) std::this_thread::sleep_for(kLongNap);
}

bool Ranks::speaks() const {
  if (world_) return world_->speaks();
  for (int lower = 0; lower < rank(); ++lower) {
    const bool silent =
        broken_ && std::find(broken_->ranks.begin(), broken_->ranks.end(), lower) != broken_->ranks.end();
    if (!silent) return false;
  }
  return true;
}

Status Ranks::give_up(std::string message, const std::vector<int>& ranks) {
  link_->abandon();
  if (gpus_) gpus_->abandon();
  broken_ = Broken{std::move(message), ranks};
  return Error{broken_->message};
}

std::vector<int> Ranks::ended() {
  std::vector<int> ended;
  for (int each = 0; each < size(); ++each) {
    if (each != rank() && link_->gone(each)) ended.push_back(each);
  }
  return ended;
}

std::string Ranks::problem() const {
  std::string problem = link_->problem();
  return problem.empty() && gpus_ ? gpus_->problem() : problem;
}

Status Ranks::wait(const std::function<std::vector<int>()>& missing) {
  if (world_) {
    return world_->wait([&] {
      std::vector<int> left = missing();
      for (int& each : left) each = number(each);
      return left;
    });
  }
  if (broken_) return Error{broken_->message};
  const double start = wall_seconds();
  double checked = start, stopped = 0, troubled = 0;
  for (int64_t poll = 0;; ++poll) {
    std::vector<int> left = missing();
    if (left.empty()) return {};
    const double now = wall_seconds();
    if (now - checked >= kBetweenChecks) {
      checked = now;
      std::sort(left.begin(), left.end());
      left.erase(std::unique(left.begin(), left.end()), left.end());
      if (patience_.stop && patience_.stop() && stopped == 0) stopped = now;
      if (const std::vector<int> dead = ended(); !dead.empty()) return give_up(have(dead) + " ended", dead);
      if (const std::string wrong = problem(); !wrong.empty()) {
        if (troubled == 0) troubled = now;
        if (now - troubled >= kDoubt) return give_up(wrong, left);
      }
      if (now - start > patience_.seconds)
        return give_up(fmt::format("{} not answered for {:.0f} s", have(left), now - start), left);
      if (stopped > 0 && now - stopped > patience_.after_stop)
        return give_up(fmt::format("interrupted, and {} not answered", have(left)), left);
    }
    if (poll < kEagerPolls) {
      sched_yield();
    } else {
      std::this_thread::sleep_for(now - start < kLong ? kNap : kLongNap);
    }
  }
}

Status Ranks::wait_for(std::unique_ptr<Transfer> transfer, int peer) {
  return wait([&] { return transfer->done() ? std::vector<int>{} : std::vector<int>{peer}; });
}

Result<std::vector<double>> Ranks::gather(std::span<const double> own) {
  std::vector<double> all(own.size() * static_cast<size_t>(size()));
  std::copy(own.begin(), own.end(), all.begin() + static_cast<int64_t>(own.size()) * rank());
  if (size() == 1) return all;
  PERSEA_CHECK(failure());
  struct Pending {
    int peer;
    std::unique_ptr<Transfer> transfer;
  };
  std::vector<Pending> pending;
  for (int peer = 0; peer < size(); ++peer) {
    if (peer == rank()) continue;
    const std::span<double> theirs(all.data() + own.size() * static_cast<size_t>(peer), own.size());
    pending.push_back({peer, receive(peer, std::as_writable_bytes(theirs))});
    pending.push_back({peer, send(peer, std::as_bytes(own))});
  }
  PERSEA_CHECK(wait([&] {
    std::erase_if(pending, [](const Pending& each) { return each.transfer->done(); });
    std::vector<int> left;
    for (const Pending& each : pending) left.push_back(each.peer);
    return left;
  }));
  return all;
}

Result<std::string> Ranks::broadcast(std::string from_first) { return broadcast_from(0, std::move(from_first)); }

Result<std::string> Ranks::broadcast_from(int root, std::string text) {
  if (size() == 1) return text;
  PERSEA_CHECK(failure());
  uint64_t bytes = text.size();
  if (rank() != root) {
    PERSEA_CHECK(wait_for(receive(root, std::as_writable_bytes(std::span(&bytes, 1))), root));
    text.resize(bytes);
    if (bytes > 0) PERSEA_CHECK(wait_for(receive(root, std::as_writable_bytes(std::span(text))), root));
    return text;
  }
  for (int peer = 0; peer < size(); ++peer) {
    if (peer == root) continue;
    PERSEA_CHECK(wait_for(send(peer, bytes_of(&bytes, 1)), peer));
    if (bytes > 0) PERSEA_CHECK(wait_for(send(peer, bytes_of(text.data(), bytes)), peer));
  }
  return text;
}

Status Ranks::agree(const Status& own) {
  if (size() == 1) return own;
  const double failed = own ? 0 : 1;
  PERSEA_TRY(const std::vector<double> all, gather({&failed, 1}));
  const auto first = std::find(all.begin(), all.end(), 1.0);
  if (first == all.end()) return {};
  const auto lowest = static_cast<int>(first - all.begin());
  PERSEA_TRY(std::string message, broadcast_from(lowest, rank() == lowest ? own.error().message : ""));
  return lowest == 0 ? Error{std::move(message)} : fail("rank {}: {}", number(lowest), message);
}

Status Ranks::join_gpus() {
  constexpr size_t kWords = std::tuple_size_v<cuda::Uuid>;
  const cuda::Uuid own = cuda::properties().uuid;
  PERSEA_TRY(const std::vector<double> all, gather(std::vector<double>(own.begin(), own.end())));
  const auto gpu_of = [&](int rank) { return std::span(all).subspan(static_cast<size_t>(rank) * kWords, kWords); };
  for (int rank = 1; rank < size(); ++rank) {
    for (int other = 0; other < rank; ++other) {
      if (std::equal(gpu_of(rank).begin(), gpu_of(rank).end(), gpu_of(other).begin()))
        return fail("ranks {} and {} have the same GPU: start no more ranks on a machine than it has GPUs", other,
                    rank);
    }
  }
  PERSEA_TRY(gpus_, join_nccl(*this));
  return {};
}

std::unique_ptr<Transfer> Ranks::begin(GpuBatch batch) {
  if (world_) {
    for (auto* moves : {&batch.sends, &batch.receives}) {
      for (GpuBatch::Move& move : *moves) move.peer = number(move.peer);
    }
    return world_->begin(std::move(batch));
  }
  if (!gpus_) throw std::logic_error("Ranks::begin: their GPUs are not joined");
  return gpus_->begin(std::move(batch));
}

int threads_of(const Ranks& ranks) {
  const int threads = pool().threads();
  cpu_set_t own;
  CPU_ZERO(&own);
  const bool bound = sched_getaffinity(0, sizeof own, &own) == 0 && CPU_COUNT(&own) < sysconf(_SC_NPROCESSORS_ONLN);
  if (std::getenv("PERSEA_THREADS") != nullptr || bound) return threads;
  return std::max(1, threads / ranks.here());
}

}  // namespace persea
