#include "kernels/packed_weights.h"

#include <algorithm>
#include <cstring>

#include "tensor/half.h"

namespace persea::kernels {
namespace {

constexpr int64_t kRows = PackedWeights::kRows, kBlock = PackedWeights::kBlock;
constexpr int64_t kScaleBytes = kRows * 2;

bool is_quantized(WeightType type) { return type == WeightType::q8 || type == WeightType::q4; }

// Of a number, or of a block of q8 or q4 with its scale.
int64_t unit_bytes(WeightType type) {
  switch (type) {
    case WeightType::f32:
      return 4;
    case WeightType::f16:
    case WeightType::bf16:
      return 2;
    case WeightType::q8:
      return 2 + kBlock;
    case WeightType::q4:
      return 2 + kBlock / 2;
  }
  return 0;
}

int64_t units(WeightType type, int64_t k) { return is_quantized(type) ? k / kBlock : k; }

float element(WeightType type, const std::byte* at) {
  if (type == WeightType::f32) {
    float value;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  uint16_t bits;
  std::memcpy(&bits, at, sizeof bits);
  return type == WeightType::f16 ? from_half(bits) : from_bf16(bits);
}

// Where byte i of a row's block lies among the panel's bytes of that block, scales apart: words of four bytes, a row's
// beside the next row's.
int64_t place(int64_t row, int64_t i) { return (i / 4 * kRows + row) * 4 + i % 4; }

}  // namespace

int64_t row_bytes(WeightType type, int64_t k) { return units(type, k) * unit_bytes(type); }

int64_t PackedWeights::panel_bytes() const { return kRows * row_bytes(type, k); }

void PackedWeights::pack(int64_t first, int64_t count, const std::byte* rows) const {
  const int64_t unit = unit_bytes(type), steps = units(type, k);
  for (int64_t r = first; r < first + count; ++r) {
    std::byte* panel = data + r / kRows * panel_bytes();
    const int64_t row = r % kRows;
    for (int64_t s = 0; s < steps; ++s, rows += unit, panel += kRows * unit) {
      if (!is_quantized(type)) {
        std::memcpy(panel + row * unit, rows, static_cast<size_t>(unit));
        continue;
      }
      std::memcpy(panel + row * 2, rows, 2);
      for (int64_t i = 0; i < unit - 2; ++i)
        panel[kScaleBytes + place(row, i)] = type == WeightType::q8 ? rows[2 + i] ^ std::byte{0x80} : rows[2 + i];
    }
  }
}

void PackedWeights::unpack(int64_t r, float* out) const {
  const int64_t unit = unit_bytes(type), steps = units(type, k), row = r % kRows;
  const std::byte* panel = data + r / kRows * panel_bytes();
  for (int64_t s = 0; s < steps; ++s, panel += kRows * unit) {
    if (!is_quantized(type)) {
      out[s] = element(type, panel + row * unit);
      continue;
    }
    const float scale = element(WeightType::f16, panel + row * 2);
    const std::byte* bytes = panel + kScaleBytes;
    float* block = out + s * kBlock;
    for (int64_t i = 0; i < unit - 2; ++i) {
      const int value = std::to_integer<int>(bytes[place(row, i)]);
      if (type == WeightType::q8) {
        block[i] = scale * static_cast<float>(value - 128);
      } else {
        block[i] = scale * static_cast<float>((value & 15) - 8);
        block[i + kBlock / 2] = scale * static_cast<float>((value >> 4) - 8);
      }
    }
  }
}

void UnpackRows::cpu(const UnpackRows& k) {
  for (int64_t i = 0; i < k.count; ++i) {
    float* out = k.out + i * k.weights.k;
    if (k.rows[i] < 0)
      std::fill_n(out, k.weights.k, 0.0F);
    else
      k.weights.unpack(k.rows[i], out);
  }
}

}  // namespace persea::kernels
