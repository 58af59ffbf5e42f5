#include "autograd/op.h"
#include "autograd/ops/attention.h"
#include "autograd/ops/dropout_add.h"
#include "autograd/ops/embedding.h"
#include "autograd/ops/head_norm.h"
#include "autograd/ops/linear.h"
#include "autograd/ops/linear_cross_entropy.h"
#include "autograd/ops/rms_norm.h"
#include "autograd/ops/row_bias.h"
#include "autograd/ops/shapes.h"
#include "base/random.h"

namespace persea {

const std::vector<Op>& all_ops() {
  static const std::vector<Op> ops{embedding_op(),   rms_norm_op(),  linear_op(),
                                   attention_op(),   head_norm_op(), linear_cross_entropy_op(),
                                   dropout_add_op(), row_bias_op()};
  return ops;
}

Tensor random_tensor(Random& random, Shape shape, double deviation) {
  Tensor tensor(std::move(shape));
  for (float& value : tensor.span()) value = static_cast<float>(random.normal() * deviation);
  return tensor;
}

}  // namespace persea
