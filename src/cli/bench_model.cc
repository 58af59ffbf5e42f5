#include "cli/bench_model.h"

#include <algorithm>
#include <vector>

#include "base/random.h"
#include "base/threads.h"

namespace persea {

Result<ModelConfig> ModelShape::config(int64_t context) const {
  ModelConfig config = model;
  config.activation = activation == "swiglu" ? Activation::swiglu : Activation::relu_squared;
  if (config.kv_heads == 0) config.kv_heads = config.heads;
  config.head_dim = config.dim / config.heads;
  config.context = context;
  PERSEA_CHECK(config.check());
  return config;
}

void add_model_shape(CLI::App& verb, ModelShape& shape) {
  ModelConfig& m = shape.model;
  m.vocab = 2048;
  m.dim = 128;
  m.layers = m.heads = 4;
  m.hidden = 384;
  verb.add_option("--dim", m.dim, "Width")->check(CLI::Range(8, 65536))->capture_default_str();
  verb.add_option("--layers", m.layers, "Blocks")->check(CLI::Range(1, 1000))->capture_default_str();
  verb.add_option("--heads", m.heads, "Attention heads")->check(CLI::Range(1, 1024))->capture_default_str();
  verb.add_option("--kv-heads", m.kv_heads, "Heads of keys and values (0: as many)")->check(CLI::Range(0, 1024));
  verb.add_option("--hidden", m.hidden, "Width of the MLP")->check(CLI::Range(8, 1 << 20))->capture_default_str();
  verb.add_option("--vocab", m.vocab, "Tokens")->check(CLI::Range(2, 1 << 22))->capture_default_str();
  verb.add_option("--activation", shape.activation, "The MLP's")->check(CLI::IsMember({"swiglu", "relu_squared"}));
  verb.add_flag("--qk-norm", m.qk_norm, "Normalize queries and keys");
  verb.add_flag("--tied,!--untied", m.tied, "The head shares the embedding's weights")->capture_default_str();
}

std::unique_ptr<Model> random_model(const ModelConfig& config) {
  auto model = std::make_unique<Model>(config, std::nullopt);
  constexpr int64_t kDrawn = (1 << 20) + 7;  // no multiple of a row: rows that are alike lie far apart
  Random random(1);
  std::vector<float> drawn(kDrawn);
  for (float& each : drawn) each = static_cast<float>(0.02 * random.normal());
  for (Parameter* parameter : model->parameters()) {
    if (!parameter->decay) continue;
    float* const to = parameter->value.data();
    const int64_t count = parameter->value.count();
    pool().parallel_for((count + kDrawn - 1) / kDrawn, [&](int64_t part) {
      std::copy_n(drawn.data(), std::min(kDrawn, count - part * kDrawn), to + part * kDrawn);
    });
  }
  return model;
}

}  // namespace persea
