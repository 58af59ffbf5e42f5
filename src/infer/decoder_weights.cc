#include "infer/decoder_weights.h"

namespace persea {

DecoderWeights DecoderWeights::of(const Model& model, std::optional<WeightType> type) {
  const auto matrix = [&](const Parameter& parameter) {
    return type ? WeightMatrix::packed(parameter.value, *type) : WeightMatrix::in_place(parameter.value);
  };
  DecoderWeights weights;
  weights.config = model.config();
  for (const Model::Layer& layer : model.layers()) {
    weights.layers.push_back({layer.attention_norm.value, layer.q_norm.value, layer.k_norm.value, layer.mlp_norm.value,
                              matrix(layer.qkv), matrix(layer.o), matrix(layer.up), matrix(layer.down)});
  }
  weights.norm = model.norm().value;
  weights.embedding = matrix(model.embedding());
  weights.head = weights.config.tied ? weights.embedding : matrix(model.head());
  return weights;
}

int64_t DecoderWeights::bytes_per_pass() const {
  int64_t bytes = head.bytes();
  for (const Layer& layer : layers)
    bytes += layer.qkv.bytes() + layer.o.bytes() + layer.up.bytes() + layer.down.bytes();
  return bytes;
}

Result<WeightType> weight_type_from(std::string_view name) {
  constexpr std::pair<std::string_view, WeightType> kNames[] = {{"f32", WeightType::f32},
                                                                {"f16", WeightType::f16},
                                                                {"bf16", WeightType::bf16},
                                                                {"q8", WeightType::q8},
                                                                {"q4", WeightType::q4}};
  for (const auto& [known, type] : kNames)
    if (known == name) return type;
  return fail("weights of type {} are not known: f32, f16, bf16, q8 or q4", name);
}

}  // namespace persea
