// The two formats of 8 bits that products take factors in (Micikevicius et al. 2022, "FP8 formats for deep learning"),
// from and to f32, and the scale that a whole tensor shares. F is E4m3 or E5m2. constexpr, so that any device may ask.
#pragma once

#include <bit>
#include <cstdint>

#include "tensor/dtype.h"

namespace persea {

// To the nearest, ties to even; what is beyond the largest number becomes that, what is not finite no number.
template <class F>
constexpr F to_fp8(float value) {
  constexpr uint32_t dropped = 23 - F::kMantissaBits, rebias = uint32_t{127 - F::kBias} << 23;
  // Adding it rounds to multiples of 2^(1 - bias - mantissa), of which numbers below 2^(1 - bias) are.
  constexpr uint32_t magic = uint32_t{127 + 1 - F::kBias - F::kMantissaBits + 23} << 23;
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = bits >> 24 & 0x80, magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x7f800000) return {static_cast<uint8_t>(sign | 0x7f)};
  uint32_t code = 0;
  if (magnitude < rebias + (1U << 23))
    code = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + std::bit_cast<float>(magic)) - magic;
  else
    code = (magnitude - rebias + (1U << (dropped - 1)) - 1 + (magnitude >> dropped & 1)) >> dropped;
  return {static_cast<uint8_t>(sign | (code < F::kLargest ? code : F::kLargest))};
}

// Exact. E5M2's infinity, which to_fp8 never makes, counts as no number.
template <class F>
constexpr float from_fp8(F value) {
  const uint32_t sign = uint32_t{value.bits} >> 7 << 31, code = value.bits & 0x7f;
  if (code > F::kLargest) return std::bit_cast<float>(0x7fc00000U);
  if (code >> F::kMantissaBits != 0)
    return std::bit_cast<float>(sign | ((code << (23 - F::kMantissaBits)) + (uint32_t{127 - F::kBias} << 23)));
  const auto step = std::bit_cast<float>(uint32_t{127 + 1 - F::kBias - F::kMantissaBits} << 23);
  const float magnitude = static_cast<float>(code) * step;
  return sign != 0 ? -magnitude : magnitude;
}

// What a tensor is divided by before it is rounded, when `largest` is its largest magnitude: the least power of two
// that makes it fit, so that scaling rounds nothing. 1 where all is 0 or something is not finite.
template <class F>
constexpr float fp8_scale(float largest) {
  constexpr int top = (F::kLargest >> F::kMantissaBits) - F::kBias;  // the largest number is 1.75 * 2^top in both
  const auto bits = std::bit_cast<uint32_t>(largest);
  if (bits == 0 || bits >= 0x7f800000) return 1;
  const int exponent = static_cast<int>(bits >> 23) - top + ((bits & 0x7fffff) > 0x600000 ? 1 : 0);
  return std::bit_cast<float>(static_cast<uint32_t>(exponent > 1 ? exponent : 1) << 23);
}

}  // namespace persea
