#include "base/threads.h"

#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace persea {
namespace {

TEST(ThreadPool, RunsEachThreadOnceAndWaits) {
  for (const int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (int round = 0; round < 200; ++round) {
      std::vector<int> calls(static_cast<size_t>(threads));
      pool.run([&](int thread) { ++calls[static_cast<size_t>(thread)]; });
      EXPECT_EQ(calls, std::vector<int>(static_cast<size_t>(threads), 1));
    }
  }
}

TEST(ThreadPool, UsesDistinctThreads) {
  ThreadPool pool(4);
  std::mutex mutex;
  std::set<std::thread::id> ids;
  pool.run([&](int) {
    const std::lock_guard lock(mutex);
    ids.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(ids.size(), 4u);
}

TEST(ThreadPool, ParallelForTakesEachBlockOnce) {
  ThreadPool pool(3);
  for (const int64_t blocks : {0, 1, 2, 1000}) {
    std::vector<int> calls(static_cast<size_t>(blocks));
    pool.parallel_for(blocks, [&](int64_t block) { ++calls[static_cast<size_t>(block)]; });
    EXPECT_EQ(calls, std::vector<int>(static_cast<size_t>(blocks), 1));
  }
}

TEST(ThreadPool, RethrowsAndStaysUsable) {
  ThreadPool pool(3);
  const auto failing = [&](int thread) {
    if (thread == 1) throw std::runtime_error("one");
  };
  for (int round = 0; round < 50; ++round) {
    EXPECT_THROW(pool.run(failing), std::runtime_error);
    std::atomic<int> calls{0};
    pool.run([&](int) { ++calls; });
    EXPECT_EQ(calls, 3);
  }
}

TEST(ThreadPool, NestedRunIsSequential) {
  ThreadPool pool(2);
  std::atomic<int> calls{0};
  pool.run([&](int) {
    const auto me = std::this_thread::get_id();
    std::vector<int> order;
    pool.run([&](int thread) {
      order.push_back(thread);
      calls += std::this_thread::get_id() == me;
    });
    if (order != std::vector<int>{0, 1}) calls += 100;
    pool.parallel_for(10, [&](int64_t) { ++calls; });
  });
  EXPECT_EQ(calls, 2 * 2 + 2 * 10);
}

TEST(ThreadPool, CallersFromSeveralThreadsTakeTurns) {
  ThreadPool pool(2);
  std::atomic<int> calls{0}, inside{0};
  std::atomic<bool> overlapped{false};
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        pool.run([&](int) {
          if (++inside > 2) overlapped = true;
          ++calls;
          --inside;
        });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(calls, 4 * 50 * 2);
  EXPECT_FALSE(overlapped);
}

TEST(ThreadPool, WakesAfterSleeping) {
  ThreadPool pool(2);
  for (int round = 0; round < 5; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // far past the spinning
    std::atomic<int> calls{0};
    pool.run([&](int thread) {
      if (thread == 1) std::this_thread::sleep_for(std::chrono::milliseconds(2));  // the caller sleeps, too
      ++calls;
    });
    EXPECT_EQ(calls, 2);
  }
}

TEST(ThreadPool, SetThreadsReplacesThePool) {
  const int before = pool().threads();
  set_threads(3);
  EXPECT_EQ(pool().threads(), 3);
  set_threads(before);
  EXPECT_EQ(pool().threads(), before);
  EXPECT_THROW(ThreadPool(0), std::logic_error);
}

}  // namespace
}  // namespace persea
