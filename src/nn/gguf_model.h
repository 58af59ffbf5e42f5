// A model of the Llama family in a GGUF file: its config in the metadata, its weights in the tensors. The tokenizer
// that the file may hold is others' business.
#pragma once

#include <memory>

#include "base/result.h"
#include "nn/gguf.h"
#include "nn/gguf_write.h"
#include "nn/model.h"
#include "nn/model_files.h"

namespace persea {

// Architectures llama (Llama, Mistral, TinyLlama, SmolLM and what else is computed like them), qwen2, qwen3, arcee and
// llama4.
Result<ModelConfig> gguf_config(const Gguf& file);
Result<std::unique_ptr<Model>> load_gguf_model(const Gguf& file);

// The ids that begin and end what the model writes.
Result<TokenRoles> gguf_token_roles(const Gguf& file);

// What a file of the model says and holds, its tokenizer apart: matrices in `type` where their rows are made of its
// blocks and else in F16, gains in F32. Fails for a model that no architecture of GGUF computes.
struct GgufContent {
  std::vector<std::pair<std::string, Json>> metadata;
  std::vector<GgufTensor> tensors;
};
Result<GgufContent> gguf_content(const Model& model, const TokenRoles& roles, BlockType type);

}  // namespace persea
