#include "infer/drafter.h"

#include <gtest/gtest.h>

#include <cmath>

#include "infer/scheduler_for_test.h"

namespace persea {
namespace {

std::vector<int32_t> looked_up(const std::vector<int32_t>& text, int64_t most) {
  LookupDrafter drafter;
  std::vector<int32_t> tokens = {99};
  const Draft draft{1, text, 0, nullptr, most, &tokens};
  drafter.draft({&draft, 1});
  return tokens;
}

TEST(LookupDrafter, GoesOnAsTheTextDidBefore) {
  EXPECT_EQ(looked_up({1, 2, 3, 4, 5, 1, 2}, 3), (std::vector<int32_t>{3, 4, 5}));
  EXPECT_EQ(looked_up({1, 2, 3, 4, 5, 1, 2}, 9), (std::vector<int32_t>{3, 4, 5, 1, 2}));
  EXPECT_EQ(looked_up({1, 2, 3, 0, 1, 2, 4, 0, 1, 2}, 1), (std::vector<int32_t>{4})) << "the latest place";
  EXPECT_EQ(looked_up({7, 1, 2, 3, 0, 1, 2, 4, 7, 1, 2}, 1), (std::vector<int32_t>{3})) << "the longest likeness first";
  EXPECT_EQ(looked_up({5, 5, 5}, 2), (std::vector<int32_t>{5})) << "of itself";
  EXPECT_TRUE(looked_up({1, 2, 3, 4}, 3).empty());
  EXPECT_TRUE(looked_up({1}, 3).empty());
}

class Speculation : public testing::Test {
 protected:
  // What each of a few requests comes to, greedy and sampled, with constraints of all kinds.
  std::vector<Outcome> run(const SchedulerOptions& options, Scheduler::Stats* stats = nullptr) {
    Outcomes outcomes;
    Scheduler scheduler(*model_, options);
    const auto prompts = related_prompts(9, 60, 50, 2);
    for (size_t i = 0; i < prompts.size(); ++i) {
      Request request;
      request.prompt = prompts[i];
      request.prompt.insert(request.prompt.end(), prompts[i].begin(), prompts[i].end());
      request.max_tokens = 10 + static_cast<int64_t>(5 * i);
      request.sampler = {.temperature = i % 2 == 0 ? 0.0 : 0.4, .top_p = i % 3 == 0 ? 0.9 : 1.0, .seed = i};
      if (i == 5) request.sampler.presence_penalty = 0.5;
      if (i % 4 == 1) request.stop = {static_cast<int32_t>(3 * i)};
      request.logprobs = true;
      outcomes.submit(scheduler, request);
    }
    std::vector<Outcome> all = outcomes.all();
    if (stats) *stats = scheduler.stats();
    return all;
  }
  static void expect_equal(const std::vector<Outcome>& a, const std::vector<Outcome>& b, const char* what) {
    for (size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].tokens, b[i].tokens) << what << ", text " << i;
      EXPECT_EQ(a[i].logprobs, b[i].logprobs) << what << ", text " << i;
      EXPECT_EQ(a[i].end.reason, b[i].end.reason) << what << ", text " << i;
    }
  }
  std::unique_ptr<Model> model_ = small_model();
};

TEST_F(Speculation, ChangesNoTextAndNoBit) {
  const SchedulerOptions plain{.sequences = 3, .pass_tokens = 12};
  const auto wanted = run(plain);
  Scheduler::Stats stats;
  const auto with = [&](std::shared_ptr<Drafter> drafter, int64_t cache_tokens) {
    SchedulerOptions options = plain;
    options.drafter = std::move(drafter);
    options.cache_tokens = cache_tokens;
    options.draft_rows = 12;
    return run(options, &stats);
  };
  expect_equal(wanted, with(std::make_shared<LookupDrafter>(), 0), "lookup");
  EXPECT_GT(stats.drafted, 0U);
  // The model as its own draft: all is guessed right but for the last passes' rounding.
  expect_equal(wanted, with(std::make_shared<ModelDrafter>(DecoderWeights::of(*model_), 1000), 0), "itself");
  EXPECT_GT(stats.accepted, 8 * stats.drafted / 10);
  EXPECT_LT(stats.passes, stats.written_tokens);
  const auto stranger = small_model(small_config(), 77);
  expect_equal(wanted, with(std::make_shared<ModelDrafter>(DecoderWeights::of(*stranger), 1000), 0), "a stranger");
  EXPECT_LT(stats.accepted, stats.drafted / 2);
  expect_equal(wanted, with(std::make_shared<ModelDrafter>(DecoderWeights::of(*model_), 64), 160), "too little room");
}

