#include "infer/scheduler.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <future>
#include <numeric>
#include <optional>
#include <thread>

#include "infer/generate.h"
#include "infer/scheduler_for_test.h"

namespace persea {
namespace {

TEST_F(SchedulerTest, WritesWhatASessionWrites) {
  Outcomes outcomes;
  Scheduler scheduler(*model_, {});
  Request asked = request({1, 2, 3}, 20);
  const std::vector<int32_t> wanted = written({1, 2, 3}, 20);
  asked.logprobs = true;
  const Outcome got = outcomes.wait(outcomes.submit(scheduler, asked));
  EXPECT_EQ(got.tokens, wanted);
  EXPECT_EQ(got.end.reason, EndReason::max_tokens);
  EXPECT_EQ(got.end.prompt_tokens, 3);
  EXPECT_EQ(got.end.written_tokens, 20);
  EXPECT_GE(got.end.seconds, got.end.first_token_seconds);
  EXPECT_GE(got.end.first_token_seconds, got.end.waited_seconds);
  asked.stop = {wanted[7]};
  const Outcome stopped = outcomes.wait(outcomes.submit(scheduler, asked));
  EXPECT_EQ(stopped.end.reason, EndReason::stop_token);
  EXPECT_EQ(stopped.tokens, std::vector<int32_t>(wanted.begin(), std::find(wanted.begin(), wanted.end(), wanted[7])));
  const Outcome full = outcomes.wait(outcomes.submit(scheduler, request(std::vector<int32_t>(155, 3), 100)));
  EXPECT_EQ(full.end.reason, EndReason::context);
  EXPECT_EQ(full.tokens.size(), 6U) << "5 places and the token after the last";
  EXPECT_EQ(outcomes.wait(outcomes.submit(scheduler, request({1}, 0))).end.reason, EndReason::max_tokens);
}

// The numbers of a text must not depend on who else is there. Packed weights add in one order; those in place do so in
// products of up to 12 rows, that is in passes of up to 12 tokens.
void expect_the_same_bits(const Model& model, std::optional<WeightType> type, int64_t pass_tokens) {
  const auto prompts = related_prompts(40, 90, 50, 5);
  Random random(8);
  std::vector<Request> requests;
  for (size_t i = 0; i < prompts.size(); ++i) {
    Request& asked = requests.emplace_back();
    asked.prompt = prompts[i];
    asked.max_tokens = 1 + static_cast<int64_t>(random.below(30));
    asked.sampler = {.temperature = i % 3 == 0 ? 0.0 : 1.2, .seed = i};
    if (i % 5 == 0) asked.sampler.frequency_penalty = 0.7;
    asked.client = std::to_string(i % 4);
    asked.likeliest = static_cast<int64_t>(random.below(3));
    asked.logprobs = true;
  }
  const auto start = [&](SchedulerOptions options) {
    options.pass_tokens = std::min(options.pass_tokens, pass_tokens);
    return std::make_unique<Scheduler>(DecoderWeights::of(model, type), options);
  };
  std::vector<Outcome> alone;
  for (const Request& one : requests) {
    const auto scheduler = start({.sequences = 1, .pass_tokens = 10, .share_prefixes = false});
    Outcomes outcomes;
    alone.push_back(outcomes.wait(outcomes.submit(*scheduler, one)));
  }
  const std::pair<SchedulerOptions, const char*> settings[] = {
      {{.sequences = 12}, "full passes"},
      {{.sequences = 12, .share_prefixes = false}, "nothing shared"},
      {{.sequences = 40, .pass_tokens = 100}, "all at once"},
      {{.sequences = 5, .pass_tokens = 7}, "odd chunks"},
      {{.sequences = 20, .pass_tokens = 3}, "in turn"},
      {{.sequences = 12, .cache_tokens = 288, .pass_tokens = 11}, "too small a cache"},
      {{.sequences = 12, .cache_tokens = 192, .share_prefixes = false}, "smaller still"},
  };
  for (const auto& [options, name] : settings) {
    const auto scheduler = start(options);
    Outcomes outcomes;
    std::vector<size_t> order(requests.size()), at(requests.size());
    std::iota(order.begin(), order.end(), size_t{0});
    random.shuffle(order);
    for (const size_t i : order) at[i] = outcomes.submit(*scheduler, requests[i]);
    for (size_t i = 0; i < requests.size(); ++i) {
      const Outcome got = outcomes.wait(at[i]);
      ASSERT_EQ(got.tokens, alone[i].tokens) << name << ", request " << i;
      ASSERT_EQ(got.logprobs, alone[i].logprobs) << name << ", request " << i;
      ASSERT_EQ(got.end.reason, alone[i].end.reason) << name;
      for (size_t t = 0; t < got.events.size(); ++t)
        ASSERT_EQ(got.events[t].likeliest, alone[i].events[t].likeliest) << name;
    }
    EXPECT_EQ(scheduler->stats().cache_tokens_used, 0);
    EXPECT_EQ(scheduler->stats().reused_tokens > 0, options.share_prefixes) << name;
  }
}

TEST_F(SchedulerTest, AnswersHaveTheSameBitsAloneAndInCompany) {
  expect_the_same_bits(*model_, WeightType::f32, 1000);
  expect_the_same_bits(*model_, WeightType::q8, 1000);
  expect_the_same_bits(*model_, std::nullopt, 12);
}

// Short prompts of long texts: more are let in than there is room for in the end.
TEST_F(SchedulerTest, TextsThatHadToMakeRoomGoOnAsTheyWere) {
  const DecoderWeights weights = DecoderWeights::of(*model_, WeightType::f32);
  const auto submit_all = [&](Scheduler& scheduler, Outcomes& outcomes) {
    for (int32_t i = 0; i < 7; ++i) {
      Request asked = request({i, 2, 3}, 110, static_cast<uint64_t>(i));
      asked.logprobs = true;
      outcomes.submit(scheduler, asked);
    }
  };
  Outcomes alone;
  Scheduler roomy(weights, {.sequences = 1});
  submit_all(roomy, alone);
  for (const bool share : {true, false}) {
    Outcomes outcomes;
    Scheduler scheduler(weights, {.sequences = 7, .cache_tokens = 192, .share_prefixes = share});
    submit_all(scheduler, outcomes);
    for (size_t i = 0; i < 7; ++i) {
      const Outcome got = outcomes.wait(i), wanted = alone.wait(i);
      EXPECT_EQ(got.tokens, wanted.tokens) << i;
      EXPECT_EQ(got.logprobs, wanted.logprobs) << i;
      EXPECT_EQ(got.end.reason, EndReason::max_tokens);
      EXPECT_EQ(got.ends, 1);
    }
    EXPECT_GT(scheduler.stats().put_back, 0U);
    EXPECT_EQ(scheduler.stats().cache_tokens_used, 0);
  }
}

TEST_F(SchedulerTest, TextsThatBeginAlikeAreComputedOnce) {
  std::vector<int32_t> prompt(100);
  for (size_t i = 0; i < prompt.size(); ++i) prompt[i] = static_cast<int32_t>(i * 7 % 50);
  Outcomes outcomes;
  Scheduler scheduler(*model_, {.pass_tokens = 64});
  Gate gate;
  Request begins = request({9, 9}, 2);
  gate.hold(begins);
  outcomes.submit(scheduler, begins);
  gate.reached.get_future().wait();
  for (uint64_t seed = 1; seed <= 6; ++seed) outcomes.submit(scheduler, request(prompt, 5, seed));
  gate.release.set_value();
  int64_t reused = 0;
  for (const Outcome& outcome : outcomes.all()) {
    EXPECT_EQ(outcome.end.reason, EndReason::max_tokens);
    reused += outcome.end.reused_tokens;
  }
  EXPECT_EQ(reused, 5 * 99) << "all but the last token, of all but the first";
  const Scheduler::Stats stats = scheduler.stats();
  EXPECT_EQ(stats.pass_tokens, 2U + 1 + 100 + 5 + 6 * 4);
  EXPECT_EQ(stats.reused_tokens, static_cast<uint64_t>(reused));

  // A chat: the next prompt begins with all that was there.
  Outcome first = outcomes.wait(outcomes.submit(scheduler, request({1, 2, 3, 4, 5}, 30)));
  std::vector<int32_t> next = {1, 2, 3, 4, 5};
  next.insert(next.end(), first.tokens.begin(), first.tokens.end());
  next.push_back(7);
  EXPECT_EQ(outcomes.wait(outcomes.submit(scheduler, request(next, 1))).end.reused_tokens, 34);
  EXPECT_EQ(outcomes.wait(outcomes.submit(scheduler, request(next, 1))).end.reused_tokens, 35);
}

TEST_F(SchedulerTest, LongPromptsDoNotHoldUpThoseThatWrite) {
  Outcomes outcomes;
  Scheduler scheduler(*model_, {.sequences = 4, .pass_tokens = 8, .share_prefixes = false});
  std::atomic<int> written_before{0};
  std::atomic<bool> read{false};
  Request writer = request({1, 2}, 60), reader = request(std::vector<int32_t>(150, 4), 1);
  Gate gate;
  writer.on_token = [&](const TokenEvent&) {
    if (!gate.waited) {
      gate.waited = true;
      gate.reached.set_value();
      gate.released.wait();
    }
    if (!read) ++written_before;
    return true;
  };
  reader.on_token = [&](const TokenEvent&) { return read = true; };
  outcomes.submit(scheduler, writer);
  gate.reached.get_future().wait();
  outcomes.submit(scheduler, reader);
  gate.release.set_value();
  (void)outcomes.all();
  EXPECT_GE(written_before, 150 / 8) << "a token in each of its passes";
}

class Even : public TokenConstraint {
 public:
  void allowed(std::span<uint64_t> bits) override {
    thread_ = std::this_thread::get_id();
    if (++count_ <= 5) std::fill(bits.begin(), bits.end(), 0x5555555555555555);
  }
  void accept(int32_t token) override {
    EXPECT_EQ(token % 2, 0);
    EXPECT_EQ(thread_, std::this_thread::get_id());
  }

