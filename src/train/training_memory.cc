#include "train/training_memory.h"

#include <algorithm>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "comm/ranks.h"
#include "tensor/cuda.h"
#include "train/optimizer_settings.h"

namespace persea {
namespace {

// As training stores them.
DType activations_of(const Recipe& recipe) {
  return precision_of(recipe) != kernels::Precision::f32 && recipe.device != cpu_device ? DType::bf16 : DType::f32;
}

// Of a rank: its slices' weights and gradients (norms are small), a share of both moments, and in bf16 on a GPU copies
// of the weights; Muon keeps one moment for the matrices inside the layers.
int64_t state_bytes(const Recipe& recipe, const ModelConfig& c, RankLayout layout) {
  constexpr int64_t kFloat = 4;
  const int64_t inside =
      c.layers * (c.qkv_rows() * c.dim + c.dim * c.heads * c.head_dim + c.up_rows() * c.dim + c.dim * c.hidden);
  const int64_t moments = 2 * c.parameters() - (recipe.pretrain.optimizer == "muon" ? inside : 0);
  const int64_t copies = activations_of(recipe) == DType::bf16 ? 2 : 0;
  return (2 * kFloat + copies) * c.parameters() / layout.tensor_ranks + kFloat * moments / layout.ranks;
}

}  // namespace

int64_t memory_of_rank(const Recipe& recipe, int here) {
  const bool gpu = recipe.device != cpu_device;  // each rank has one of its own
  const int64_t there = gpu ? cuda::properties().memory : usable_memory();
  return (recipe.memory > 0 ? std::min(recipe.memory, there) : there) / (gpu ? 1 : here);
}

PassPlan plan_passes(const Recipe& recipe, const ModelConfig& config, int64_t memory, RankLayout layout) {
  return plan_passes(config, recipe.sequences(), recipe.pretrain.sequence,
                     {.device = recipe.device,
                      .activations = activations_of(recipe),
                      .memory = memory,
                      .state = state_bytes(recipe, config, layout),
                      .copies = layout.ranks / layout.tensor_ranks,
                      .tensor_ranks = layout.tensor_ranks,
                      .sequences = recipe.pretrain.micro_batch});
}

Result<PassPlan> agree_on_passes(const Recipe& recipe, const ModelConfig& config, Ranks& ranks, int tensor_ranks,
                                 bool quiet) {
  const auto own = static_cast<double>(memory_of_rank(recipe, ranks.here()));
  PERSEA_TRY(const std::vector<double> all, ranks.gather({&own, 1}));
  const auto least = static_cast<int64_t>(*std::min_element(all.begin(), all.end()));
  const PassPlan plan = plan_passes(recipe, config, least, {ranks.size(), tensor_ranks});
  if (plan.recomputed > 0 && !quiet)
    log_info("the activations of {} of {} layers do not fit into memory: computed twice", plan.recomputed,
             config.layers);
  return plan;
}

int64_t least_training_memory(const Recipe& recipe, const ModelConfig& config, const PassPlan& plan,
                              RankLayout layout) {
  const int64_t copies = layout.ranks / layout.tensor_ranks;
  const int64_t rows = std::min(plan.sequences, (recipe.sequences() + copies - 1) / copies);
  const auto tokens = static_cast<double>(rows * recipe.pretrain.sequence);
  return state_bytes(recipe, config, layout) +
         static_cast<int64_t>(
             tokens * activation_bytes_per_token(config, plan.recomputed, activations_of(recipe), layout.tensor_ranks));
}

Status check_memory(const Recipe& recipe, const ModelConfig& config, int here, RankLayout layout) {
  const bool gpu = recipe.device != cpu_device;
  const int64_t share = gpu ? 1 : here, there = memory_of_rank(recipe, here),
                least = least_training_memory(recipe, config, plan_passes(recipe, config, there, layout), layout);
  if (least > there) {
    return fail(
        "training needs at least {} of memory{} and this {} has {}: lower model.dim, model.layers, pretrain.sequence "
        "or "
        "pretrain.micro_batch",
        format_bytes(static_cast<double>(share * least)),
        share > 1 ? fmt::format(" for the {} ranks on it", share) : "", gpu ? "GPU" : "machine",
        format_bytes(static_cast<double>(share * there)));
  }
  return {};
}

}  // namespace persea
