#include "infer/decoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

#include "infer/decoder_for_test.h"

namespace persea {
namespace {

// The training pass's logits of one sequence, [length, vocab].
Tensor reference(Model& model, const std::vector<int32_t>& tokens) {
  std::vector<int32_t> positions(tokens.size()), starts(tokens.size(), 0), targets(tokens.size(), -1);
  std::iota(positions.begin(), positions.end(), 0);
  return model.logits({1, static_cast<int64_t>(tokens.size()), tokens, targets, positions, starts});
}

void expect_row(const Tensor& wanted, int64_t wanted_row, const Tensor& got, int64_t got_row, const std::string& what) {
  const int64_t n = wanted.columns();
  double worst = 0, norm = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double w = wanted.data()[wanted_row * n + i], g = got.data()[got_row * n + i];
    worst = std::max(worst, std::isfinite(g) ? std::abs(w - g) : 1e30);
    norm = std::max(norm, std::abs(w));
  }
  EXPECT_GT(norm, 0.05) << what << ": logits too small to tell anything";
  EXPECT_LT(worst, 2e-5 * norm + 1e-6) << what << " (largest logit " << norm << ")";
}

const std::vector<std::pair<const char*, std::function<void(ModelConfig&)>>> kConfigs = {
    {"grouped", [](ModelConfig&) {}},
    {"one kv head", [](ModelConfig& c) { c.kv_heads = 1; }},
    {"all heads", [](ModelConfig& c) { c.kv_heads = 4, c.tied = false; }},
    {"qk norm, wide heads", [](ModelConfig& c) { c.qk_norm = true, c.head_dim = 64, c.heads = 3, c.kv_heads = 1; }},
    {"relu squared, cap", [](ModelConfig& c) { c.activation = Activation::relu_squared, c.logit_soft_cap = 3; }},
    {"llama3 rope",
     [](ModelConfig& c) {
       c.rope_scaling = RopeScaling{RopeScaling::Kind::llama3, 8, 1, 4, 64};
     }},
    {"linear rope", [](ModelConfig& c) { c.rope_scaling = RopeScaling{.factor = 3}; }},
    {"biases", [](ModelConfig& c) { c.qkv_bias = true; }},
    {"a window", [](ModelConfig& c) { c.window = 5; }},
};

TEST(Decoder, AgreesWithTheTrainingPass) {
  for (const auto& [name, change] : kConfigs) {
    ModelConfig config = small();
    change(config);
    const auto model = model_of(config);
    const std::vector<int32_t> tokens = tokens_of(config, 40, 3);
    const Tensor wanted = reference(*model, tokens);

    // Token by token, then by products of few rows, then of many.
    for (const std::vector<int64_t>& steps : {std::vector<int64_t>(40, 1), {5, 1, 16, 18}, {17, 23}, {39, 1}}) {
      Decoder decoder(*model);
      KvCache cache(config);
      int64_t done = 0;
      for (const int64_t step : steps) {
        const Decoder::Piece piece{&cache,
                                   std::span(tokens).subspan(static_cast<size_t>(done), static_cast<size_t>(step))};
        const auto logits = decoder.forward({&piece, 1});
        ASSERT_TRUE(logits.ok());
        done += step;
        expect_row(wanted, done - 1, *logits, 0, fmt::format("{}, step of {} to {}", name, step, done));
      }
      EXPECT_EQ(cache.size(), 40);
    }
  }
}

TEST(Decoder, RunsSequencesOfDifferentLengthsTogether) {
  const ModelConfig config = small();
  const auto model = model_of(config);
  Decoder decoder(*model);
  const std::vector<int32_t> texts[] = {tokens_of(config, 30, 1), tokens_of(config, 3, 2), tokens_of(config, 11, 4)};
  std::vector<KvCache> caches(3, KvCache(config));
  std::vector<Decoder::Piece> pieces;
  for (int i = 0; i < 3; ++i) pieces.push_back({&caches[i], std::span(texts[i]).first(texts[i].size() - 1)});
  ASSERT_TRUE(decoder.forward(pieces).ok());
  for (int i = 0; i < 3; ++i) pieces[i].tokens = std::span(texts[i]).last(1);
  const auto logits = decoder.forward(pieces);
  ASSERT_TRUE(logits.ok());
  for (int i = 0; i < 3; ++i) {
    expect_row(reference(*model, texts[i]), static_cast<int64_t>(texts[i].size()) - 1, *logits, i,
               fmt::format("text {}", i));
  }
}

TEST(Decoder, GivesAsManyLogitsAsAreWanted) {
  const ModelConfig config = small();
  const auto model = model_of(config);
  Decoder decoder(*model);
  const std::vector<int32_t> long_text = tokens_of(config, 600, 1), short_text = tokens_of(config, 9, 2);
  KvCache a(config), b(config), c(config);
  // The wanted rows of the first lie in two passes.
  const Decoder::Piece pieces[] = {{&a, long_text, 100}, {&b, short_text, 0}, {&c, short_text, 2}};
  const auto logits = decoder.forward(pieces);
  ASSERT_TRUE(logits.ok());
  ASSERT_EQ(logits->rows(), 102);
  const Tensor wanted = reference(*model, long_text), other = reference(*model, short_text);
  for (int64_t i = 0; i < 100; ++i) expect_row(wanted, 500 + i, *logits, i, fmt::format("row {}", i));
  expect_row(other, 7, *logits, 100, "the last but one");
  expect_row(other, 8, *logits, 101, "the last");
  EXPECT_EQ(b.size(), 9);
  const Decoder::Piece none{&b, std::span(short_text).first(3), 0};
  EXPECT_EQ(decoder.forward({&none, 1})->rows(), 0);
}

TEST(Decoder, ChoosesTheLikeliest) {
  ModelConfig capped = small();
  capped.logit_soft_cap = 3;
  for (const ModelConfig& config : {small(), capped}) {
    const auto model = model_of(config);
    Decoder decoder(DecoderWeights::of(*model, WeightType::f32));
    expect_choices(decoder);
  }
}

TEST(Decoder, AddsHiddenStatesInTheOrderOfTheTokens) {
  const ModelConfig config = small();
  const auto model = model_of(config);
  Decoder decoder(*model);
  const std::vector<int32_t> text = tokens_of(config, 12, 1);
  std::vector<float> whole(static_cast<size_t>(config.dim)), parts(whole);
  KvCache a(config), b(config);
  const Decoder::Piece piece{&a, text, 0, whole.data()};
  ASSERT_TRUE(decoder.forward({&piece, 1}).ok());
  for (const auto& [from, count] : std::initializer_list<std::pair<size_t, size_t>>{{0, 5}, {5, 1}, {6, 6}}) {
    const Decoder::Piece part{&b, std::span(text).subspan(from, count), 1, parts.data()};
    ASSERT_TRUE(decoder.forward({&part, 1}).ok());
  }
  EXPECT_EQ(whole, parts);
  EXPECT_GT(std::abs(whole[0]), 0);
}

// Windows and chunks shorter than a page, as long, and longer; of many rows at once, and of one.
TEST(Decoder, SeesNothingBeforeItsWindow) {
  for (const int64_t window : {1, 31, 32, 33, 100, 250}) {
    ModelConfig config = small();
    config.window = window;
    const auto model = model_of(config);
    Decoder decoder(*model);
    KvCache cache(config);
    const std::vector<int32_t> tokens = tokens_of(config, 300, 9);
    const Tensor wanted = reference(*model, tokens);
    const Decoder::Piece most{&cache, std::span(tokens).first(299), 299}, last{&cache, std::span(tokens).last(1)};
    const auto many = decoder.forward({&most, 1});
    ASSERT_TRUE(many.ok());
    for (int64_t i = 0; i < 299; ++i) expect_row(wanted, i, *many, i, fmt::format("window {}, row {}", window, i));
    expect_row(wanted, 299, *decoder.forward({&last, 1}), 0, "the last");
  }
}

TEST(Decoder, SaysThatThePoolIsFull) {
  const ModelConfig config = small();
  const auto model = model_of(config);
  Decoder decoder(*model);
  const auto pool = std::make_shared<KvPool>(config, 64);
  KvCache a(pool, config.context), b(pool, config.context);
  const std::vector<int32_t> text = tokens_of(config, 40, 1);
  const Decoder::Piece pieces[] = {{&a, std::span(text).first(20)}, {&b, text}};
  EXPECT_NE(decoder.forward(pieces).error().message.find("no room"), std::string::npos);
  EXPECT_EQ(a.size() + b.size(), 0);
  EXPECT_TRUE(decoder.forward({&pieces[0], 1}).ok());
}

TEST(Decoder, GrowsItsCacheAndGoesBack) {
  const ModelConfig config = small();
  const auto model = model_of(config);
  Decoder decoder(*model);
  KvCache cache(config);
  const std::vector<int32_t> tokens = tokens_of(config, 650, 9);
  const Tensor wanted = reference(*model, tokens);
  const auto run = [&](int64_t begin, int64_t end) {
    const Decoder::Piece piece{&cache,
                               std::span(tokens).subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin))};
    return *decoder.forward({&piece, 1});
  };
  (void)run(0, 100);
  expect_row(wanted, 649, run(100, 650), 0, "beyond one pass");
  cache.truncate(300);
  expect_row(wanted, 301, run(300, 302), 0, "after going back");
}

