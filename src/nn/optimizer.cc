#include "nn/optimizer.h"

#include <algorithm>
#include <cmath>

#include "base/threads.h"
#include "kernels/columns.h"
#include "kernels/gemm.h"
#include "kernels/launch.h"
#include "kernels/optimizer.h"
#include "kernels/round.h"
#include "kernels/rows.h"

namespace persea {
namespace {

using kernels::Axpby;
using kernels::Gemm;
using kernels::SquaredNorm;

Tensor transpose(const Tensor& x) {
  Tensor y({x.dim(1), x.dim(0)}, DType::f32, x.device());
  kernels::launch(kernels::Transpose{x.dim(0), x.dim(1), x.data(), y.data()}, x.device());
  return y;
}

// y = a x + b y
void axpby(float a, const Tensor& x, float b, const Tensor& y) {
  kernels::launch(Axpby{x.count(), a, x.data(), b, y.data()}, x.device());
}

}  // namespace

Tensor orthogonalize(const Tensor& input, kernels::Precision precision) {
  const bool tall = input.dim(0) > input.dim(1);
  Tensor x = tall ? transpose(input) : input.clone();
  const int64_t rows = x.dim(0), columns = x.dim(1);
  const Device device = x.device();
  const Tensor scale({1}, DType::f32, device);
  kernels::launch(kernels::InverseNorm{x.count(), x.data(), 1e-7, scale.data()}, device);
  kernels::launch(kernels::ScaleBy{x.count(), scale.data(), x}, device);
  const Tensor a({rows, rows}, DType::f32, device), b({rows, rows}, DType::f32, device),
      y({rows, columns}, DType::f32, device);
  const auto multiply = [&](const Gemm& gemm) { kernels::launch(gemm, device); };
  for (int i = 0; i < 5; ++i) {
    // A = X X^T, B = -4.775 A + 2.0315 A A, X <- 3.4445 X + B X
    multiply({rows, rows, columns, kernels::row_major(x.data(), columns), kernels::transposed(x.data(), columns),
              a.data(), rows, false, precision});
    multiply({rows, rows, rows, kernels::row_major(a.data(), rows), kernels::row_major(a.data(), rows), b.data(), rows,
              false, precision});
    axpby(-4.7750f, a, 2.0315f, b);
    multiply({rows, columns, rows, kernels::row_major(b.data(), rows), kernels::row_major(x.data(), columns), y.data(),
              columns, false, precision});
    axpby(1, y, 3.4445f, x);
  }
  return tall ? transpose(x) : x;
}

Optimizer::Optimizer(const std::vector<Parameter*>& parameters, const OptimizerSettings& settings, int rank, int ranks)
    : settings_(settings),
      parameters_(parameters),
      shards_(share_out(parameters, settings.kind == OptimizerSettings::Kind::muon, ranks)),
      rank_(rank) {
  for (const Shard& shard : shards_) {
    if (shard.owner != rank) continue;
    const auto zeros = [&shard] {
      return Tensor::zeros({shard.end - shard.begin}, DType::f32, shard.parameter->value.device());
    };
    entries_.push_back({shard, zeros(), shard.muon ? Tensor() : zeros()});
  }
}

std::vector<ShardedTensor> Optimizer::state() const {
  std::vector<ShardedTensor> all;
  size_t next = 0;  // of this rank's entries
  for (size_t i = 0; i < shards_.size();) {
    const Parameter& parameter = *shards_[i].parameter;
    ShardedTensor m{parameter.name + ".m", DType::f32, parameter.value.shape(), {}}, v = m;
    v.name = parameter.name + ".v";
    const bool muon = shards_[i].muon;
    for (; i < shards_.size() && shards_[i].parameter == &parameter; ++i) {
      const Shard& shard = shards_[i];
      const bool own = shard.owner == rank_;
      m.parts.push_back({shard.begin, shard.end, shard.owner, own ? entries_[next].m : Tensor()});
      v.parts.push_back({shard.begin, shard.end, shard.owner, own ? entries_[next].v : Tensor()});
      next += own ? 1 : 0;
    }
    all.push_back(std::move(m));
    if (!muon) all.push_back(std::move(v));
  }
  return all;
}

Device Optimizer::device() const { return entries_.empty() ? cpu_device : entries_[0].m.device(); }

void Optimizer::drop_gradients() {
  for (Parameter* parameter : parameters_) parameter->fresh = true;
}

double Optimizer::squares() const {
  std::vector<SquaredNorm> norms;
  for (const Entry& entry : entries_) {
    if (!entry.shard.parameter->fresh) norms.push_back({entry.count(), entry.gradient()});
  }
  return kernels::launch_all(std::span<const SquaredNorm>(norms), device());
}

void Optimizer::apply(double norm, double lr_scale, double max_norm) {
  ++steps_;
  const double factor = max_norm > 0 && norm > max_norm ? max_norm / norm : 1;
  adamw(lr_scale, factor);
  muon(lr_scale, factor);
}

double Optimizer::step(double lr_scale, double max_norm) {
  const double norm = std::sqrt(squares());
  if (std::isfinite(norm)) apply(norm, lr_scale, max_norm);
  drop_gradients();
  return norm;
}

void Optimizer::adamw(double lr_scale, double factor) {
  const OptimizerSettings& s = settings_;
  const auto f = [](double value) { return static_cast<float>(value); };
  std::vector<kernels::AdamW> updates;
  for (const Entry& entry : entries_) {
    const Parameter& p = *entry.shard.parameter;
    if (entry.shard.muon || p.fresh) continue;
    updates.push_back({entry.count(), entry.value(), entry.gradient(), entry.m.data(), entry.v.data(), f(factor),
                       f(s.lr * lr_scale), f(s.beta1), f(s.beta2), f(s.eps), f(p.decay ? s.weight_decay : 0),
                       f(1 - std::pow(s.beta1, steps_)), f(1 - std::pow(s.beta2, steps_)), entry.rounded()});
  }
  kernels::launch_all(std::span<const kernels::AdamW>(updates), device());
}

// Nesterov momentum, orthogonalized in blocks, scaled so that the update's root mean square does not depend on the
// shape. The blocks of all matrices are spread over the threads: each is too small to be worth splitting.
void Optimizer::muon(double lr_scale, double factor) {
  const auto momentum = static_cast<float>(settings_.momentum), mix = static_cast<float>(factor) * (1 - momentum);
  const double lr = settings_.muon_lr * lr_scale;
  struct Block {
    Tensor gradient, weight;
  };
  std::vector<Block> blocks;
  for (Entry& entry : entries_) {
    Parameter& p = *entry.shard.parameter;
    if (!entry.shard.muon || p.fresh) continue;
    const auto mixed = [&](float a, const float* x, float b, float* y) {
      kernels::launch(Axpby{entry.count(), a, x, b, y}, device());
    };
    mixed(mix, entry.gradient(), momentum, entry.m.data());
    mixed(momentum, entry.m.data(), mix, entry.gradient());
    mixed(0, entry.value(), static_cast<float>(1 - lr * settings_.weight_decay), entry.value());
    const int64_t columns = p.value.dim(1), rows = entry.shard.end / columns, step = muon_block(p);
    for (int64_t begin = entry.shard.begin / columns; begin < rows; begin += step)
      blocks.push_back(
          {p.gradient.slice(begin, std::min(rows, begin + step)), p.value.slice(begin, std::min(rows, begin + step))});
  }
  const auto move = [&](int64_t i) {
    const Tensor update = orthogonalize(blocks[i].gradient, settings_.precision);
    axpby(static_cast<float>(-lr), update, 1, blocks[i].weight);
  };
  const auto count = static_cast<int64_t>(blocks.size());
  if (device() == cpu_device) return pool().parallel_for(count, move);
  for (int64_t i = 0; i < count; ++i) move(i);
  for (const Entry& entry : entries_) {
    if (entry.shard.muon && entry.rounded())
      kernels::launch(kernels::Round{entry.count(), entry.value(), entry.rounded()}, device());
  }
}

}  // namespace persea
