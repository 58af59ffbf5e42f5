#include "infer/decoder_weights.h"

#include <new>

#include "base/log.h"
#include "infer/device_pass.h"
#include "kernels/paged_attention.h"

namespace persea {

DecoderWeights DecoderWeights::of(const Model& model, std::optional<WeightType> type) {
  WeightRoom room;
  const auto matrix = [&](const Tensor& values) {
    return type ? WeightMatrix::packed(values, *type, room) : WeightMatrix::in_place(values);
  };
  DecoderWeights weights;
  weights.config = model.config();
  for (const Model::Layer& layer : model.layers()) {
    weights.layers.push_back({layer.attention_norm.value,
                              layer.qkv_bias.value,
                              layer.q_norm.value,
                              layer.k_norm.value,
                              layer.mlp_norm.value,
                              matrix(layer.qkv.value),
                              matrix(layer.o.value),
                              matrix(layer.up.value),
                              matrix(layer.down.value),
                              {}});
    if (!layer.router.value.defined()) continue;
    const Llama4& llama4 = *weights.config.llama4;
    Experts& experts = weights.layers.back().experts;
    experts.active = llama4.active;
    // Which experts a token gets is not left to rounding.
    experts.router =
        type ? WeightMatrix::packed(layer.router.value, WeightType::f32, room) : matrix(layer.router.value);
    const Tensor &up = layer.expert_up.value, &down = layer.expert_down.value;
    const int64_t up_rows = up.dim(0) / llama4.experts, down_rows = down.dim(0) / llama4.experts;
    for (int64_t e = 0; e < llama4.experts; ++e) {
      experts.up.push_back(matrix(up.slice(e * up_rows, (e + 1) * up_rows)));
      experts.down.push_back(matrix(down.slice(e * down_rows, (e + 1) * down_rows)));
    }
  }
  weights.norm = model.norm().value;
  weights.embedding = matrix(model.embedding().value);
  weights.head = weights.config.tied ? weights.embedding : matrix(model.head().value);
  return weights;
}

int64_t DecoderWeights::bytes_per_pass() const {
  int64_t bytes = head.bytes();
  for (const Layer& layer : layers)
    bytes +=
        layer.qkv.bytes() + layer.o.bytes() + layer.up.bytes() + layer.down.bytes() + layer.experts.bytes_per_token();
  return bytes;
}

Result<DecoderWeights> on_device(DecoderWeights weights, Device device) {
  const ModelConfig& c = weights.config;
  if (device == weights.device) return weights;
  if (c.llama4) return fail("a Llama 4 model does not run on a GPU yet");
  if (c.head_dim > kernels::PagedRows::kMostHeadDim || c.head_dim % 2 != 0)
    return fail("a GPU runs even heads of at most {} numbers yet, and this model's have {}",
                kernels::PagedRows::kMostHeadDim, c.head_dim);
  try {
    for (DecoderWeights::Layer& layer : weights.layers) {
      for (Tensor* gain : {&layer.attention_norm, &layer.qkv_bias, &layer.q_norm, &layer.k_norm, &layer.mlp_norm})
        *gain = gain->to(device);
      for (WeightMatrix* matrix : {&layer.qkv, &layer.o, &layer.up, &layer.down}) *matrix = matrix->on(device);
    }
    weights.norm = weights.norm.to(device);
    weights.embedding = weights.embedding.on(device);
    weights.head = c.tied ? weights.embedding : weights.head.on(device);
    weights.device = device;
    const DevicePass room(weights);  // the allocator keeps its blocks for the Decoder's own
  } catch (const std::bad_alloc&) {
    return fail("the GPU has no memory for {} MiB of weights and what a pass needs beside them",
                weights.bytes_per_pass() >> 20);
  }
  return weights;
}

Result<DecoderWeights> on_device(DecoderWeights weights, const kernels::DeviceChoice& choice) {
  Result<DecoderWeights> moved = on_device(weights, choice.device);
  if (moved) return moved;
  release_kept_memory();  // of what was moved before it failed
  if (choice.insists) return fail("{}: --device cpu runs it", moved.error().message);
  log_warning("{}: it runs on the CPU", moved.error().message);
  return weights;
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
