#include "base/threads.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace persea {
namespace {

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  int cores =
      sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  // A container's share of time (cgroup v2): more threads than that only wait for each other.
  if (std::FILE* file = std::fopen("/sys/fs/cgroup/cpu.max", "re")) {
    double quota = 0, period = 0;
    if (std::fscanf(file, "%lf %lf", &quota, &period) == 2 && quota > 0 && period > 0) {
      cores = std::min(cores, static_cast<int>(std::ceil(quota / period)));
    }
    std::fclose(file);
  }
  return std::max(cores, 1);
}

// Waits until `value` differs from `old`: spins up to `budget`, then sleeps on the futex.
uint32_t wait_for_change(const std::atomic<uint32_t>& value, uint32_t old, std::chrono::nanoseconds budget) {
  constexpr int kRelaxes = 16;  // pauses between looks at the clock
  const auto end = std::chrono::steady_clock::now() + budget;
  do {
    for (int i = 0; i < kRelaxes; ++i) {
      if (const uint32_t now = value.load(std::memory_order_acquire); now != old) return now;
      relax();
    }
  } while (std::chrono::steady_clock::now() < end);
  value.wait(old, std::memory_order_acquire);
  return value.load(std::memory_order_acquire);
}

struct Soon {
  const char* at = nullptr;
  int64_t bytes = 0;
};
thread_local Soon soon;  // see ThreadPool::read_soon

// Fetches what the last call asked for, up to the moment when `value` differs from `old`.
void fetch_until_change(const std::atomic<uint32_t>& value, uint32_t old) {
  constexpr int64_t kLine = 64, kLinesPerLook = 8;
  const auto [at, bytes] = std::exchange(soon, {});
  for (int64_t i = 0; i < bytes && value.load(std::memory_order_relaxed) == old; i += kLine * kLinesPerLook)
    for (int64_t line = 0; line < kLinesPerLook; ++line) __builtin_prefetch(at + i + line * kLine, 0, 2);
}

}  // namespace

struct ThreadPool::Impl {
  explicit Impl(int n)
      : threads(n), spin(n <= usable_cores() ? std::chrono::microseconds(50) : std::chrono::microseconds(2)) {}

  void call(int thread) {
    const Impl* outer = std::exchange(current, this);
    try {
      (*fn)(thread);
    } catch (...) {
      const std::lock_guard lock(error_mutex);
      if (!error) error = std::current_exception();
    }
    current = outer;
  }

  void work(int thread) {
    uint32_t seen = 0;
    while (true) {
      seen = wait_for_change(job, seen, spin);
      if (stop) return;
      call(thread);
      if (pending.fetch_sub(1, std::memory_order_acq_rel) == 1) pending.notify_one();
      fetch_until_change(job, seen);
    }
  }

  void end() {
    stop = true;
    job.fetch_add(1, std::memory_order_release);
    job.notify_all();
    for (std::thread& worker : workers) worker.join();
  }

  static thread_local const Impl* current;  // the pool whose run() this thread is inside of

  const int threads;
  const std::chrono::nanoseconds spin;
  std::mutex callers;  // one run() at a time: callers from other threads queue
  bool stop = false;   // written before `job` changes, read after
  const std::function<void(int)>* fn = nullptr;
  alignas(64) std::atomic<uint32_t> job{0};
  alignas(64) std::atomic<uint32_t> pending{0};
  std::mutex error_mutex;
  std::exception_ptr error;
  std::vector<std::thread> workers;
};

thread_local const ThreadPool::Impl* ThreadPool::Impl::current = nullptr;

ThreadPool::ThreadPool(int threads) : impl_(std::make_unique<Impl>(threads)) {
  if (threads < 1) throw std::logic_error("a thread pool needs a thread");
  try {
    for (int i = 1; i < threads; ++i) impl_->workers.emplace_back([this, i] { impl_->work(i); });
  } catch (const std::system_error&) {
    impl_->end();
    throw std::runtime_error(std::to_string(threads) + " threads cannot be started here: ask for fewer");
  }
}

ThreadPool::~ThreadPool() { impl_->end(); }

int ThreadPool::threads() const { return impl_->threads; }

void ThreadPool::run(const std::function<void(int thread)>& fn) {
  Impl& p = *impl_;
  if (Impl::current == &p) {
    for (int i = 0; i < p.threads; ++i) fn(i);
    return;
  }
  const std::lock_guard lock(p.callers);
  p.fn = &fn;
  p.error = nullptr;
  p.pending.store(static_cast<uint32_t>(p.threads - 1), std::memory_order_relaxed);
  if (p.threads > 1) {
    p.job.fetch_add(1, std::memory_order_release);
    p.job.notify_all();
  }
  p.call(0);
  for (uint32_t left = p.pending.load(std::memory_order_acquire); left != 0;)
    left = wait_for_change(p.pending, left, p.spin);
  if (p.error) std::rethrow_exception(p.error);
}

void ThreadPool::read_soon(const void* at, int64_t bytes) { soon = {static_cast<const char*>(at), bytes}; }

void ThreadPool::parallel_for(int64_t blocks, const std::function<void(int64_t block)>& fn) {
  if (blocks <= 1) {
    if (blocks == 1) fn(0);
    return;
  }
  std::atomic<int64_t> next{0};
  run([&](int) {
    for (int64_t block; (block = next.fetch_add(1, std::memory_order_relaxed)) < blocks;) fn(block);
  });
}

namespace {

int default_threads() {
  if (const char* text = std::getenv("PERSEA_THREADS")) {
    int threads = 0;
    const char* end = text + std::strlen(text);
    const auto [stop, ec] = std::from_chars(text, end, threads);
    if (ec == std::errc() && stop == end && threads >= 1 && threads <= 1024) return threads;
  }
  return usable_cores();
}

std::unique_ptr<ThreadPool>& program_pool() {
  static std::unique_ptr<ThreadPool> instance = std::make_unique<ThreadPool>(default_threads());
  return instance;
}

}  // namespace

ThreadPool& pool() { return *program_pool(); }

void set_threads(int threads) {
  if (threads != pool().threads()) program_pool() = std::make_unique<ThreadPool>(threads);
}

}  // namespace persea
