// row_bias(x [n, columns], bias [columns]) -> x with the bias added to each row.
#pragma once

#include "autograd/op.h"

namespace persea {
const Op& row_bias_op();
}  // namespace persea
