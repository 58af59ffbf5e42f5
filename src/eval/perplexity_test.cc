#include "eval/perplexity.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "base/random.h"
#include "infer/sampler.h"

namespace persea {
namespace {

ModelConfig small(int64_t vocab) {
  ModelConfig config;
  config.vocab = vocab, config.dim = 32, config.layers = 2, config.heads = 2, config.kv_heads = 1, config.head_dim = 16;
  config.hidden = 48, config.context = 64;
  return config;
}

std::unique_ptr<Model> model_of(const ModelConfig& config) {
  auto model = std::make_unique<Model>(config, 11);
  for (Parameter* parameter : model->parameters())
    if (parameter->decay)
      for (float& value : parameter->value.span()) value *= 8;  // probabilities that differ
  return model;
}

std::vector<int32_t> tokens_of(int64_t vocab, int64_t count) {
  Random random(3);
  std::vector<int32_t> tokens(static_cast<size_t>(count));
  for (int32_t& token : tokens) token = static_cast<int32_t>(random.below(static_cast<uint64_t>(vocab)));
  return tokens;
}

// The same by the training pass, piece by piece.
Perplexity plain(Model& model, const std::vector<int32_t>& tokens, int64_t context, std::optional<int32_t> begin) {
  Perplexity result;
  std::vector<double> losses;
  for (; (result.pieces + 1) * context <= static_cast<int64_t>(tokens.size()); ++result.pieces) {
    const auto from = tokens.begin() + result.pieces * context;
    std::vector<int32_t> piece(from, from + context);
    if (begin) piece[0] = *begin;
    std::vector<int32_t> positions(piece.size()), starts(piece.size(), 0), targets(piece.size(), -1);
    std::iota(positions.begin(), positions.end(), 0);
    const Tensor logits = model.logits({1, context, piece, targets, positions, starts});
    for (int64_t next = context / 2 + 1; next < context; ++next) {
      const auto row = logits.span().subspan(static_cast<size_t>((next - 1) * logits.columns()),
                                             static_cast<size_t>(logits.columns()));
      losses.push_back(log_sum(row) - row[static_cast<size_t>(piece[static_cast<size_t>(next)])]);
    }
  }
  result.scored = static_cast<int64_t>(losses.size());
  const auto n = static_cast<double>(losses.size());
  result.loss = std::accumulate(losses.begin(), losses.end(), 0.0) / n;
  double squares = 0;
  for (const double loss : losses) squares += (loss - result.loss) * (loss - result.loss);
  result.loss_error = std::sqrt(squares / n / (n - 1));
  return result;
}

TEST(Perplexity, IsThatOfTheTrainingPass) {
  const auto model = model_of(small(61));
  Decoder decoder(*model);
  const std::vector<int32_t> tokens = tokens_of(61, 7 * 20 + 19);
  for (const int64_t context : {20, 33, 64}) {
    for (const std::optional<int32_t> begin : {std::optional<int32_t>(), std::optional<int32_t>(5)}) {
      const Perplexity wanted = plain(*model, tokens, context, begin);
      int64_t heard = 0;
      const auto got = measure_perplexity(decoder, tokens, {context, begin, KvPool::Format::f32},
                                          [&](const Perplexity& so_far) { heard = so_far.pieces; });
      ASSERT_TRUE(got.ok()) << got.error().message;
      EXPECT_EQ(got->pieces, wanted.pieces);
      EXPECT_EQ(heard, wanted.pieces);
      EXPECT_EQ(got->scored, wanted.scored);
      EXPECT_NEAR(got->loss, wanted.loss, 1e-4);
      EXPECT_NEAR(got->loss_error, wanted.loss_error, 1e-4);
      EXPECT_NEAR(got->value(), std::exp(wanted.loss), 1e-2);
    }
  }
  const auto with = measure_perplexity(decoder, tokens, {20, 5}), without = measure_perplexity(decoder, tokens, {20});
  EXPECT_GT(std::abs(with->loss - without->loss), 1e-3) << "what a piece begins with matters to it";
}

// A piece longer than a pass, which ends among what is scored.
TEST(Perplexity, IsTheSameInSeveralPasses) {
  ModelConfig config = small(61);
  config.context = 2200;
  const auto model = model_of(config);
  Decoder decoder(*model);
  const std::vector<int32_t> tokens = tokens_of(61, 2200);
  const Perplexity wanted = plain(*model, tokens, 2200, std::nullopt);
  const auto got = measure_perplexity(decoder, tokens, {2200, std::nullopt, KvPool::Format::f32});
  ASSERT_TRUE(got.ok()) << got.error().message;
  EXPECT_EQ(got->scored, 1099);
  EXPECT_NEAR(got->loss, wanted.loss, 1e-4);
}

TEST(Perplexity, RefusesWhatHasNoFigure) {
  const auto model = model_of(small(61));
  Decoder decoder(*model);
  const auto complaint = [&](const std::vector<int32_t>& tokens, int64_t context) {
    const auto got = measure_perplexity(decoder, tokens, {context});
    return got.ok() ? std::string() : got.error().message;
  };
  EXPECT_NE(complaint(tokens_of(61, 19), 20).find("fewer than one piece"), std::string::npos);
  EXPECT_NE(complaint(tokens_of(61, 200), 65).find("64 at most"), std::string::npos);
  EXPECT_NE(complaint(tokens_of(61, 200), 3).find("at least 4"), std::string::npos);
  std::vector<int32_t> tokens = tokens_of(61, 20);
  tokens.back() = 61;
  EXPECT_NE(complaint(tokens, 20).find("token 61"), std::string::npos);
}

}  // namespace
}  // namespace persea
