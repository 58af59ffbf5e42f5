// Room for keys and values: pages of a fixed number of tokens (all layers of a model in each), out of one bounded
// store, counted by their users, so that texts with a common beginning can share it. It knows no tokens, and belongs to
// one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kernels/cached_attention.h"
#include "nn/config.h"
#include "tensor/tensor.h"

namespace persea {

// "f32", "f16" or "q8".
Result<kernels::CacheFormat> cache_format_from(std::string_view name);

class KvPool {
 public:
  using Page = int32_t;
  using Format = kernels::CacheFormat;
  static constexpr int64_t kTokens = kernels::CacheBlock::kPage;  // of a page
  static int64_t pages_for(int64_t tokens) { return (tokens + kTokens - 1) / kTokens; }
  static int64_t page_bytes(const ModelConfig& config, Format format);

  // Room for `tokens` tokens, rounded up to pages; 0: without a bound.
  KvPool(const ModelConfig& config, int64_t tokens, Format format = Format::f32, Device device = cpu_device);
  KvPool(const KvPool&) = delete;
  KvPool& operator=(const KvPool&) = delete;

  void take_memory(int64_t bytes);  // for as many pages as that holds, now; else as pages are first used
  std::optional<Page> take();       // a page with one user; none where all have some
  void share(Page page);            // one user more
  void give(Page page);             // one user less; with the last the page is free
  int users(Page page) const { return pages_.at(static_cast<size_t>(page)).users; }
  void copy(Page from, Page to);
  std::byte* data(Page page) const { return pages_.at(static_cast<size_t>(page)).data; }

  // One of the page's users is a keeper, who would give it away if others needed it: such a page without other users
  // counts as idle. At most one keeper a page, who says so right after share() and right before give().
  void set_kept(Page page, bool kept);

  int64_t pages() const { return most_; }  // that there can be
  int64_t used() const { return used_; }   // with users
  int64_t idle() const { return idle_; }   // of these, with none but a keeper
  int64_t room() const { return most_ - used_ + idle_; }
  int64_t bytes_of_page() const { return page_bytes_; }
  int64_t layer_offset(int64_t layer) const { return layer * layer_bytes_; }  // bytes from a page's beginning
  Format format() const { return format_; }
  Device device() const { return device_; }  // where the pages lie

 private:
  struct Entry {
    std::byte* data;
    int users = 0;
    bool kept = false;
  };
  Entry& at(Page page) { return pages_.at(static_cast<size_t>(page)); }
  void grow(int64_t more);

  Format format_;
  Device device_;
  int64_t layer_bytes_, page_bytes_, most_, used_ = 0, idle_ = 0;
  std::vector<Tensor> slabs_;  // memory of several pages each
  std::vector<Entry> pages_;
  std::vector<Page> free_;  // the last given is the first taken: it may still lie in a processor's cache
};

}  // namespace persea
