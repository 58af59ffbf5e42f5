#include "nn/pass_plan.h"

#include <algorithm>

namespace persea {
namespace {

constexpr int64_t kGoodTokens = 4096;  // of a pass, from where on products are fast
constexpr double kShareCpu = 0.6,
                 kShareGpu = 0.5;  // of the memory beside the state, for what the passes keep: the rest
                                   // is for gradients, logits and what is freed and not used again

// The largest divisor of `sequences` that is at most `most`, and at least 1.
int64_t divisor(int64_t sequences, double most) {
  auto found = static_cast<int64_t>(std::clamp(most, 1.0, static_cast<double>(sequences)));
  while (sequences % found != 0) --found;
  return found;
}

}  // namespace

double activation_bytes_per_token(const ModelConfig& c, int64_t recomputed, DType activations, int tensor_ranks) {
  const int64_t sliced = c.qkv_rows() * (1 + c.qk_norm + c.qkv_bias) + c.heads * c.head_dim + c.heads + c.up_rows();
  // The first layers are recomputed once the later ones have let go of theirs, one at a time. The last one is there
  // when its backward pass begins, whether it has been kept or not.
  recomputed = std::min(recomputed, c.layers - 1);
  return static_cast<double>(dtype_bytes(activations)) *
         static_cast<double>((c.layers - recomputed) * (2 * c.dim + sliced / tensor_ranks) + (recomputed + 2) * c.dim);
}

PassPlan plan_passes(const ModelConfig& config, int64_t sequences, int64_t length, const PassLimits& limits) {
  const bool gpu = limits.device != cpu_device;
  const double room = (gpu ? kShareGpu : kShareCpu) * static_cast<double>(limits.memory - limits.state);
  const auto tokens_with = [&](int64_t recomputed) {
    return room / activation_bytes_per_token(config, recomputed, limits.activations, limits.tensor_ranks);
  };
  const auto length_of = static_cast<double>(length);
  PassPlan plan;
  int64_t wanted;  // the least number of sequences for which layers are recomputed
  if (limits.sequences > 0) {
    wanted = plan.sequences = limits.sequences;
  } else if (gpu) {
    const int64_t most = divisor(sequences, tokens_with(config.layers) / length_of);
    wanted = std::min(most, divisor(sequences, static_cast<double>(kGoodTokens) / length_of));
  } else {
    // Weight, gradient and two moments are 16 bytes a parameter; a small model may take 300 MB all the same.
    const double allowed = std::max(300e6, 0.45 * 16 * static_cast<double>(config.parameters()));
    const double tokens = std::min<double>(kGoodTokens, allowed / activation_bytes_per_token(config));
    wanted = plan.sequences = divisor(sequences, tokens / length_of);
  }
  // A rank passes no more at once than its share of the step.
  const int64_t rows = std::min(wanted, (sequences + limits.copies - 1) / limits.copies);
  while (plan.recomputed < config.layers - 1 && tokens_with(plan.recomputed) < static_cast<double>(rows * length))
    ++plan.recomputed;
  if (gpu && limits.sequences == 0)
    plan.sequences = divisor(sequences, std::min(1e6, tokens_with(plan.recomputed)) / length_of);
  // Without gradients a layer's activations live one at a time, in f32: half as many rows take blocks of memory of the
  // sizes that training in bf16 has left.
  const int64_t halves = static_cast<int64_t>(dtype_bytes(DType::f32) / dtype_bytes(limits.activations));
  plan.validation_sequences = std::max<int64_t>(1, plan.sequences / halves);
  return plan;
}

double recomputed_flops_per_token(const ModelConfig& c, int64_t length, int64_t recomputed) {
  const int64_t layer = c.qkv_rows() * c.dim + c.dim * c.heads * c.head_dim + c.up_rows() * c.dim + c.dim * c.hidden;
  return static_cast<double>(recomputed) *
         (2.0 * static_cast<double>(layer) + 2.0 * static_cast<double>(length * c.heads * c.head_dim));
}

}  // namespace persea
