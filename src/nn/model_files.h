// A model as a Hugging Face model directory: config.json, generation_config.json and model.safetensors (or several
// files with model.safetensors.index.json), in transformers' names. Tokenizer files are others' business. No format
// that can run code.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "nn/model.h"

namespace persea {

// The ids that begin and end what the model writes.
struct TokenRoles {
  std::optional<int32_t> begin;
  std::vector<int32_t> end;
};

// Writes the three files into `dir`, which is created where missing. Each is whole or as it was before. Weights are
// f32.
Status save_model(const Model& model, const std::filesystem::path& dir, const TokenRoles& roles = {});

// Reads a directory's model. Every tensor is checked by name and shape before memory is taken for it: one that is
// missing, left over or misshapen is named. Weights may be F32, F16 or BF16; they become f32.
Result<std::unique_ptr<Model>> load_model(const std::filesystem::path& dir);

// A directory's config.json.
Result<ModelConfig> load_config(const std::filesystem::path& dir);

// bos_token_id and eos_token_id of generation_config.json or, where that says nothing, of config.json.
Result<TokenRoles> load_token_roles(const std::filesystem::path& dir);

}  // namespace persea
