// What defines a Llama-family model, and its translation to and from Hugging Face's config.json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/json.h"
#include "base/result.h"

namespace persea {

enum class Activation {
  swiglu,
  relu_squared
};  // swiglu: down(silu(gate x) * up x); relu_squared: down(max(0, up x)^2)

// Llama 3's frequency-dependent scaling, or a linear one (position / factor).
struct RopeScaling {
  enum class Kind { linear, llama3 } kind = Kind::linear;
  double factor = 1, low_frequency_factor = 1, high_frequency_factor = 4;
  int64_t original_context = 8192;
};

struct ModelConfig {
  int64_t vocab = 0, dim = 0, layers = 0, heads = 0, kv_heads = 0, head_dim = 0, hidden = 0, context = 0;
  Activation activation = Activation::swiglu;
  bool qk_norm = false;  // RMSNorm of each head's q and k before RoPE (as Qwen3)
  bool tied = true;      // the head shares the embedding's weights
  double norm_eps = 1e-5;
  double rope_theta = 10000;
  std::optional<RopeScaling> rope_scaling;
  double logit_soft_cap = 0;  // 0: none; else logits become cap * tanh(logits / cap)

  int64_t qkv_rows() const { return (heads + 2 * kv_heads) * head_dim; }
  int64_t up_rows() const { return activation == Activation::swiglu ? 2 * hidden : hidden; }
  int64_t parameters() const;          // of the whole model
  int64_t product_parameters() const;  // those in matrix products: all but the norms and an untied embedding table
  // Model FLOPs of training on one token in a sequence of `length`: 6 x product parameters + causal attention
  // (6 x layers x length x heads x head_dim: half the square is computed).
  double training_flops_per_token(int64_t length) const;
  Status check() const;  // one line for what no model can have
  bool operator==(const ModelConfig&) const;
};

Json to_hugging_face(const ModelConfig& config);
Result<ModelConfig> config_from_hugging_face(const Json& config, std::string_view where);

}  // namespace persea
