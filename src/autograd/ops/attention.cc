#include "autograd/ops/attention.h"

#include <cmath>

#include "autograd/ops/shapes.h"
#include "kernels/attention.h"
#include "kernels/launch.h"

namespace persea {
namespace {

struct AttentionOp {
  static constexpr const char* name = "attention";
  static inline const std::vector<int> parameters{};

  static std::vector<Output> outputs(const Tensors& in, const std::any& options) {
    const auto& o = std::any_cast<const AttentionOptions&>(options);
    require(in.size() == 5, name, "takes qkv, positions, starts, cos, sin");
    require_numbers(in[0], name, "qkv", 2);
    require_tensor(in[1], name, "positions", 1, DType::i32);
    require_tensor(in[2], name, "starts", 1, DType::i32);
    require_tensor(in[3], name, "cos", 2);
    require_tensor(in[4], name, "sin", 2);
    require(o.length > 0 && o.heads > 0 && o.kv_heads > 0 && o.heads % o.kv_heads == 0 && o.head_dim > 0 &&
                o.head_dim % 2 == 0,
            name, "heads must be a multiple of kv_heads, head_dim even");
    const int64_t n = in[0].dim(0);
    require(in[0].dim(1) == (o.heads + 2 * o.kv_heads) * o.head_dim, name, "qkv has another width than its heads");
    require(n % o.length == 0 && in[1].dim(0) == n && in[2].dim(0) == n, name,
            "positions and starts need one entry a token");
    require(in[3].dim(1) == o.head_dim / 2 && in[4].shape() == in[3].shape(), name,
            "cos and sin must be [positions, head_dim / 2]");
    for (const int32_t position : ids_to_check(in[1]))
      require(position >= 0 && position < in[3].dim(0), name, fmt::format("position {} beyond the table", position));
    int64_t i = 0;
    for (const int32_t start : ids_to_check(in[2])) {
      require(start >= 0 && start <= i % o.length, name, fmt::format("start {} of token {}", start, i % o.length));
      ++i;
    }
    return {{{n, o.heads * o.head_dim}, in[0].dtype()}};
  }

  static kernels::Attention kernel(const Tensors& in, const AttentionOptions& o, const Tensor& out, const Tensor& lse) {
    return {{in[0].dim(0) / o.length, o.length, o.heads, o.kv_heads, o.head_dim},
            in[0],
            in[1].data<int32_t>(),
            in[2].data<int32_t>(),
            in[3].data(),
            in[4].data(),
            out,
            lse.defined() ? lse.data() : nullptr,
            o.precision};
  }

  static void forward(ForwardCall& call) {
    const auto& o = call.option<AttentionOptions>();
    const Tensors& in = *call.in;
    if (call.training) call.saved = {Tensor({in[0].dim(0) * o.heads}, DType::f32, device_of(in))};
    kernels::launch(kernel(in, o, call.out[0], call.training ? call.saved[0] : Tensor()), device_of(in));
  }

  static void backward(BackwardCall& call) {
    auto slot = call.din(0);
    if (!slot) return;
    const Device device = device_of(*call.in);
    const Tensor dqkv = slot.accumulate ? Tensor(slot.tensor.shape(), slot.tensor.dtype(), device) : slot.tensor;
    kernels::launch(
        kernels::AttentionBackward{kernel(*call.in, call.option<AttentionOptions>(), (*call.out)[0], (*call.saved)[0]),
                                   call.dout[0], dqkv},
        device);
    if (slot.accumulate) call.give(0, dqkv);
  }

  template <class S>
  static Arrays<S> reference(const Arrays<S>& in, const std::any& options) {
    using std::exp;
    const auto& o = std::any_cast<const AttentionOptions&>(options);
    const int64_t n = in[0].shape[0], width = in[0].shape[1], half = o.head_dim / 2;
    auto turned = [&](int64_t t, int64_t column) {
      const S* x = in[0].values.data() + t * width + column;
      std::vector<S> y(o.head_dim);
      for (int64_t i = 0; i < half; ++i) {
        const S c = in[3].values[in[1].integers[t] * half + i], s = in[4].values[in[1].integers[t] * half + i];
        y[i] = x[i] * c - x[i + half] * s;
        y[i + half] = x[i + half] * c + x[i] * s;
      }
      return y;
    };
    Array<S> out{{n, o.heads * o.head_dim}, std::vector<S>(n * o.heads * o.head_dim), {}};
    for (int64_t t = 0; t < n; ++t) {
      const int64_t row = t / o.length * o.length, first = row + in[2].integers[t];
      for (int64_t h = 0; h < o.heads; ++h) {
        const int64_t kv = h / (o.heads / o.kv_heads);
        const std::vector<S> q = turned(t, h * o.head_dim);
        std::vector<S> weights;
        S total = 0;
        for (int64_t u = first; u <= t; ++u) {
          const std::vector<S> k = turned(u, (o.heads + kv) * o.head_dim);
          S dot = 0;
          for (int64_t i = 0; i < o.head_dim; ++i) dot += q[i] * k[i];
          weights.push_back(exp(dot / S(std::sqrt(double(o.head_dim)))));
          total += weights.back();
        }
        for (int64_t u = first; u <= t; ++u)
          for (int64_t i = 0; i < o.head_dim; ++i)
            out.values[(t * o.heads + h) * o.head_dim + i] +=
                weights[u - first] / total * in[0].values[u * width + (o.heads + o.kv_heads + kv) * o.head_dim + i];
      }
    }
    return {out};
  }

  static Sample sample(Random& random, std::string label, int64_t sequences, AttentionOptions o, bool documents) {
    const int64_t n = sequences * o.length, half = o.head_dim / 2;
    Tensor positions({n}, DType::i32), starts({n}, DType::i32), cos({o.length, half}), sin({o.length, half});
    for (int64_t i = 0; i < n; ++i) {
      const int64_t t = i % o.length;
      const bool fresh = t == 0 || (documents && random.chance(0.1));
      const int32_t start = fresh ? static_cast<int32_t>(t) : starts.data<int32_t>()[i - 1];
      starts.data<int32_t>()[i] = start;
      positions.data<int32_t>()[i] = static_cast<int32_t>(t) - start;
    }
    for (int64_t i = 0; i < cos.count(); ++i) {
      const double angle = double(i / half) * std::pow(10000.0, -double(i % half) / double(half));
      cos.data()[i] = static_cast<float>(std::cos(angle));
      sin.data()[i] = static_cast<float>(std::sin(angle));
    }
    return {std::move(label),
            {random_tensor(random, {n, (o.heads + 2 * o.kv_heads) * o.head_dim}), positions, starts, cos, sin},
            o,
            o.precision == kernels::Precision::bf16 ? kBf16Tolerance : kF32Tolerance};
  }

  static std::vector<Sample> samples(Random& random) {
    constexpr auto bf16 = kernels::Precision::bf16;
    return {sample(random, "one tile", 2, {9, 2, 2, 4}, false),
            sample(random, "grouped, packed", 1, {70, 4, 2, 6}, true),
            sample(random, "three tiles, packed", 1, {131, 2, 1, 32}, true),
            sample(random, "wide head", 1, {66, 1, 1, 64}, false),
            sample(random, "wider heads, grouped, packed", 1, {67, 2, 1, 128}, true),
            sample(random, "bf16, odd shapes", 1, {71, 2, 1, 6, bf16}, true),
            sample(random, "bf16, whole tiles", 2, {128, 2, 2, 32, bf16}, false)};
  }
};

}  // namespace

const Op& attention_op() {
  static const Op op = make_op<AttentionOp>();
  return op;
}

}  // namespace persea
