#include "infer/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

namespace persea {
namespace {

const std::vector<float> kLogits = {0, 2, 1, -1, 1.5F};  // likeliest first: 1, 4, 2, 0, 3

// How often each token comes in `count` draws.
std::map<int32_t, int> draw(const SamplerOptions& options, int count, const std::vector<int32_t>& seen = {}) {
  Sampler sampler(options);
  std::map<int32_t, int> counts;
  for (int i = 0; i < count; ++i) ++counts[*sampler.sample(kLogits, seen)];
  return counts;
}

TEST(Sampler, GreedyTakesTheLikeliestAndTheLowestOfEquals) {
  EXPECT_EQ(draw({.temperature = 0}, 10), (std::map<int32_t, int>{{1, 10}}));
  Sampler sampler({.temperature = 0});
  EXPECT_EQ(*sampler.sample(std::vector<float>{3, 5, 5}, {}), 1);
}

TEST(Sampler, DrawsWithTheSoftmaxProbabilities) {
  const int count = 20000;
  for (const double temperature : {1.0, 0.5}) {
    auto counts = draw({.temperature = temperature, .seed = 5}, count);
    double sum = 0;
    for (const float logit : kLogits) sum += std::exp(logit / temperature);
    for (int32_t token = 0; token < 5; ++token) {
      const double p = std::exp(kLogits[static_cast<size_t>(token)] / temperature) / sum;
      EXPECT_NEAR(counts[token] / static_cast<double>(count), p, 4 * std::sqrt(p * (1 - p) / count)) << token;
    }
  }
}

TEST(Sampler, SameSeedSameTokens) {
  Sampler a({.temperature = 1, .seed = 3}), b({.temperature = 1, .seed = 3}), c({.temperature = 1, .seed = 4});
  bool differs = false;
  for (int i = 0; i < 50; ++i) {
    const int32_t token = *a.sample(kLogits, {});
    EXPECT_EQ(token, *b.sample(kLogits, {}));
    differs |= token != *c.sample(kLogits, {});
  }
  EXPECT_TRUE(differs);
}

TEST(Sampler, FiltersKeepWhatTheySay) {
  const auto kept = [](const SamplerOptions& options) {
    std::vector<int32_t> tokens;
    for (const auto& [token, times] : draw(options, 3000)) tokens.push_back(token);
    return tokens;
  };
  EXPECT_EQ(kept({.temperature = 1, .top_k = 2}), (std::vector<int32_t>{1, 4}));
  // Probabilities .450, .273, .165, .061 (and .022 less): .6 needs two of them; .1 of the largest leaves out the last.
  EXPECT_EQ(kept({.temperature = 1, .top_p = 0.6}), (std::vector<int32_t>{1, 4}));
  EXPECT_EQ(kept({.temperature = 1, .min_p = 0.1}), (std::vector<int32_t>{0, 1, 2, 4}));
  EXPECT_EQ(kept({.temperature = 1, .top_p = 1e-9}), (std::vector<int32_t>{1}));
  EXPECT_EQ(kept({.temperature = 1, .min_p = 1}), (std::vector<int32_t>{1}));
}

TEST(Sampler, PunishesRepetitionOnce) {
  // 2 / 1.5 < 1.5: token 1 falls behind token 4; seen twice is no worse than seen once; negative logits sink too.
  const SamplerOptions options{.temperature = 0, .repetition_penalty = 1.5};
  EXPECT_EQ(draw(options, 1, {1, 1, -1, 999}), (std::map<int32_t, int>{{4, 1}}));
  EXPECT_EQ(draw({.temperature = 0, .repetition_penalty = 1.3}, 1, {1, 1}), (std::map<int32_t, int>{{1, 1}}));
  Sampler sampler(options);
  EXPECT_EQ(*sampler.sample(std::vector<float>{-1, -1.2F}, std::vector<int32_t>{0}), 1);
}

TEST(Sampler, PunishesWhatHasBeenWrittenAndNotThePrompt) {
  const auto best = [](const SamplerOptions& options, const std::vector<int32_t>& seen, size_t prompt) {
    Sampler sampler(options);
    return *sampler.sample(kLogits, seen, prompt);
  };
  // Logits 2 (token 1) and 1.5 (token 4).
  const SamplerOptions presence{.temperature = 0, .presence_penalty = 0.6};
  EXPECT_EQ(best(presence, {1, 1, 1}, 3), 1);
  EXPECT_EQ(best(presence, {0, 1}, 1), 4);
  EXPECT_EQ(best({.temperature = 0, .presence_penalty = 0.4}, {1, 1, 1, 1}, 1), 1) << "once, however often";
  const SamplerOptions frequency{.temperature = 0, .frequency_penalty = 0.3};
  EXPECT_EQ(best(frequency, {1, 1, 1}, 2), 1);
  EXPECT_EQ(best(frequency, {1, 1, 1}, 1), 4) << "each time";
  EXPECT_EQ(best({.temperature = 0, .presence_penalty = -1}, {4}, 0), 4) << "a reward";
  EXPECT_EQ(best(presence, {1, -1, 999}, 0), 4);
}

TEST(Sampler, BiasBansAndForces) {
  const auto best = [](std::vector<std::pair<int32_t, float>> bias, const std::vector<uint64_t>& allowed = {}) {
    Sampler sampler({.temperature = 0, .bias = std::move(bias)});
    return *sampler.sample(kLogits, {}, 0, allowed);
  };
  EXPECT_EQ(best({{4, 1.0F}}), 4);
  EXPECT_EQ(best({{1, -100.0F}}), 4);
  EXPECT_EQ(best({{3, 100.0F}}), 3);
  EXPECT_EQ(best({{3, 100.0F}, {0, 100.0F}, {999, 100.0F}, {-1, 100.0F}}), 0);
  EXPECT_EQ(best({{3, 100.0F}}, {0b00101}), 2) << "the mask is stronger";
  EXPECT_EQ(best({{0, -100.0F}, {1, -100.0F}, {2, -100.0F}, {3, -100.0F}, {4, -100.0F}}), -1);
  Sampler sampler({.temperature = 1, .bias = {{3, 100.0F}}});
  std::vector<float> far = kLogits;
  far[3] = -500;
  for (int i = 0; i < 50; ++i) EXPECT_EQ(*sampler.sample(far, {}), 3) << "however unlikely";
}

TEST(Sampler, KeepsToWhatIsAllowed) {
  Random random(1);
  std::vector<float> logits(200);
  for (float& logit : logits) logit = static_cast<float>(random.normal());
  std::vector<uint64_t> allowed(4, 0);
  for (const size_t token : {3, 64, 127, 199}) allowed[token / 64] |= uint64_t{1} << token % 64;
  allowed[3] |= uint64_t{1} << 63;  // beyond the vocabulary
  for (const SamplerOptions& options : {SamplerOptions{.temperature = 0}, SamplerOptions{.temperature = 3},
                                        SamplerOptions{.temperature = 3, .top_k = 2, .top_p = 0.9}}) {
    Sampler sampler(options);
    for (int i = 0; i < 100; ++i) {
      const auto token = static_cast<size_t>(*sampler.sample(logits, {}, 0, allowed));
      EXPECT_TRUE(token == 3 || token == 64 || token == 127 || token == 199) << token;
    }
    EXPECT_EQ(*sampler.sample(logits, {}, 0, std::vector<uint64_t>(4, 0)), -1);
  }
  Sampler sampler({.temperature = 0});
  EXPECT_THROW((void)sampler.sample(logits, {}, 0, std::vector<uint64_t>(3, 0)), std::logic_error);
}

TEST(Sampler, FiltersDrawAsTheDefinitionSays) {
  // 400 tokens: what is cut away before sorting must not change what top-p keeps.
  Random random(2);
  std::vector<float> logits(400);
  for (float& logit : logits) logit = 3 * static_cast<float>(random.normal());
  std::vector<size_t> order(logits.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return logits[a] > logits[b]; });
  double all = 0, sum = 0;
  for (const float logit : logits) all += std::exp(logit);
  std::set<int32_t> wanted;
  for (size_t i = 0; sum < 0.8 * all; ++i) {
    wanted.insert(static_cast<int32_t>(order[i]));
    sum += std::exp(logits[order[i]]);
  }
  Sampler sampler({.temperature = 1, .top_p = 0.8, .seed = 3});
  std::set<int32_t> seen;
  for (int i = 0; i < 20000; ++i) seen.insert(*sampler.sample(logits, {}));
  EXPECT_EQ(seen, wanted);
}

TEST(Sampler, TellsLogProbabilities) {
  double sum = 0;
  for (const float logit : kLogits) sum += std::exp(logit);
  EXPECT_NEAR(log_sum(kLogits), std::log(sum), 1e-6);
  const auto best = likeliest(kLogits, 3, log_sum(kLogits));
  ASSERT_EQ(best.size(), 3U);
  EXPECT_EQ(best[0].first, 1);
  EXPECT_EQ(best[1].first, 4);
  EXPECT_EQ(best[2].first, 2);
  EXPECT_NEAR(best[2].second, 1 - std::log(sum), 1e-6);
  EXPECT_EQ(likeliest(kLogits, 50, 0).size(), 5U);
  EXPECT_EQ(likeliest(std::vector<float>{1, 3, 3}, 1, 0).at(0).first, 1);
}

TEST(Sampler, RefusesWhatCannotBe) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  Sampler sampler({.temperature = 1});
  EXPECT_FALSE(sampler.sample(std::vector<float>{nan, nan}, {}).ok());
  EXPECT_FALSE(sampler.sample(std::vector<float>{1, inf}, {}).ok());
  EXPECT_EQ(*sampler.sample(std::vector<float>{nan, -inf, 3}, {}), 2);
  for (const SamplerOptions& options :
       {SamplerOptions{.temperature = -1}, SamplerOptions{.temperature = std::nan("")}, SamplerOptions{.top_k = -1},
        SamplerOptions{.top_p = 0}, SamplerOptions{.min_p = 2}, SamplerOptions{.repetition_penalty = 0},
        SamplerOptions{.presence_penalty = 2.1}, SamplerOptions{.frequency_penalty = -2.1},
        SamplerOptions{.bias = {{1, 101.0F}}}, SamplerOptions{.bias = {{1, std::nanf("")}}}}) {
    EXPECT_FALSE(options.check().ok());
    EXPECT_THROW(Sampler{options}, std::logic_error);
  }
}

}  // namespace
}  // namespace persea
