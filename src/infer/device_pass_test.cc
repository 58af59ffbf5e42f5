// A Decoder on a GPU against itself on the CPU. Skipped where there is no GPU.
#include "infer/device_pass.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "infer/decoder_for_test.h"

namespace persea {
namespace {

class DecoderOnAGpu : public testing::Test {
 protected:
  void SetUp() override {
    if (!cuda::present()) GTEST_SKIP() << "no GPU here";
  }
};

ModelConfig small_blocks() {  // of q8 and q4
  ModelConfig config = small();
  config.dim = 64, config.hidden = 96, config.context = 300;
  return config;
}

Decoder on_gpu(const Model& model, WeightType type) {
  return Decoder(on_device(DecoderWeights::of(model, type), cuda_device).value());
}

// Logits after each of `tokens`, run in steps of these sizes.
std::vector<float> logits_of(Decoder& decoder, std::span<const int32_t> tokens, const std::vector<int64_t>& steps,
                             KvPool::Format format = KvPool::Format::f32) {
  KvCache cache(std::make_shared<KvPool>(decoder.config(), 0, format, decoder.weights().device), 300);
  std::vector<float> all;
  size_t done = 0;
  for (const int64_t step : steps) {
    const Decoder::Piece piece{&cache, tokens.subspan(done, static_cast<size_t>(step)), step};
    const Tensor logits = decoder.forward({&piece, 1}).value();
    all.insert(all.end(), logits.span().begin(), logits.span().end());
    done += static_cast<size_t>(step);
  }
  return all;
}

double relative_error(const std::vector<float>& wanted, const std::vector<float>& got) {
  double error = 0, norm = 0;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const double d = double{got[i]} - wanted[i];
    error += d * d, norm += double{wanted[i]} * wanted[i];
  }
  return std::sqrt(error / norm);
}

// For q8 and q4 the CPU rounds activations to bytes, the GPU to bf16.
constexpr std::pair<WeightType, double> kTypes[] = {{WeightType::f32, 2e-5},
                                                    {WeightType::f16, 2e-4},
                                                    {WeightType::bf16, 2e-2},
                                                    {WeightType::q8, 5e-2},
                                                    {WeightType::q4, 5e-2}};

TEST_F(DecoderOnAGpu, AgreesWithTheCpu) {
  ModelConfig wide = small_blocks(), other = small_blocks();
  wide.qk_norm = true, wide.head_dim = 70, wide.heads = 3, wide.kv_heads = 1, wide.tied = false;
  other.activation = Activation::relu_squared, other.logit_soft_cap = 3, other.qkv_bias = true, other.window = 37;
  const std::vector<int32_t> tokens = tokens_of(small_blocks(), 150, 3);
  for (const ModelConfig& config : {small_blocks(), wide, other}) {
    const auto model = model_of(config);
    for (const auto& [type, tolerance] : kTypes) {
      Decoder cpu(DecoderWeights::of(*model, type)), gpu = on_gpu(*model, type);
      const std::vector<int64_t> steps = {130, 1, 1, 1, 3, 14};
      const std::vector<float> wanted = logits_of(cpu, tokens, steps);
      EXPECT_LT(relative_error(wanted, logits_of(gpu, tokens, steps)), tolerance) << static_cast<int>(type);
    }
  }
}

TEST_F(DecoderOnAGpu, KeepsItsCacheAsTheCpuDoes) {
  const auto model = model_of(small_blocks());
  const std::vector<int32_t> tokens = tokens_of(small_blocks(), 140, 3);
  Decoder cpu(DecoderWeights::of(*model, WeightType::f32)), gpu = on_gpu(*model, WeightType::f32);
  for (const auto& [format, tolerance] : {std::pair{KvPool::Format::f16, 1e-3}, {KvPool::Format::q8, 2e-2}}) {
    const std::vector<float> wanted = logits_of(cpu, tokens, {100, 1, 39}, format);
    EXPECT_LT(relative_error(wanted, logits_of(gpu, tokens, {100, 1, 39}, format)), tolerance);
  }
}

TEST_F(DecoderOnAGpu, GivesTheSameBitsHoweverATextIsCut) {
  const auto model = model_of(small_blocks());
  const std::vector<int32_t> tokens = tokens_of(small_blocks(), 40, 3);
  for (const auto& [type, tolerance] : kTypes) {
    Decoder gpu = on_gpu(*model, type);
    const std::vector<float> whole = logits_of(gpu, tokens, {40});
    EXPECT_EQ(logits_of(gpu, tokens, std::vector<int64_t>(40, 1)), whole) << static_cast<int>(type);
    EXPECT_EQ(logits_of(gpu, tokens, {13, 1, 20, 6}), whole) << static_cast<int>(type);
  }
}

// Greedy texts of these prompts, all in one batch.
std::vector<std::vector<int32_t>> write(Decoder& decoder, const std::vector<std::vector<int32_t>>& prompts) {
  std::vector<std::vector<int32_t>> texts = prompts, next = prompts;
  std::vector<KvCache> caches(prompts.size(), KvCache(decoder.config(), decoder.weights().device));
  for (int step = 0; step < 8; ++step) {
    std::vector<Decoder::Piece> pieces;
    for (size_t i = 0; i < prompts.size(); ++i) pieces.push_back({&caches[i], next[i]});
    const Tensor logits = decoder.forward(pieces).value();
    for (size_t i = 0; i < prompts.size(); ++i) {
      const auto row = static_cast<size_t>(logits.columns());
      next[i] = {likeliest(logits.span().subspan(i * row, row))};
      texts[i].push_back(next[i][0]);
    }
  }
  return texts;
}

TEST_F(DecoderOnAGpu, WritesTheSameAloneAndInABatch) {
  const auto model = model_of(small_blocks());
  std::vector<std::vector<int32_t>> prompts;
  for (int64_t i = 0; i < 9; ++i)
    prompts.push_back(tokens_of(small_blocks(), 1 + i * 5 % 37, static_cast<uint64_t>(i)));
  for (const auto& [type, tolerance] : kTypes) {
    Decoder gpu = on_gpu(*model, type);
    std::vector<std::vector<int32_t>> alone;
    for (const auto& prompt : prompts) alone.push_back(write(gpu, {prompt})[0]);
    for (const size_t count : {2, 5, 9}) {
      const std::vector<std::vector<int32_t>> some(prompts.begin(), prompts.begin() + static_cast<int64_t>(count));
      EXPECT_TRUE(std::equal(some.begin(), some.end(), prompts.begin()));
      const auto together = write(gpu, some);
      EXPECT_TRUE(std::equal(together.begin(), together.end(), alone.begin())) << static_cast<int>(type) << count;
    }
  }
}

TEST_F(DecoderOnAGpu, ChoosesTheLikeliest) {
  ModelConfig capped = small_blocks();
  capped.logit_soft_cap = 3;
  for (const ModelConfig& config : {small_blocks(), capped}) {
    const auto model = model_of(config);
    Decoder gpu = on_gpu(*model, WeightType::bf16);
    for (int again = 0; again < 3; ++again) expect_choices(gpu);  // from the second time on by a recorded pass
  }
}

TEST_F(DecoderOnAGpu, GoesOnFromSharedPages) {
  const auto model = model_of(small_blocks());
  const std::vector<int32_t> tokens = tokens_of(small_blocks(), 50, 3);
  Decoder gpu = on_gpu(*model, WeightType::q8);
  const std::vector<float> whole = logits_of(gpu, tokens, {50});
  KvCache first(gpu.config(), cuda_device);
  const Decoder::Piece begin{&first, std::span(tokens).first(40)};
  ASSERT_TRUE(gpu.forward({&begin, 1}).ok());
  KvCache copy(first);  // its last page is copied where either goes on
  const Decoder::Piece rest{&copy, std::span(tokens).subspan(40), 10};
  const Tensor logits = gpu.forward({&rest, 1}).value();
  EXPECT_TRUE(std::equal(logits.span().begin(), logits.span().end(), whole.begin() + 40 * 61));
}

TEST_F(DecoderOnAGpu, AddsHiddenStates) {
  const auto model = model_of(small_blocks());
  const std::vector<int32_t> tokens = tokens_of(small_blocks(), 20, 3);
  Decoder cpu(DecoderWeights::of(*model, WeightType::f32)), gpu = on_gpu(*model, WeightType::f32);
  std::vector<float> wanted(64), got(64);
  KvCache here(small_blocks()), there(small_blocks(), cuda_device);
  const Decoder::Piece a{&here, tokens, 0, wanted.data()}, b{&there, tokens, 0, got.data()};
  ASSERT_TRUE(cpu.forward({&a, 1}).ok() && gpu.forward({&b, 1}).ok());
  EXPECT_LT(relative_error(wanted, got), 2e-5);
}

TEST(OnDevice, RefusesWhatAGpuDoesNotRun) {
  ModelConfig config = small_blocks();
  config.head_dim = 258;
  const auto model = model_of(config);
  const auto refused = on_device(DecoderWeights::of(*model), kernels::DeviceChoice{cuda_device, true});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("--device cpu"), std::string::npos);
  const auto settled = on_device(DecoderWeights::of(*model), kernels::DeviceChoice{cuda_device, false});
  ASSERT_TRUE(settled);
  EXPECT_EQ(settled->device, cpu_device);
}

}  // namespace
}  // namespace persea
