// The training loop: weights from a seed, batches from a function of their number, one optimizer step after another
// until the budget is spent. It keeps checkpoints and metrics in a work directory, and a run that was killed at any
// instant goes on from there and ends with the same bits. It knows token ids only, and no artifact: pretrain_stage.h
// makes one of what it returns.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "data/loader.h"
#include "nn/model.h"
#include "nn/optimizer.h"
#include "train/recipe.h"

namespace persea {

struct PretrainData {
  // Batch `number` (0, 1, ...): recipe.sequences() rows of recipe.pretrain.sequence tokens; a pure function of the
  // number.
  std::function<PackedBatch(int64_t number)> batch;
  std::vector<PackedBatch> validation;  // together one validation; may be empty
  std::vector<int32_t> token_bytes;     // by token id: the bytes of text that it stands for
};

// A validation: of all targets together.
struct Validation {
  double loss = 0;  // nats a token
  double bits_per_byte = 0;
  int64_t tokens = 0;  // targets
};

struct PretrainOutcome {
  std::unique_ptr<Model> model;
  int64_t steps = 0, tokens = 0;  // tokens: of all batches run, skipped ones too
  double loss = 0;                // training, mean of the last steps
  Validation validation;
  double seconds = 0;  // of all sessions of this run
  double tokens_per_second = 0, mfu = 0, peak_gflops = 0;
  int64_t skipped = 0, rollbacks = 0;
  bool resumed = false;
  Usage prior;  // what the sessions before this one cost
};

// Runs or goes on with the run whose work directory this is. Ctrl-C leaves a checkpoint and comes back as an error.
Result<PretrainOutcome> pretrain(const Recipe& recipe, const ModelConfig& config, const PretrainData& data,
                                 const std::filesystem::path& work, bool quiet);

// The parts of a step, for those who measure it.
OptimizerSettings optimizer_settings(const Recipe& recipe);
kernels::Precision precision_of(const Recipe& recipe);
// Runs a batch forward and backward, micro-batch by micro-batch; returns the mean loss of its targets. Of the options,
// the scale is set here, and the seed gives each micro-batch its own.
double accumulate_gradients(Model& model, const PackedBatch& batch, int64_t micro_sequences,
                            Model::LossOptions options);

// Rows [begin, end) of a batch, looked at in place.
TokenBatch rows_of(const PackedBatch& batch, int64_t begin, int64_t end);

Validation validate(Model& model, const PretrainData& data, int64_t micro_sequences);

}  // namespace persea
