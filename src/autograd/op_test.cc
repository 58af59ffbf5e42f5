// One test walks all ops: the kernels of every device that is there against reference<double>, backward against the
// complex step (Squire & Trapp 1998) through reference<complex<double>>, both with tolerances from epsilon times the
// norm.
#include "autograd/op.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <cmath>

#include "autograd/tape.h"
#include "base/random.h"
#include "base/threads.h"
#include "tensor/cuda.h"
#include "tensor/half.h"

namespace persea {
namespace {

template <class S>
Arrays<S> arrays(const Tensors& tensors) {
  Arrays<S> out;
  for (const Tensor& tensor : tensors) {
    Array<S> array;
    if (tensor.defined()) {
      array.shape = tensor.shape();
      if (tensor.dtype() == DType::i32)
        array.integers.assign(tensor.data<int32_t>(), tensor.data<int32_t>() + tensor.count());
      else
        for (float value : tensor.span()) array.values.push_back(S(double(value)));
    }
    out.push_back(std::move(array));
  }
  return out;
}

// A tensor of f32 rounded to this type, and one of any type as f32.
Tensor rounded(const Tensor& tensor, DType dtype) {
  if (!tensor.defined() || tensor.dtype() != DType::f32 || dtype == DType::f32) return tensor;
  const Tensor out(tensor.shape(), dtype);
  for (int64_t i = 0; i < tensor.count(); ++i) out.data<Bf16>()[i].bits = to_bf16(tensor.data()[i]);
  return out;
}
Tensor widened(const Tensor& tensor) {
  if (!tensor.defined() || tensor.dtype() != DType::bf16) return tensor;
  const Tensor out(tensor.shape());
  for (int64_t i = 0; i < tensor.count(); ++i) out.data()[i] = from_bf16(tensor.data<Bf16>()[i].bits);
  return out;
}

// Gradients go to tensors of its own: filled with `before` and added to, or overwritten.
class TestCall : public BackwardCall {
 public:
  TestCall(const Op& op, const Tensors& inputs, bool accumulate) : accumulate_(accumulate) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      const Tensor& tensor = inputs[i];
      Tensor gradient;
      if (tensor.defined() && tensor.dtype() != DType::i32) {
        gradient = Tensor(tensor.shape());
        for (float& value : gradient.span()) value = accumulate ? kBefore : NAN;
        const bool parameter = std::count(op.parameters.begin(), op.parameters.end(), static_cast<int>(i)) > 0;
        gradient = rounded(gradient, parameter ? DType::f32 : tensor.dtype());
      }
      gradients.push_back(gradient.to(tensor.device()));
    }
  }
  Slot din(int input) override { return {gradients[input], accumulate_}; }
  void give(int input, const Tensor& gradient) override {
    if (!gradients[input].defined()) return;
    ASSERT_EQ(gradients[input].dtype(), gradient.dtype());
    const Tensor sum = widened(gradients[input].to(cpu_device)), given = widened(gradient.to(cpu_device));
    for (int64_t i = 0; i < given.count(); ++i)
      sum.data()[i] = accumulate_ ? sum.data()[i] + given.data()[i] : given.data()[i];
    gradients[input].copy_from(rounded(sum, gradient.dtype()));
  }
  static constexpr float kBefore = 0.25f;
  Tensors gradients;

 private:
  bool accumulate_;
};

void expect_near(const std::vector<double>& expected, const std::vector<double>& actual, double tolerance,
                 const std::string& what) {
  ASSERT_EQ(expected.size(), actual.size()) << what;
  double error = 0, norm = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    error += (expected[i] - actual[i]) * (expected[i] - actual[i]);
    norm += expected[i] * expected[i];
  }
  EXPECT_LE(std::sqrt(error), tolerance * std::sqrt(norm) + 1e-12) << what << ", norm " << std::sqrt(norm);
}

std::vector<double> doubles(const Tensor& tensor) {
  const Tensor here = widened(tensor.to(cpu_device));
  return {here.data(), here.data() + here.count()};
}

Tensors on(Device device, const Tensors& tensors) {
  Tensors there;
  for (const Tensor& tensor : tensors) there.push_back(tensor.to(device));
  return there;
}

// Inputs that no gradient is wanted of: the tables of cos and sin, the loss's scale.
bool is_constant(const Op& op, size_t input) {
  return input >= 3 && (op.name == "attention" || op.name == "linear_cross_entropy");
}