class Only : public TokenConstraint {
 public:
  void allowed(std::span<uint64_t> bits) override { std::fill(bits.begin(), bits.end(), 0x5555555555555555); }
  void accept(int32_t token) override { EXPECT_EQ(token % 2, 0); }
};

TEST_F(Speculation, KeepsToConstraints) {
  SchedulerOptions options;
  std::vector<std::vector<int32_t>> texts;
  for (const bool guesses : {false, true}) {
    if (guesses) options.drafter = std::make_shared<ModelDrafter>(DecoderWeights::of(*model_), 1000);
    Outcomes outcomes;
    Scheduler scheduler(*model_, options);
    Request request;
    request.prompt = {1, 2, 3};
    request.max_tokens = 40;
    request.sampler = {.temperature = 1, .seed = 4};
    request.constraint = std::make_shared<Only>();
    texts.push_back(outcomes.wait(outcomes.submit(scheduler, request)).tokens);
  }
  EXPECT_EQ(texts[0].size(), 40U);
  EXPECT_EQ(texts[0], texts[1]);
}

// The third token of a text of three, over all seeds, against what the model says: by Pearson's chi-square.
TEST_F(Speculation, DrawsWithTheModelsProbabilities) {
  constexpr int32_t kVocab = 6;
  ModelConfig config = small_config();
  config.vocab = kVocab;
  const auto target = small_model(config, 5), draft = small_model(config, 6);
  Decoder decoder(*target);
  const auto probabilities = [&](std::vector<int32_t> text) {
    KvCache cache(config);
    const Decoder::Piece piece{&cache, text};
    const Tensor logits = *decoder.forward({&piece, 1});
    const double sum = log_sum(logits.span());
    std::vector<double> p;
    for (const float logit : logits.span()) p.push_back(std::exp(logit - sum));
    return p;
  };
  std::vector<double> wanted(kVocab, 0);
  const auto first = probabilities({1});
  for (int32_t a = 0; a < kVocab; ++a) {
    const auto second = probabilities({1, a});
    for (int32_t b = 0; b < kVocab; ++b) {
      const auto third = probabilities({1, a, b});
      for (int32_t c = 0; c < kVocab; ++c)
        wanted[static_cast<size_t>(c)] +=
            first[static_cast<size_t>(a)] * second[static_cast<size_t>(b)] * third[static_cast<size_t>(c)];
    }
  }
  SchedulerOptions options{.sequences = 2, .waiting = 10000};
  options.drafter = std::make_shared<ModelDrafter>(DecoderWeights::of(*draft), 1000);
  Outcomes outcomes;
  Scheduler scheduler(*target, options);
  constexpr int kTexts = 3000;
  for (uint64_t seed = 0; seed < kTexts; ++seed) {
    Request request;
    request.prompt = {1};
    request.max_tokens = 3;
    request.sampler = {.temperature = 1, .seed = seed};
    outcomes.submit(scheduler, request);
  }
  std::vector<int> counts(kVocab, 0);
  for (const Outcome& outcome : outcomes.all()) ++counts[static_cast<size_t>(outcome.tokens.at(2))];
  const auto stats = scheduler.stats();
  EXPECT_GT(stats.accepted, 0U);
  EXPECT_LT(stats.accepted, stats.drafted);
  double chi_square = 0;
  for (size_t c = 0; c < kVocab; ++c) {
    const double expected = kTexts * wanted[c];
    chi_square += (counts[c] - expected) * (counts[c] - expected) / expected;
  }
  EXPECT_LT(chi_square, 20.5) << "5 degrees of freedom: once in a thousand";
}

}  // namespace
}  // namespace persea
