// Llama 4 in GGUF, where the file says less than transformers' config: chunks of 8192 positions, every 4th layer
// without RoPE and the temperature are the format's own. The experts' gates lie apart from their other half.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "nn/gguf.h"
#include "nn/model_pieces.h"

namespace persea {

// Adds to a config of transformers what the metadata says, and what they leave to the format.
Status llama4_config_from_gguf(const Gguf& file, Json& config);
// The metadata's keys and values; fails where a config is not what the format means.
Result<std::vector<std::pair<std::string, Json>>> gguf_from_llama4_config(const ModelConfig& config);

// The file's tensors that make up a piece of transposed matrices: gates and the other half, or one.
std::vector<std::string> expert_tensors(const ModelPiece& piece);
// The shape that transformers has the file's in, if they are there and go together.
std::optional<Shape> expert_shape(const Gguf& file, const ModelPiece& piece);
Status read_experts(const Gguf& file, const ModelPiece& piece, std::span<float> out);
std::vector<std::pair<std::string, Tensor>> gguf_experts(const ModelPiece& piece, const Tensor& parameter);

}  // namespace persea
