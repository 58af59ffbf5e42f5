// dropout_add(x [n, dim], residual [n, dim]) -> residual + dropout(x), with a mask that is a pure function of the seed.
#pragma once

#include "autograd/op.h"

namespace persea {
struct DropoutOptions {
  float probability = 0;  // in [0, 1)
  uint64_t seed = 0;
  int64_t first = 0;  // row of x in what the mask covers: parts of a batch are dropped as they are in the whole
};
const Op& dropout_add_op();
}  // namespace persea
