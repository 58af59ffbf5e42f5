#include "nn/optimizer.h"

#include <algorithm>
#include <cmath>

#include "base/threads.h"
#include "kernels/columns.h"
#include "kernels/gemm.h"
#include "kernels/launch.h"
#include "kernels/optimizer.h"
#include "kernels/rows.h"

namespace persea {
namespace {

using kernels::Axpby;
using kernels::Gemm;
using kernels::SquaredNorm;

bool inside_layer(const Parameter& parameter) {
  return parameter.value.shape().size() == 2 && parameter.name.starts_with("layers.");
}

Tensor transpose(const Tensor& x) {
  Tensor y({x.dim(1), x.dim(0)}, DType::f32, x.device());
  kernels::launch(kernels::Transpose{x.dim(0), x.dim(1), x.data(), y.data()}, x.device());
  return y;
}

// y = a x + b y
void axpby(float a, const Tensor& x, float b, const Tensor& y) {
  kernels::launch(Axpby{x.count(), a, x.data(), b, y.data()}, x.device());
}

Tensor zeros_like(const Tensor& x) { return Tensor::zeros(x.shape(), DType::f32, x.device()); }

}  // namespace

Tensor orthogonalize(const Tensor& input, kernels::Precision precision) {
  const bool tall = input.dim(0) > input.dim(1);
  Tensor x = tall ? transpose(input) : input.clone();
  const int64_t rows = x.dim(0), columns = x.dim(1);
  const Device device = x.device();
  const SquaredNorm square{x.count(), x.data()};
  const double norm = std::sqrt(kernels::launch_all(std::span(&square, 1), device));
  axpby(static_cast<float>(1 / (norm + 1e-7)), x, 0, x);
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

Optimizer::Optimizer(std::vector<Parameter*> parameters, const OptimizerSettings& settings) : settings_(settings) {
  for (Parameter* parameter : parameters) {
    const bool muon = settings.kind == OptimizerSettings::Kind::muon && inside_layer(*parameter);
    Entry entry{parameter, zeros_like(parameter->value), muon ? Tensor() : zeros_like(parameter->value), muon};
    entries_.push_back(std::move(entry));
  }
}

std::vector<std::pair<std::string, Tensor>> Optimizer::state() const {
  std::vector<std::pair<std::string, Tensor>> all;
  for (const Entry& entry : entries_) {
    all.emplace_back(entry.parameter->name + ".m", entry.m);
    if (entry.v.defined()) all.emplace_back(entry.parameter->name + ".v", entry.v);
  }
  return all;
}

Device Optimizer::device() const { return entries_.empty() ? cpu_device : entries_[0].m.device(); }

void Optimizer::drop_gradients() {
  for (Entry& entry : entries_) entry.parameter->fresh = true;
}

double Optimizer::step(double lr_scale, double max_norm) {
  std::vector<SquaredNorm> squares;
  for (const Entry& entry : entries_) {
    const Parameter& p = *entry.parameter;
    if (!p.fresh) squares.push_back({p.gradient.count(), p.gradient.data()});
  }
  const double norm = std::sqrt(kernels::launch_all(std::span<const SquaredNorm>(squares), device()));
  if (std::isfinite(norm)) {
    ++steps_;
    const double factor = max_norm > 0 && norm > max_norm ? max_norm / norm : 1;
    adamw(lr_scale, factor);
    muon(lr_scale, factor);
  }
  drop_gradients();
  return norm;
}

void Optimizer::adamw(double lr_scale, double factor) {
  const OptimizerSettings& s = settings_;
  const auto f = [](double value) { return static_cast<float>(value); };
  std::vector<kernels::AdamW> updates;
  for (const Entry& entry : entries_) {
    const Parameter& p = *entry.parameter;
    if (entry.muon || p.fresh) continue;
    updates.push_back({p.value.count(), p.value.data(), p.gradient.data(), entry.m.data(), entry.v.data(), f(factor),
                       f(s.lr * lr_scale), f(s.beta1), f(s.beta2), f(s.eps), f(p.decay ? s.weight_decay : 0),
                       f(1 - std::pow(s.beta1, steps_)), f(1 - std::pow(s.beta2, steps_))});
  }
  kernels::launch_all(std::span<const kernels::AdamW>(updates), device());
}

// Nesterov momentum, orthogonalized in blocks of as many rows as there are columns (q, k and v are stored as one
// matrix, gate and up too), scaled so that the update's root mean square does not depend on the shape. The blocks of
// all matrices are spread over the threads: each is too small to be worth splitting.
void Optimizer::muon(double lr_scale, double factor) {
  const auto momentum = static_cast<float>(settings_.momentum), mix = static_cast<float>(factor) * (1 - momentum);
  const double lr = settings_.muon_lr * lr_scale;
  struct Block {
    Tensor gradient, weight;
  };
  std::vector<Block> blocks;
  for (Entry& entry : entries_) {
    Parameter& p = *entry.parameter;
    if (!entry.muon || p.fresh) continue;
    axpby(mix, p.gradient, momentum, entry.m);
    axpby(momentum, entry.m, mix, p.gradient);
    axpby(0, p.value, static_cast<float>(1 - lr * settings_.weight_decay), p.value);
    const int64_t rows = p.value.dim(0), step = p.value.dim(1);
    for (int64_t begin = 0; begin < rows; begin += step)
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
}

}  // namespace persea
