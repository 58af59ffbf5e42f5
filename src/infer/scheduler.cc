#include "infer/scheduler.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "infer/batch.h"
#include "infer/fair_queue.h"
#include "infer/scheduler_job.h"

namespace persea {

using Clock = Job::Clock;
using Entry = std::unique_ptr<Job>;

namespace {

double seconds_between(Clock::time_point begin, Clock::time_point end) {
  return std::chrono::duration<double>(end - begin).count();
}

}  // namespace

struct Scheduler::Impl {
  Impl(DecoderWeights weights, const SchedulerOptions& given)
      : config(weights.config),
        options(given),
        batch(std::move(weights), given),
        pages(batch.pages()),
        room(batch.room()) {
    stats.cache_tokens = pages->pages() * KvPool::kTokens;
    thread = std::thread([this] { work(); });
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stop = true;
    }
    wake.notify_all();
    thread.join();
  }

  // On callers' threads.
  std::optional<Refusal> check(const Request& request) const;
  std::variant<uint64_t, Refusal> take(Entry job);
  Refusal refuse(Refusal refusal);
  double retry_seconds() const;

  // On the scheduler's own.
  void work();
  void end_cancelled();
  void end_expired();
  void admit();
  void pass();
  void deliver(Job& job, Clock::time_point now);
  void end_finished();
  void end_all(EndReason reason, const std::string& error);
  Entry next_waiting();
  void put_back(Entry job);
  void finish(Entry job, EndReason reason);
  void publish();

  const ModelConfig config;
  const SchedulerOptions options;
  Batch batch;                          // the thread's
  const std::shared_ptr<KvPool> pages;  // its content is the thread's
  const int64_t room;
  std::vector<Entry> held;  // the thread's: taken out of the queue, wait for room, the oldest first
  Stats made;               // the thread's: what it has counted since it last published

  mutable std::mutex mutex;  // guards all below
  std::condition_variable wake, idle;
  FairQueue<Job> queue;
  std::vector<uint64_t> cancels;
  bool stop = false, drains = false;
  uint64_t last_id = 0;
  int64_t alive = 0;        // taken and not yet ended
  double work_seconds = 0;  // that a request spends in the works, lately
  Stats stats;

  std::thread thread;  // last: it uses all of the above
};

// ---- On callers' threads

std::optional<Scheduler::Refusal> Scheduler::Impl::check(const Request& request) const {
  if (const Status status = request.sampler.check(); !status) return Refusal{.why = status.error().message};
  return refusal_of(request.prompt, room - 1, room, config);
}

Scheduler::Refusal Scheduler::Impl::refuse(Refusal refusal) {
  const std::lock_guard lock(mutex);
  ++stats.refused;
  return refusal;
}

// Until half of those who wait now will be in the works, as far as one can tell.
double Scheduler::Impl::retry_seconds() const {
  const double seconds =
      work_seconds * static_cast<double>(queue.size()) / (2 * static_cast<double>(options.sequences));
  return std::clamp(seconds, 1.0, 60.0);
}

std::variant<uint64_t, Scheduler::Refusal> Scheduler::Impl::take(Entry job) {
  uint64_t id = 0;
  {
    const std::lock_guard lock(mutex);
    if (drains || stop) {
      ++stats.refused;
      return Refusal{.ending = true, .why = "the server is about to end and takes nothing more"};
    }
    if (queue.size() >= std::max<size_t>(options.waiting, 1)) {
      ++stats.refused;
      return Refusal{.busy = true,
                     .retry_seconds = retry_seconds(),
                     .why = fmt::format("{} requests are waiting already", queue.size())};
    }
    id = job->id = ++last_id;
    queue.push(std::move(job));
    ++alive;
    ++stats.requests;
  }
  wake.notify_one();
  return id;
}

// ---- On the scheduler's thread

void Scheduler::Impl::work() {
  while (true) {
    {
      std::unique_lock lock(mutex);
      wake.wait(lock,
                [&] { return stop || !cancels.empty() || queue.size() > 0 || batch.size() > 0 || !held.empty(); });
      if (stop) break;
    }
    try {
      end_cancelled();
      end_expired();
      admit();
      publish();  // what is about to run is seen to be running
      if (batch.size() > 0) pass();
      end_finished();
    } catch (const std::exception& error) {  // no memory, for example: the next requests may do better
      end_all(EndReason::failed, error.what());
    }
  }
  end_all(EndReason::shutdown, "");
  publish();
}

