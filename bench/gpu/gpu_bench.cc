// gpu_bench [SECONDS]: the kernels of a training step on the GPU, one line of JSON each: what it is, microseconds (the
// median of batches of calls), and what that makes in TFLOP/s or GB/s. Inputs are random, and larger than the L2 where
// a step's are. It refuses to compare: peer.py prints PyTorch's side in the same words.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

#include "base/random.h"
#include "kernels/attention.h"
#include "kernels/cross_entropy.h"
#include "kernels/embedding.h"
#include "kernels/gemm.h"
#include "kernels/launch.h"
#include "kernels/optimizer.h"
#include "kernels/peak.h"
#include "kernels/round.h"
#include "kernels/rows.h"
#include "tensor/cuda.h"
#include "tensor/tensor.h"

namespace persea {
namespace {

using kernels::Precision;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

Tensor random_on_gpu(Shape shape, double deviation = 1) {
  Random random(1, shape_string(shape));
  const Tensor tensor(std::move(shape));
  const int64_t fresh = std::min<int64_t>(tensor.count(), 1 << 20);  // the rest repeats it
  for (int64_t i = 0; i < fresh; ++i) tensor.data()[i] = static_cast<float>(random.normal() * deviation);
  for (int64_t i = fresh; i < tensor.count(); ++i) tensor.data()[i] = tensor.data()[i - fresh];
  return tensor.to(cuda_device);
}

// As training in bf16 stores activations and the copies of weights.
Tensor rounded_on_gpu(Shape shape) {
  const Tensor wide = random_on_gpu(std::move(shape)), rounded(wide.shape(), DType::bf16, cuda_device);
  kernels::launch(kernels::Round{wide.count(), wide.data(), rounded.data<Bf16>()}, cuda_device);
  return rounded;
}

Tensor ids_on_gpu(int64_t count, int64_t below) {
  Random random(2);
  const Tensor tensor({count}, DType::i32);
  for (int32_t& id : tensor.span<int32_t>()) id = static_cast<int32_t>(random.below(static_cast<uint64_t>(below)));
  return tensor.to(cuda_device);
}

// Seconds of one call: calls in batches that take some milliseconds, the median batch.
template <class Call>
double time_of(double seconds, const Call& call) {
  call();
  cuda::wait();
  double start = now();
  call();
  cuda::wait();
  const auto batch = std::max<int64_t>(1, static_cast<int64_t>(5e-3 / (now() - start)));
  std::vector<double> times;
  for (const double end = now() + seconds; now() < end || times.size() < 3;) {
    start = now();
    for (int64_t i = 0; i < batch; ++i) call();
    cuda::wait();
    times.push_back((now() - start) / static_cast<double>(batch));
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

void report(const std::string& name, double seconds, double flops, double bytes) {
  fmt::print(R"({{"kernel": "{}", "microseconds": {:.1f}, "teraflops": {:.1f}, "gigabytes_per_second": {:.0f}}})"
             "\n",
             name, seconds * 1e6, flops / seconds / 1e12, bytes / seconds / 1e9);
  std::fflush(stdout);
}

void products(double seconds) {
  for (const Precision precision : {Precision::bf16, Precision::f32})
    report(fmt::format("peak {}", precision_name(precision)), 1,
           1e9 * kernels::launch(kernels::MatrixPeak{precision, seconds}, cuda_device), 0);
  const int64_t n = 16384;
  for (const auto& [outputs, inputs] :
       {std::pair<int64_t, int64_t>{2304, 768}, {768, 2048}, {6144, 2048}, {2048, 5632}}) {
    const Tensor x = rounded_on_gpu({n, inputs}), w = rounded_on_gpu({outputs, inputs}),
                 y = rounded_on_gpu({n, outputs}), dw({outputs, inputs}, DType::f32, cuda_device);
    const double flops = 2.0 * double(n) * double(outputs) * double(inputs);
    report(fmt::format("product bf16 [{}, {}] x [{}]", n, inputs, outputs),
           time_of(seconds,
                   [&] {
                     kernels::launch(kernels::Gemm{n, outputs, inputs, kernels::row_major(x, inputs),
                                                   kernels::transposed(w, inputs), y, outputs, false, Precision::bf16},
                                     cuda_device);
                   }),
           flops, 0);
    report(fmt::format("product bf16, weight's gradient [{}, {}] over {}", outputs, inputs, n),
           time_of(seconds,
                   [&] {
                     kernels::launch(
                         kernels::Gemm{outputs, inputs, n, kernels::transposed(y, outputs),
                                       kernels::row_major(x, inputs), dw.data(), inputs, false, Precision::bf16},
                         cuda_device);
                   }),
           flops, 0);
  }
}

void attention(double seconds) {
  for (const auto& [sequences, length, heads, kv_heads, width] :
       {std::tuple<int64_t, int64_t, int64_t, int64_t, int64_t>{16, 1024, 12, 12, 64},
        {4, 4096, 16, 16, 128},
        {4, 4096, 16, 4, 128}}) {
    const int64_t n = sequences * length, half = width / 2;
    const kernels::AttentionShape shape{sequences, length, heads, kv_heads, width};
    const Tensor qkv = rounded_on_gpu({n, shape.qkv_columns()}), cos = random_on_gpu({length, half}),
                 sin = random_on_gpu({length, half}), starts = Tensor::zeros({n}, DType::i32, cuda_device),
                 positions = ids_on_gpu(n, length), out({n, heads * width}, DType::bf16, cuda_device),
                 lse({n * heads}, DType::f32, cuda_device), dqkv(qkv.shape(), DType::bf16, cuda_device);
    const kernels::Attention forward{
        shape,          qkv, positions.data<int32_t>(), starts.data<int32_t>(), cos.data(), sin.data(), out, lse.data(),
        Precision::bf16};
    const double flops = 2.0 * double(n) * double(length) * double(heads * width);  // the causal half of two products
    const std::string name =
        fmt::format("{} x {} tokens, {} heads of {}, {} of keys", sequences, length, heads, width, kv_heads);
    report("attention forward bf16, " + name, time_of(seconds, [&] { kernels::launch(forward, cuda_device); }), flops,
           0);
    report("attention backward bf16, " + name,
           time_of(seconds,
                   [&] {
                     kernels::launch(kernels::AttentionBackward{forward, out, dqkv}, cuda_device);
                   }),
           2.5 * flops, 0);
  }
}

void rows(double seconds) {
  const int64_t n = 16384, dim = 2048, vocab = 32768, chunk = 4096;
  const double bytes = 2.0 * double(n) * double(dim);  // of an activation in bf16
  const Tensor x = rounded_on_gpu({n, dim}), dy = rounded_on_gpu({n, dim}), gain = random_on_gpu({dim}),
               y({n, dim}, DType::bf16, cuda_device), dgain({dim}, DType::f32, cuda_device),
               glu = rounded_on_gpu({n, 2 * dim}), dglu({n, 2 * dim}, DType::bf16, cuda_device);
  report("rms_norm",
         time_of(seconds,
                 [&] {
                   kernels::launch(kernels::RmsNorm{n, dim, x, gain.data(), 1e-5f, y}, cuda_device);
                 }),
         0, 2 * bytes);
  report("rms_norm backward",
         time_of(seconds,
                 [&] {
                   kernels::launch(
                       kernels::RmsNormBackward{n, dim, x, gain.data(), dy, 1e-5f, y, false, dgain.data(), false},
                       cuda_device);
                 }),
         0, 3 * bytes);
  report("swiglu",
         time_of(seconds,
                 [&] {
                   kernels::launch(kernels::SwiGlu{n, dim, glu, y}, cuda_device);
                 }),
         0, 3 * bytes);
  report("swiglu backward",
         time_of(seconds,
                 [&] {
                   kernels::launch(kernels::SwiGluBackward{n, dim, glu, dy, dglu, false, y}, cuda_device);
                 }),
         0, 6 * bytes);
  const Tensor table = random_on_gpu({vocab, dim}), tokens = ids_on_gpu(n, vocab),
               dtable({vocab, dim}, DType::f32, cuda_device);
  report("embedding backward",
         time_of(seconds,
                 [&] {
                   kernels::launch(
                       kernels::EmbeddingBackward{n, dim, vocab, tokens.data<int32_t>(), dy, dtable.data(), true},
                       cuda_device);
                 }),
         0, bytes + 2.0 * 4 * double(n) * double(dim));
  const Tensor logits = rounded_on_gpu({chunk, vocab}), losses({chunk}, DType::f32, cuda_device),
               scale = random_on_gpu({1});
  report("softmax and cross-entropy",
         time_of(seconds,
                 [&] {
                   kernels::launch(kernels::SoftmaxCrossEntropy{chunk, vocab, logits, tokens.data<int32_t>(),
                                                                losses.data(), scale.data(), 0},
                                   cuda_device);
                 }),
         0, 3 * 2.0 * double(chunk) * double(vocab));
  std::vector<Tensor> state;
  std::vector<kernels::AdamW> updates;
  for (int i = 0; i < 100; ++i) {
    for (int part = 0; part < 4; ++part) state.push_back(Tensor::zeros({1 << 20}, DType::f32, cuda_device));
    const Tensor* s = &state[state.size() - 4];
    updates.push_back(
        {1 << 20, s[0].data(), s[1].data(), s[2].data(), s[3].data(), 1, 1e-3f, 0.9f, 0.95f, 1e-8f, 0.1f, 0.1f, 0.05f});
  }
  report("adamw over 100 tensors of 2^20",
         time_of(seconds, [&] { kernels::launch_all(std::span<const kernels::AdamW>(updates), cuda_device); }), 0,
         7 * 4.0 * 100 * (1 << 20));
}

}  // namespace
}  // namespace persea

int main(int count, char** arguments) {
  using namespace persea;
  if (!cuda::present()) {
    fmt::print("no GPU here\n");
    return 0;
  }
  const double seconds = count > 1 ? std::atof(arguments[1]) : 0.3;
  products(seconds);
  attention(seconds);
  rows(seconds);
}
