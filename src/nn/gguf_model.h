// A model of the Llama family out of a GGUF file: its config from the metadata, its weights from the tensors, as f32.
// The tokenizer that the file may hold is others' business.
#pragma once

#include <memory>

#include "base/result.h"
#include "nn/gguf.h"
#include "nn/model.h"
#include "nn/model_files.h"

namespace persea {

// Architectures llama (Llama, Mistral, TinyLlama, SmolLM and what else is computed like them), qwen3 and arcee.
Result<ModelConfig> gguf_config(const Gguf& file);
Result<std::unique_ptr<Model>> load_gguf_model(const Gguf& file);

// The ids that begin and end what the model writes.
Result<TokenRoles> gguf_token_roles(const Gguf& file);

}  // namespace persea
