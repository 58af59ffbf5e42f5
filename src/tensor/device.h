// Where a tensor lies. The CPU is always there; other devices are found at run time.
#pragma once

#include <cstdint>

namespace persea {

// A process drives one GPU at most: its index says which of the machine's, for messages only.
struct Device {
  enum class Kind : uint8_t { cpu, cuda };
  Kind kind = Kind::cpu;
  int index = 0;
  bool operator==(const Device&) const = default;
};

// "cpu" or "cuda".
constexpr const char* device_name(Device device) { return device.kind == Device::Kind::cpu ? "cpu" : "cuda"; }

inline constexpr Device cpu_device{}, cuda_device{Device::Kind::cuda};

// Whether this build has the CUDA kernels; whether a GPU is there shows at run time (tensor/cuda.h).
#ifdef PERSEA_CUDA
inline constexpr bool cuda_built = true;
#else
inline constexpr bool cuda_built = false;
#endif

}  // namespace persea
