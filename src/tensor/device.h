// Where a tensor lies. The CPU is always there; other devices are found at run time.
#pragma once

#include <cstdint>

namespace persea {

struct Device {
  enum class Kind : uint8_t { cpu, cuda };
  Kind kind = Kind::cpu;
  int index = 0;
  bool operator==(const Device&) const = default;
};

inline constexpr Device cpu_device{};

}  // namespace persea
