// dropout_add(x [n, dim], residual [n, dim]) -> residual + dropout(x), with a mask that is a pure function of the seed.
#pragma once

#include "autograd/op.h"

namespace persea {
struct DropoutOptions {
  float probability = 0;  // in [0, 1)
  uint64_t seed = 0;
};
const Op& dropout_add_op();
}  // namespace persea
