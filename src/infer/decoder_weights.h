// The weights that a Decoder reads. Matrices are packed or in place; gains are f32.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "infer/experts.h"
#include "infer/weight_matrix.h"
#include "kernels/device_choice.h"
#include "nn/model.h"

namespace persea {

struct DecoderWeights {
  struct Layer {
    Tensor attention_norm, qkv_bias, q_norm, k_norm, mlp_norm;  // those undefined that the model does not have
    WeightMatrix qkv, o, up, down;
    Experts experts;  // of a mixed layer, else none
  };
  ModelConfig config;
  std::vector<Layer> layers;
  Tensor norm;
  WeightMatrix embedding, head;  // of tied models one matrix
  Device device = cpu_device;    // where all of them lie

  // Those of a model, which keep its memory alive: in place, or packed in `type`.
  static DecoderWeights of(const Model& model, std::optional<WeightType> type = std::nullopt);

  // That one token makes a pass read: all matrices but an embedding table of its own and the experts that it leaves.
  int64_t bytes_per_pass() const;
};

// The same on a device. Fails where a GPU cannot run such a model yet, or has no memory for it and its activations.
Result<DecoderWeights> on_device(DecoderWeights weights, Device device);
// As a user chose it: a model that the GPU cannot run stays where it is, and a warning says why, or, where the user
// insists, it is an error that says what to do.
Result<DecoderWeights> on_device(DecoderWeights weights, const kernels::DeviceChoice& choice);

// f32, f16, bf16, q8 or q4.
Result<WeightType> weight_type_from(std::string_view name);

}  // namespace persea
