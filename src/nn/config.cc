#include "nn/config.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "nn/config_llama4.h"
#include "nn/config_reader.h"

namespace persea {
namespace {

// Bounds beyond any model, small enough that no product of them overflows 64 bits.
constexpr int64_t kMaxVocab = int64_t{1} << 24, kMaxDim = int64_t{1} << 18, kMaxHidden = int64_t{1} << 20;
constexpr int64_t kMaxLayers = 4096, kMaxHeads = 4096, kMaxHeadDim = 4096, kMaxContext = int64_t{1} << 30;

// rope_theta and scaling, from transformers 5's rope_parameters or the older rope_theta and rope_scaling.
void read_rope(ConfigReader& reader, ModelConfig& config) {
  config.rope_theta = reader.number("rope_theta", config.rope_theta);
  if (reader.number("partial_rotary_factor", 1.0) != 1.0) {
    reader.unsupported("partial_rotary_factor", "rotation of a part of the head is not supported");
  }
  const char* key = reader.has("rope_scaling") ? "rope_scaling" : "rope_parameters";  // as transformers prefers them
  if (!reader.has(key)) return;
  if (!reader.at(key).is_object()) return reader.unsupported(key, "must be an object");
  ConfigReader rope(reader.at(key), reader.where() + ": " + key);
  config.rope_theta = rope.number("rope_theta", config.rope_theta);
  if (rope.number("partial_rotary_factor", 1.0) != 1.0) {
    rope.unsupported("partial_rotary_factor", "rotation of a part of the head is not supported");
  }
  const std::string type = rope.text("rope_type", rope.text("type", "default"));
  if (type == "linear") {
    config.rope_scaling = RopeScaling{.kind = RopeScaling::Kind::linear, .factor = rope.number("factor")};
  } else if (type == "llama3") {
    RopeScaling scaling{.kind = RopeScaling::Kind::llama3, .factor = rope.number("factor")};
    scaling.low_frequency_factor = rope.number("low_freq_factor");
    scaling.high_frequency_factor = rope.number("high_freq_factor");
    scaling.original_context = rope.integer("original_max_position_embeddings", config.context);
    config.rope_scaling = scaling;
  } else if (type != "default") {
    rope.unsupported("rope_type", fmt::format("{} is not supported; default, linear and llama3 are", shown(type)));
  }
  reader.adopt(rope);
}

// Keys that change what a model computes, in ways that no ModelConfig can say.
void refuse_unsupported(ConfigReader& reader, const ModelConfig& config) {
  for (const char* key : {"attention_bias", "mlp_bias", "use_sliding_window"}) {
    if (reader.boolean(key, false)) reader.unsupported(key, "true is not supported");
  }
  for (const char* key : {"quantization_config", "attn_logit_softcapping", "num_experts", "num_local_experts"}) {
    if (reader.has(key) && !(config.llama4 && key == std::string_view("num_local_experts"))) {
      reader.unsupported(key, "is not supported");
    }
  }
  if (!reader.has("layer_types") || config.llama4) return;
  const Json& types = reader.at("layer_types");
  for (const Json& type : types.is_array() ? types : Json::array({types})) {
    if (type != "full_attention") {
      return reader.unsupported("layer_types", "layers other than \"full_attention\" are not supported");
    }
  }
}

// Qwen writes a window that use_sliding_window turns off; Mistral's holds wherever it is not null, and is 4096 where
// nobody speaks of it. Llama has none.
int64_t read_window(ConfigReader& reader, std::string_view type, int64_t context) {
  const bool mistral = type == "mistral";
  if (mistral && !reader.names("sliding_window")) return context > 4096 ? 4096 : 0;
  if (!reader.has("sliding_window") || reader.has("use_sliding_window")) return 0;
  const int64_t window = reader.integer("sliding_window");
  if (window >= context) return 0;
  if (!mistral && type != "persea") {
    reader.unsupported("sliding_window", fmt::format("is not supported in a {} model", type));
  } else if (window < 1) {
    reader.unsupported("sliding_window", "must be positive, or null for none");
  }
  return window;
}

// The class of transformers that computes this model, or our own name where there is none:
// Llama, Mistral (a window), Qwen2 (biases), Qwen3 (gains on each head's q and k), Arcee (max(0, x)^2 without a gate)
// and Llama 4. LlamaConfig and ArceeConfig refuse a width that is no multiple of the heads, which MistralConfig takes;
// no plain architecture caps its logits.
struct Architecture {
  const char *model_type, *name;
};
Architecture architecture_of(const ModelConfig& config) {
  const bool gated = config.activation == Activation::swiglu, even = config.dim % config.heads == 0;
  if (config.llama4) return {"llama4_text", "Llama4ForCausalLM"};
  if (config.qkv_bias && config.logit_soft_cap == 0 && gated && !config.qk_norm && config.window == 0) {
    return {"qwen2", "Qwen2ForCausalLM"};
  }
  if (config.logit_soft_cap == 0 && !config.qkv_bias) {
    if (config.window > 0) {
      if (gated && !config.qk_norm) return {"mistral", "MistralForCausalLM"};
      return {"persea", "PerseaForCausalLM"};
    }
    if (gated && config.qk_norm) return {"qwen3", "Qwen3ForCausalLM"};
    if (gated && even) return {"llama", "LlamaForCausalLM"};
    if (gated) return {"mistral", "MistralForCausalLM"};
    if (!config.qk_norm && even) return {"arcee", "ArceeForCausalLM"};
  }
  return {"persea", "PerseaForCausalLM"};
}

bool in(int64_t value, int64_t low, int64_t high) { return value >= low && value <= high; }

}  // namespace

int64_t ModelConfig::product_parameters() const {
  int64_t sum = layers * (qkv_rows() * dim + heads * head_dim * dim) + vocab * dim;
  const int64_t matrices = activation == Activation::swiglu ? 3 : 2;  // of an MLP
  for (int64_t i = 0; i < layers; ++i) {
    sum += matrices * hidden_of(i) * dim;
    if (mixed(i)) sum += llama4->experts * (matrices * llama4->expert_hidden * dim + dim);
  }
  return sum;
}

int64_t ModelConfig::parameters() const {
  const int64_t gains = dim + layers * (2 * dim + (qk_norm ? 2 * head_dim : 0) + (qkv_bias ? qkv_rows() : 0));
  return product_parameters() + gains + (tied ? 0 : vocab * dim);
}

double ModelConfig::training_flops_per_token(int64_t length) const {
  return 6.0 * static_cast<double>(product_parameters()) +
         6.0 * static_cast<double>(layers) * static_cast<double>(length) * static_cast<double>(heads * head_dim);
}

Status ModelConfig::check() const {
  const struct {
    const char* name;
    int64_t value, most;
  } sizes[] = {{"vocab", vocab, kMaxVocab},    {"dim", dim, kMaxDim},
               {"layers", layers, kMaxLayers}, {"heads", heads, kMaxHeads},
               {"kv_heads", kv_heads, heads},  {"head_dim", head_dim, kMaxHeadDim},
               {"hidden", hidden, kMaxHidden}, {"context", context, kMaxContext}};
  for (const auto& size : sizes) {
    if (!in(size.value, 1, size.most)) return fail("{} is {}; it must lie in 1..{}", size.name, size.value, size.most);
  }
  if (heads % kv_heads != 0) return fail("heads ({}) must be a multiple of kv_heads ({})", heads, kv_heads);
  if (head_dim % 2 != 0) return fail("head_dim is {}; it must be even, because RoPE rotates pairs", head_dim);
  if (!(norm_eps > 0 && norm_eps < 1)) return fail("norm_eps is {}; it must lie between 0 and 1", norm_eps);
  if (!(rope_theta > 0 && std::isfinite(rope_theta))) return fail("rope_theta is {}; it must be positive", rope_theta);
  if (!(logit_soft_cap >= 0 && std::isfinite(logit_soft_cap))) {
    return fail("logit_soft_cap is {}; it must be positive, or 0 for none", logit_soft_cap);
  }
  if (window < 0 || window > kMaxContext) return fail("window is {}; it must lie in 0..{}", window, kMaxContext);
  if (llama4) PERSEA_CHECK(check_llama4(*this));
  if (rope_scaling) {
    const RopeScaling& scaling = *rope_scaling;
    if (!(scaling.factor > 0 && std::isfinite(scaling.factor))) {
      return fail("rope scaling's factor is {}; it must be positive", scaling.factor);
    }
    if (scaling.kind == RopeScaling::Kind::llama3 &&
        !(scaling.low_frequency_factor > 0 && scaling.high_frequency_factor >= scaling.low_frequency_factor &&
          std::isfinite(scaling.high_frequency_factor) && in(scaling.original_context, 1, kMaxContext))) {
      return fail("llama3 rope scaling needs 0 < low_freq_factor <= high_freq_factor and a positive original context");
    }
  }
  return {};
}

Status ModelConfig::trainable() const {
  if (llama4) return fail("Llama 4's models are only run: experts and layers without positions are not trained here");
  return {};
}

bool ModelConfig::operator==(const ModelConfig& other) const {
  const auto scaling = [](const ModelConfig& c) {
    const RopeScaling s = c.rope_scaling.value_or(RopeScaling{});
    const bool llama3 = s.kind == RopeScaling::Kind::llama3;
    return std::tuple(c.rope_scaling.has_value(), s.kind, s.factor, llama3 ? s.low_frequency_factor : 0,
                      llama3 ? s.high_frequency_factor : 0, llama3 ? s.original_context : 0);
  };
  const auto rest = [](const ModelConfig& c) {
    return std::tuple(c.vocab, c.dim, c.layers, c.heads, c.kv_heads, c.head_dim, c.hidden, c.context, c.activation,
                      c.qk_norm, c.qkv_bias, c.tied, c.norm_eps, c.rope_theta, c.logit_soft_cap, c.window);
  };
  return rest(*this) == rest(other) && scaling(*this) == scaling(other) && llama4 == other.llama4;
}

Json to_hugging_face(const ModelConfig& config) {
  const Architecture architecture = architecture_of(config);
  Json rope = {{"rope_type", "default"}, {"rope_theta", config.rope_theta}};
  if (config.rope_scaling) {
    const RopeScaling& scaling = *config.rope_scaling;
    rope["factor"] = scaling.factor;
    rope["rope_type"] = "linear";
    if (scaling.kind == RopeScaling::Kind::llama3) {
      rope["rope_type"] = "llama3";
      rope["low_freq_factor"] = scaling.low_frequency_factor;
      rope["high_freq_factor"] = scaling.high_frequency_factor;
      rope["original_max_position_embeddings"] = scaling.original_context;
    }
  }
  Json scaling = rope;  // transformers 4 has the base beside it
  scaling.erase("rope_theta");
  Json json = {
      {"architectures", {architecture.name}},
      {"model_type", architecture.model_type},
      {"vocab_size", config.vocab},
      {"hidden_size", config.dim},
      {"num_hidden_layers", config.layers},
      {"num_attention_heads", config.heads},
      {"num_key_value_heads", config.kv_heads},
      {"head_dim", config.head_dim},
      {"intermediate_size", config.hidden},
      {"max_position_embeddings", config.context},
      {"hidden_act", config.activation == Activation::swiglu ? "silu" : "relu2"},
      {"tie_word_embeddings", config.tied},
      {"rms_norm_eps", config.norm_eps},
      {"attention_bias", false},
      {"mlp_bias", false},
      {"attention_dropout", 0.0},
      {"initializer_range", 0.02},
      {"use_cache", true},
      {"torch_dtype", "float32"},  // transformers 4; 5 says "dtype"
      {"dtype", "float32"},
      {"rope_theta", config.rope_theta},  // transformers 4
      {"rope_scaling", config.rope_scaling ? scaling : Json()},
      {"rope_parameters", rope},  // transformers 5
  };
  const std::string_view type = architecture.model_type;
  const Json window = config.window > 0 ? Json(config.window) : Json();
  if (type == "mistral" || type == "persea") json["sliding_window"] = window;
  if (type == "qwen2" || type == "qwen3") json["sliding_window"] = nullptr, json["use_sliding_window"] = false;
  if (type == "llama4_text") write_llama4(config, json);
  if (type == "persea") {
    json["qk_norm"] = config.qk_norm;
    json["qkv_bias"] = config.qkv_bias;
    json["final_logit_softcapping"] = config.logit_soft_cap > 0 ? Json(config.logit_soft_cap) : Json();
  }
  return json;
}

Result<ModelConfig> config_from_hugging_face(const Json& json, std::string_view where) {
  if (!json.is_object()) return fail("{}: must be a JSON object", where);
  ConfigReader reader(json, std::string(where));
  const std::string type = reader.text("model_type");
  if (!reader.ok()) return reader.error();
  if (type == "llama4") {  // with a part that sees pictures, which is left alone
    if (!reader.has("text_config")) return fail("{}: the key \"text_config\" is missing", where);
    const Json& inner = json.at("text_config");
    const std::string place = fmt::format("{}: text_config", where);
    if (!inner.is_object() || inner.value("model_type", Json()) != "llama4_text") {
      return fail("{}: must be an object of \"model_type\" llama4_text", place);
    }
    return config_from_hugging_face(inner, place);
  }
  constexpr std::string_view kTypes[] = {"llama", "mistral", "qwen2", "qwen3", "arcee", "llama4_text", "persea"};
  if (std::find(std::begin(kTypes), std::end(kTypes), type) == std::end(kTypes)) {
    return fail("{}: \"model_type\": {} is not supported; {} are", where, shown(type), fmt::join(kTypes, ", "));
  }
  const bool own = type == "persea", llama4 = type == "llama4_text";

  ModelConfig config;
  config.vocab = reader.integer("vocab_size");
  config.dim = reader.integer("hidden_size");
  config.layers = reader.integer("num_hidden_layers");
  config.heads = reader.integer("num_attention_heads");
  config.kv_heads = reader.integer("num_key_value_heads", config.heads);
  config.hidden = reader.integer(llama4 ? "intermediate_size_mlp" : "intermediate_size");
  config.context = reader.integer("max_position_embeddings", 2048);
  const bool divides = config.heads > 0 && config.dim % config.heads == 0;
  if (reader.has("head_dim") || divides) {
    // What transformers takes where the key is missing: 128 for Qwen3 and Llama 4, else the width over the heads.
    const bool wide = type == "qwen3" || llama4 || !divides;
    config.head_dim = reader.integer("head_dim", wide ? 128 : config.dim / config.heads);
  } else {
    reader.unsupported("hidden_size", "is no multiple of num_attention_heads, and there is no head_dim");
  }
  const std::string activation = reader.text("hidden_act", type == "arcee" ? "relu2" : "silu");
  config.activation = activation == "relu2" ? Activation::relu_squared : Activation::swiglu;
  if (type == "arcee" ? activation != "relu2" : activation != "silu" && !(own && activation == "relu2")) {
    reader.unsupported("hidden_act", fmt::format("{} is not supported in a {} model", shown(activation), type));
  }
  config.qk_norm = type == "qwen3" || (own && reader.boolean("qk_norm", false));
  config.qkv_bias = type == "qwen2" || (own && reader.boolean("qkv_bias", false));
  config.tied = reader.boolean("tie_word_embeddings", false);
  config.norm_eps = reader.number("rms_norm_eps", type == "arcee" || llama4 ? 1e-5 : 1e-6);
  if (own) {
    config.logit_soft_cap = reader.number("final_logit_softcapping", 0.0);
  } else if (reader.has("final_logit_softcapping")) {
    reader.unsupported("final_logit_softcapping", fmt::format("is not supported in a {} model", type));
  }
  config.window = read_window(reader, type, config.context);
  if (llama4) {
    config.rope_theta = 500000;
    read_llama4(reader, config);
  }
  read_rope(reader, config);
  refuse_unsupported(reader, config);
  if (!reader.ok()) return reader.error();
  if (Status status = config.check(); !status) return fail("{}: {}", where, status.error().message);
  return config;
}

}  // namespace persea
