// A matrix rounded to fp8 with one scale, that of its largest magnitude now: no history of earlier ones is kept.
#pragma once

#include <cstdint>

#include "kernels/numbers.h"

namespace persea::kernels {

// Rows of fp8 lie so far apart: they begin on 16 bytes and are filled up with zeros, as tensor cores want them.
constexpr int64_t fp8_pitch(int64_t columns) { return (columns + 15) / 16 * 16; }

struct RoundFp8 {
  int64_t rows, columns;
  ConstNumbers x;  // rows without gaps
  DType format;    // f8_e4m3 or f8_e5m2
  // On a GPU: the rounded numbers, rows fp8_pitch(columns) apart, or null; their transpose, rows fp8_pitch(rows) apart,
  // or null; and what all of them are to be multiplied by.
  // On the CPU, which multiplies no fp8: `along` alone, f32 without gaps, of what the rounded numbers stand for.
  Numbers along, down = {};
  float* scale = nullptr;

  static void cpu(const RoundFp8& k);
  static void cuda(const RoundFp8& k);
};

// Calls fn with an element of the format. Throws std::logic_error for a type that is not fp8.
template <class Fn>
void with_fp8(DType format, const Fn& fn) {
  if (format == DType::f8_e4m3) return fn(E4m3{});
  if (format == DType::f8_e5m2) return fn(E5m2{});
  throw std::logic_error("RoundFp8: a format that is not fp8");
}

}  // namespace persea::kernels
