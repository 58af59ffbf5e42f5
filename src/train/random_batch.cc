#include "train/random_batch.h"

namespace persea {

PackedBatch random_batch(int64_t sequences, int64_t length, int64_t vocab, Random& random) {
  PackedBatch batch;
  batch.sequences = static_cast<int>(sequences);
  batch.length = static_cast<int>(length);
  const int64_t count = sequences * length;
  for (int64_t i = 0; i < count; ++i) {
    batch.tokens.push_back(static_cast<int32_t>(random.below(static_cast<uint64_t>(vocab))));
    batch.targets.push_back(static_cast<int32_t>(random.below(static_cast<uint64_t>(vocab))));
    batch.positions.push_back(static_cast<int32_t>(i % length));
  }
  batch.starts.assign(static_cast<size_t>(count), 0);
  return batch;
}

}  // namespace persea