 private:
  int count_ = 0;
  std::thread::id thread_;
};

TEST_F(SchedulerTest, KeepsToConstraintsAndBias) {
  Outcomes outcomes;
  Scheduler scheduler(*model_, {});
  for (uint64_t seed = 0; seed < 6; ++seed) {
    Request asked = request({1, 2}, 20, seed);
    asked.constraint = std::make_shared<Even>();
    outcomes.submit(scheduler, asked);
  }
  for (const Outcome& outcome : outcomes.all()) {
    EXPECT_EQ(outcome.end.reason, EndReason::constraint);
    EXPECT_EQ(outcome.tokens.size(), 5U);
  }
  Request forced = request({1, 2}, 4);
  forced.sampler.bias = {{13, 100.0F}};
  EXPECT_EQ(outcomes.wait(outcomes.submit(scheduler, forced)).tokens, std::vector<int32_t>(4, 13));
}

TEST_F(SchedulerTest, TellsTheModelsOwnProbabilities) {
  const std::vector<int32_t> prompt = {4, 8, 15, 16};
  std::vector<int32_t> positions = {0, 1, 2, 3}, starts(4, 0), targets(4, -1);
  const Tensor logits = model_->logits({1, 4, prompt, targets, positions, starts});
  const std::span<const float> row = logits.span().subspan(3 * 50, 50);
  Outcomes outcomes;
  Scheduler scheduler(*model_, {});
  Request asked = request(prompt, 1, 3);
  asked.sampler.bias = {{7, 100.0F}};  // and not what temperature and bias make of them
  asked.likeliest = 4;
  const Outcome got = outcomes.wait(outcomes.submit(scheduler, asked));
  ASSERT_EQ(got.events.size(), 1U);
  EXPECT_EQ(got.tokens[0], 7);
  EXPECT_NEAR(got.logprobs[0], row[7] - log_sum(row), 1e-3);
  ASSERT_EQ(got.events[0].likeliest.size(), 4U);
  EXPECT_EQ(got.events[0].likeliest[0].first, likeliest(row));
  for (const auto& [token, logprob] : got.events[0].likeliest)
    EXPECT_NEAR(logprob, row[static_cast<size_t>(token)] - log_sum(row), 1e-3);
  asked.likeliest = 0;
  EXPECT_EQ(outcomes.wait(outcomes.submit(scheduler, asked)).logprobs[0], 0) << "nobody asked";
}

// With a head of identity a model's logits are its final hidden states.
TEST_F(SchedulerTest, EmbedsTexts) {
  ModelConfig config = small_config();
  config.vocab = config.dim;
  auto model = small_model(config);
  Tensor& head = model->parameter("head").value;
  for (int64_t i = 0; i < head.count(); ++i) head.data()[i] = i % (config.dim + 1) == 0 ? 1 : 0;
  const auto prompts = related_prompts(12, 100, static_cast<int32_t>(config.vocab), 4);
  std::vector<std::vector<float>> alone;
  for (const auto& prompt : prompts) {
    const auto length = static_cast<int64_t>(prompt.size());
    std::vector<int32_t> positions(prompt.size()), starts(prompt.size(), 0), targets(prompt.size(), -1);
    std::iota(positions.begin(), positions.end(), 0);
    const Tensor states = model->logits({1, length, prompt, targets, positions, starts});
    std::vector<double> mean(static_cast<size_t>(config.dim));
    for (int64_t i = 0; i < states.count(); ++i) mean[static_cast<size_t>(i % config.dim)] += states.data()[i];
    double square = 0;
    for (const double value : mean) square += value * value;
    Outcomes outcomes;
    Scheduler scheduler(*model, {.pass_tokens = 12});
    const Outcome got = outcomes.wait(outcomes.embed(scheduler, {.tokens = prompt}));
    ASSERT_EQ(got.embedding.size(), 32U);
    for (size_t i = 0; i < mean.size(); ++i) EXPECT_NEAR(got.embedding[i], mean[i] / std::sqrt(square), 1e-4);
    alone.push_back(got.embedding);
  }
  for (const int64_t cache_tokens : {0, 192}) {  // in so small a cache they have to make room
    Outcomes outcomes;
    Scheduler scheduler(*model, {.cache_tokens = cache_tokens, .pass_tokens = 9});
    std::vector<size_t> at;
    for (const auto& prompt : prompts) {
      at.push_back(outcomes.embed(scheduler, {.tokens = prompt}));
      outcomes.submit(scheduler, request(prompt, 20));
    }
    for (size_t i = 0; i < prompts.size(); ++i) EXPECT_EQ(outcomes.wait(at[i]).embedding, alone[i]) << "the same bits";
  }
  Outcomes outcomes;
  Scheduler scheduler(*model, {});
  const size_t late = outcomes.embed(scheduler, {.tokens = {1}, .deadline = std::chrono::steady_clock::now()});
  EXPECT_EQ(outcomes.wait(late).end.reason, EndReason::deadline);
  EXPECT_TRUE(outcomes.wait(late).embedding.empty());
  EXPECT_TRUE(std::holds_alternative<Scheduler::Refusal>(scheduler.submit_embedding({})));
}

TEST_F(SchedulerTest, CachesOfFewerBitsWriteNearlyTheSame) {
  Outcomes outcomes;
  const auto prompts = related_prompts(10, 60, 50, 6);
  for (const auto& [format, tolerance] : std::initializer_list<std::pair<KvPool::Format, double>>{
           {KvPool::Format::f16, 0.05}, {KvPool::Format::q8, 0.8}}) {
    Scheduler plain(*model_, {}), small(*model_, {.cache_format = format});
    for (const auto& prompt : prompts) {
      Request asked = request(prompt, 1);
      asked.logprobs = true;
      const Outcome a = outcomes.wait(outcomes.submit(plain, asked));
      asked.sampler.bias = {{a.tokens[0], 100.0F}};
      const Outcome b = outcomes.wait(outcomes.submit(small, asked));
      EXPECT_NEAR(a.logprobs[0], b.logprobs[0], tolerance);
    }
  }
}

TEST(Histogram, CountsByBounds) {
  Histogram histogram;
  for (const double value : {0.0005, 0.001, 0.002, 100.0}) histogram.add(value);
  EXPECT_EQ(histogram.counts[0], 2U);
  EXPECT_EQ(histogram.counts[1], 1U);
  EXPECT_EQ(histogram.counts.back(), 1U);
  EXPECT_NEAR(histogram.sum, 100.0035, 1e-9);
}

TEST_F(SchedulerTest, CountsWhatItDoes) {
  Outcomes outcomes;
  Scheduler scheduler(*model_, {});
  for (int32_t i = 0; i < 4; ++i) outcomes.submit(scheduler, request({i, 1, 2}, 6));
  (void)outcomes.all();
  const auto stats = scheduler.stats();
  EXPECT_EQ(stats.requests, 4U);
  EXPECT_EQ(stats.prompt_tokens, 12U);
  EXPECT_EQ(stats.written_tokens, 24U);
  EXPECT_EQ(stats.pass_tokens, 4 * (3U + 5U));
  EXPECT_EQ(stats.ended[static_cast<size_t>(EndReason::max_tokens)], 4U);
  const auto count = [](const Histogram& h) { return std::accumulate(h.counts.begin(), h.counts.end(), uint64_t{0}); };
  EXPECT_EQ(count(stats.waited), 4U);
  EXPECT_EQ(count(stats.first_token), 4U);
  EXPECT_EQ(count(stats.gap), 20U);
  EXPECT_EQ(count(stats.whole), 4U);
  EXPECT_EQ(stats.waiting + stats.running, 0);
}

}  // namespace
}  // namespace persea
