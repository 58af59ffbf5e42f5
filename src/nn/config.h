// What defines a Llama-family model, and its translation to and from Hugging Face's config.json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

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

// What Llama 4's text models have beyond the others. A mixed layer adds experts' MLPs to one that all tokens share: of
// each token's input, times the sigmoid of the router's logit, those of the `active` highest logits. Layers with RoPE
// see positions of their own chunk only; the others know no positions and see everything before.
struct Llama4 {
  int64_t experts = 16, active = 1, expert_hidden = 0;  // expert_hidden: also of what all tokens share
  std::vector<bool> mixed, turned;                      // of each layer: has experts, has RoPE
  int64_t chunk = 0;                                    // positions in a chunk; 0: one chunk
  bool qk_norm = true;                                  // q and k heads of RoPE's layers over their root mean square
  // Queries of layers without RoPE grow by 1 + scale ln(1 + floor((position + 1) / floor)); scale 0: not at all.
  double temperature_scale = 0, temperature_floor = 8192;
  bool operator==(const Llama4&) const = default;
};

struct ModelConfig {
  int64_t vocab = 0, dim = 0, layers = 0, heads = 0, kv_heads = 0, head_dim = 0, hidden = 0, context = 0;
  Activation activation = Activation::swiglu;
  bool qk_norm = false;   // RMSNorm of each head's q and k before RoPE (as Qwen3)
  bool qkv_bias = false;  // added to what q, k and v are multiplied from (as Qwen2)
  bool tied = true;       // the head shares the embedding's weights
  double norm_eps = 1e-5;
  double rope_theta = 10000;
  std::optional<RopeScaling> rope_scaling;
  double logit_soft_cap = 0;  // 0: none; else logits become cap * tanh(logits / cap)
  int64_t window = 0;         // a position sees itself and those before it, as many in all (as Mistral); 0: all
  std::optional<Llama4> llama4;

  int64_t qkv_rows() const { return (heads + 2 * kv_heads) * head_dim; }
  int64_t up_rows() const { return activation == Activation::swiglu ? 2 * hidden : hidden; }
  bool mixed(int64_t layer) const { return llama4 && llama4->mixed[static_cast<size_t>(layer)]; }
  bool turned(int64_t layer) const { return !llama4 || llama4->turned[static_cast<size_t>(layer)]; }
  // Of the MLP that all tokens share.
  int64_t hidden_of(int64_t layer) const { return mixed(layer) ? llama4->expert_hidden : hidden; }
  int64_t parameters() const;          // of the whole model
  int64_t product_parameters() const;  // those in matrix products: all but the norms and an untied embedding table
  // Model FLOPs of training on one token in a sequence of `length`: 6 x product parameters + causal attention
  // (6 x layers x length x heads x head_dim: half the square is computed).
  double training_flops_per_token(int64_t length) const;
  Status check() const;      // one line for what no model can have
  Status trainable() const;  // one line for what is only run
  bool operator==(const ModelConfig&) const;
};

Json to_hugging_face(const ModelConfig& config);
Result<ModelConfig> config_from_hugging_face(const Json& config, std::string_view where);

}  // namespace persea
