// The keys and values of one sequence, for all layers: a table of pages of a pool. It grows as the sequence does, up to
// the model's context. A copy shares the pages; whoever writes into a page that others have gets one of its own first.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "infer/kv_pool.h"
#include "kernels/cached_attention.h"
#include "nn/config.h"

namespace persea {

class KvCache {
 public:
  // With a pool of its own, without a bound.
  explicit KvCache(const ModelConfig& config, Device device = cpu_device);
  KvCache(std::shared_ptr<KvPool> pool, int64_t context);
  KvCache(const KvCache& other);
  KvCache(KvCache&& other) noexcept;
  KvCache& operator=(KvCache other) noexcept;
  ~KvCache();

  int64_t size() const { return size_; }        // tokens whose keys and values are here
  int64_t context() const { return context_; }  // the most there can be
  void truncate(int64_t size);                  // forgets all tokens behind the first `size`
  int64_t bytes() const;                        // of its pages, shared or not
  Device device() const { return pool_->device(); }

  // Becomes the first `size` tokens of these pages, which it shares with whoever has them.
  void adopt(std::span<const KvPool::Page> pages, int64_t size);
  // Puts `page`, which holds the same tokens, in the place of the index-th: two copies become one.
  void exchange(int64_t index, KvPool::Page page);
  std::span<const KvPool::Page> pages() const { return pages_; }

  // For Decoder: room for `size` tokens, of which those behind size() may be written; false, with nothing lost, where
  // the pool has no more pages. A layer's block, and how many tokens are filled after a pass.
  bool reserve(int64_t size);
  kernels::CacheBlock block(int64_t layer) const;
  void set_size(int64_t size) { size_ = size; }

 private:
  void drop_pages_from(int64_t count);

  std::shared_ptr<KvPool> pool_;
  int64_t context_, size_ = 0;
  std::vector<KvPool::Page> pages_;
  std::vector<std::byte*> data_;  // of the pages
};

}  // namespace persea
