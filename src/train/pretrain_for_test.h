// A recipe and batches that take milliseconds, for tests of training.
#pragma once

#include "base/random.h"
#include "train/pretrain.h"

namespace persea {

inline constexpr int kVocab = 24;

inline Recipe tiny(int64_t steps) {
  Recipe recipe;
  recipe.model.dim = 16;
  recipe.model.layers = recipe.model.heads = 2;
  recipe.model.context = 16;
  recipe.pretrain.steps = steps;
  recipe.pretrain.batch_tokens = 64;
  recipe.pretrain.sequence = 16;
  recipe.pretrain.micro_batch = 2;
  recipe.pretrain.warmup_steps = 5;
  recipe.pretrain.checkpoint_every = 7;
  recipe.pretrain.eval_every = 10;
  recipe.pretrain.dropout = 0.1;
  return recipe;
}

// Rows that count upwards from anywhere; with `strange`, tokens follow each other in another way.
inline PackedBatch counting(int64_t number, bool strange = false) {
  PackedBatch batch;
  batch.sequences = 4;
  batch.length = 16;
  Random random(static_cast<uint64_t>(number), "batch");
  for (int row = 0; row < batch.sequences; ++row) {
    auto token = static_cast<int32_t>(random.below(kVocab));
    for (int i = 0; i < batch.length; ++i) {
      batch.tokens.push_back(token);
      token = (token + (strange ? 7 : 1)) % kVocab;
      batch.targets.push_back(token);
      batch.positions.push_back(i);
      batch.starts.push_back(0);
    }
  }
  return batch;
}

// Rows in which each token has four successors, one likelier than the next: nobody's loss is below 1.28 nats a token.
inline PackedBatch guessing(int64_t number, int64_t sequences, int64_t length) {
  PackedBatch batch;
  batch.sequences = sequences;
  batch.length = length;
  Random random(static_cast<uint64_t>(number), "guessing");
  for (int64_t row = 0; row < sequences; ++row) {
    auto token = static_cast<int32_t>(random.below(kVocab));
    for (int64_t i = 0; i < length; ++i) {
      batch.tokens.push_back(token);
      const double draw = random.uniform();
      token = (5 * token + (draw < 0.4 ? 1 : draw < 0.7 ? 4 : draw < 0.9 ? 11 : 17)) % kVocab;
      batch.targets.push_back(token);
      batch.positions.push_back(static_cast<int32_t>(i));
      batch.starts.push_back(0);
    }
  }
  return batch;
}

inline PretrainData counting_data() {
  return {[](int64_t number) { return counting(number); }, {counting(1000000)}, std::vector<int32_t>(kVocab, 2)};
}

inline std::vector<float> weights(Model& model) {
  std::vector<float> all;
  for (Parameter* parameter : model.parameters()) {
    all.insert(all.end(), parameter->value.span().begin(), parameter->value.span().end());
  }
  return all;
}

}  // namespace persea
