// What matrices are rounded to on their way into a product; sums are f32 always. bf16 (8 bits of mantissa) is twice as
// fast where the processor multiplies it (AVX512_BF16), and slower elsewhere: prefers_bf16() tells. fp8 is for the
// linear layers of training alone (RoundFp8); what is no such product is bf16 beside it.
#pragma once

#include <string_view>

#include "tensor/device.h"

namespace persea::kernels {

enum class Precision { f32, bf16, fp8 };
bool prefers_bf16();
// "f32", "bf16", "fp8", or "auto": f32 or bf16, what is faster on the device (a GPU: bf16).
Precision precision_from(std::string_view name, Device device = cpu_device);
constexpr const char* precision_name(Precision precision) {
  return precision == Precision::fp8 ? "fp8" : precision == Precision::bf16 ? "bf16" : "f32";
}
// Of products that are not of linear layers.
constexpr Precision beside_linear(Precision precision) {
  return precision == Precision::fp8 ? Precision::bf16 : precision;
}

}  // namespace persea::kernels
