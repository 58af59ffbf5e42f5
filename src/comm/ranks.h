// The ranks of a job that mpirun or srun started: who this process is, and what all of them do together. A program that
// was started by itself is one rank, and never touches MPI. Every wait looks whether the others are still there, so
// that a rank that died or hangs ends the job with a line and not with silence. Where each has a GPU, these are joined
// too. Floats are exchange.h's.
#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "comm/gpu_link.h"
#include "comm/link.h"

namespace persea {

// How long a rank waits for the others.
struct Patience {
  double seconds = std::numeric_limits<double>::infinity();
  // Where this says that the job is to end (Ctrl-C, or a launcher that ends it), at most `after_stop` seconds more.
  std::function<bool()> stop = {};
  double after_stop = 15;
};

// All ranks have to call the same functions in the same order. One rank is done at once with each. Where one fails
// because others do not answer, the job cannot go on: every later call fails alike.
class Ranks {
 public:
  explicit Ranks(std::unique_ptr<Link> link) : link_(std::move(link)) {}  // none: one rank
  // Some ranks of a world, this one among them, in their order: they call the same functions in the same order, while
  // others do something else. It is the world that waits, so who died or hangs is named by its number there, and ends
  // all of it. The world has to outlive it.
  Ranks(Ranks& world, std::vector<int> members);
  ~Ranks();
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  int rank() const { return world_ ? rank_ : link_ ? link_->rank() : 0; }  // from 0
  int size() const { return world_ ? static_cast<int>(members_.size()) : link_ ? link_->size() : 1; }
  int here() const { return world_ ? world_->here() : link_ ? link_->here() : 1; }     // of the world, on this machine
  int place() const { return world_ ? world_->place() : link_ ? link_->place() : 0; }  // of this rank among those
  void set_patience(Patience patience) { (world_ ? world_->patience_ : patience_) = std::move(patience); }

  // What rank 0 gave.
  Result<std::string> broadcast(std::string from_first);
  // Waits for all ranks; the error of the lowest rank that has one, with its number where it is not rank 0.
  Status agree(const Status& own);
  // The numbers of all ranks, those of rank 0 first; each gives as many.
  Result<std::vector<double>> gather(std::span<const double> own);

  // Bytes from one rank to another; see Link. They are moved by wait().
  std::unique_ptr<Transfer> send(int to, std::span<const std::byte> bytes) {
    return world_ ? world_->send(number(to), bytes) : link_->send(to, bytes);
  }
  std::unique_ptr<Transfer> receive(int from, std::span<std::byte> bytes) {
    return world_ ? world_->receive(number(from), bytes) : link_->receive(from, bytes);
  }
  // Joins the GPUs that the ranks have chosen (tensor/cuda.h), which have to be one each. It fails for all or none.
  Status join_gpus();
  void set_gpus(std::unique_ptr<GpuLink> gpus) { gpus_ = std::move(gpus); }  // joined by other means
  // Moves between joined GPUs, and sums; see GpuLink. They are moved by wait().
  std::unique_ptr<Transfer> begin(GpuBatch batch);
  // Until `missing`, which moves things on and names the ranks that something is awaited from, names none.
  Status wait(const std::function<std::vector<int>()>& missing);

  // Whether the others do not answer any more.
  bool broken() const { return world_ ? world_->broken() : broken_.has_value(); }
  // Whether this rank tells what ended the job: the lowest of those that answer, as far as this one knows.
  bool speaks() const;

  // The ranks of this job. Fails where it was started as one of several and MPI cannot be had.
  static Result<std::unique_ptr<Ranks>> of_this_job();
  // One rank, whatever the job is.
  static std::unique_ptr<Ranks> alone();

 private:
  struct Broken {
    std::string message;
    std::vector<int> ranks;  // that do not answer
  };
  Status failure() const { return world_ ? world_->failure() : broken_ ? Status(Error{broken_->message}) : Status(); }
  int number(int rank) const { return world_ ? members_[static_cast<size_t>(rank)] : rank; }  // in the world
  Status wait_for(std::unique_ptr<Transfer> transfer, int peer);
  Result<std::string> broadcast_from(int root, std::string text);
  Status give_up(std::string message, const std::vector<int>& ranks);
  std::vector<int> ended();
  std::string problem() const;

  std::unique_ptr<GpuLink> gpus_;  // goes when the link, which waits for the other ranks, is gone
  std::unique_ptr<Link> link_;
  Ranks* world_ = nullptr;  // of a group; it has no link of its own
  std::vector<int> members_;
  int rank_ = 0;  // in the group
  Patience patience_;
  std::optional<Broken> broken_;
};

// Threads for this rank: PERSEA_THREADS, or its part of the cores that this machine's ranks share; all of its own where
// the launcher bound it to some.
int threads_of(const Ranks& ranks);

}  // namespace persea
