#include "nn/config_llama4.h"

#include <algorithm>
#include <cmath>

namespace persea {
namespace {

constexpr int64_t kMaxLayers = 4096, kMaxExperts = 1024, kMaxHidden = int64_t{1} << 20, kMaxChunk = int64_t{1} << 30;

// A list of whole numbers from 0 to `most`; what is no such list is named.
std::vector<int64_t> numbers(ConfigReader& reader, const char* key, int64_t most) {
  std::vector<int64_t> values;
  const Json& list = reader.at(key);
  const auto fits = [&](const Json& value) { return value.is_number_integer() && value >= 0 && value <= most; };
  if (!list.is_array() || list.size() > kMaxLayers || !std::all_of(list.begin(), list.end(), fits)) {
    reader.unsupported(key, fmt::format("must be a list of whole numbers from 0 to {}", most));
    return values;
  }
  for (const Json& value : list) values.push_back(value.get<int64_t>());
  return values;
}

// Every `step`-th of the layers, or none where the step is none.
std::vector<bool> every(int64_t layers, int64_t step) {
  std::vector<bool> chosen(static_cast<size_t>(layers));
  for (int64_t i = 0; i < layers; ++i) chosen[static_cast<size_t>(i)] = step > 0 && (i + 1) % step == 0;
  return chosen;
}

}  // namespace

void read_llama4(ConfigReader& reader, ModelConfig& config) {
  const int64_t layers = config.layers;
  if (layers < 1 || layers > kMaxLayers) return;  // check() names it
  Llama4& own = config.llama4.emplace();
  own.experts = reader.integer("num_local_experts", 16);
  own.active = reader.integer("num_experts_per_tok", 1);
  own.expert_hidden = reader.integer("intermediate_size", 8192);
  own.chunk = reader.integer("attention_chunk_size", 0);
  own.qk_norm = reader.boolean("use_qk_norm", true);
  if (reader.boolean("attn_temperature_tuning", true)) own.temperature_scale = reader.number("attn_scale", 0.1);
  own.temperature_floor = reader.number("floor_scale", 8192.0);

  own.mixed = every(layers, reader.integer("interleave_moe_layer_step", 1));
  if (reader.has("moe_layers")) {
    own.mixed.assign(static_cast<size_t>(layers), false);
    for (const int64_t layer : numbers(reader, "moe_layers", layers - 1)) own.mixed[static_cast<size_t>(layer)] = true;
  }
  own.turned = every(layers, reader.integer("no_rope_layer_interval", 4));
  own.turned.flip();
  if (reader.has("no_rope_layers") && !reader.at("no_rope_layers").empty()) {  // 1: a layer that does have RoPE
    std::vector<int64_t> turned = numbers(reader, "no_rope_layers", 1);
    if (static_cast<int64_t>(turned.size()) < layers) {
      return reader.unsupported("no_rope_layers", "must have a number for each layer");
    }
    for (size_t i = 0; i < own.turned.size(); ++i) own.turned[i] = turned[i] == 1;
  }
  if (!reader.has("layer_types")) return;
  const Json& types = reader.at("layer_types");
  for (size_t i = 0; i < own.turned.size(); ++i) {
    if (!types.is_array() || types.size() <= i ||
        types[i] != (own.turned[i] ? "chunked_attention" : "full_attention")) {
      return reader.unsupported("layer_types",
                                "must be \"chunked_attention\" for layers with RoPE, else \"full_attention\"");
    }
  }
}

void write_llama4(const ModelConfig& config, Json& json) {
  const Llama4& own = *config.llama4;
  json["intermediate_size"] = own.expert_hidden;
  json["intermediate_size_mlp"] = config.hidden;
  json["num_local_experts"] = own.experts;
  json["num_experts_per_tok"] = own.active;
  json["attention_chunk_size"] = own.chunk > 0 ? Json(own.chunk) : Json();
  json["use_qk_norm"] = own.qk_norm;
  json["attn_temperature_tuning"] = own.temperature_scale > 0;
  json["attn_scale"] = own.temperature_scale;
  json["floor_scale"] = own.temperature_floor;
  if (own.temperature_floor == std::floor(own.temperature_floor) && own.temperature_floor < 1e15) {
    json["floor_scale"] = static_cast<int64_t>(own.temperature_floor);  // transformers wants a whole number
  }
  Json mixed = Json::array(), turned = Json::array(), types = Json::array();
  for (size_t i = 0; i < own.mixed.size(); ++i) {
    if (own.mixed[i]) mixed.push_back(i);
    turned.push_back(own.turned[i] ? 1 : 0);
    types.push_back(own.turned[i] ? "chunked_attention" : "full_attention");
  }
  json["moe_layers"] = mixed;
  json["no_rope_layers"] = turned;
  json["layer_types"] = types;
}

Status check_llama4(const ModelConfig& config) {
  const Llama4& own = *config.llama4;
  const auto layers = static_cast<size_t>(config.layers);
  if (own.mixed.size() != layers || own.turned.size() != layers) return fail("each layer must say of what kind it is");
  const struct {
    const char* name;
    int64_t value, least, most;
  } sizes[] = {{"experts", own.experts, 1, kMaxExperts},
               {"experts of a token", own.active, 1, own.experts},
               {"an expert's width", own.expert_hidden, 1, kMaxHidden},
               {"attention's chunk", own.chunk, 0, kMaxChunk}};
  for (const auto& size : sizes) {
    if (size.value < size.least || size.value > size.most) {
      return fail("{}: {}; must lie in {}..{}", size.name, size.value, size.least, size.most);
    }
  }
  if (!(own.temperature_scale >= 0 && std::isfinite(own.temperature_scale) && own.temperature_floor > 0 &&
        std::isfinite(own.temperature_floor))) {
    return fail("attn_scale and floor_scale must be positive");
  }
  if (config.qk_norm || config.qkv_bias || config.window > 0 || config.logit_soft_cap > 0 ||
      config.activation != Activation::swiglu) {
    return fail("a Llama 4 has no gains on heads, biases, window or soft cap, and gates its MLPs");
  }
  return {};
}

}  // namespace persea
