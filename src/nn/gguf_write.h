// Writes GGUF files of version 3.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "nn/gguf_blocks.h"
#include "tensor/tensor.h"

namespace persea {

struct GgufTensor {
  std::string name;
  Tensor values;  // f32
  BlockType type;
};

// Keys and values in their order: texts, truth values, whole numbers (32 bits without a sign where they fit, else 64
// with one), other numbers (f32), and lists of texts, of whole numbers (i32) or of others (f32); an empty list is one
// of texts. `path` is whole or as it was.
Status write_gguf(const std::filesystem::path& path, const std::vector<std::pair<std::string, Json>>& metadata,
                  const std::vector<GgufTensor>& tensors);

}  // namespace persea
