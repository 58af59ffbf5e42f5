#include <algorithm>
#include <bit>
#include <cstring>
#include <deque>
#include <optional>

#include "comm/gpu_link.h"
#include "comm/nccl/nccl.h"
#include "comm/nccl/side_stream.h"
#include "comm/ranks.h"
#include "tensor/cuda.h"

namespace persea {
namespace {

// A communicator that does not block: what NCCL is asked for it does in a thread of its own, until which it must not be
// asked for more. So batches wait in a queue, and whoever polls moves it on.
class NcclLink : public GpuLink {
 public:
  NcclLink(const Nccl& nccl, int rank, int size, const Nccl::UniqueId& id) : nccl_(nccl) {
    Nccl::Config config;
    check(nccl_.init_rank(&communicator_, size, id, rank, &config));
  }
  ~NcclLink() override { abandon(); }
  NcclLink(const NcclLink&) = delete;
  NcclLink& operator=(const NcclLink&) = delete;

  std::unique_ptr<GpuTransfer> begin(GpuBatch batch) override {
    const auto queued = std::make_shared<Queued>(std::move(batch));
    queue_.push_back(queued);
    move_on();
    return std::make_unique<Moving>(*this, queued);
  }

  std::string problem() override {
    (void)busy();
    return failure_;
  }

  void abandon() override {
    // NCCL's other way to end waits for the other ranks. Once nothing is under way there is nothing to abort.
    if (communicator_) nccl_.abort(std::exchange(communicator_, nullptr));
    queue_.clear();
  }

  // Whether NCCL is still at what it was asked for last.
  bool busy() {
    if (!communicator_ || !failure_.empty()) return false;
    Nccl::Status state = Nccl::kDone;
    check(nccl_.async_error(communicator_, &state));
    check(state);
    return state == Nccl::kInProgress;
  }

 private:
  struct Queued {
    explicit Queued(GpuBatch all) : batch(std::move(all)), ready(cuda::stream()) {}
    GpuBatch batch;
    Mark ready;  // what is sent is there, and the places for others free
    bool begun = false;
    std::optional<Mark> done;
  };
  class Moving : public GpuTransfer {
   public:
    Moving(NcclLink& link, std::shared_ptr<Queued> queued) : link_(link), queued_(std::move(queued)) {}
    bool done() override {
      link_.move_on();
      return link_.failure_.empty() && queued_->done && queued_->done->passed();
    }
    bool ordered() override {
      if (ordered_) return true;
      link_.move_on();
      if (!link_.failure_.empty() || !queued_->done) return false;
      queued_->done->hold(cuda::stream());
      return ordered_ = true;
    }

   private:
    NcclLink& link_;
    std::shared_ptr<Queued> queued_;
    bool ordered_ = false;
  };

  void check(Nccl::Status status) {
    if (status == Nccl::kDone || status == Nccl::kInProgress || !failure_.empty()) return;
    failure_ = std::string("NCCL: ") + nccl_.error_string(status);
    const char* const more = communicator_ ? nccl_.last_error(communicator_) : nullptr;
    if (more && *more) failure_ += std::string(": ") + more;
    failure_.resize(std::min(failure_.size(), failure_.find('\n')));
  }

  void move_on() {
    while (!queue_.empty() && !busy() && communicator_ && failure_.empty()) {
      Queued& first = *queue_.front();
      if (std::exchange(first.begun, true)) {  // the stream has its moves
        for (const GpuBatch::Sum& sum : first.batch.sums) stream_.add_up(sum);
        first.done.emplace(stream_.get());
        queue_.pop_front();
      } else {
        first.ready.hold(stream_.get());
        ask_for_moves(first.batch);
      }
    }
  }

  void ask_for_moves(const GpuBatch& batch) {
    check(nccl_.group_start());
    for (const GpuBatch::Move& move : batch.sends)
      check(
          nccl_.send(move.data, static_cast<size_t>(move.bytes), Nccl::kInt8, move.peer, communicator_, stream_.get()));
    for (const GpuBatch::Move& move : batch.receives)
      check(nccl_.receive(move.data, static_cast<size_t>(move.bytes), Nccl::kInt8, move.peer, communicator_,
                          stream_.get()));
    check(nccl_.group_end());
  }

  const Nccl& nccl_;
  Nccl::Communicator communicator_ = nullptr;
  SideStream stream_;
  std::deque<std::shared_ptr<Queued>> queue_;
  std::string failure_;
};

// Until all ranks have joined. NCCL waits for ever for one that fails, so each tells the others how it went.
Status until_joined(NcclLink& link, Ranks& ranks) {
  struct Pending {
    int peer;
    std::unique_ptr<Transfer> transfer;
  };
  std::vector<Pending> pending;
  std::vector<char> failed(static_cast<size_t>(ranks.size()));
  const auto byte_of = [&](int rank) { return std::span(&failed[static_cast<size_t>(rank)], 1); };
  for (int peer = 0; peer < ranks.size(); ++peer) {
    if (peer != ranks.rank()) pending.push_back({peer, ranks.receive(peer, std::as_writable_bytes(byte_of(peer)))});
  }
  bool told = false;
  const auto tell = [&](bool failure) {
    told = true;
    byte_of(ranks.rank())[0] = failure ? 1 : 0;
    for (int peer = 0; peer < ranks.size(); ++peer) {
      if (peer != ranks.rank()) pending.push_back({peer, ranks.send(peer, std::as_bytes(byte_of(ranks.rank())))});
    }
  };
  std::string problem;
  PERSEA_CHECK(ranks.wait([&] {
    const bool other = std::any_of(failed.begin(), failed.end(), [](char each) { return each != 0; });
    if (!told && other) link.abandon();
    if (!told && !link.busy()) {
      problem = link.problem();
      tell(!problem.empty());
    }
    std::erase_if(pending, [](const Pending& each) { return each.transfer->done(); });
    std::vector<int> missing;
    for (const Pending& each : pending) missing.push_back(each.peer);
    if (!told && missing.empty()) missing.push_back(ranks.rank());
    return missing;
  }));
  return ranks.agree(problem.empty() ? Status() : Error{problem});
}

}  // namespace

Result<std::unique_ptr<GpuLink>> join_nccl(Ranks& ranks) {
  const auto nccl = Nccl::find();
  PERSEA_CHECK(ranks.agree(nccl ? Status() : nccl.error()));
  Nccl::UniqueId id{};
  Status named;
  if (ranks.rank() == 0) {
    if (const Nccl::Status status = (*nccl)->get_unique_id(&id); status != Nccl::kDone)
      named = fail("NCCL: {}", (*nccl)->error_string(status));
  }
  PERSEA_CHECK(ranks.agree(named));
  PERSEA_TRY(const std::string told, ranks.broadcast(std::string(id.bytes, sizeof id.bytes)));
  std::memcpy(id.bytes, told.data(), sizeof id.bytes);
  auto link = std::make_unique<NcclLink>(**nccl, ranks.rank(), ranks.size(), id);
  PERSEA_CHECK(until_joined(*link, ranks));
  return std::unique_ptr<GpuLink>(std::move(link));
}

}  // namespace persea
