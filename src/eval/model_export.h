// A model with its tokenizer written for other programs: as one GGUF file, or as a Hugging Face model directory.
#pragma once

#include <filesystem>

#include "eval/text_model.h"
#include "nn/gguf_blocks.h"

namespace persea {

// Matrices in `type`.
Status export_gguf(const TextModel& model, const std::filesystem::path& path, BlockType type);

// Into `dir`, which is created where missing. Weights are F32.
Status export_hugging_face(const Model& model, const Tokenizer& tokenizer, const TokenRoles& roles,
                           const ChatForm& chat, const std::filesystem::path& dir);

}  // namespace persea
