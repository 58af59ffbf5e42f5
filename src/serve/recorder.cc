#include "serve/recorder.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "base/log.h"

namespace persea {
namespace {

constexpr size_t kMostWaiting = 1 << 16;  // where the disk has stopped for good, memory must not grow

}  // namespace

struct Recorder::Impl {
  Impl(ReplyStore r, KeyStore k) : replies(r), keys(k), thread([this] { run(); }) {}

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return stop || !waiting.empty(); });
      if (waiting.empty()) return;
      const std::vector<Entry> batch = std::exchange(waiting, {});
      writing = true;
      lock.unlock();
      write(batch);
      lock.lock();
      writing = false;
      changed.notify_all();
    }
  }

  struct Entry {
    ReplyRecord reply;
    double cost;
  };

  void write(const std::vector<Entry>& batch) {
    std::vector<ReplyRecord> records;
    std::map<std::string, double> costs;
    for (const Entry& entry : batch) {
      records.push_back(entry.reply);
      if (!entry.reply.key.empty()) costs[entry.reply.key] += entry.cost;
    }
    if (const Status status = replies.add(records); !status) {
      log_warning("{} replies are not recorded: {}", records.size(), status.error().message);
    }
    for (const auto& [key, cost] : costs) {
      if (const Status status = keys.charge(key, cost); !status) {
        log_warning("what key {} has spent is not recorded: {}", key, status.error().message);
      }
    }
  }

  ReplyStore replies;
  KeyStore keys;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Entry> waiting;
  bool stop = false, writing = false;
  std::thread thread;
};

Recorder::Recorder(ReplyStore replies, KeyStore keys) : impl_(std::make_unique<Impl>(replies, keys)) {}

Recorder::~Recorder() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stop = true;
    impl_->changed.notify_all();
  }
  impl_->thread.join();
}

void Recorder::add(ReplyRecord reply, double cost) {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->waiting.size() >= kMostWaiting) return;
  impl_->waiting.push_back({std::move(reply), cost});
  impl_->changed.notify_all();
}

void Recorder::flush() {
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait(lock, [&] { return impl_->waiting.empty() && !impl_->writing; });
}

}  // namespace persea
