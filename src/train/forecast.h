// What a run will cost, before it starts: time, memory, FLOPs, disk. Counts follow from the recipe; rates are measured
// here and now, by real training steps of the recipe's model on random tokens, so that the machine as it is answers and
// not a table.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/json.h"
#include "base/result.h"
#include "train/recipe.h"

namespace persea {

struct Forecast {
  int64_t parameters = 0, steps = 0, tokens = 0, text_bytes = 0;
  double flops = 0;  // of training
  double prepare_seconds = 0, train_seconds = 0, report_seconds = 0;
  double seconds() const { return prepare_seconds + train_seconds + report_seconds; }
  int64_t memory_bytes = 0;  // the peak of the program
  int64_t disk_bytes = 0;    // in the lab, at its peak
  double tokens_per_second = 0, peak_gflops = 0, mfu = 0;
  int threads = 0;

  Json json() const;
};

// Spends about `seconds` on measuring; writes and removes one checkpoint under `scratch`, to time it. Fails where the
// model would not fit into this machine's memory.
Result<Forecast> forecast(const Recipe& recipe, const std::filesystem::path& scratch, double seconds);

// A lower bound of what training holds on each of the ranks: weights, gradients, moments, and what a micro-batch keeps
// for its backward pass; `tensor_ranks` of them hold a copy of the model together.
int64_t least_training_memory(const Recipe& recipe, const ModelConfig& config, int ranks = 1, int tensor_ranks = 1);

// Fails where even that is more than this machine has, on which `here` of the ranks run.
Status check_memory(const Recipe& recipe, const ModelConfig& config, int ranks = 1, int here = 1, int tensor_ranks = 1);

}  // namespace persea
