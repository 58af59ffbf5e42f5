#include "autograd/ops/row_bias.h"

#include "autograd/ops/shapes.h"
#include "kernels/launch.h"
#include "kernels/row_bias.h"

namespace persea {
namespace {

struct RowBiasOp {
  static constexpr const char* name = "row_bias";
  static inline const std::vector<int> parameters{1};

  static std::vector<Output> outputs(const Tensors& in, const std::any&) {
    require(in.size() == 2, name, "takes x and a bias");
    require_numbers(in[0], name, "x", 2);
    require_tensor(in[1], name, "bias", 1);
    require(in[0].dim(1) == in[1].dim(0), name, "the bias has another width than x");
    return {{in[0].shape(), in[0].dtype()}};
  }

  static void forward(ForwardCall& call) {
    const Tensors& in = *call.in;
    kernels::launch(kernels::RowBias{in[0].dim(0), in[0].dim(1), in[0], in[1].data(), call.out[0]}, device_of(in));
  }

  static void backward(BackwardCall& call) {
    const Tensor& dy = call.dout[0];
    if (auto slot = call.din(1))
      kernels::launch(kernels::RowBiasBackward{dy.dim(0), dy.dim(1), dy, slot.tensor.data(), slot.accumulate},
                      dy.device());
    call.give(0, dy);
  }

  template <class S>
  static Arrays<S> reference(const Arrays<S>& in, const std::any&) {
    Array<S> out = in[0];
    const size_t columns = in[1].values.size();
    for (size_t i = 0; i < out.values.size(); ++i) out.values[i] += in[1].values[i % columns];
    return {out};
  }

  static std::vector<Sample> samples(Random& random) {
    return {{"few", {random_tensor(random, {5, 7}), random_tensor(random, {7})}, {}},
            {"many at once", {random_tensor(random, {9, 24}), random_tensor(random, {24})}, {}},
            {"blocks of rows and columns", {random_tensor(random, {75, 130}), random_tensor(random, {130})}, {}}};
  }
};

}  // namespace

const Op& row_bias_op() {
  static const Op op = make_op<RowBiasOp>();
  return op;
}

}  // namespace persea
