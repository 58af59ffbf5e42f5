// Models for benches that measure time: a shape from the command line, and random weights that cost a step or a pass
// what trained ones do. It refuses to make a model that anybody should train on: its numbers repeat.
#pragma once

#include <memory>
#include <string>

#include "cli/verb.h"
#include "nn/config.h"
#include "nn/model.h"

namespace persea {

struct ModelShape {
  ModelConfig model;
  std::string activation = "swiglu";
  // The model that they say, with this context; an error for one that cannot be.
  Result<ModelConfig> config(int64_t context) const;
};

void add_model_shape(CLI::App& verb, ModelShape& shape);

// Normal weights of deviation 0.02, gains 1. A million numbers are drawn and repeated, in all threads: a billion are
// there within seconds, where drawing each takes most of a minute.
std::unique_ptr<Model> random_model(const ModelConfig& config);

}  // namespace persea
