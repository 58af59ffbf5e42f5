// The training loop: weights from a seed, batches from a function of their number, one optimizer step after another
// until the budget is spent. It keeps checkpoints and metrics in a work directory, and a run that was killed at any
// instant goes on from there and ends with the same bits. Several ranks run it together: each takes its rows of every
// batch and keeps its share of the optimizer's state, rank 0 keeps the work directory, and all decide alike. It knows
// token ids only, and no artifact: pretrain_stage.h makes one of what it returns.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "comm/rank_grid.h"
#include "nn/model.h"
#include "train/passes.h"
#include "train/recipe.h"

namespace persea {

struct PretrainOutcome {
  std::unique_ptr<Model> model;
  int64_t steps = 0, tokens = 0;  // tokens: of all batches run, skipped ones too
  double loss = 0;                // training, mean of the last steps
  Validation validation;
  double seconds = 0;  // of all sessions of this run
  double tokens_per_second = 0, mfu = 0, peak_gflops = 0;
  int64_t skipped = 0, rollbacks = 0;
  int64_t recomputed = 0;  // layers whose activations were not kept
  bool resumed = false;
  Usage prior;  // what the sessions before this one cost, and in this one the other ranks
};

struct PretrainOptions {
  Ranks& ranks;
  bool quiet = false;
  double patience = 600;    // seconds for which a rank waits for another in a step, a validation or a checkpoint
  int tensor_parallel = 1;  // neighbouring ranks that hold one copy of the model together
};

// Runs or goes on with the run whose work directory this is, on all ranks at once. Ctrl-C leaves a checkpoint and comes
// back as an error. Every rank has the model in the end, or rank 0 alone where the others hold slices of it.
Result<PretrainOutcome> pretrain(const Recipe& recipe, const ModelConfig& config, const PretrainData& data,
                                 const std::filesystem::path& work, const PretrainOptions& options);

}  // namespace persea
