// Rows of a product's left side as signed bytes, with a scale for each group of blocks of 32.
#pragma once

#include <cstdint>

namespace persea::kernels {

struct QuantizedRows {
  static constexpr int64_t kGroup = 4;  // blocks; a row's last group may have fewer

  int64_t m, k;
  const int8_t* values = nullptr;   // [m, k]
  const float* scales = nullptr;    // [m, groups()]
  const int32_t* starts = nullptr;  // [m, k / 32]: the block's sum times what the weights' bytes are raised by,
                                    // negative; sums of products begin with it

  int64_t groups() const { return (k / 32 + kGroup - 1) / kGroup; }
};

}  // namespace persea::kernels
