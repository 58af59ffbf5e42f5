#include "autograd/ops/linear.h"

#include <cmath>
#include <cstring>

#include "autograd/ops/shapes.h"
#include "kernels/gemm.h"
#include "kernels/rows.h"

namespace persea {
namespace {

using Prologue = LinearOptions::Prologue;
using kernels::Gemm;

struct LinearOp {
  static constexpr const char* name = "linear";

  static std::vector<Shape> outputs(const Tensors& in, const std::any& options) {
    require(in.size() == 4, name, "takes x, a weight, a gain or none, a residual or none");
    require_tensor(in[0], name, "x", 2);
    require_tensor(in[1], name, "weight", 2);
    const Prologue prologue = std::any_cast<const LinearOptions&>(options).prologue;
    const int64_t width = in[1].dim(1) * (prologue == Prologue::swiglu ? 2 : 1);
    require(in[0].dim(1) == width, name, fmt::format("x has {} columns, the weight takes {}", in[0].dim(1), width));
    require(in[2].defined() == (prologue == Prologue::rms_norm), name, "a gain goes with rms_norm");
    if (in[2].defined()) require(in[2].count() == width, name, "the gain has another width than x");
    const Shape out{in[0].dim(0), in[1].dim(0)};
    if (in[3].defined()) require(in[3].shape() == out, name, "the residual has another shape than the product");
    return {out};
  }

  // Runs the prologue on rows [begin, end) of x into `to`.
  static Gemm::RowHook prologue_hook(const Tensor& x, const Tensor& gain, const LinearOptions& options,
                                     const Tensor& to) {
    const int64_t rows = x.dim(0), columns = to.dim(1);
    const float* from = x.data();
    float* out = to.data();
    switch (options.prologue) {
      case Prologue::none:
        return {};
      case Prologue::rms_norm: {
        const kernels::RmsNorm norm{rows, columns, from, gain.data(), options.eps, out};
        return [norm](int64_t begin, int64_t end) { kernels::RmsNorm::cpu_rows(norm, begin, end); };
      }
      case Prologue::swiglu: {
        const kernels::SwiGlu glu{rows, columns, from, out};
        return [glu](int64_t begin, int64_t end) { kernels::SwiGlu::cpu_rows(glu, begin, end); };
      }
      case Prologue::relu_squared: {
        const kernels::ReluSquared relu{rows, columns, from, out};
        return [relu](int64_t begin, int64_t end) { kernels::ReluSquared::cpu_rows(relu, begin, end); };
      }
    }
    return {};
  }

  static void forward(ForwardCall& call) {
    const Tensors& in = *call.in;
    const LinearOptions& options = call.option<LinearOptions>();
    const int64_t n = in[0].dim(0), outputs = in[1].dim(0), inputs = in[1].dim(1);
    const bool plain = options.prologue == Prologue::none;
    const Tensor x = plain ? in[0] : Tensor({n, inputs});
    Gemm gemm{n,
              outputs,
              inputs,
              kernels::row_major(x.data(), inputs),
              kernels::transposed(in[1].data(), inputs),
              call.out[0].data(),
              outputs,
              in[3].defined(),
              options.precision};
    Gemm::RowHook prologue = prologue_hook(in[0], in[2], options, x);
    if (in[3].defined()) {
      const float* residual = in[3].data();
      float* out = call.out[0].data();
      gemm.before = [=](int64_t begin, int64_t end) {
        if (prologue) prologue(begin, end);
        std::memcpy(out + begin * outputs, residual + begin * outputs, (end - begin) * outputs * sizeof(float));
      };
    } else {
      gemm.before = prologue;
    }
    Gemm::cpu(gemm);
  }

  static void backward(BackwardCall& call) {
    const Tensors& in = *call.in;
    const LinearOptions& options = call.option<LinearOptions>();
    const Tensor &x = in[0], &weight = in[1], &gain = in[2], &dy = call.dout[0];
    const int64_t n = x.dim(0), outputs = weight.dim(0), inputs = weight.dim(1);
    const bool plain = options.prologue == Prologue::none;

    // prologue(x) once more for the weight's gradient; it is made on the way through the product for x's gradient.
    const Tensor made = plain ? x : Tensor({n, inputs});
    const Gemm::RowHook prologue = prologue_hook(x, gain, options, made);
    auto dx = call.din(0), dgain = call.din(2);
    if (dx || dgain) {
      const Tensor dmade = plain ? dx.tensor : Tensor({n, inputs});
      Gemm gemm{n,
                inputs,
                outputs,
                kernels::row_major(dy.data(), outputs),
                kernels::row_major(weight.data(), inputs),
                dmade.data(),
                inputs,
                plain && dx.accumulate,
                options.precision};
      if (options.prologue != Prologue::swiglu) gemm.before = prologue;
      if (options.prologue == Prologue::swiglu) {
        const kernels::SwiGluBackward glu{n,          inputs, x.data(), dmade.data(), dx.tensor.data(), dx.accumulate,
                                          made.data()};
        gemm.after = [glu](int64_t begin, int64_t end) { kernels::SwiGluBackward::cpu_rows(glu, begin, end); };
      } else if (options.prologue == Prologue::relu_squared) {
        const kernels::ReluSquaredBackward relu{n, inputs, x.data(), dmade.data(), dx.tensor.data(), dx.accumulate};
        gemm.after = [relu](int64_t begin, int64_t end) { kernels::ReluSquaredBackward::cpu_rows(relu, begin, end); };
      }
      Gemm::cpu(gemm);
      if (options.prologue == Prologue::rms_norm)
        kernels::RmsNormBackward::cpu({n, inputs, x.data(), gain.data(), dmade.data(), options.eps,
                                       dx ? dx.tensor.data() : nullptr, dx.accumulate,
                                       dgain ? dgain.tensor.data() : nullptr, dgain.accumulate});
    } else if (prologue) {
      prologue(0, n);
    }
    if (auto dw = call.din(1))
      Gemm::cpu({outputs, inputs, n, kernels::transposed(dy.data(), outputs), kernels::row_major(made.data(), inputs),
                 dw.tensor.data(), inputs, dw.accumulate, options.precision});
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
    constexpr auto bf16 = kernels::Precision::bf16;
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
          Case{"bf16, swiglu", Prologue::swiglu, false, 17, 33, 70, bf16}}) {
      const int64_t width = c.inputs * (c.prologue == Prologue::swiglu ? 2 : 1);
      cases.push_back({c.label,
                       {random_tensor(random, {c.n, width}), random_tensor(random, {c.outputs, c.inputs}),
                        c.prologue == Prologue::rms_norm ? random_tensor(random, {c.inputs}) : Tensor(),
                        c.residual ? random_tensor(random, {c.n, c.outputs}) : Tensor()},
                       LinearOptions{.prologue = c.prologue, .precision = c.precision}});
      if (c.precision == bf16) cases.back().tolerance = kBf16Tolerance;
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
