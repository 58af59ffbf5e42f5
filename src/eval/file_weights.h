// In which type a model's file keeps its weights, so that a server need not hold more bits of them than there ever
// were. It reads headers only.
#pragma once

#include <filesystem>
#include <string_view>

#include "infer/weight_matrix.h"
#include "nn/gguf.h"

namespace persea {

// The type that holds what most bytes of the file's matrices hold, and nothing of it is lost: Q8_0 is q8, Q4_0 is q4,
// and the K-quants, which have other scales, are q8. f32 where there are no matrices.
WeightType weights_of(const Gguf& file);
// The same of the .safetensors files of a model directory. f32 too for those that cannot be read: whoever loads them
// says what is wrong.
WeightType weights_of(const std::filesystem::path& dir);

std::string_view weight_name(WeightType type);  // "f32", ...: as weight_type_from reads it

}  // namespace persea
