#include "nn/gguf_llama4.h"

#include <algorithm>

namespace persea {
namespace {

constexpr int64_t kChunk = 8192, kStill = 4, kPlainExperts = 128;  // of kPlainExperts: q and k have no norm

bool has_gates(const ModelPiece& piece) { return piece.name.ends_with("gate_up_proj"); }

const Json* find(const Gguf& file, const char* key) {
  const auto found = file.metadata().find(key);
  return found == file.metadata().end() ? nullptr : &found->second;
}

// [experts, rows, columns] of each of the file's tensors.
Shape file_shape(const ModelPiece& piece) {
  const int64_t halves = has_gates(piece) ? 2 : 1;
  return {piece.shape[0], piece.shape[2] / halves, piece.shape[1]};
}

}  // namespace

Status llama4_config_from_gguf(const Gguf& file, Json& config) {
  config["model_type"] = "llama4_text";
  config["intermediate_size_mlp"] = config.value("intermediate_size", Json());
  constexpr std::pair<const char*, const char*> kKeys[] = {
      {"intermediate_size", "llama4.expert_feed_forward_length"},
      {"num_local_experts", "llama4.expert_count"},
      {"num_experts_per_tok", "llama4.expert_used_count"},
      {"interleave_moe_layer_step", "llama4.interleave_moe_layer_step"}};
  for (const auto& [theirs, key] : kKeys) {
    const Json* value = find(file, key);
    if (!value) return fail("{}: {} is missing", file.where(), key);
    config[theirs] = *value;
  }
  if (const Json* window = find(file, "llama4.attention.sliding_window"); window && *window == 0)
    return fail("{}: a llama4 whose layers all have RoPE and see everything is not supported", file.where());
  config["attention_chunk_size"] = kChunk;
  config["use_qk_norm"] = config["num_local_experts"] != kPlainExperts;
  return {};
}

Result<std::vector<std::pair<std::string, Json>>> gguf_from_llama4_config(const ModelConfig& config) {
  const Llama4& own = *config.llama4;
  int64_t step = 1;
  while (step < config.layers && !config.mixed(step - 1)) ++step;
  bool usual = own.chunk == kChunk && own.temperature_scale == 0.1 && own.temperature_floor == 8192 &&
               own.qk_norm == (own.experts != kPlainExperts);
  for (int64_t i = 0; i < config.layers; ++i)
    usual = usual && config.mixed(i) == ((i + 1) % step == 0) && config.turned(i) == ((i + 1) % kStill != 0);
  if (!usual) {
    return fail(
        "GGUF's llama4 has chunks of {} positions, every {}th layer without RoPE, a temperature of 0.1 from 8192 "
        "positions on and no norm of queries with {} experts only; this model has not",
        kChunk, kStill, kPlainExperts);
  }
  return std::vector<std::pair<std::string, Json>>{{"llama4.expert_feed_forward_length", own.expert_hidden},
                                                   {"llama4.expert_count", own.experts},
                                                   {"llama4.expert_used_count", own.active},
                                                   {"llama4.interleave_moe_layer_step", step}};
}

std::vector<std::string> expert_tensors(const ModelPiece& piece) {
  constexpr std::string_view kLayers = "model.layers.";
  const std::string block =
      "blk." + piece.name.substr(kLayers.size(), piece.name.find('.', kLayers.size()) - kLayers.size());
  if (has_gates(piece)) return {block + ".ffn_gate_exps.weight", block + ".ffn_up_exps.weight"};
  return {block + ".ffn_down_exps.weight"};
}

std::optional<Shape> expert_shape(const Gguf& file, const ModelPiece& piece) {
  for (const std::string& name : expert_tensors(piece)) {
    const auto found = file.entries().find(name);
    if (found == file.entries().end()) return std::nullopt;
    if (found->second.shape != file_shape(piece)) return found->second.shape;  // which the model will not take
  }
  return piece.shape;
}

// From [experts, half, dim] and the other half to [experts, dim, both].
Status read_experts(const Gguf& file, const ModelPiece& piece, std::span<float> out) {
  const Shape shape = file_shape(piece);
  const int64_t experts = shape[0], rows = shape[1], columns = shape[2], both = piece.shape[2];
  std::vector<float> half(static_cast<size_t>(experts * rows * columns));
  int64_t first = 0;
  for (const std::string& name : expert_tensors(piece)) {
    PERSEA_CHECK(file.read(name, shape, half));
    for (int64_t e = 0; e < experts; ++e)
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < columns; ++c)
          out[static_cast<size_t>((e * columns + c) * both + first + r)] =
              half[static_cast<size_t>((e * rows + r) * columns + c)];
    first += rows;
  }
  return {};
}

std::vector<std::pair<std::string, Tensor>> gguf_experts(const ModelPiece& piece, const Tensor& parameter) {
  const Shape shape = file_shape(piece);
  const int64_t experts = shape[0], block = shape[1] * shape[2];
  const std::vector<std::string> names = expert_tensors(piece);
  const auto count = static_cast<int64_t>(names.size());
  std::vector<std::pair<std::string, Tensor>> made;
  for (int64_t i = 0; i < count; ++i) {
    Tensor values(shape);  // the parameter's rows: of each expert, one half behind the other
    for (int64_t e = 0; e < experts; ++e)
      std::copy_n(parameter.data() + (e * count + i) * block, block, values.data() + e * block);
    made.emplace_back(names[static_cast<size_t>(i)], values);
  }
  return made;
}

}  // namespace persea
