// The scheduler under many threads that submit, cancel, are late and go away: nobody is lost, nobody gets another's
// text, and memory does not grow.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "infer/generate.h"
#include "infer/scheduler_for_test.h"

namespace persea {
namespace {

struct Counts {
  std::atomic<int> taken{0}, refused{0}, ended{0}, twice{0}, wrong{0}, whole{0};
};

// Where the process stands, in bytes.
int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  int64_t size = 0, resident = 0;
  file >> size >> resident;
  return resident * 4096;
}

class SchedulerStress : public testing::Test {
 protected:
  SchedulerStress() {
    prompts_ = related_prompts(24, 100, 50, 9);
    Decoder decoder(*model_);
    for (const auto& prompt : prompts_) {
      Session session(decoder);
      texts_.push_back(session.generate(prompt, {.max_tokens = kTokens, .sampler = {.temperature = 0}})->tokens);
    }
  }

  // One request of a client that may lose patience; returns once it is submitted.
  void ask(Scheduler& scheduler, Random& random, const std::string& client, Counts& counts,
           std::vector<uint64_t>& ids) const {
    struct State {
      std::vector<int32_t> tokens;
      std::atomic<int> ends{0};
      size_t leaves = 1000;
    };
    const size_t which = random.below(prompts_.size());
    const auto state = std::make_shared<State>();
    if (random.chance(0.2)) state->leaves = random.below(static_cast<uint64_t>(kTokens));
    Request request;
    request.prompt = prompts_[which];
    request.max_tokens = 1 + static_cast<int64_t>(random.below(static_cast<uint64_t>(kTokens)));
    request.sampler.temperature = 0;
    request.client = client;
    if (random.chance(0.15)) {
      request.deadline = std::chrono::steady_clock::now() + std::chrono::microseconds(random.below(20000));
    }
    request.on_token = [state](const TokenEvent& event) {
      state->tokens.push_back(event.token);
      return state->tokens.size() <= state->leaves;
    };
    request.on_end = [state, &counts, &wanted = texts_[which], most = request.max_tokens](const RequestEnd& end) {
      ++counts.ended;
      if (++state->ends > 1) ++counts.twice;
      const auto count = static_cast<std::ptrdiff_t>(state->tokens.size());
      const bool begins = count <= static_cast<std::ptrdiff_t>(wanted.size()) &&
                          std::equal(state->tokens.begin(), state->tokens.end(), wanted.begin());
      const bool whole = end.reason == EndReason::max_tokens;
      const auto all = std::min<int64_t>(most, static_cast<int64_t>(wanted.size()));
      if (!begins || (whole && count != all) || end.reason == EndReason::failed) ++counts.wrong;
      counts.whole += whole ? 1 : 0;
    };
    const auto answer = scheduler.submit(std::move(request));
    if (const auto* id = std::get_if<uint64_t>(&answer)) {
      ++counts.taken;
      ids.push_back(*id);
    } else {
      ++counts.refused;
    }
  }

  void storm(Scheduler& scheduler, int threads, int requests, uint64_t seed, Counts& counts) const {
    std::vector<std::thread> clients;
    for (int t = 0; t < threads; ++t) {
      clients.emplace_back([&, t] {
        Random random(seed + static_cast<uint64_t>(t), "storm");
        std::vector<uint64_t> ids;
        for (int i = 0; i < requests; ++i) {
          ask(scheduler, random, std::to_string(t % 3), counts, ids);
          if (!ids.empty() && random.chance(0.2)) scheduler.cancel(random.pick(ids));
          if (random.chance(0.1)) (void)scheduler.stats();
          if (random.chance(0.3)) std::this_thread::sleep_for(std::chrono::microseconds(random.below(2000)));
        }
      });
    }
    for (std::thread& client : clients) client.join();
  }

  static constexpr int64_t kTokens = 24;
  std::unique_ptr<Model> model_ = small_model();
  std::vector<std::vector<int32_t>> prompts_, texts_;
};

TEST_F(SchedulerStress, NobodyIsLostAndNobodyGetsAnothersText) {
  for (const int64_t cache_tokens : {0, 320}) {
    Counts counts;
    {
      Scheduler scheduler(*model_, {.sequences = 8, .cache_tokens = cache_tokens, .pass_tokens = 24, .waiting = 60});
      storm(scheduler, 4, 40, static_cast<uint64_t>(cache_tokens), counts);
      scheduler.drain();
      const auto stats = scheduler.stats();
      EXPECT_EQ(counts.ended, counts.taken);
      EXPECT_EQ(stats.requests, static_cast<uint64_t>(counts.taken));
      EXPECT_EQ(stats.refused, static_cast<uint64_t>(counts.refused));
      EXPECT_EQ(stats.cache_tokens_used, 0);
      EXPECT_EQ(stats.waiting + stats.running, 0);
    }
    EXPECT_EQ(counts.twice, 0);
    EXPECT_EQ(counts.wrong, 0);
    EXPECT_GT(counts.whole, 0);
  }
}

TEST_F(SchedulerStress, EndsWhileClientsStillSubmit) {
  for (uint64_t round = 0; round < 5; ++round) {
    Counts counts;
    auto scheduler = std::make_unique<Scheduler>(*model_, SchedulerOptions{.sequences = 4, .waiting = 30});
    std::vector<std::thread> threads;
    threads.emplace_back([&] { storm(*scheduler, 3, 15, round, counts); });
    threads.emplace_back([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
      scheduler->drain();
    });
    for (std::thread& thread : threads) thread.join();
    scheduler.reset();
    EXPECT_EQ(counts.ended, counts.taken);
    EXPECT_EQ(counts.twice + counts.wrong, 0);
  }
}

using SchedulerStressSlow = SchedulerStress;

TEST_F(SchedulerStressSlow, MemoryDoesNotGrow) {
  Counts counts;
  Scheduler scheduler(*model_, {.sequences = 16, .cache_tokens = 640, .pass_tokens = 48, .waiting = 64});
  storm(scheduler, 3, 150, 1, counts);
  [[maybe_unused]] const int64_t warm = resident_bytes();
  for (uint64_t round = 2; round < 6; ++round) storm(scheduler, 3, 150, 10 * round, counts);
  scheduler.drain();
  EXPECT_EQ(counts.ended, counts.taken);
  EXPECT_EQ(counts.twice + counts.wrong, 0);
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)  // whose own memory grows
  EXPECT_LT(resident_bytes() - warm, int64_t{3} << 20);
#endif
}

}  // namespace
}  // namespace persea
