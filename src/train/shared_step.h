// An optimizer step that ranks take together: each runs its rows, gradients go to their owners while the passes go on,
// owners update their shards, and all get the new weights. Where neighbours hold slices of the model, it is those of
// the same slices who do this, and the neighbours run the same rows. One rank takes it alone, without a copy or a
// message. It decides nothing: whether a gradient is used is said by who calls it, from the reports.
#pragma once

#include <functional>
#include <unordered_map>
#include <vector>

#include "comm/exchange.h"
#include "comm/rank_grid.h"
#include "nn/optimizer.h"
#include "nn/rank_slices.h"
#include "train/passes.h"

namespace persea {

// What each rank tells the others once its passes are done.
struct StepReport {
  double loss = 0;         // sum over its targets; of neighbours that run the same rows, the first one's
  double squares = 0;      // of its shards' gradients
  double compute = 0;      // seconds of its passes
  double cpu = 0;          // seconds of this session
  double interrupted = 0;  // 1: this rank was asked to end
  // Of rank 0's clock, by which all decide: the run's seconds, those before its first step, those of a validation.
  double seconds = 0, start = 0, validation = 0;
};

class SharedStep {
 public:
  // `slices`: what the model's passes sum with.
  SharedStep(Model& model, Optimizer& optimizer, RankGrid& grid, const RankSlices& slices);

  // This rank's rows of the batch forward and backward; `options` as for accumulate_gradients. Returns the reports of
  // all ranks by rank, the same on each of them; `complete` fills in what is not known here, last of all.
  Result<std::vector<StepReport>> passes(const PackedBatch& batch, int64_t micro_sequences, Model::LossOptions options,
                                         const std::function<void(StepReport&)>& complete);

  // Updates all parameters; `norm` is that of all gradients, and finite. See Optimizer::apply.
  Status update(double norm, double lr_scale, double max_norm);

  // Seconds since passes() began in which this rank moved floats or waited for others, and computed nothing.
  double exchanging() const { return exchanging_; }

 private:
  void send(Parameter& parameter);
  Model& model_;
  Optimizer& optimizer_;
  RankGrid& grid_;
  const RankSlices& slices_;
  Exchange exchange_;
  std::unordered_map<const Parameter*, std::vector<Shard>> shards_;  // of all ranks
  double exchanging_ = 0;
};

}  // namespace persea
