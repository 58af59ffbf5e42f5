#include "infer/sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

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

TEST(Sampler, RefusesWhatCannotBe) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  Sampler sampler({.temperature = 1});
  EXPECT_FALSE(sampler.sample(std::vector<float>{nan, nan}, {}).ok());
  EXPECT_FALSE(sampler.sample(std::vector<float>{1, inf}, {}).ok());
  EXPECT_EQ(*sampler.sample(std::vector<float>{nan, -inf, 3}, {}), 2);
  for (const SamplerOptions& options :
       {SamplerOptions{.temperature = -1}, SamplerOptions{.temperature = std::nan("")}, SamplerOptions{.top_k = -1},
        SamplerOptions{.top_p = 0}, SamplerOptions{.min_p = 2}, SamplerOptions{.repetition_penalty = 0}}) {
    EXPECT_FALSE(options.check().ok());
    EXPECT_THROW(Sampler{options}, std::logic_error);
  }
}

}  // namespace
}  // namespace persea
