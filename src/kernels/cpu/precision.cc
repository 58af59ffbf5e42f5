#include "kernels/precision.h"

#include <hwy/targets.h>

namespace persea::kernels {

bool prefers_bf16() {
#if HWY_ARCH_X86
  return __builtin_cpu_supports("avx512bf16") && (hwy::SupportedTargets() & HWY_AVX3) != 0;
#else
  return false;
#endif
}

Precision precision_from(std::string_view name, Device device) {
  if (name == "fp8") return Precision::fp8;
  const bool prefers = device != cpu_device || prefers_bf16();
  return name == "bf16" || (name == "auto" && prefers) ? Precision::bf16 : Precision::f32;
}

}  // namespace persea::kernels
