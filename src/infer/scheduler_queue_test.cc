// Who is served when, who is refused, and how requests end.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>
#include <thread>

#include "infer/scheduler.h"
#include "infer/scheduler_for_test.h"

namespace persea {
namespace {

class SchedulerQueueTest : public SchedulerTest {};

TEST_F(SchedulerQueueTest, ServesClientsInTurnAndRefusesWhenFull) {
  Outcomes outcomes;
  Scheduler scheduler(*model_, {.sequences = 1, .waiting = 5});
  Gate gate;
  Request first = request({1}, 2);
  gate.hold(first);
  outcomes.submit(scheduler, first);
  gate.reached.get_future().wait();
  std::mutex mutex;
  std::vector<std::string> order;
  for (const char* client : {"a", "a", "a", "b", "c"}) {
    Request next = request({2, 3}, 1);
    next.client = client;
    next.on_end = [&, client](const RequestEnd&) {
      const std::lock_guard lock(mutex);
      order.emplace_back(client);
    };
    outcomes.submit(scheduler, next);
  }
  EXPECT_EQ(scheduler.stats().waiting, 5);
  EXPECT_EQ(scheduler.stats().running, 1);
  const auto refused = scheduler.submit(request({1}, 1));
  const auto* refusal = std::get_if<Scheduler::Refusal>(&refused);
  ASSERT_NE(refusal, nullptr);
  EXPECT_TRUE(refusal->busy);
  EXPECT_GE(refusal->retry_seconds, 1);
  EXPECT_EQ(scheduler.stats().refused, 1U);
  gate.release.set_value();
  (void)outcomes.all();
  const std::lock_guard lock(mutex);
  EXPECT_EQ(order, (std::vector<std::string>{"a", "b", "c", "a", "a"}));
}

TEST_F(SchedulerQueueTest, RefusesWhatItCanNeverServe) {
  Scheduler scheduler(*model_, {.cache_tokens = 64});
  EXPECT_EQ(scheduler.room(), 64);
  const auto why = [&](Request asked) {
    const auto answer = scheduler.submit(std::move(asked));
    const auto* refusal = std::get_if<Scheduler::Refusal>(&answer);
    return refusal && !refusal->busy && !refusal->ending ? refusal->why : std::string("taken");
  };
  EXPECT_NE(why(request({}, 1)).find("empty"), std::string::npos);
  EXPECT_NE(why(request({50}, 1)).find("token 50"), std::string::npos);
  EXPECT_NE(why(request(std::vector<int32_t>(64, 1), 1)).find("1 too many: the server's cache holds 64"),
            std::string::npos);
  Request wild = request({1}, 1);
  wild.sampler.top_p = 2;
  EXPECT_NE(why(wild).find("top_p"), std::string::npos);
  EXPECT_THROW(Scheduler(*model_, {.sequences = 0}), std::logic_error);
  // What just fits ends where the cache does.
  Outcomes outcomes;
  EXPECT_EQ(outcomes.wait(outcomes.submit(scheduler, request(std::vector<int32_t>(63, 1), 9))).tokens.size(), 2U);
}

TEST_F(SchedulerQueueTest, EndsWhatIsCancelledAndWhatIsLate) {
  Outcomes outcomes;
  Scheduler scheduler(*model_, {.sequences = 2});
  Gate gate;
  Request first = request({1}, 100), second = request({2}, 100), waits = request({3}, 100), late = request({4}, 100);
  gate.hold(first);
  outcomes.watch(first);
  const uint64_t first_id = std::get<uint64_t>(scheduler.submit(first));
  gate.reached.get_future().wait();
  second.on_token = [count = 0](const TokenEvent&) mutable { return ++count < 3; };
  const size_t in_second = outcomes.submit(scheduler, second);
  const size_t in_waits = outcomes.watch(waits);
  const uint64_t waits_id = std::get<uint64_t>(scheduler.submit(waits));
  late.deadline = std::chrono::steady_clock::now();
  const size_t in_late = outcomes.submit(scheduler, late);
  scheduler.cancel(first_id);
  scheduler.cancel(waits_id);
  scheduler.cancel(12345);
  gate.release.set_value();
  EXPECT_EQ(outcomes.wait(0).end.reason, EndReason::cancelled);
  EXPECT_LE(outcomes.wait(0).tokens.size(), 2U);
  EXPECT_EQ(outcomes.wait(in_second).end.reason, EndReason::cancelled);
  EXPECT_EQ(outcomes.wait(in_second).tokens.size(), 3U);
  EXPECT_EQ(outcomes.wait(in_waits).end.reason, EndReason::cancelled);
  EXPECT_EQ(outcomes.wait(in_waits).end.first_token_seconds, 0);
  EXPECT_EQ(outcomes.wait(in_late).end.reason, EndReason::deadline);

  Request running = request({5}, 150);
  running.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(40);
  running.on_token = [](const TokenEvent&) { return std::this_thread::sleep_for(std::chrono::milliseconds(5)), true; };
  const Outcome ended = outcomes.wait(outcomes.submit(scheduler, running));
  EXPECT_EQ(ended.end.reason, EndReason::deadline);
  EXPECT_LT(ended.tokens.size(), 60U);
  const auto stats = scheduler.stats();
  EXPECT_EQ(stats.ended[static_cast<size_t>(EndReason::cancelled)], 3U);
  EXPECT_EQ(stats.ended[static_cast<size_t>(EndReason::deadline)], 2U);
  EXPECT_EQ(stats.cache_tokens_used, 0);
}

TEST_F(SchedulerQueueTest, DrainsAndShutsDown) {
  Outcomes outcomes;
  {
    Scheduler scheduler(*model_, {.sequences = 3});
    for (int32_t i = 0; i < 9; ++i) outcomes.submit(scheduler, request({i}, 20));
    scheduler.drain();
    for (const Outcome& outcome : outcomes.all()) {
      EXPECT_EQ(outcome.end.reason, EndReason::max_tokens);
      EXPECT_EQ(outcome.ends, 1);
    }
    const auto answer = scheduler.submit(request({1}, 1));
    ASSERT_TRUE(std::holds_alternative<Scheduler::Refusal>(answer));
    EXPECT_TRUE(std::get<Scheduler::Refusal>(answer).ending);
    scheduler.drain();
  }
  Outcomes rest;
  Gate gate;
  std::thread opener;
  {
    Scheduler scheduler(*model_, {.sequences = 2});
    Request first = request({1}, 150);
    gate.hold(first);
    rest.submit(scheduler, first);
    gate.reached.get_future().wait();
    for (int32_t i = 0; i < 5; ++i) rest.submit(scheduler, request({i}, 150));
    opener = std::thread([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      gate.release.set_value();
    });
  }
  opener.join();
  for (const Outcome& outcome : rest.all()) {
    EXPECT_EQ(outcome.end.reason, EndReason::shutdown);
    EXPECT_EQ(outcome.ends, 1);
  }
}

// Every second token, and nothing after the fifth.

}  // namespace
}  // namespace persea
