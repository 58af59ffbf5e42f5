#include "autograd/ops/rms_norm.h"

#include "autograd/ops/shapes.h"
#include "kernels/launch.h"
#include "kernels/rows.h"

namespace persea {
namespace {

struct RmsNormOp {
  static constexpr const char* name = "rms_norm";
  static inline const std::vector<int> parameters{1};

  static std::vector<Output> outputs(const Tensors& in, const std::any&) {
    require(in.size() == 2, name, "takes x and a gain");
    require_numbers(in[0], name, "x", 2);
    require_tensor(in[1], name, "gain", 1);
    require(in[1].dim(0) == in[0].dim(1), name, "the gain has another width than x");
    return {{in[0].shape(), in[0].dtype()}};
  }

  static void forward(ForwardCall& call) {
    const Tensors& in = *call.in;
    kernels::launch(kernels::RmsNorm{in[0].dim(0), in[0].dim(1), in[0], in[1].data(), call.option<RmsNormOptions>().eps,
                                     call.out[0]},
                    device_of(in));
  }

  static void backward(BackwardCall& call) {
    const Tensors& in = *call.in;
    auto dx = call.din(0), dgain = call.din(1);
    kernels::launch(kernels::RmsNormBackward{in[0].dim(0), in[0].dim(1), in[0], in[1].data(), call.dout[0],
                                             call.option<RmsNormOptions>().eps, dx.tensor, dx.accumulate,
                                             dgain ? dgain.tensor.data() : nullptr, dgain.accumulate},
                    device_of(in));
  }

  template <class S>
  static Arrays<S> reference(const Arrays<S>& in, const std::any& options) {
    using std::sqrt;
    const int64_t rows = in[0].shape[0], columns = in[0].shape[1];
    Array<S> out{in[0].shape, in[0].values, {}};
    for (int64_t r = 0; r < rows; ++r) {
      S squares = 0;
      for (int64_t c = 0; c < columns; ++c) squares += in[0].values[r * columns + c] * in[0].values[r * columns + c];
      const S scale =
          S(1) / sqrt(squares / S(double(columns)) + S(double(std::any_cast<const RmsNormOptions&>(options).eps)));
      for (int64_t c = 0; c < columns; ++c) out.values[r * columns + c] *= scale * in[1].values[c];
    }
    return {out};
  }

  static std::vector<Sample> samples(Random& random) {
    std::vector<Sample> cases;
    for (int64_t dim : {3, 24, 67})
      cases.push_back({fmt::format("dim {}", dim),
                       {random_tensor(random, {9, dim}), random_tensor(random, {dim})},
                       RmsNormOptions{}});
    return cases;
  }
};

}  // namespace

const Op& rms_norm_op() {
  static const Op op = make_op<RmsNormOp>();
  return op;
}

}  // namespace persea
