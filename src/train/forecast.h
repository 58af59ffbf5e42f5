// What a run will cost, before it starts: time, memory, FLOPs, disk. Counts follow from the recipe; rates are measured
// here and now, by real training steps of the recipe's model on random tokens, so that the machine as it is answers and
// not a table.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/json.h"
#include "base/result.h"
#include "nn/pass_plan.h"
#include "train/recipe.h"

namespace persea {

struct Forecast {
  int64_t parameters = 0, layers = 0, steps = 0, tokens = 0, text_bytes = 0;
  double flops = 0;  // of training
  double prepare_seconds = 0, train_seconds = 0, report_seconds = 0;
  double seconds() const { return prepare_seconds + train_seconds + report_seconds; }
  int64_t memory_bytes = 0;  // the peak of the program
  int64_t disk_bytes = 0;    // in the lab, at its peak
  double tokens_per_second = 0, peak_gflops = 0, mfu = 0;
  int threads = 0;
  PassPlan passes;
  double recomputed_flops = 0;  // beside `flops`, for layers whose activations are not kept

  Json json() const;
};

// Spends about `seconds` on measuring; writes and removes one checkpoint under `scratch`, to time it. Fails where the
// model would not fit into this machine's memory.
Result<Forecast> forecast(const Recipe& recipe, const std::filesystem::path& scratch, double seconds);

}  // namespace persea
