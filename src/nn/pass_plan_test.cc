#include "nn/pass_plan.h"

#include <gtest/gtest.h>

namespace persea {
namespace {

// GPT-2's size.
ModelConfig medium() {
  ModelConfig config;
  config.vocab = 32768;
  config.dim = 768;
  config.layers = config.heads = config.kv_heads = 12;
  config.head_dim = 64;
  config.hidden = 2048;
  config.context = 1024;
  return config;
}

constexpr int64_t kGiB = int64_t{1} << 30;

PassLimits limits_of(const ModelConfig& config, int64_t memory, Device device = cpu_device,
                     DType activations = DType::f32) {
  return {.device = device, .activations = activations, .memory = memory, .state = 16 * config.parameters()};
}

TEST(PassPlan, ActivationsShrinkWithEachLayerThatIsRecomputedButTheLast) {
  const ModelConfig config = medium();
  const auto layer = static_cast<double>(2 * config.dim + config.qkv_rows() + config.dim + 12 + config.up_rows());
  EXPECT_EQ(activation_bytes_per_token(config), 4 * (12 * layer + 2 * 768));
  EXPECT_EQ(activation_bytes_per_token(config, 5), 4 * (7 * layer + 7 * 768));
  EXPECT_EQ(activation_bytes_per_token(config, 11), 4 * (layer + 13 * 768));
  EXPECT_EQ(activation_bytes_per_token(config, 12), activation_bytes_per_token(config, 11));
  EXPECT_EQ(activation_bytes_per_token(config, 5, DType::bf16), activation_bytes_per_token(config, 5) / 2);
}

TEST(PassPlan, OnTheCpuMemoryDecidesOnLayersAndNeverOnMicroBatches) {
  const ModelConfig config = medium();
  const PassPlan roomy = plan_passes(config, 16, 1024, limits_of(config, 64 * kGiB));
  EXPECT_EQ(roomy.recomputed, 0);
  int64_t before = 0;
  for (int64_t memory = 4 * kGiB; memory >= 7 * kGiB / 4; memory -= kGiB / 32) {
    const PassPlan plan = plan_passes(config, 16, 1024, limits_of(config, memory));
    EXPECT_EQ(plan.sequences, roomy.sequences);
    EXPECT_EQ(plan.validation_sequences, roomy.sequences);
    EXPECT_GE(plan.recomputed, before);
    before = plan.recomputed;
    // As few as it takes.
    const double room = static_cast<double>(memory - 16 * config.parameters());
    const auto tokens = static_cast<double>(plan.sequences * 1024);
    if (plan.recomputed < config.layers - 1) {
      EXPECT_LT(tokens * activation_bytes_per_token(config, plan.recomputed), room);
    }
    if (plan.recomputed > 0) {
      EXPECT_GT(tokens * activation_bytes_per_token(config, plan.recomputed - 1), 0.5 * room);
    }
  }
  EXPECT_EQ(before, config.layers - 1);
  EXPECT_EQ(plan_passes(config, 16, 1024, limits_of(config, kGiB)).recomputed, 11);  // less than the state
}

TEST(PassPlan, OnAGpuLayersAreRecomputedWherePassesWouldBeSmall) {
  const ModelConfig config = medium();
  const auto plan = [&](int64_t memory, DType activations, int64_t chosen = 0) {
    PassLimits limits = limits_of(config, memory, cuda_device, activations);
    limits.sequences = chosen;
    return plan_passes(config, 64, 1024, limits);
  };
  const PassPlan roomy = plan(80 * kGiB, DType::f32);
  EXPECT_EQ(roomy.recomputed, 0);
  EXPECT_EQ(roomy.sequences, 64);
  // Sized as they are stored: what holds 8 sequences in f32 holds 16 in bf16, and validations 8.
  int64_t memory = 4 * kGiB;
  while (plan(memory, DType::f32).sequences < 8) memory += kGiB / 16;
  EXPECT_EQ(plan(memory, DType::f32).recomputed, 0);
  EXPECT_EQ(plan(memory, DType::f32).validation_sequences, 8);
  EXPECT_EQ(plan(memory, DType::bf16).sequences, 16);
  EXPECT_EQ(plan(memory, DType::bf16).validation_sequences, 8);
  // 4096 tokens are worth it, more are not.
  const PassPlan tight = plan(4 * kGiB, DType::f32);
  EXPECT_EQ(tight.sequences, 4);
  EXPECT_GT(tight.recomputed, 0);
  EXPECT_LT(tight.recomputed, 11);
  EXPECT_GT(plan(4 * kGiB, DType::f32, 8).recomputed, tight.recomputed);
  EXPECT_EQ(plan(4 * kGiB, DType::f32, 1).recomputed, 0);
  EXPECT_EQ(plan(7 * kGiB / 4, DType::f32).sequences, 1);
  EXPECT_EQ(plan(kGiB, DType::f32).recomputed, 11);
}

TEST(PassPlan, RanksThatShareAStepHoldTheirRowsOnly) {
  const ModelConfig config = medium();
  PassLimits limits = limits_of(config, 3 * kGiB);
  limits.sequences = 4;
  const PassPlan alone = plan_passes(config, 4, 1024, limits);
  limits.copies = 4;
  const PassPlan four = plan_passes(config, 4, 1024, limits);
  EXPECT_GT(alone.recomputed, four.recomputed);
  EXPECT_EQ(alone.sequences, four.sequences);
}

TEST(PassPlan, AllLayersTwiceIsAThirdOfTheLayersMore) {
  ModelConfig config = medium();
  const double head = 6.0 * static_cast<double>(config.vocab * config.dim);
  const double layers = config.training_flops_per_token(1024) - head;
  EXPECT_NEAR(recomputed_flops_per_token(config, 1024, 12), layers / 3, 1e-9 * layers);
  EXPECT_EQ(recomputed_flops_per_token(config, 1024, 0), 0);
}

}  // namespace
}  // namespace persea