// The gradients of the inputs at some places, for L = sum of dout * out, accumulated or not. `in`: the sample's inputs
// as the op gets them.
void check_backward(const Op& op, const Sample& sample, const Tensors& in, const ForwardCall& forward,
                    const Tensors& dout, bool accumulate, Random& random, const std::string& what) {
  TestCall call(op, in, accumulate);
  call.options = &sample.options;
  call.in = &in;
  call.out = &forward.out;
  // saved tensors may be used up by a backward: forward once more
  ForwardCall again = forward;
  again.saved.clear();
  op.forward(again);
  call.saved = &again.saved;
  for (size_t i = 0; i < dout.size(); ++i)
    call.dout.push_back(rounded(dout[i].clone(), forward.out[i].dtype()).to(device_of(in)));
  op.backward(call);
  Arrays<std::complex<double>> at_step = arrays<std::complex<double>>(sample.in);
  for (size_t i = 0; i < in.size(); ++i) {
    if (!call.gradients[i].defined()) continue;
    if (is_constant(op, i)) continue;
    const std::vector<double> gradient = doubles(call.gradients[i]);
    std::vector<double> expected, actual;
    const int64_t count = call.gradients[i].count(), probes = std::min<int64_t>(count, 24);
    for (int64_t p = 0; p < probes; ++p) {
      const auto at = static_cast<int64_t>(random.below(count));
      const std::complex<double> kept = at_step[i].values[at];
      at_step[i].values[at] += std::complex<double>(0, 1e-30);
      const auto out = op.reference_complex(at_step, sample.options);
      at_step[i].values[at] = kept;
      std::complex<double> loss = 0;
      for (size_t o = 0; o < out.size(); ++o)
        for (size_t e = 0; e < out[o].values.size(); ++e) loss += out[o].values[e] * double(dout[o].data()[e]);
      expected.push_back(loss.imag() / 1e-30 + (accumulate ? TestCall::kBefore : 0));
      actual.push_back(gradient[at]);
    }
    expect_near(expected, actual, sample.tolerance, what + ", gradient of input " + std::to_string(i));
  }
}

// Of its inputs those that may be stored in bf16: activations and matrices, not gains and tables of angles.
bool may_be_rounded(const Op& op, const Sample& sample, size_t input) {
  return sample.in[input].defined() && sample.in[input].shape().size() == 2 && !is_constant(op, input);
}

// `storage`: what activations and matrices are stored in.
void check_all_ops(Device device, DType storage = DType::f32) {
  for (const Op& op : all_ops()) {
    Random random(7, op.name);
    for (Sample sample : op.samples(random)) {
      const std::string what = fmt::format("{} ({}, stored in {})", op.name, sample.name, dtype_name(storage));
      Tensors in;
      for (size_t i = 0; i < sample.in.size(); ++i) {
        in.push_back(may_be_rounded(op, sample, i) ? rounded(sample.in[i], storage) : sample.in[i]);
        sample.in[i] = widened(in[i]);
      }
      in = on(device, in);
      if (storage == DType::bf16) sample.tolerance = std::max(sample.tolerance, kBf16Tolerance);
      ForwardCall forward;
      forward.options = &sample.options;
      forward.in = &in;
      for (const Output& out : op.outputs(in, sample.options)) forward.out.emplace_back(out.shape, out.dtype, device);
      op.forward(forward);
      const Arrays<double> expected = op.reference(arrays<double>(sample.in), sample.options);
      ASSERT_EQ(expected.size(), forward.out.size()) << what;
      for (size_t i = 0; i < expected.size(); ++i)
        expect_near(expected[i].values, doubles(forward.out[i]), sample.tolerance, what);

      Tensors dout;
      for (const Tensor& out : forward.out) {
        dout.emplace_back(out.shape());
        for (float& value : dout.back().span())
          value = from_bf16(to_bf16(static_cast<float>(random.normal())));  // the same in either type
      }
      for (bool accumulate : {false, true}) check_backward(op, sample, in, forward, dout, accumulate, random, what);
    }
  }
}

class AllOps : public testing::TestWithParam<std::tuple<int, int64_t>> {};

TEST_P(AllOps, AgreesWithItsReference) {
  set_threads(std::get<0>(GetParam()));
  hwy::SetSupportedTargetsForTest(std::get<1>(GetParam()));
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  check_all_ops(cpu_device);
  set_threads(1);
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

TEST(AllOps, AgreesOnAGpu) {
  if (!cuda::present()) GTEST_SKIP() << "no GPU here";
  check_all_ops(cuda_device);
  check_all_ops(cuda_device, DType::bf16);
}

// Every instruction set that this machine has, of those that the kernels are compiled for.
std::vector<int64_t> instruction_sets() {
  std::vector<int64_t> sets;
  for (int64_t set : {HWY_AVX3, HWY_AVX2, HWY_SSSE3, HWY_NEON})
    if (hwy::SupportedTargets() & set) sets.push_back(set);
  return sets;
}

INSTANTIATE_TEST_SUITE_P(Everywhere, AllOps,
                         testing::Combine(testing::Values(1, 2, 3), testing::ValuesIn(instruction_sets())));

TEST(AllOps, WrongShapesNameTheOp) {
  for (const Op& op : all_ops()) {
    Random random(7, op.name);
    Sample sample = op.samples(random).front();
    sample.in[0] = Tensor({1, 1, 1});
    try {
      op.outputs(sample.in, sample.options);
      FAIL() << op.name;
    } catch (const std::logic_error& error) {
      EXPECT_EQ(std::string(error.what()).rfind(op.name + ":", 0), 0u) << error.what();
    }
  }
}

}  // namespace
}  // namespace persea
