#include "eval/file_weights.h"

#include <algorithm>
#include <map>

#include "nn/safetensors.h"

namespace persea {
namespace {

WeightType type_of(BlockType type) {
  switch (type) {
    case BlockType::f32:
      return WeightType::f32;
    case BlockType::f16:
      return WeightType::f16;
    case BlockType::bf16:
      return WeightType::bf16;
    case BlockType::q4_0:
      return WeightType::q4;
    default:
      return WeightType::q8;
  }
}

class Census {
 public:
  void count(const Shape& shape, WeightType type, uint64_t bytes) {
    if (shape.size() > 1) bytes_[type] += bytes;
  }
  WeightType most() const {
    const auto found = std::max_element(bytes_.begin(), bytes_.end(),
                                        [](const auto& a, const auto& b) { return a.second < b.second; });
    return found == bytes_.end() ? WeightType::f32 : found->first;
  }

 private:
  std::map<WeightType, uint64_t> bytes_;
};

}  // namespace

std::string_view weight_name(WeightType type) {
  switch (type) {
    case WeightType::f32:
      return "f32";
    case WeightType::f16:
      return "f16";
    case WeightType::bf16:
      return "bf16";
    case WeightType::q8:
      return "q8";
    case WeightType::q4:
      return "q4";
  }
  return {};
}

WeightType weights_of(const Gguf& file) {
  Census census;
  for (const auto& [name, entry] : file.entries())
    census.count(entry.shape, type_of(entry.type), entry.end - entry.begin);
  return census.most();
}

WeightType weights_of(const std::filesystem::path& dir) {
  Census census;
  std::error_code error;
  for (const auto& place : std::filesystem::directory_iterator(dir, error)) {
    if (place.path().extension() != ".safetensors") continue;
    const auto file = Safetensors::open(place.path());
    if (!file) continue;
    for (const auto& [name, entry] : file->entries()) {
      const WeightType type = entry.dtype == "F16"    ? WeightType::f16
                              : entry.dtype == "BF16" ? WeightType::bf16
                                                      : WeightType::f32;
      census.count(entry.shape, type, entry.end - entry.begin);
    }
  }
  return census.most();
}

}  // namespace persea
