#include "autograd/ops/linear.h"

#include <cmath>

#include "autograd/ops/factor.h"
#include "autograd/ops/shapes.h"
#include "kernels/fused_product.h"
#include "kernels/rows.h"

namespace persea {
namespace {

using Prologue = LinearOptions::Prologue;
using kernels::Gemm;

struct LinearOp {
  static constexpr const char* name = "linear";
  static inline const std::vector<int> parameters{1, 2};

  static std::vector<Output> outputs(const Tensors& in, const std::any& options) {
    require(in.size() == 4, name, "takes x, a weight, a gain or none, a residual or none");
    require_numbers(in[0], name, "x", 2);
    require_numbers(in[1], name, "weight", 2);
    const auto& o = std::any_cast<const LinearOptions&>(options);
    const Prologue prologue = o.prologue;
    require(!o.rows || prologue == Prologue::rms_norm, name, "slices of rows go with rms_norm");
    const int64_t width = in[1].dim(1) * (prologue == Prologue::swiglu ? 2 : 1);
    require(in[0].dim(1) == width, name, fmt::format("x has {} columns, the weight takes {}", in[0].dim(1), width));
    require(in[2].defined() == (prologue == Prologue::rms_norm), name, "a gain goes with rms_norm");
    if (in[2].defined()) require(in[2].count() == width, name, "the gain has another width than x");
    const Shape out{in[0].dim(0), in[1].dim(0)};
    if (in[3].defined()) require(in[3].shape() == out, name, "the residual has another shape than the product");
    return {{out, in[0].dtype()}};
  }

  // Calls fn with the prologue's kernel, which makes `to` of x, or with Nothing.
  template <class Fn>
  static void with_prologue(const Tensor& x, const Tensor& gain, const LinearOptions& options, const Tensor& to,
                            const Fn& fn) {
    const int64_t rows = x.dim(0), columns = to.dim(1);
    switch (options.prologue) {
      case Prologue::none:
        return fn(kernels::Nothing{});
      case Prologue::rms_norm:
        return fn(kernels::RmsNorm{rows, columns, x, gain.data(), options.eps, to});
      case Prologue::swiglu:
        return fn(kernels::SwiGlu{rows, columns, x, to});
      case Prologue::relu_squared:
        return fn(kernels::ReluSquared{rows, columns, x, to});
    }
  }

  template <class Kernel>
  static void make(const Kernel& prologue, Device device) {
    if constexpr (!std::is_same_v<Kernel, kernels::Nothing>) kernels::launch(prologue, device);
  }

  static void forward(ForwardCall& call) {
    const Tensors& in = *call.in;
    const LinearOptions& options = call.option<LinearOptions>();
    const Device device = device_of(in);
    const int64_t n = in[0].dim(0), outputs = in[1].dim(0), inputs = in[1].dim(1);
    const Tensor x = options.prologue == Prologue::none ? in[0] : Tensor({n, inputs}, in[0].dtype(), device);
    const auto multiply = [&](const auto& prologue) {
      const Factor left(x, options.precision, DType::f8_e4m3, Factor::columns),
          right(in[1], options.precision, DType::f8_e4m3, Factor::columns);
      Gemm gemm{n,           outputs, inputs, left.left(Factor::columns), right.right(Factor::columns),
                call.out[0], outputs, false,  options.precision};
      if (in[3].defined() && (!options.columns || options.columns->rank() == 0)) gemm.addend = in[3];
      kernels::launch_product(gemm, prologue, kernels::Nothing{}, device);
    };
    with_prologue(in[0], in[2], options, x, [&](const auto& prologue) {
      if (options.precision != kernels::Precision::fp8) return multiply(prologue);
      make(prologue, device);  // all of it before its scale is taken
      multiply(kernels::Nothing{});
    });
    if (options.columns) options.columns->sum(call.out[0]);
  }

  static void backward(BackwardCall& call) {
    const Tensors& in = *call.in;
    const LinearOptions& options = call.option<LinearOptions>();
    const Tensor &x = in[0], &weight = in[1], &gain = in[2], &dy = call.dout[0];
    const Device device = device_of(in);
    const int64_t n = x.dim(0), outputs = weight.dim(0), inputs = weight.dim(1);
    const bool plain = options.prologue == Prologue::none;

    // prologue(x) once more for the weight's gradient; it is made on the way through the product for x's gradient.
    const Tensor made = plain ? x : Tensor({n, inputs}, x.dtype(), device);
    auto dx = call.din(0), dgain = call.din(2);
    const Factor upstream(dy, options.precision, DType::f8_e5m2, Factor::both);  // gradients want range, not digits
    if (dx || dgain) {
      const Tensor dmade = plain ? dx.tensor : Tensor({n, inputs}, x.dtype(), device);
      const Factor matrix(weight, options.precision, DType::f8_e4m3, Factor::rows);
      const Gemm gemm{n,
                      inputs,
                      outputs,
                      upstream.left(Factor::columns),
                      matrix.right(Factor::rows),
                      dmade,
                      inputs,
                      plain && dx.accumulate,
                      options.precision};
      if (options.prologue == Prologue::swiglu) {  // its backward makes prologue(x) too
        const kernels::SwiGluBackward glu{n, inputs, x, dmade, dx.tensor, dx.accumulate, made};
        kernels::launch_product(gemm, kernels::Nothing{}, glu, device);
      } else {
        with_prologue(x, gain, options, made, [&](const auto& prologue) {
          if (options.prologue == Prologue::relu_squared) {
            const kernels::ReluSquaredBackward relu{n, inputs, x, dmade, dx.tensor, dx.accumulate};
            kernels::launch_product(gemm, prologue, relu, device);
          } else {
            kernels::launch_product(gemm, prologue, kernels::Nothing{}, device);
          }
        });
      }
      if (options.rows) options.rows->sum(dmade);
      if (options.prologue == Prologue::rms_norm)
        kernels::launch(
            kernels::RmsNormBackward{n, inputs, x, gain.data(), dmade, options.eps, dx.tensor, dx.accumulate,
                                     dgain ? dgain.tensor.data() : nullptr, dgain.accumulate},
            device);
    } else {
      with_prologue(x, gain, options, made, [&](const auto& prologue) { make(prologue, device); });
    }
    if (auto dw = call.din(1)) {
      const Factor rows(made, options.precision, DType::f8_e4m3, Factor::rows);
      kernels::launch(Gemm{outputs, inputs, n, upstream.left(Factor::rows), rows.right(Factor::rows), dw.tensor, inputs,
                           dw.accumulate, options.precision},
                      device);
    }
    if (in[3].defined()) call.give(3, dy);
  }