// Logits after each of `tokens`, run in steps of the given sizes.
std::vector<std::vector<float>> logits_after(Decoder& decoder, std::span<const int32_t> tokens,
                                             std::span<const int64_t> steps) {
  KvCache cache(decoder.config());
  std::vector<std::vector<float>> rows;
  size_t done = 0;
  for (const int64_t step : steps) {
    const Decoder::Piece piece{&cache, tokens.subspan(done, static_cast<size_t>(step))};
    const auto logits = decoder.forward({&piece, 1});
    if (!logits) throw std::runtime_error(logits.error().message);
    rows.emplace_back(logits->span().begin(), logits->span().end());
    done += static_cast<size_t>(step);
  }
  return rows;
}

// The model's matrices as `type` holds them.
void round_weights(Model& model, WeightType type) {
  for (Parameter* parameter : model.parameters()) {
    if (parameter->value.shape().size() != 2) continue;
    WeightRoom room;
    const WeightMatrix packed = WeightMatrix::packed(parameter->value, type, room);
    for (int64_t r = 0; r < packed.rows(); ++r) packed.row(r, parameter->value.data() + r * packed.columns());
  }
}

TEST(Decoder, PackedWeightsAgreeWithTheTrainingPassOfTheRoundedModel) {
  for (const auto& [name, change] : kConfigs) {
    for (const WeightType type : {WeightType::f32, WeightType::f16, WeightType::bf16, WeightType::q8, WeightType::q4}) {
      ModelConfig config = small();
      config.dim = 64, config.hidden = 96;  // whole blocks, but for an attention of 48 columns
      change(config);
      const auto model = model_of(config);
      const std::vector<int32_t> tokens = tokens_of(config, 24, 3);
      Decoder decoder(DecoderWeights::of(*model, type));
      const std::vector<float> got = logits_after(decoder, tokens, std::vector<int64_t>{20, 1, 3}).back();
      const Tensor unrounded = reference(*model, tokens);
      round_weights(*model, type);
      const Tensor wanted = reference(*model, tokens);
      double worst = 0, norm = 0, change_by_rounding = 0;
      for (size_t i = 0; i < got.size(); ++i) {
        const size_t at = 23 * got.size() + i;
        norm = std::max(norm, std::abs(double{wanted.data()[at]}));
        worst = std::max(worst, std::abs(double{got[i]} - wanted.data()[at]));
        change_by_rounding = std::max(change_by_rounding, std::abs(double{unrounded.data()[at]} - wanted.data()[at]));
      }
      const bool bytes = type == WeightType::q8 || type == WeightType::q4;  // of activations too
      EXPECT_LT(worst, (bytes ? 7e-2 : 2e-5) * norm) << name << ", type " << static_cast<int>(type);
      EXPECT_EQ(change_by_rounding > 0, type != WeightType::f32) << name << ", type " << static_cast<int>(type);
    }
  }
}

