#include "autograd/ops/embedding.h"

#include "autograd/ops/shapes.h"
#include "kernels/embedding.h"
#include "kernels/launch.h"

namespace persea {
namespace {

struct EmbeddingOp {
  static constexpr const char* name = "embedding";
  static inline const std::vector<int> parameters{0};

  static std::vector<Output> outputs(const Tensors& in, const std::any&) {
    require(in.size() == 2, name, "takes a table and tokens");
    require_numbers(in[0], name, "table", 2);
    require_tensor(in[1], name, "tokens", 1, DType::i32);
    for (int32_t token : ids_to_check(in[1]))
      require(token >= -1 && token < in[0].dim(0), name, fmt::format("token {} of a table of {}", token, in[0].dim(0)));
    return {{{in[1].dim(0), in[0].dim(1)}, in[0].dtype()}};
  }

  static void forward(ForwardCall& call) {
    const Tensors& in = *call.in;
    kernels::launch(kernels::Embedding{in[1].count(), in[0].dim(1), in[1].data<int32_t>(), in[0], call.out[0]},
                    device_of(in));
    if (SliceGroup* rows = call.option<EmbeddingOptions>().rows) rows->sum(call.out[0]);
  }

  static void backward(BackwardCall& call) {
    const Tensors& in = *call.in;
    if (auto slot = call.din(0))
      kernels::launch(kernels::EmbeddingBackward{in[1].count(), in[0].dim(1), in[0].dim(0), in[1].data<int32_t>(),
                                                 call.dout[0], slot.tensor.data(), slot.accumulate},
                      device_of(in));
  }

  template <class S>
  static Arrays<S> reference(const Arrays<S>& in, const std::any&) {
    const int64_t dim = in[0].shape[1];
    Array<S> out{{in[1].shape[0], dim}, {}, {}};
    for (int32_t token : in[1].integers)
      for (int64_t c = 0; c < dim; ++c) out.values.push_back(token < 0 ? S(0) : in[0].values[token * dim + c]);
    return {out};
  }

  static std::vector<Sample> samples(Random& random) {
    const std::vector<int32_t> tokens{3, 1, -1, 3, 0, 6, 3, -1};
    std::vector<Sample> cases;
    for (int64_t dim : {5, 70})
      cases.push_back({fmt::format("dim {}", dim),
                       {random_tensor(random, {7, dim}), Tensor::from(std::span<const int32_t>(tokens), {8})},
                       EmbeddingOptions{}});
    Tensor many({300}, DType::i32);
    for (int32_t& token : many.span<int32_t>()) token = static_cast<int32_t>(random.below(7));
    cases.push_back({"frequent tokens", {random_tensor(random, {7, 264}), many}, EmbeddingOptions{}});
    return cases;
  }
};

}  // namespace

const Op& embedding_op() {
  static const Op op = make_op<EmbeddingOp>();
  return op;
}

}  // namespace persea
