// How many rows activations get memory for: powers of two, so that passes of all sizes share blocks of memory.
#pragma once

#include <bit>
#include <cstdint>

namespace persea {

inline int64_t shared_rows(int64_t rows) {
  return static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(rows)));
}

}  // namespace persea
