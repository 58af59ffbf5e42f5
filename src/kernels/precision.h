// What matrices are rounded to on their way into a product; sums are f32 always. bf16 (8 bits of mantissa) is twice as
// fast where the processor multiplies it (AVX512_BF16), and slower elsewhere: prefers_bf16() tells.
#pragma once

#include <string_view>

#include "tensor/device.h"

namespace persea::kernels {

enum class Precision { f32, bf16 };
bool prefers_bf16();
// "f32", "bf16", or "auto": what is faster on the device (a GPU: bf16).
Precision precision_from(std::string_view name, Device device = cpu_device);
constexpr const char* precision_name(Precision precision) { return precision == Precision::bf16 ? "bf16" : "f32"; }

}  // namespace persea::kernels
