#include "infer/kv_cache.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace persea {

using kernels::CacheBlock;

KvCache::KvCache(const ModelConfig& config)
    : kv_heads_(config.kv_heads),
      key_columns_(config.head_dim),
      value_columns_(CacheBlock::value_columns(config.head_dim)),
      context_(config.context),
      layers_(static_cast<size_t>(config.layers)) {}

void KvCache::truncate(int64_t size) {
  if (size < 0 || size > size_) throw std::logic_error("KvCache::truncate: not a shorter size");
  size_ = size;
}

int64_t KvCache::bytes() const {
  return static_cast<int64_t>(layers_.size()) * kv_heads_ * capacity_ * (key_columns_ + value_columns_) * 4;
}

void KvCache::reserve(int64_t size) {
  if (size > context_) throw std::logic_error("KvCache::reserve: beyond the context");
  if (size <= capacity_) return;
  const int64_t wanted = std::min(std::max({size, 2 * capacity_, int64_t{128}}), context_);
  const int64_t capacity = (wanted + CacheBlock::kTile - 1) / CacheBlock::kTile * CacheBlock::kTile;
  // A head's keys and values lie in one run each, so that growing moves whole runs.
  const auto grow = [&](Tensor& tensor, int64_t columns) {
    Tensor larger = Tensor::zeros({kv_heads_, capacity * columns});
    for (int64_t h = 0; h < kv_heads_ && capacity_ > 0; ++h) {
      std::memcpy(larger.data() + h * capacity * columns, tensor.data() + h * capacity_ * columns,
                  static_cast<size_t>(capacity_ * columns) * sizeof(float));
    }
    tensor = larger;
  };
  for (Layer& layer : layers_) {
    grow(layer.keys, key_columns_);
    grow(layer.values, value_columns_);
  }
  capacity_ = capacity;
}

CacheBlock KvCache::block(int64_t layer) const {
  const Layer& l = layers_.at(static_cast<size_t>(layer));
  return {l.keys.data(), l.values.data(), capacity_};
}

}  // namespace persea
