#include "autograd/ops/head_norm.h"

#include <cmath>

#include "autograd/ops/shapes.h"
#include "kernels/columns.h"
#include "kernels/launch.h"
#include "kernels/rows.h"

namespace persea {
namespace {

struct HeadNormOp {
  static constexpr const char* name = "head_norm";
  static inline const std::vector<int> parameters{1, 2};

  static std::vector<Output> outputs(const Tensors& in, const std::any& options) {
    const auto& o = std::any_cast<const HeadNormOptions&>(options);
    require(in.size() == 3, name, "takes qkv, q's gain, k's gain");
    require_numbers(in[0], name, "qkv", 2);
    require_tensor(in[1], name, "q's gain", 1);
    require_tensor(in[2], name, "k's gain", 1);
    require(in[1].shape() == in[2].shape() && in[0].dim(1) == (o.heads + 2 * o.kv_heads) * in[1].dim(0), name,
            "qkv has another width than its heads");
    return {{in[0].shape(), in[0].dtype()}};
  }

  // A norm works on contiguous rows: the heads of one kind are gathered, normed and put back.
  static Tensor gather(const Tensor& x, int64_t column, int64_t columns) {
    Tensor out({x.dim(0), columns}, x.dtype(), x.device());
    kernels::launch(kernels::CopyColumns{x.dim(0), columns, kernels::ConstNumbers(x) + column, x.dim(1), out, columns},
                    x.device());
    return out;
  }
  static void scatter(const Tensor& from, const Tensor& to, int64_t column) {
    kernels::launch(
        kernels::CopyColumns{to.dim(0), from.dim(1), from, from.dim(1), kernels::Numbers(to) + column, to.dim(1)},
        to.device());
  }

  static void forward(ForwardCall& call) {
    const auto& o = call.option<HeadNormOptions>();
    const Tensors& in = *call.in;
    const Tensor &x = in[0], &y = call.out[0];
    const int64_t head_dim = in[1].dim(0);
    y.copy_from(x);
    for (int kind : {0, 1}) {
      const int64_t heads = kind == 0 ? o.heads : o.kv_heads, column = kind == 0 ? 0 : o.heads * head_dim;
      const Tensor rows = gather(x, column, heads * head_dim);
      kernels::launch(kernels::RmsNorm{x.dim(0) * heads, head_dim, rows, in[1 + kind].data(), o.eps, rows}, x.device());
      scatter(rows, y, column);
    }
  }

  static void backward(BackwardCall& call) {
    const auto& o = call.option<HeadNormOptions>();
    const Tensors& in = *call.in;
    const Tensor &x = in[0], &dy = call.dout[0];
    const int64_t head_dim = in[1].dim(0);
    const Tensor parts = o.rows ? Tensor({2, head_dim}, DType::f32, x.device()) : Tensor();  // of q's and k's gain
    for (int kind : {0, 1}) {
      const int64_t heads = kind == 0 ? o.heads : o.kv_heads, column = kind == 0 ? 0 : o.heads * head_dim;
      const Tensor rows = gather(x, column, heads * head_dim), drows = gather(dy, column, heads * head_dim);
      auto dgain = o.rows ? BackwardCall::Slot{parts.slice(kind, kind + 1), false} : call.din(1 + kind);
      kernels::launch(kernels::RmsNormBackward{x.dim(0) * heads, head_dim, rows, in[1 + kind].data(), drows, o.eps,
                                               drows, false, dgain ? dgain.tensor.data() : nullptr, dgain.accumulate},
                      x.device());
      scatter(drows, dy, column);
    }
    if (o.rows) {
      o.rows->sum(parts);
      for (int kind : {0, 1}) call.give(1 + kind, parts.slice(kind, kind + 1).reshape({head_dim}));
    }
    call.give(0, dy);
  }

  template <class S>
  static Arrays<S> reference(const Arrays<S>& in, const std::any& options) {
    using std::sqrt;
    const auto& o = std::any_cast<const HeadNormOptions&>(options);
    const int64_t head_dim = in[1].shape[0], width = in[0].shape[1];
    Array<S> out = in[0];
    for (int64_t r = 0; r < in[0].shape[0]; ++r)
      for (int64_t h = 0; h < o.heads + o.kv_heads; ++h) {
        S* x = out.values.data() + r * width + h * head_dim;
        S squares = 0;
        for (int64_t i = 0; i < head_dim; ++i) squares += x[i] * x[i];
        const S scale = S(1) / sqrt(squares / S(double(head_dim)) + S(double(o.eps)));
        for (int64_t i = 0; i < head_dim; ++i) x[i] *= scale * in[h < o.heads ? 1 : 2].values[i];
      }
    return {out};
  }

  static std::vector<Sample> samples(Random& random) {
    return {{"grouped",
             {random_tensor(random, {7, 8 * 6}), random_tensor(random, {6}), random_tensor(random, {6})},
             HeadNormOptions{4, 2}}};
  }
};

}  // namespace

const Op& head_norm_op() {
  static const Op op = make_op<HeadNormOp>();
  return op;
}

}  // namespace persea
