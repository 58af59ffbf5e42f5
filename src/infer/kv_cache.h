// The keys and values of one sequence, for all layers, in f32. It grows as the sequence does, up to the model's
// context.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/cached_attention.h"
#include "nn/config.h"
#include "tensor/tensor.h"

namespace persea {

class KvCache {
 public:
  explicit KvCache(const ModelConfig& config);

  int64_t size() const { return size_; }        // tokens whose keys and values are here
  int64_t context() const { return context_; }  // the most there can be
  void truncate(int64_t size);                  // forgets all tokens behind the first `size`
  int64_t bytes() const;

  // For Decoder: room for `size` tokens, a layer's block, and how many are filled after a pass.
  void reserve(int64_t size);
  kernels::CacheBlock block(int64_t layer) const;
  void set_size(int64_t size) { size_ = size; }

 private:
  struct Layer {
    Tensor keys, values;  // [kv_heads, capacity * head_dim], [kv_heads, capacity * value_columns]
  };
  int64_t kv_heads_, key_columns_, value_columns_, context_, size_ = 0, capacity_ = 0;
  std::vector<Layer> layers_;
};

}  // namespace persea
