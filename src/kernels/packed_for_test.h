// For tests of products: packed weights of every type, and what their rows hold.
#pragma once

#include <cstring>
#include <vector>

#include "base/random.h"
#include "kernels/packed_weights.h"
#include "tensor/half.h"
#include "tensor/tensor.h"

namespace persea::kernels {

inline constexpr WeightType kWeightTypes[] = {WeightType::f32, WeightType::f16, WeightType::bf16, WeightType::q8,
                                              WeightType::q4};

// Weights of any bits that a file may hold (scales and numbers of sensible size), as rows and packed.
struct PackedSample {
  PackedWeights packed;
  Tensor storage;
  std::vector<std::byte> rows;

  PackedSample(WeightType type, int64_t n, int64_t k, Random& random) : packed{type, n, k, nullptr} {
    storage = Tensor::zeros({packed.bytes() / 4 + 1});
    packed.data = storage.raw();
    rows.resize(static_cast<size_t>(n * row_bytes(type, k)));
    const auto put = [&](size_t at, auto value) { std::memcpy(rows.data() + at, &value, sizeof value); };
    const size_t unit = type == WeightType::q8 ? 34 : type == WeightType::q4 ? 18 : type == WeightType::f32 ? 4 : 2;
    for (size_t at = 0; at < rows.size(); at += unit) {
      const auto value = static_cast<float>(random.normal());
      if (type == WeightType::f32) put(at, value);
      if (type == WeightType::bf16) put(at, to_bf16(value));
      if (unit == 4 || type == WeightType::bf16) continue;
      put(at, to_half(unit == 2 ? value : value / 64));
      for (size_t i = 2; i < unit; ++i) rows[at + i] = static_cast<std::byte>(random.below(256));
    }
    packed.pack(0, n, rows.data());
  }
};

// What GGUF says that a row holds.
inline std::vector<float> row_of(const PackedSample& sample, int64_t row) {
  const auto& [type, n, k, data] = sample.packed;
  const std::byte* at = sample.rows.data() + row * row_bytes(type, k);
  const auto bits = [](const std::byte* from) {
    uint16_t value;
    std::memcpy(&value, from, 2);
    return value;
  };
  std::vector<float> out;
  while (static_cast<int64_t>(out.size()) < k) {
    if (type == WeightType::f32) {
      float value;
      std::memcpy(&value, at, 4);
      out.push_back(value), at += 4;
    } else if (type == WeightType::f16 || type == WeightType::bf16) {
      out.push_back(type == WeightType::f16 ? from_half(bits(at)) : from_bf16(bits(at))), at += 2;
    } else {
      const float scale = from_half(bits(at));
      at += 2;
      for (int i = 0; i < 32; ++i) {
        const int level = type == WeightType::q8 ? static_cast<int8_t>(at[i])
                                                 : (std::to_integer<int>(at[i % 16]) >> (i / 16 * 4) & 15) - 8;
        out.push_back(scale * static_cast<float>(level));
      }
      at += type == WeightType::q8 ? 32 : 16;
    }
  }
  return out;
}

}  // namespace persea::kernels
