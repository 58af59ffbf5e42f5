// The emulator's twin of src/kernels/cuda/instructions.h: a warp's lanes exchange their registers, and each computes
// what it receives.
#pragma once

#include <cuda_runtime.h>

#include "tensor/half.h"

namespace persea::kernels::cuda {

inline uint32_t pack_bf16(float low, float high) { return to_bf16(low) | uint32_t{to_bf16(high)} << 16; }

inline uint32_t add_bf16(uint32_t a, uint32_t b) {
  const auto sum = [&](int shift) {
    return from_bf16(static_cast<uint16_t>(a >> shift)) + from_bf16(static_cast<uint16_t>(b >> shift));
  };
  return pack_bf16(sum(0), sum(16));
}

inline float half_to_f32(uint16_t half) { return from_half(half); }
inline uint16_t f32_to_half(float value) { return to_half(value); }

inline void mma_bf16(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  float whole_a[16][16], whole_b[16][8];
  const auto lower = [](uint64_t word) { return from_bf16(static_cast<uint16_t>(word)); };
  const auto upper = [](uint64_t word) { return from_bf16(static_cast<uint16_t>(word >> 16)); };
  for (unsigned i = 0; i < 4; ++i) {
    const uint64_t* words = emulator::exchange(a[i]);
    for (unsigned lane = 0; lane < 32; ++lane) {
      float* at = &whole_a[lane / 4 + 8 * (i % 2)][lane % 4 * 2 + 8 * (i / 2)];
      at[0] = lower(words[lane]), at[1] = upper(words[lane]);
    }
  }
  for (unsigned i = 0; i < 2; ++i) {
    const uint64_t* words = emulator::exchange(b[i]);
    for (unsigned lane = 0; lane < 32; ++lane) {
      const unsigned k = lane % 4 * 2 + 8 * i;
      whole_b[k][lane / 4] = lower(words[lane]), whole_b[k + 1][lane / 4] = upper(words[lane]);
    }
  }
  const unsigned lane = threadIdx.x % 32;
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned row = lane / 4 + 8 * (i / 2), column = lane % 4 * 2 + i % 2;
    for (unsigned k = 0; k < 16; ++k) c[i] += whole_a[row][k] * whole_b[k][column];
  }
}

template <bool Transposed>
void load_matrices(uint32_t (&r)[4], const void* row) {
  const uint64_t* addresses = emulator::exchange(reinterpret_cast<uintptr_t>(row));
  const unsigned lane = threadIdx.x % 32, group = lane / 4, two = lane % 4 * 2;
  for (unsigned i = 0; i < 4; ++i) {
    uint16_t elements[2];
    for (unsigned e = 0; e < 2; ++e) {
      const unsigned from_row = Transposed ? two + e : group, from_column = Transposed ? group : two + e;
      if (addresses[8 * i + from_row] % 16 != 0) __builtin_trap();  // rows are 16 bytes, aligned
      elements[e] = reinterpret_cast<const uint16_t*>(addresses[8 * i + from_row])[from_column];
    }
    r[i] = elements[0] | uint32_t{elements[1]} << 16;
  }
  emulator::warp_barrier();  // nobody writes there before all have read
}

}  // namespace persea::kernels::cuda
