// Rows of a product's left side as signed bytes in blocks of 32.
#pragma once

#include <cstdint>

namespace persea::kernels {

struct QuantizedRows {
  int64_t m, k;
  const int8_t* values;   // [m, k]
  const float* scales;    // [m, k / 32]
  const int32_t* starts;  // [m, k / 32]: the block's sum times what the weights' bytes are raised by, negative; sums
                          // of products begin with it
};

}  // namespace persea::kernels
