// AdamW, and Muon for the matrices inside the layers, over all parameters or, where ranks share them out, over the
// shards of one rank. Rounded copies of its weights follow them. The state can be listed for checkpoints; a step is a
// pure function of weights, gradients and state. It moves nothing between ranks.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "autograd/tape.h"
#include "kernels/precision.h"
#include "nn/shards.h"

namespace persea {

struct OptimizerSettings {
  enum class Kind { adamw, muon } kind = Kind::adamw;
  double lr = 1e-3;       // of AdamW; with muon, of embedding, head and gains
  double muon_lr = 0.02;  // of the matrices inside the layers
  double beta1 = 0.9, beta2 = 0.95, eps = 1e-8;
  double weight_decay = 0.1;                               // decoupled, on matrices (gains have none)
  double momentum = 0.95;                                  // Muon's
  kernels::Precision precision = kernels::Precision::f32;  // of Muon's products
};

class Optimizer {
 public:
  // Of rank `rank` of `ranks`: it keeps moments for its own shards only. The parameters lie on the device where they
  // stay.
  Optimizer(const std::vector<Parameter*>& parameters, const OptimizerSettings& settings, int rank = 0, int ranks = 1);

  // For one rank: clips the gradients to the global norm `max_norm` (0: no clipping), takes one step with all learning
  // rates times `lr_scale`, and marks the gradients as used up. Returns the norm before clipping; where it is not
  // finite nothing moves and no step is counted. Parameters that no backward pass has reached count as having no
  // gradient.
  double step(double lr_scale, double max_norm);

  // The same in two parts, between which ranks tell each other their sums of squares, of the gradients of their own
  // shards; `norm`, which has to be finite, is that of all of them. apply() leaves the gradients to be marked.
  double squares() const;
  void apply(double norm, double lr_scale, double max_norm);

  // Marks the gradients as used up without a step.
  void drop_gradients();

  // All ranks' shards, in the order of the parameters.
  const std::vector<Shard>& shards() const { return shards_; }

  // The moments by name ("embedding.m", ...), to be saved and filled in place; and the number of steps taken.
  std::vector<ShardedTensor> state() const;
  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }

 private:
  // A shard of this rank.
  struct Entry {
    Shard shard;
    Tensor m, v;  // Muon: m is the momentum, v undefined
    int64_t count() const { return shard.end - shard.begin; }
    float* value() const { return shard.parameter->value.data() + shard.begin; }
    float* gradient() const { return shard.parameter->gradient.data() + shard.begin; }
    Bf16* rounded() const {  // null where the parameter has no such copy
      const Tensor& copy = shard.parameter->rounded;
      return copy.defined() ? copy.data<Bf16>() + shard.begin : nullptr;
    }
  };
  Device device() const;  // of everything
  void adamw(double lr_scale, double factor);
  void muon(double lr_scale, double factor);
  OptimizerSettings settings_;
  std::vector<Parameter*> parameters_;
  std::vector<Shard> shards_;
  std::vector<Entry> entries_;
  int rank_;
  int64_t steps_ = 0;
};

// The nearest semi-orthogonal matrix to x [rows, columns], roughly: five quintic Newton-Schulz steps as Muon takes them
// (Jordan et al. 2024); singular values end between about 0.7 and 1.2.
Tensor orthogonalize(const Tensor& x, kernels::Precision precision);

}  // namespace persea