  template <class S>
  static Arrays<S> reference(const Arrays<S>& in, const std::any& any_options) {
    using std::exp;
    using std::real;
    using std::sqrt;
    const auto& options = std::any_cast<const LinearOptions&>(any_options);
    const int64_t n = in[0].shape[0], outputs = in[1].shape[0], inputs = in[1].shape[1], width = in[0].shape[1];
    Array<S> out{{n, outputs}, std::vector<S>(n * outputs), {}};
    for (int64_t r = 0; r < n; ++r) {
      const S* x = in[0].values.data() + r * width;
      std::vector<S> made(x, x + inputs);
      if (options.prologue == Prologue::rms_norm) {
        S squares = 0;
        for (S value : made) squares += value * value;
        const S scale = S(1) / sqrt(squares / S(double(inputs)) + S(double(options.eps)));
        for (int64_t c = 0; c < inputs; ++c) made[c] *= scale * in[2].values[c];
      } else if (options.prologue == Prologue::swiglu) {
        for (int64_t c = 0; c < inputs; ++c) made[c] = x[c] / (S(1) + exp(-x[c])) * x[inputs + c];
      } else if (options.prologue == Prologue::relu_squared) {
        for (S& value : made) value = real(value) > 0 ? value * value : S(0);
      }
      for (int64_t o = 0; o < outputs; ++o) {
        S sum = in[3].values.empty() ? S(0) : in[3].values[r * outputs + o];
        for (int64_t c = 0; c < inputs; ++c) sum += made[c] * in[1].values[o * inputs + c];
        out.values[r * outputs + o] = sum;
      }
    }
    return {out};
  }

  static std::vector<Sample> samples(Random& random) {
    struct Case {
      const char* label;
      Prologue prologue;
      bool residual;
      int64_t n, outputs, inputs;
      kernels::Precision precision = kernels::Precision::f32;
    };
    constexpr auto bf16 = kernels::Precision::bf16, fp8 = kernels::Precision::fp8;
    std::vector<Sample> cases;
    for (const Case& c :
         {Case{"plain", Prologue::none, false, 5, 7, 3}, Case{"plain, whole tiles", Prologue::none, true, 32, 64, 48},
          Case{"rms_norm", Prologue::rms_norm, false, 19, 37, 24}, Case{"swiglu", Prologue::swiglu, true, 33, 16, 21},
          Case{"relu_squared", Prologue::relu_squared, true, 8, 40, 32},
          Case{"two pieces of the depth", Prologue::none, false, 9, 20, 801},
          Case{"two pieces of the weight's gradient", Prologue::none, false, 801, 9, 20},
          Case{"bf16, two pieces, odd", Prologue::none, true, 9, 20, 1601, bf16},
          Case{"bf16, odd shapes", Prologue::none, true, 21, 35, 19, bf16},
          Case{"bf16, whole tiles", Prologue::rms_norm, true, 64, 64, 160, bf16},
          Case{"bf16, swiglu", Prologue::swiglu, false, 17, 33, 70, bf16},
          Case{"fp8, odd shapes", Prologue::none, true, 21, 35, 19, fp8},
          Case{"fp8, more than a tile", Prologue::rms_norm, true, 80, 64, 160, fp8},
          Case{"fp8, swiglu", Prologue::swiglu, false, 17, 33, 70, fp8}}) {
      const int64_t width = c.inputs * (c.prologue == Prologue::swiglu ? 2 : 1);
      cases.push_back({c.label,
                       {random_tensor(random, {c.n, width}), random_tensor(random, {c.outputs, c.inputs}),
                        c.prologue == Prologue::rms_norm ? random_tensor(random, {c.inputs}) : Tensor(),
                        c.residual ? random_tensor(random, {c.n, c.outputs}) : Tensor()},
                       LinearOptions{.prologue = c.prologue, .precision = c.precision}});
      if (c.precision == bf16) cases.back().tolerance = kBf16Tolerance;
      if (c.precision == fp8) cases.back().tolerance = kFp8Tolerance;
    }
    return cases;
  }
};

}  // namespace

const Op& linear_op() {
  static const Op op = make_op<LinearOp>();
  return op;
}

}  // namespace persea