void Scheduler::Impl::end_cancelled() {
  std::vector<uint64_t> ids;
  std::vector<Entry> waiting;
  {
    const std::lock_guard lock(mutex);
    ids.swap(cancels);
    for (const uint64_t id : ids)
      if (Entry job = queue.take(id)) waiting.push_back(std::move(job));
  }
  for (Entry& job : waiting) finish(std::move(job), EndReason::cancelled);
  for (const uint64_t id : ids) {
    if (const auto found = std::find_if(held.begin(), held.end(), [&](const Entry& job) { return job->id == id; });
        found != held.end()) {
      Entry job = std::move(*found);
      held.erase(found);
      finish(std::move(job), EndReason::cancelled);
    }
    for (const auto& job : batch.jobs())
      if (job->id == id && !job->ending) job->ending = EndReason::cancelled;
  }
  end_finished();
}

void Scheduler::Impl::end_expired() {
  const auto now = Clock::now();
  std::vector<Entry> expired;
  {
    const std::lock_guard lock(mutex);
    expired = queue.take_expired(now);
  }
  for (size_t i = 0; i < held.size();) {
    if (held[i]->deadline > now) {
      ++i;
    } else {
      expired.push_back(std::move(held[i]));
      held.erase(held.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  for (Entry& job : expired) finish(std::move(job), EndReason::deadline);
  for (const auto& job : batch.jobs())
    if (job->deadline <= now && !job->ending) job->ending = EndReason::deadline;
  end_finished();
}

Entry Scheduler::Impl::next_waiting() {
  if (!held.empty()) {
    Entry job = std::move(held.front());
    held.erase(held.begin());
    return job;
  }
  const std::lock_guard lock(mutex);
  return queue.pop();
}

void Scheduler::Impl::put_back(Entry job) {
  const auto place = std::find_if(held.begin(), held.end(), [&](const Entry& other) { return other->id > job->id; });
  held.insert(place, std::move(job));
}

void Scheduler::Impl::admit() {
  while (static_cast<int64_t>(batch.size()) < options.sequences) {
    Entry job = next_waiting();
    if (!job) return;
    if (!job->embeds() && job->request.max_tokens <= 0) {
      finish(std::move(job), EndReason::max_tokens);
      continue;
    }
    Job* admitted = job.get();
    try {
      if (!batch.admit(job)) return put_back(std::move(job));
    } catch (...) {  // it is still to hear of its end
      if (job) put_back(std::move(job));
      throw;
    }
    if (admitted->admitted) continue;
    admitted->admitted = true;
    admitted->started = Clock::now();
    admitted->end.waited_seconds = seconds_between(admitted->submitted, admitted->started);
    made.waited.add(admitted->end.waited_seconds);
  }
}

void Scheduler::Impl::pass() {
  const int64_t tokens = batch.pass();
  for (Entry& job : batch.take_put_back()) {
    ++made.put_back;
    put_back(std::move(job));
  }
  if (tokens == 0) return;
  ++made.passes;
  made.pass_tokens += static_cast<uint64_t>(tokens);
  const auto now = Clock::now();
  for (const auto& job : batch.jobs())
    if (!job->events.empty()) deliver(*job, now);
}

void Scheduler::Impl::deliver(Job& job, Clock::time_point now) {
  const bool first = job.end.written_tokens == 0;
  if (first) {
    job.end.first_token_seconds = seconds_between(job.submitted, now);
    made.first_token.add(job.end.first_token_seconds);
  }
  const double gap = first ? 0 : seconds_between(job.last_token, now) / static_cast<double>(job.events.size());
  job.last_token = now;
  for (const TokenEvent& event : job.events) {
    if (!first) made.gap.add(gap);
    ++job.end.written_tokens;
    bool goes_on = true;
    try {
      goes_on = !job.request.on_token || job.request.on_token(event);
    } catch (const std::exception& error) {
      job.ending = EndReason::failed;
      job.end.error = error.what();
      break;
    }
    if (!goes_on) {
      job.ending = EndReason::cancelled;
      break;
    }
  }
  job.events.clear();
}

void Scheduler::Impl::end_finished() {
  for (size_t i = 0; i < batch.size();) {
    if (batch.jobs()[i]->ending) {
      Entry job = batch.take(i);
      const EndReason reason = *job->ending;
      finish(std::move(job), reason);
    } else {
      ++i;
    }
  }
}

void Scheduler::Impl::end_all(EndReason reason, const std::string& error) {
  std::vector<Entry> all;
  while (batch.size() > 0) {
    batch.jobs().back()->ending = EndReason::failed;  // its pages are worth nothing to anybody
    all.push_back(batch.take(batch.size() - 1));
  }
  for (Entry& job : batch.take_put_back()) all.push_back(std::move(job));
  for (Entry& job : held) all.push_back(std::move(job));
  held.clear();
  {
    const std::lock_guard lock(mutex);
    if (reason == EndReason::shutdown)
      while (Entry job = queue.pop()) all.push_back(std::move(job));
  }
  for (Entry& job : all) {
    job->end.error = error;
    finish(std::move(job), reason);
  }
}

// The one place where a request ends.
void Scheduler::Impl::finish(Entry job, EndReason reason) {
  const auto now = Clock::now();
  RequestEnd& end = job->end;
  const bool embedded = job->embeds() && reason == EndReason::max_tokens;
  end.reason = reason;
  end.prompt_tokens = static_cast<int64_t>(job->prompt_tokens);
  end.seconds = seconds_between(job->submitted, now);
  if (job->admitted) {
    made.prompt_tokens += static_cast<uint64_t>(end.prompt_tokens);
    made.reused_tokens += static_cast<uint64_t>(end.reused_tokens);
    made.written_tokens += static_cast<uint64_t>(end.written_tokens);
  }
  made.whole.add(end.seconds);
  ++made.ended[static_cast<size_t>(reason)];
  publish();  // before the call: who hears of the end finds it counted
  try {
    if (job->embeds()) {
      if (job->on_embedding) job->on_embedding(end, embedded ? job->embedding() : std::span<const float>());
    } else if (job->request.on_end) {
      job->request.on_end(end);
    }
  } catch (const std::exception&) {  // promised not to; nobody is left to be told
  }
  const bool worked = job->admitted;
  const double seconds = worked ? seconds_between(job->started, now) : 0;
  job.reset();
  {
    const std::lock_guard lock(mutex);
    if (worked) work_seconds = work_seconds == 0 ? seconds : 0.9 * work_seconds + 0.1 * seconds;
    --alive;
  }
  idle.notify_all();
}

void Scheduler::Impl::publish() {
  const std::lock_guard lock(mutex);
  stats.waiting = static_cast<int64_t>(held.size());  // and those in the queue
  stats.running = static_cast<int64_t>(batch.size());
  stats.cache_tokens_used = (pages->used() - pages->idle()) * KvPool::kTokens;
  stats.drafted = batch.drafted();
  stats.accepted = batch.accepted();
  stats.add(made);
  made = {};
}

// ---- The scheduler

Scheduler::Scheduler(DecoderWeights weights, const SchedulerOptions& options)
    : impl_(std::make_unique<Impl>(std::move(weights), options)) {}

Scheduler::~Scheduler() = default;

std::variant<uint64_t, Scheduler::Refusal> Scheduler::submit(Request request) {
  if (auto refusal = impl_->check(request)) return impl_->refuse(std::move(*refusal));
  return impl_->take(std::make_unique<Job>(std::move(request), impl_->config, impl_->pages, impl_->room));
}

std::variant<uint64_t, Scheduler::Refusal> Scheduler::submit_embedding(EmbeddingRequest request) {
  if (auto refusal = refusal_of(request.tokens, impl_->room, impl_->room, impl_->config))
    return impl_->refuse(std::move(*refusal));
  return impl_->take(std::make_unique<Job>(std::move(request), impl_->config, impl_->pages, impl_->room));
}

void Scheduler::cancel(uint64_t id) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->cancels.push_back(id);
  }
  impl_->wake.notify_one();
}

void Scheduler::drain() {
  std::unique_lock lock(impl_->mutex);
  impl_->drains = true;
  impl_->idle.wait(lock, [&] { return impl_->alive == 0; });
}

int64_t Scheduler::room() const { return impl_->room; }

Scheduler::Stats Scheduler::stats() const {
  const std::lock_guard lock(impl_->mutex);
  Stats stats = impl_->stats;
  stats.waiting += static_cast<int64_t>(impl_->queue.size());
  return stats;
}

}  // namespace persea
