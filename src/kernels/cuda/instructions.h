// The instructions that C++ has no words for. tests/cuda_emulator has a twin that does the same on the CPU, lane by
// lane, as the PTX manual lays the fragments out.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace persea::kernels::cuda {

// Two f32 rounded to bf16 (to the nearest, ties to even), `low` in the lower half.
__device__ inline uint32_t pack_bf16(float low, float high) {
  uint32_t packed;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
}

// The sums of two pairs of bf16, to the nearest.
__device__ inline uint32_t add_bf16(uint32_t a, uint32_t b) {
  uint32_t sum;
  asm("fma.rn.bf16x2 %0, %1, %2, %3;" : "=r"(sum) : "r"(a), "r"(0x3f803f80U), "r"(b));  // add is Hopper's
  return sum;
}

// IEEE binary16 from and to f32 (to the nearest, ties to even).
__device__ inline float half_to_f32(uint16_t half) {
  float value;
  asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(half));
  return value;
}
__device__ inline uint16_t f32_to_half(float value) {
  uint16_t half;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half) : "f"(value));
  return half;
}

// C += A B of one warp: A 16 x 16, B 16 x 8 of bf16, C 16 x 8 of f32. With group = lane / 4 and two = lane % 4 * 2, a
// lane holds A(group + 8 (i % 2), two + 8 (i / 2) + {0, 1}) in a[i], B(two + 8 i + {0, 1}, group) in b[i], and
// C(group + 8 (i / 2), two + i % 2) in c[i].
__device__ inline void mma_bf16(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// Four 8 x 8 matrices of 16-bit elements from shared memory: lane 8 i + j gives the address of row j of matrix i (16
// bytes), and receives in r[i] the elements (lane / 4, lane % 4 * 2 + {0, 1}) of matrix i; transposed: of its
// transpose.
template <bool Transposed>
__device__ inline void load_matrices(uint32_t (&r)[4], const void* row) {
  const auto address = static_cast<uint32_t>(__cvta_generic_to_shared(row));
  if constexpr (Transposed)
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(address)
                 : "memory");
  else
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(address)
                 : "memory");
}

}  // namespace persea::kernels::cuda
