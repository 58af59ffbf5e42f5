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
#include "nn/sliced_muon.h"

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
  take_shards();
}

Optimizer::Optimizer(const std::vector<Parameter*>& parameters, const std::vector<ParameterSlices>& slices,
                     const OptimizerSettings& settings, RankGrid& grid)
    : settings_(settings),
      parameters_(parameters),
      shards_(share_out(parameters, slices, settings.kind == OptimizerSettings::Kind::muon, grid.data().size(),
                        grid.tensor().rank())),
      slices_(slices),
      grid_(grid.tensor().size() > 1 ? &grid : nullptr),
      rank_(grid.data().rank()) {
  if (grid_ && uses_muon()) sliced_ = std::make_unique<SlicedMuon>(parameters, slices, settings, grid);
  take_shards();
}

Optimizer::~Optimizer() = default;

void Optimizer::take_shards() {
  for (const Shard& shard : shards_) {
    if (shard.owner != rank_) continue;
    const auto zeros = [&shard] {
      return Tensor::zeros({shard.end - shard.begin}, DType::f32, shard.parameter->value.device());
    };
    entries_.push_back({shard, shard.muon && sliced_ ? Tensor() : zeros(), shard.muon ? Tensor() : zeros()});
  }
  if (!grid_ || grid_->tensor().rank() == 0) return;
  for (Entry& entry : entries_) {
    const auto at = std::find(parameters_.begin(), parameters_.end(), entry.shard.parameter) - parameters_.begin();
    entry.counted = !slices_[static_cast<size_t>(at)].common;
  }
}

// What each rank of the grid has of the moments, in coordinates of the whole. Moments of parameters that a tensor group
// has in common are written by its first rank.
std::vector<ShardedTensor> Optimizer::sliced_state() const {
  const auto tensor_ranks = static_cast<size_t>(grid_->tensor().size());
  const auto own_slice = static_cast<size_t>(grid_->tensor().rank());
  std::vector<std::vector<Shard>> shards;  // by slice
  for (size_t slice = 0; slice < tensor_ranks; ++slice)
    shards.push_back(share_out(parameters_, slices_, uses_muon(), grid_->data().size(), static_cast<int>(slice)));
  std::vector<ShardedTensor> all;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    ShardedTensor m{parameters_[i]->name + ".m", DType::f32, slices_[i].whole, {}}, v = m;
    v.name = parameters_[i]->name + ".v";
    bool muon = false;
    for (size_t slice = 0; slice < tensor_ranks; ++slice) {
      const bool copy = slices_[i].common && slice > 0;
      if (copy && slice != own_slice) continue;
      for (const Shard& shard : shards[slice]) {
        if (shard.parameter != parameters_[i]) continue;
        muon = muon || shard.muon;
        const bool own = slice == own_slice && shard.owner == rank_;
        if (shard.muon || (copy && !own)) continue;
        const auto entry = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& each) {
          return own && each.shard.parameter == shard.parameter && each.shard.begin == shard.begin;
        });
        const int owner = copy ? ShardedTensor::kCopied : grid_->number(shard.owner, static_cast<int>(slice));
        int64_t at = 0;  // the box's first element
        for (const Box& box : slices_[i].boxes[slice]) {
          const int64_t from = std::max(shard.begin, at), to = std::min(shard.end, at + box.count());
          const auto part = [&](const Tensor& here) { return here.slice(from - shard.begin, to - shard.begin); };
          if (from < to) {
            m.parts.push_back({from - at, to - at, owner, own ? part(entry->m) : Tensor(), box});
            v.parts.push_back({from - at, to - at, owner, own ? part(entry->v) : Tensor(), box});
          }
          at += box.count();
        }
      }
    }
    if (muon) {
      all.push_back(sliced_->momentum(i));
    } else {
      all.push_back(std::move(m));
      all.push_back(std::move(v));
    }
  }
  return all;
}

std::vector<ShardedTensor> Optimizer::state() const {
  if (grid_) return sliced_state();
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

Device Optimizer::device() const { return entries_.empty() ? cpu_device : entries_[0].shard.parameter->value.device(); }

void Optimizer::drop_gradients() {
  for (Parameter* parameter : parameters_) parameter->fresh = true;
}

double Optimizer::squares() const {
  std::vector<SquaredNorm> norms;
  for (const Entry& entry : entries_) {
    if (entry.counted && !entry.shard.parameter->fresh) norms.push_back({entry.count(), entry.gradient()});
  }
  return kernels::launch_all(std::span<const SquaredNorm>(norms), device());
}

Status Optimizer::apply(double norm, double lr_scale, double max_norm) {
  ++steps_;
  const double factor = max_norm > 0 && norm > max_norm ? max_norm / norm : 1;
  adamw(lr_scale, factor);
  if (sliced_) return sliced_->apply(lr_scale, factor);
  muon(lr_scale, factor);
  return {};
}

double Optimizer::step(double lr_scale, double max_norm) {
  const double norm = std::sqrt(squares());
  if (std::isfinite(norm)) (void)apply(norm, lr_scale, max_norm);  // one rank has nobody to wait for
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
