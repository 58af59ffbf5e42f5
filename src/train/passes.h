// The passes of a step: a batch forward and backward, micro-batch by micro-batch, and a validation; whole, or the share
// of one of several ranks. What ranks compute together is what one computes alone, dropout too, up to the rounding of
// sums.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "comm/ranks.h"
#include "data/packed_batch.h"
#include "nn/model.h"

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

// Rows [begin, end) of a batch.
struct RowRange {
  int64_t begin, end;
};
RowRange share_of_rows(int64_t rows, int rank, int ranks);

int64_t count_targets(const PackedBatch& batch);

// Runs rows of a batch forward and backward; returns the sum of their targets' losses. The gradients are those of the
// mean over all targets of the batch. Of the options, the scale is set here, the seed gives each micro-batch of the
// whole batch its own, and gradient_done acts in the last pass only. Without rows nothing is run.
double accumulate_gradients(Model& model, const PackedBatch& batch, RowRange rows, int64_t micro_sequences,
                            Model::LossOptions options);
// The whole batch; returns the mean loss of its targets.
double accumulate_gradients(Model& model, const PackedBatch& batch, int64_t micro_sequences,
                            const Model::LossOptions& options);

// Rows of a batch, looked at in place.
TokenBatch rows_of(const PackedBatch& batch, RowRange rows);

// With several ranks each runs a part, or `tensor_ranks` neighbours that hold the model together do, and all of them
// get the same; of whole models, to the bits that one rank would.
Result<Validation> validate(Model& model, const PretrainData& data, int64_t micro_sequences, Ranks& ranks,
                            int tensor_ranks = 1);

}  // namespace persea
