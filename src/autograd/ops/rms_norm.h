// rms_norm(x [n, dim], gain [dim]) -> [n, dim].
#pragma once

#include "autograd/op.h"

namespace persea {
struct RmsNormOptions {
  float eps = 1e-5f;
};
const Op& rms_norm_op();
}  // namespace persea
