#include "comm/thread_ranks.h"

#include <atomic>
#include <cstring>
#include <deque>
#include <mutex>
#include <stdexcept>

namespace persea {
namespace {

// One side of a message. `memory` is the sender's or the receiver's.
struct Side {
  std::byte* memory;
  size_t bytes;
  std::atomic<bool> done{false};
};

// Messages from one rank to another that wait for their other side.
struct Channel {
  std::deque<Side*> sent, awaited;
};

struct Hub {
  explicit Hub(int ranks)
      : size(ranks), channels(static_cast<size_t>(ranks * ranks)), gone(static_cast<size_t>(ranks)) {}
  Channel& channel(int from, int to) { return channels[static_cast<size_t>(from * size + to)]; }

  void match(Channel& channel) {
    while (!channel.sent.empty() && !channel.awaited.empty()) {
      Side &from = *channel.sent.front(), &to = *channel.awaited.front();
      if (from.bytes != to.bytes) throw std::logic_error("ranks: a message is received with another size");
      std::memcpy(to.memory, from.memory, from.bytes);
      channel.sent.pop_front();
      channel.awaited.pop_front();
      from.done.store(true, std::memory_order_release);
      to.done.store(true, std::memory_order_release);
    }
  }

  const int size;
  std::mutex mutex;
  std::vector<Channel> channels;
  std::vector<std::atomic<bool>> gone;
};

class ThreadTransfer : public Transfer {
 public:
  ThreadTransfer(std::shared_ptr<Hub> hub, Channel& channel, std::deque<Side*> Channel::*queue, std::byte* memory,
                 size_t bytes)
      : hub_(std::move(hub)), channel_(channel), queue_(queue), side_{memory, bytes} {
    const std::lock_guard lock(hub_->mutex);
    (channel_.*queue_).push_back(&side_);
    hub_->match(channel_);
  }
  ~ThreadTransfer() override {
    const std::lock_guard lock(hub_->mutex);
    std::erase(channel_.*queue_, &side_);
  }
  bool done() override { return side_.done.load(std::memory_order_acquire); }

 private:
  std::shared_ptr<Hub> hub_;
  Channel& channel_;
  std::deque<Side*> Channel::*queue_;
  Side side_;
};

class ThreadLink : public Link {
 public:
  ThreadLink(std::shared_ptr<Hub> hub, int rank) : hub_(std::move(hub)), rank_(rank) {}
  ~ThreadLink() override { hub_->gone[static_cast<size_t>(rank_)] = true; }
  int rank() const override { return rank_; }
  int size() const override { return hub_->size; }
  int here() const override { return hub_->size; }
  int place() const override { return rank_; }
  std::unique_ptr<Transfer> send(int to, std::span<const std::byte> bytes) override {
    return std::make_unique<ThreadTransfer>(hub_, hub_->channel(rank_, to), &Channel::sent,
                                            const_cast<std::byte*>(bytes.data()), bytes.size());
  }
  std::unique_ptr<Transfer> receive(int from, std::span<std::byte> bytes) override {
    return std::make_unique<ThreadTransfer>(hub_, hub_->channel(from, rank_), &Channel::awaited, bytes.data(),
                                            bytes.size());
  }
  bool gone(int rank) override { return hub_->gone[static_cast<size_t>(rank)]; }
  std::string problem() const override { return {}; }
  void abandon() override {}

 private:
  std::shared_ptr<Hub> hub_;
  int rank_;
};

}  // namespace

std::vector<std::unique_ptr<Ranks>> thread_ranks(int size) {
  const auto hub = std::make_shared<Hub>(size);
  std::vector<std::unique_ptr<Ranks>> all;
  for (int rank = 0; rank < size; ++rank) {
    all.push_back(std::make_unique<Ranks>(std::make_unique<ThreadLink>(hub, rank)));
  }
  return all;
}

}  // namespace persea
