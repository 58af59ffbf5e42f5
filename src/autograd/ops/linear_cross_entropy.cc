#include "autograd/ops/linear_cross_entropy.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/shapes.h"
#include "kernels/columns.h"
#include "kernels/cross_entropy.h"
#include "kernels/fused_product.h"
#include "kernels/launch.h"

namespace persea {
namespace {

using kernels::Gemm;

// Rows at once, the same on all ranks that share a vocabulary: `vocab` is of the longest slice. On the CPU their logits
// should stay near 16 MiB, but enough rows to pay for packing the weight once a chunk; on a GPU a chunk should fill it,
// and each costs a pass over the weight's gradient: 512 MiB.
int64_t chunk_rows(int64_t n, int64_t vocab, DType type, Device device) {
  const int64_t logits = device == cpu_device ? 4 << 20 : (512 << 20) / dtype_bytes(type);
  const int64_t wanted = std::max<int64_t>(256, logits / vocab / 64 * 64);
  const int64_t chunks = std::max<int64_t>(1, (n + wanted - 1) / wanted);
  return (n + chunks - 1) / chunks;
}

// The losses of `rows` rows of which the product makes logits, from all ranks' columns, and the gradient in its place.
void finish_together(const Gemm& product, const int32_t* targets, float* losses, const float* scale,
                     const CrossEntropyOptions& options, Device device) {
  constexpr int64_t kFloats = sizeof(kernels::SoftmaxPart) / sizeof(float);
  const int64_t rows = product.m, columns = product.n;
  const Tensor own({rows, kFloats}, DType::f32, device), all({options.rows->size(), rows, kFloats}, DType::f32, device);
  const auto parts = [](const Tensor& tensor) { return reinterpret_cast<kernels::SoftmaxPart*>(tensor.data()); };
  kernels::launch_product(
      product, kernels::Nothing{},
      kernels::PartialSoftmax{rows, columns, product.c.f32(), targets, parts(own), options.soft_cap, scale != nullptr},
      device);
  options.rows->gather(own, all);
  kernels::launch(kernels::FinishSoftmax{rows, columns, product.c.f32(), targets, parts(all), options.rows->size(),
                                         options.rows->rank(), losses, scale, options.soft_cap},
                  device);
}

// Losses of all rows; with dx (and dw) also the gradients of scale * their sum.
Tensor losses_of(const Tensor& x, const Tensor& weight, const Tensor& targets, const Tensor& scale,
                 const CrossEntropyOptions& options, const Tensor& dx, const Tensor& dw) {
  const Device device = x.device();
  const int64_t n = x.dim(0), dim = x.dim(1), vocab = weight.dim(0);
  const int64_t longest = options.rows ? (options.vocab + options.rows->size() - 1) / options.rows->size() : vocab;
  const int64_t step = chunk_rows(n, longest, x.dtype(), device);
  Tensor losses({n}, DType::f32, device), logits({std::min(step, n), vocab}, x.dtype(), device);
  for (int64_t begin = 0; begin < n; begin += step) {
    const int64_t rows = std::min(step, n - begin);
    const kernels::ConstNumbers chunk = kernels::ConstNumbers(x) + begin * dim;
    const kernels::SoftmaxCrossEntropy softmax{rows,
                                               vocab,
                                               logits,
                                               targets.data<int32_t>() + begin,
                                               losses.data() + begin,
                                               dx.defined() ? scale.data() : nullptr,
                                               options.soft_cap};
    Gemm product{rows, vocab, dim, kernels::row_major(chunk, dim), kernels::transposed(weight, dim), logits, vocab};
    product.precision = options.precision;
    if (options.rows)
      finish_together(product, softmax.targets, softmax.losses, softmax.scale, options, device);
    else
      kernels::launch_product(product, kernels::Nothing{}, softmax, device);
    if (dx.defined())
      kernels::launch(Gemm{rows, dim, vocab, kernels::row_major(logits, vocab), kernels::row_major(weight, dim),
                           kernels::Numbers(dx) + begin * dim, dim, false, options.precision},
                      device);
    if (dw.defined())
      kernels::launch(Gemm{vocab, dim, rows, kernels::transposed(logits, vocab), kernels::row_major(chunk, dim), dw,
                           dim, begin > 0, options.precision},
                      device);
  }
  if (options.rows && dx.defined()) options.rows->sum(dx);
  return losses;
}

void check_inputs(const Tensor& x, const Tensor& weight, const Tensor& targets, const CrossEntropyOptions& options) {
  constexpr const char* name = "linear_cross_entropy";
  require_numbers(x, name, "x", 2);
  require_numbers(weight, name, "weight", 2);
  require_tensor(targets, name, "targets", 1, DType::i32);
  require(x.dim(1) == weight.dim(1), name, "x has another width than the weight");
  require(targets.dim(0) == x.dim(0), name, "targets need one entry a row");
  require(!options.rows || options.vocab >= weight.dim(0), name, "a slice is larger than the vocabulary");
  const int32_t lowest = options.rows ? kernels::kTargetElsewhere : -1;
  for (int32_t target : ids_to_check(targets))
    require(target >= lowest && target < weight.dim(0), name,
            fmt::format("target {} of a vocabulary of {}", target, weight.dim(0)));
}

struct LinearCrossEntropyOp {
  static constexpr const char* name = "linear_cross_entropy";
  static inline const std::vector<int> parameters{1};

