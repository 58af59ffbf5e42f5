// f32 to bf16, for weights that are kept in 16 bits.
#pragma once

#include <bit>
#include <cstdint>

#include "tensor/dtype.h"

namespace persea::kernels {

// To the nearest (ties to even), or stochastically: up or down with the probability that makes the mean right, which
// keeps updates that are smaller than half a step from being lost. What is drawn is a pure function of (seed, element).
struct Round {
  int64_t count;
  const float* x;
  Bf16* to;
  bool stochastic = false;
  uint64_t seed = 0;

  // The bits of element `i`; constexpr, so that any device may ask.
  static constexpr uint16_t element(float x, bool stochastic, uint64_t seed, int64_t i) {
    const auto bits = std::bit_cast<uint32_t>(x);
    if ((bits & 0x7fffffff) >= 0x7f800000)  // infinities stay; what is no number stays none
      return static_cast<uint16_t>(bits >> 16 | ((bits & 0xffff) != 0 ? 0x40 : 0));
    if (!stochastic) return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
    uint64_t draw = seed + 0x9e3779b97f4a7c15ULL * static_cast<uint64_t>(i + 1);  // splitmix64
    draw = (draw ^ (draw >> 30)) * 0xbf58476d1ce4e5b9ULL;
    draw = (draw ^ (draw >> 27)) * 0x94d049bb133111ebULL;
    return static_cast<uint16_t>((bits + static_cast<uint32_t>(draw >> 48)) >> 16);
  }

  static void cpu(const Round& k);
  static void cuda(const Round& k);
};

}  // namespace persea::kernels
