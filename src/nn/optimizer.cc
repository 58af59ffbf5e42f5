#include "nn/optimizer.h"

#include <algorithm>
#include <cmath>

#include "base/threads.h"
#include "kernels/gemm.h"
#include "kernels/optimizer.h"
#include "kernels/rows.h"

namespace persea {
namespace {

using kernels::Axpby;
using kernels::Gemm;

bool inside_layer(const Parameter& parameter) {
  return parameter.value.shape().size() == 2 && parameter.name.starts_with("layers.");
}

Tensor transpose(const Tensor& x) {
  Tensor y({x.dim(1), x.dim(0)});
  for (int64_t r = 0; r < x.dim(0); ++r)
    for (int64_t c = 0; c < x.dim(1); ++c) y.data()[c * x.dim(0) + r] = x.data()[r * x.dim(1) + c];
  return y;
}

}  // namespace

Tensor orthogonalize(const Tensor& input, kernels::Precision precision) {
  const bool tall = input.dim(0) > input.dim(1);
  Tensor x = tall ? transpose(input) : input.clone();
  const int64_t rows = x.dim(0), columns = x.dim(1);
  const double norm = std::sqrt(kernels::SquaredNorm::cpu({x.count(), x.data()}));
  Axpby::cpu({x.count(), static_cast<float>(1 / (norm + 1e-7)), x.data(), 0, x.data()});
  Tensor a({rows, rows}), b({rows, rows}), y({rows, columns});
  for (int i = 0; i < 5; ++i) {
    // A = X X^T, B = -4.775 A + 2.0315 A A, X <- 3.4445 X + B X
    Gemm::cpu({rows, rows, columns, kernels::row_major(x.data(), columns), kernels::transposed(x.data(), columns),
               a.data(), rows, false, precision});
    Gemm::cpu({rows, rows, rows, kernels::row_major(a.data(), rows), kernels::row_major(a.data(), rows), b.data(), rows,
               false, precision});
    Axpby::cpu({a.count(), -4.7750f, a.data(), 2.0315f, b.data()});
    Gemm::cpu({rows, columns, rows, kernels::row_major(b.data(), rows), kernels::row_major(x.data(), columns), y.data(),
               columns, false, precision});
    Axpby::cpu({x.count(), 1, y.data(), 3.4445f, x.data()});
  }
  return tall ? transpose(x) : x;
}

Optimizer::Optimizer(std::vector<Parameter*> parameters, const OptimizerSettings& settings) : settings_(settings) {
  for (Parameter* parameter : parameters) {
    const bool muon = settings.kind == OptimizerSettings::Kind::muon && inside_layer(*parameter);
    Entry entry{parameter, Tensor::zeros(parameter->value.shape()),
                muon ? Tensor() : Tensor::zeros(parameter->value.shape()), muon};
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

void Optimizer::drop_gradients() {
  for (Entry& entry : entries_) entry.parameter->fresh = true;
}

double Optimizer::step(double lr_scale, double max_norm) {
  double squares = 0;
  for (const Entry& entry : entries_) {
    const Parameter& p = *entry.parameter;
    if (!p.fresh) squares += kernels::SquaredNorm::cpu({p.gradient.count(), p.gradient.data()});
  }
  const double norm = std::sqrt(squares);
  if (std::isfinite(norm)) {
    ++steps_;
    const double factor = max_norm > 0 && norm > max_norm ? max_norm / norm : 1;
    for (Entry& entry : entries_) {
      if (entry.parameter->fresh) continue;
      if (!entry.muon) adamw(entry, lr_scale, factor);
    }
    muon(lr_scale, factor);
  }
  drop_gradients();
  return norm;
}

void Optimizer::adamw(Entry& entry, double lr_scale, double factor) {
  const OptimizerSettings& s = settings_;
  Parameter& p = *entry.parameter;
  const auto f = [](double value) { return static_cast<float>(value); };
  kernels::AdamW::cpu({p.value.count(), p.value.data(), p.gradient.data(), entry.m.data(), entry.v.data(), f(factor),
                       f(s.lr * lr_scale), f(s.beta1), f(s.beta2), f(s.eps), f(p.decay ? s.weight_decay : 0),
                       f(1 - std::pow(s.beta1, steps_)), f(1 - std::pow(s.beta2, steps_))});
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
    Axpby::cpu({p.value.count(), mix, p.gradient.data(), momentum, entry.m.data()});
    Axpby::cpu({p.value.count(), momentum, entry.m.data(), mix, p.gradient.data()});
    Axpby::cpu(
        {p.value.count(), 0, p.value.data(), static_cast<float>(1 - lr * settings_.weight_decay), p.value.data()});
    const int64_t rows = p.value.dim(0), step = p.value.dim(1);
    for (int64_t begin = 0; begin < rows; begin += step)
      blocks.push_back(
          {p.gradient.slice(begin, std::min(rows, begin + step)), p.value.slice(begin, std::min(rows, begin + step))});
  }
  pool().parallel_for(static_cast<int64_t>(blocks.size()), [&](int64_t i) {
    const Tensor update = orthogonalize(blocks[i].gradient, settings_.precision);
    Axpby::cpu({update.count(), static_cast<float>(-lr), update.data(), 1, blocks[i].weight.data()});
  });
}

}  // namespace persea
