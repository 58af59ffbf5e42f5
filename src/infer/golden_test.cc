// Models that transformers has saved, and the logits that it computes from them (bench/peers/make_golden.py).
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/json.h"
#include "infer/decoder.h"
#include "nn/model_files.h"

namespace persea {
namespace {

class GoldenModel : public testing::TestWithParam<const char*> {};

TEST_P(GoldenModel, GivesTheLogitsOfTransformers) {
  const std::filesystem::path dir = std::filesystem::path(PERSEA_SOURCE_DIR) / "tests/golden/models" / GetParam();
  const auto model = load_model(dir);
  ASSERT_TRUE(model.ok()) << model.error().message;
  const auto golden = read_json(dir / "golden.json");
  ASSERT_TRUE(golden.ok()) << golden.error().message;
  const auto tokens = golden->at("tokens").get<std::vector<int32_t>>();
  const auto wanted = golden->at("logits").get<std::vector<std::vector<double>>>();

  std::vector<int32_t> positions(tokens.size()), starts(tokens.size(), 0), targets(tokens.size(), -1);
  std::iota(positions.begin(), positions.end(), 0);
  const bool trains = (*model)->config().trainable().ok();
  const Tensor trained =
      trains ? (*model)->logits({1, static_cast<int64_t>(tokens.size()), tokens, targets, positions, starts})
             : Tensor();
  Decoder decoder(**model);
  KvCache cache((*model)->config());
  double largest = 0, worst = 0, worst_cached = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const Decoder::Piece piece{&cache, std::span(tokens).subspan(i, 1)};
    const Tensor cached = *decoder.forward({&piece, 1});
    for (size_t j = 0; j < wanted[i].size(); ++j) {
      largest = std::max(largest, std::abs(wanted[i][j]));
      if (trains) worst = std::max(worst, std::abs(wanted[i][j] - trained.data()[i * wanted[i].size() + j]));
      worst_cached = std::max(worst_cached, std::abs(wanted[i][j] - cached.data()[j]));
    }
  }
  EXPECT_GT(largest, 1);
  EXPECT_LT(worst, 5e-6 * largest);
  EXPECT_LT(worst_cached, 5e-6 * largest);
}

INSTANTIATE_TEST_SUITE_P(Architectures, GoldenModel,
                         testing::Values("llama", "qwen3", "arcee", "qwen2", "mistral", "scout", "maverick"));

}  // namespace
}  // namespace persea
