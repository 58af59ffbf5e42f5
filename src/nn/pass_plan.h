// How a step's sequences go through a model: how many at once, and how many layers keep nothing for their backward
// pass but their input, so that all of it fits into memory. It counts what shapes say and measures nothing.
#pragma once

#include <cstdint>

#include "nn/config.h"
#include "tensor/device.h"
#include "tensor/dtype.h"

namespace persea {

struct PassPlan {
  int64_t sequences = 1;             // of a training pass, a divisor of the step's
  int64_t validation_sequences = 1;  // of a pass without gradients
  int64_t recomputed = 0;            // layers, from the first one on, never the last: see Model::LossOptions
};

// What a rank has for the passes.
struct PassLimits {
  Device device = cpu_device;
  DType activations = DType::f32;  // as training stores them; validations are f32
  int64_t memory = 0;              // bytes for everything
  int64_t state = 0;               // of these for what outlives a pass: weights, gradients, moments, copies
  int copies = 1;                  // of the model, which share a step's sequences
  int tensor_ranks = 1;            // that hold a copy together
  int64_t sequences = 0;           // of a pass, where that has been chosen
};

// What a training pass holds for each token at its peak (the tape's tensors; not the logits, of which a chunk lives),
// of a rank of so many that hold slices.
double activation_bytes_per_token(const ModelConfig& config, int64_t recomputed = 0, DType activations = DType::f32,
                                  int tensor_ranks = 1);

// On the CPU up to 4096 tokens at once, where products are fast and rows still lie in cache, and fewer where their
// activations would outweigh the weights and their moments: never less than one sequence, and whatever the ranks and
// the memory are, because dropout has a mask for each pass; layers are recomputed where that is more than memory holds.
// On a GPU as many sequences as half of what the state leaves can hold; layers are recomputed where that would be fewer
// than 4096 tokens. No more of them than it takes.
PassPlan plan_passes(const ModelConfig& config, int64_t sequences, int64_t length, const PassLimits& limits);

// FLOPs for a token of a sequence of `length` that the second forward passes of so many layers add.
double recomputed_flops_per_token(const ModelConfig& config, int64_t length, int64_t recomputed);

}  // namespace persea