TEST(Decoder, PackedWeightsGiveTheSameBitsHoweverATextIsCut) {
  ModelConfig config = small();
  config.dim = 64, config.hidden = 96;
  const auto model = model_of(config);
  const std::vector<int32_t> tokens = tokens_of(config, 60, 3);
  for (const WeightType type : {WeightType::f32, WeightType::f16, WeightType::q8, WeightType::q4}) {
    Decoder decoder(DecoderWeights::of(*model, type));
    const auto whole = logits_after(decoder, tokens, std::vector<int64_t>{60});
    for (const std::vector<int64_t>& steps : {std::vector<int64_t>(60, 1), {13, 1, 40, 6}, {59, 1}})
      EXPECT_EQ(logits_after(decoder, tokens, steps).back(), whole.back()) << "type " << static_cast<int>(type);
  }
}

TEST(Decoder, PackedWeightsGiveTheSameBitsInAnyCompany) {
  ModelConfig config = small();
  config.dim = 64, config.hidden = 96;
  const auto model = model_of(config);
  for (const WeightType type : {WeightType::f32, WeightType::q8}) {
    Decoder decoder(DecoderWeights::of(*model, type));
    std::vector<std::vector<int32_t>> texts;
    std::vector<KvCache> caches;
    for (int i = 0; i < 20; ++i) {
      texts.push_back(tokens_of(config, 1 + i * 3 % 17, static_cast<uint64_t>(i)));
      caches.emplace_back(config);
    }
    std::vector<Decoder::Piece> pieces;
    for (size_t i = 0; i < texts.size(); ++i) pieces.push_back({&caches[i], texts[i]});
    const auto together = decoder.forward(pieces);
    ASSERT_TRUE(together.ok());
    for (size_t i = 0; i < texts.size(); ++i) {
      const std::vector<float> alone =
          logits_after(decoder, texts[i], std::vector<int64_t>{static_cast<int64_t>(texts[i].size())}).back();
      EXPECT_TRUE(std::equal(alone.begin(), alone.end(), together->data() + static_cast<int64_t>(i) * config.vocab))
          << i;
    }
  }
}

TEST(Decoder, RefusesWhatItCannotRun) {
  const ModelConfig config = small();
  const auto model = model_of(config);
  Decoder decoder(*model);
  KvCache cache(config);
  const auto run = [&](const std::vector<int32_t>& tokens) {
    const Decoder::Piece piece{&cache, tokens};
    return decoder.forward({&piece, 1});
  };
  EXPECT_NE(run({1, 61}).error().message.find("token 61"), std::string::npos);
  EXPECT_NE(run({-1}).error().message.find("token -1"), std::string::npos);
  EXPECT_NE(run(std::vector<int32_t>(701, 1)).error().message.find("701 tokens"), std::string::npos);
  EXPECT_EQ(cache.size(), 0);
  EXPECT_TRUE(run(std::vector<int32_t>(700, 1)).ok());
  EXPECT_NE(run({1}).error().message.find("the model's context holds 700"), std::string::npos);
}

}  // namespace
}  // namespace persea
