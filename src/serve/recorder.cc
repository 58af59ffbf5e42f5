#include "serve/recorder.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "base/hash.h"
#include "base/log.h"

namespace persea {
namespace {

constexpr size_t kEntryBytes = 1024;  // of one without its content, about

size_t bytes_of(const Recorder::Entry& entry) {
  size_t bytes = kEntryBytes + entry.request.size();
  for (const Answer& answer : entry.answers) {
    bytes += answer.text.size();
    for (const ToolCall& call : answer.calls) bytes += call.name.size() + call.arguments.size();
  }
  return bytes;
}

std::string texts_of(const std::vector<Answer>& answers) {
  Json texts = Json::array();
  for (const Answer& answer : answers) {
    Json one = {{"text", answer.text}, {"finish_reason", answer.finish}};
    for (const ToolCall& call : answer.calls) {
      one["tool_calls"].push_back({{"name", call.name}, {"arguments", call.arguments}});
    }
    texts.push_back(std::move(one));
  }
  return canonical_json(texts);
}

ReplyRecord record_of(Recorder::Entry entry) {
  std::string texts = texts_of(entry.answers);
  ReplyRecord record = std::move(entry.reply);
  record.request_sha256 = sha256(entry.request);
  record.reply_sha256 = sha256(texts);
  if (entry.keep_content) {
    record.request = std::move(entry.request);
    record.reply = std::move(texts);
  }
  return record;
}

}  // namespace

struct Recorder::Impl {
  using Costs = std::map<std::string, double>;  // by key

  Impl(ReplyStore r, KeyStore k, size_t bytes) : replies(r), keys(k), most_bytes(bytes), thread([this] { run(); }) {}

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return stop || !waiting.empty(); });
      if (waiting.empty()) return;
      std::vector<Entry> batch = std::exchange(waiting, {});
      stats.waiting_bytes = 0;
      const Costs due = std::exchange(costs, {});
      const size_t count = batch.size();
      lock.unlock();
      const bool written = write(std::move(batch));
      const Costs unpaid = charge(due);
      lock.lock();
      for (const auto& [key, cost] : unpaid) costs[key] += cost;
      (written ? stats.written : stats.failed) += count;
      done += count;
      changed.notify_all();
    }
  }

  bool write(std::vector<Entry> batch) {
    std::vector<ReplyRecord> records;
    records.reserve(batch.size());
    for (Entry& entry : batch) records.push_back(record_of(std::move(entry)));
    const Status status = replies.add(records);
    if (!status) log_warning("{} replies are not recorded: {}", records.size(), status.error().message);
    return status.ok();
  }

  // What could not be charged.
  Costs charge(const Costs& due) {
    Costs unpaid;
    for (const auto& [key, cost] : due) {
      if (const Status status = keys.charge(key, cost); !status) {
        log_warning("what key {} has spent is not recorded yet: {}", key, status.error().message);
        unpaid[key] = cost;
      }
    }
    return unpaid;
  }

  ReplyStore replies;
  KeyStore keys;
  const size_t most_bytes;
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::vector<Entry> waiting;
  Costs costs;
  Stats stats;                   // but for `waiting`
  uint64_t taken = 0, done = 0;  // entries, since the beginning
  bool stop = false, dropping = false;
  std::thread thread;
};

Recorder::Recorder(ReplyStore replies, KeyStore keys, size_t most_bytes)
    : impl_(std::make_unique<Impl>(replies, keys, most_bytes)) {}

Recorder::~Recorder() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stop = true;
    impl_->changed.notify_all();
  }
  impl_->thread.join();
}

void Recorder::add(Entry entry) {
  const size_t bytes = bytes_of(entry);
  const std::lock_guard lock(impl_->mutex);
  if (!entry.reply.key.empty()) impl_->costs[entry.reply.key] += entry.cost;
  Stats& stats = impl_->stats;
  const bool full = !impl_->waiting.empty() && stats.waiting_bytes + bytes > impl_->most_bytes;
  if (full && !impl_->dropping) {
    log_warning("replies are not recorded until the disk has written those that wait: {} bytes", stats.waiting_bytes);
  }
  impl_->dropping = full;
  if (full) {
    ++stats.dropped;
    return;
  }
  stats.waiting_bytes += bytes;
  ++impl_->taken;
  impl_->waiting.push_back(std::move(entry));
  impl_->changed.notify_all();
}

void Recorder::flush() {
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait(lock, [&, all = impl_->taken] { return impl_->done >= all; });
}

Recorder::Stats Recorder::stats() const {
  const std::lock_guard lock(impl_->mutex);
  Stats stats = impl_->stats;
  stats.waiting = impl_->waiting.size();
  return stats;
}

}  // namespace persea
