// What the benches of training train: the options for a model's shape and a step's, checked together.
#pragma once

#include <string>

#include "cli/bench_model.h"
#include "cli/verb.h"
#include "nn/config.h"
#include "nn/optimizer.h"
#include "nn/pass_plan.h"
#include "tensor/device.h"

namespace persea {

struct TrainingShape : ModelShape {
  std::string optimizer = "adamw", precision = "f32", device = "cpu";
  int64_t batch = 16, length = 256, micro = 0;  // sequences of a step and of a pass, tokens of a sequence
  int64_t recompute = -1;                       // layers; -1: as many as it takes

  struct Checked {
    ModelConfig config;
    Device device;
    kernels::Precision precision;
    PassPlan passes;
    OptimizerSettings settings;
  };
  Result<Checked> checked() const;
};

void add_training_shape(CLI::App& verb, TrainingShape& shape);

}  // namespace persea
