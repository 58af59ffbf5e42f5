#include "autograd/ops/dropout_add.h"

#include "autograd/ops/shapes.h"
#include "kernels/launch.h"
#include "kernels/rows.h"

namespace persea {
namespace {

struct DropoutAddOp {
  static constexpr const char* name = "dropout_add";
  static inline const std::vector<int> parameters{};

  static std::vector<Output> outputs(const Tensors& in, const std::any& options) {
    require(in.size() == 2, name, "takes x and a residual");
    require_numbers(in[0], name, "x", 2);
    require_tensor(in[1], name, "residual", 2, in[0].dtype());
    require(in[0].shape() == in[1].shape(), name, "x and the residual differ in shape");
    const float p = std::any_cast<const DropoutOptions&>(options).probability;
    require(p >= 0 && p < 1, name, "the probability must lie in [0, 1)");
    return {{in[0].shape(), in[0].dtype()}};
  }

  static void forward(ForwardCall& call) {
    const auto& o = call.option<DropoutOptions>();
    const Tensors& in = *call.in;
    kernels::launch(kernels::Dropout{in[0].count(), o.probability, o.seed, in[0], in[1], call.out[0], false,
                                     o.first * in[0].dim(1)},
                    device_of(in));
  }

  static void backward(BackwardCall& call) {
    const auto& o = call.option<DropoutOptions>();
    const Tensor& dy = call.dout[0];
    if (auto slot = call.din(0))
      kernels::launch(kernels::Dropout{dy.count(), o.probability, o.seed, dy, nullptr, slot.tensor, slot.accumulate,
                                       o.first * dy.dim(1)},
                      dy.device());
    call.give(1, dy);
  }

  // The mask is taken from the kernel itself (dropout of ones): what the reference checks is everything around it.
  template <class S>
  static Arrays<S> reference(const Arrays<S>& in, const std::any& options) {
    const auto& o = std::any_cast<const DropoutOptions&>(options);
    const auto count = static_cast<int64_t>(in[0].values.size());
    std::vector<float> ones(count, 1.0f), mask(count);
    kernels::Dropout::cpu(
        {count, o.probability, o.seed, ones.data(), nullptr, mask.data(), false, o.first * in[0].shape[1]});
    Array<S> out = in[1];
    for (int64_t i = 0; i < count; ++i) out.values[i] += S(double(mask[i])) * in[0].values[i];
    return {out};
  }

  static std::vector<Sample> samples(Random& random) {
    return {
        {"a third", {random_tensor(random, {13, 9}), random_tensor(random, {13, 9})}, DropoutOptions{1 / 3.0f, 42}},
        {"later rows", {random_tensor(random, {5, 9}), random_tensor(random, {5, 9})}, DropoutOptions{0.5f, 42, 8}},
        {"many at once", {random_tensor(random, {7, 24}), random_tensor(random, {7, 24})}, DropoutOptions{0.5f, 42}}};
  }
};

}  // namespace

const Op& dropout_add_op() {
  static const Op op = make_op<DropoutAddOp>();
  return op;
}

}  // namespace persea