  static std::vector<Output> outputs(const Tensors& in, const std::any& options) {
    require(in.size() == 4, name, "takes x, a weight, targets, a scale");
    check_inputs(in[0], in[1], in[2], std::any_cast<const CrossEntropyOptions&>(options));
    require_tensor(in[3], name, "scale", 1, DType::f32);
    require(in[3].count() == 1, name, "the scale is one number");
    return {{{1}}};
  }

  static void forward(ForwardCall& call) {
    const Tensors& in = *call.in;
    const auto& options = call.option<CrossEntropyOptions>();
    const Device device = device_of(in);
    if (call.training)
      call.saved = {Tensor(in[0].shape(), in[0].dtype(), device), Tensor(in[1].shape(), DType::f32, device)};
    const Tensor losses = losses_of(in[0], in[1], in[2], in[3], options, call.training ? call.saved[0] : Tensor(),
                                    call.training ? call.saved[1] : Tensor());
    kernels::launch(kernels::Sum{losses.count(), losses.data(), in[3].data(), call.out[0].data()}, device);
  }

  static void backward(BackwardCall& call) {
    const Tensor& upstream = call.dout[0];
    for (int i : {0, 1}) {
      const Tensor& gradient = (*call.saved)[i];
      kernels::launch(kernels::ScaleBy{gradient.count(), upstream.data(), gradient}, upstream.device());
      call.give(i, gradient);
    }
  }

  template <class S>
  static Arrays<S> reference(const Arrays<S>& in, const std::any& any_options) {
    using std::exp;
    using std::log;
    using std::tanh;
    const auto& options = std::any_cast<const CrossEntropyOptions&>(any_options);
    const int64_t n = in[0].shape[0], dim = in[0].shape[1], vocab = in[1].shape[0];
    S sum = 0;
    for (int64_t r = 0; r < n; ++r) {
      const int32_t target = in[2].integers[r];
      if (target < 0) continue;
      S total = 0, own = 0;
      for (int64_t v = 0; v < vocab; ++v) {
        S logit = 0;
        for (int64_t c = 0; c < dim; ++c) logit += in[0].values[r * dim + c] * in[1].values[v * dim + c];
        if (options.soft_cap > 0) logit = S(double(options.soft_cap)) * tanh(logit / S(double(options.soft_cap)));
        total += exp(logit);
        if (v == target) own = logit;
      }
      sum += log(total) - own;
    }
    return {{{1}, {sum * in[3].values[0]}, {}}};
  }

  static std::vector<Sample> samples(Random& random) {
    std::vector<Sample> cases;
    struct Case {
      const char* label;
      int64_t n, dim, vocab;
      float scale, cap;
      kernels::Precision precision = kernels::Precision::f32;
    };
    constexpr auto bf16 = kernels::Precision::bf16;
    for (const Case& c : {Case{"small", 6, 5, 11, 1, 0}, Case{"scaled", 40, 24, 77, 0.125f, 0},
                          Case{"capped", 9, 8, 33, 0.5f, 3}, Case{"bf16", 35, 23, 77, 1, 0, bf16}}) {
      Tensor targets({c.n}, DType::i32);
      for (int32_t& target : targets.span<int32_t>()) target = static_cast<int32_t>(random.below(c.vocab + 1)) - 1;
      cases.push_back({c.label,
                       {random_tensor(random, {c.n, c.dim}, 0.5), random_tensor(random, {c.vocab, c.dim}, 0.5), targets,
                        Tensor::from(std::span<const float>(&c.scale, 1), {1})},
                       CrossEntropyOptions{c.cap, c.precision}});
      if (c.precision == bf16) cases.back().tolerance = kBf16Tolerance;
    }
    return cases;
  }
};

}  // namespace

const Op& linear_cross_entropy_op() {
  static const Op op = make_op<LinearCrossEntropyOp>();
  return op;
}

Tensor linear_cross_entropy_losses(const Tensor& x, const Tensor& weight, const Tensor& targets,
                                   const CrossEntropyOptions& options) {
  check_inputs(x, weight, targets, options);
  return losses_of(x, weight, targets, {}, options, {}, {});
}

}  // namespace persea
