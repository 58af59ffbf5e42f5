// AdamW, and Muon for the matrices inside the layers, over all parameters or, where ranks share them out, over the
// shards of one rank. Rounded copies of its weights follow them. The state can be listed for checkpoints; a step is a
// pure function of weights, gradients and state. It moves nothing between ranks, but for Muon's blocks where they lie
// in slices (sliced_muon.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "autograd/tape.h"
#include "comm/rank_grid.h"
#include "kernels/precision.h"
#include "nn/optimizer_settings.h"
#include "nn/shards.h"

namespace persea {

class SlicedMuon;

class Optimizer {
 public:
  // Of rank `rank` of `ranks`: it keeps moments for its own shards only. The parameters lie on the device where they
  // stay.
  Optimizer(const std::vector<Parameter*>& parameters, const OptimizerSettings& settings, int rank = 0, int ranks = 1);
  // Of this rank of a grid, which has to outlive it: the parameters are slices, where several ranks hold a model.
  Optimizer(const std::vector<Parameter*>& parameters, const std::vector<ParameterSlices>& slices,
            const OptimizerSettings& settings, RankGrid& grid);

  ~Optimizer();
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  // For one rank: clips the gradients to the global norm `max_norm` (0: no clipping), takes one step with all learning
  // rates times `lr_scale`, and marks the gradients as used up. Returns the norm before clipping; where it is not
  // finite nothing moves and no step is counted. Parameters that no backward pass has reached count as having no
  // gradient.
  double step(double lr_scale, double max_norm);

  // The same in two parts, between which ranks tell each other their sums of squares, of the gradients of their own
  // shards, and of what a tensor group has in common on its first rank only; `norm`, which has to be finite, is that of
  // all of them. apply() leaves the gradients to be marked; an error says that other ranks do not answer.
  double squares() const;
  Status apply(double norm, double lr_scale, double max_norm);

  // Marks the gradients as used up without a step.
  void drop_gradients();

  // The shards of all ranks that hold the same, in the order of the parameters.
  const std::vector<Shard>& shards() const { return shards_; }

  // The moments by name ("embedding.m", ...), to be saved and filled in place; and the number of steps taken.
  std::vector<ShardedTensor> state() const;
  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }

 private:
  // A shard of this rank.
  struct Entry {
    Shard shard;
    Tensor m, v;          // Muon: m is the momentum, or undefined where it lies in sliced_; v undefined
    bool counted = true;  // its gradient is part of the global norm here
    int64_t count() const { return shard.end - shard.begin; }
    float* value() const { return shard.parameter->value.data() + shard.begin; }
    float* gradient() const { return shard.parameter->gradient.data() + shard.begin; }
    Bf16* rounded() const {  // null where the parameter has no such copy
      const Tensor& copy = shard.parameter->rounded;
      return copy.defined() ? copy.data<Bf16>() + shard.begin : nullptr;
    }
  };
  Device device() const;  // of everything
  bool uses_muon() const { return settings_.kind == OptimizerSettings::Kind::muon; }
  void take_shards();
  std::vector<ShardedTensor> sliced_state() const;
  void adamw(double lr_scale, double factor);
  void muon(double lr_scale, double factor);
  OptimizerSettings settings_;
  std::vector<Parameter*> parameters_;
  std::vector<Shard> shards_;
  std::vector<Entry> entries_;
  std::vector<ParameterSlices> slices_;
  RankGrid* grid_ = nullptr;            // where the parameters are slices
  std::unique_ptr<SlicedMuon> sliced_;  // of Muon, where they are
  int rank_;
  int64_t steps_ = 0;
};

// The nearest semi-orthogonal matrix to x [rows, columns], roughly: five quintic Newton-Schulz steps as Muon takes them
// (Jordan et al. 2024); singular values end between about 0.7 and 1.2.
Tensor orthogonalize(const Tensor& x, kernels::Precision precision);

}  // namespace persea
