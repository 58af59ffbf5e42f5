#include "infer/kv_pool.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <stdexcept>

#include "base/threads.h"
#include "tensor/cuda.h"

namespace persea {

Result<kernels::CacheFormat> cache_format_from(std::string_view name) {
  using Format = kernels::CacheFormat;
  constexpr std::pair<std::string_view, Format> kNames[] = {
      {"f32", Format::f32}, {"f16", Format::f16}, {"q8", Format::q8}};
  for (const auto& [known, format] : kNames)
    if (known == name) return format;
  return fail("a cache of type {} is not known: f32, f16 or q8", name);
}
namespace {

constexpr int64_t kSlabBytes = 8 << 20;  // large enough for huge memory pages, small enough for a short chat

int64_t bytes_of_layer(const ModelConfig& config, KvPool::Format format) {
  return config.kv_heads * kernels::CacheBlock::head_bytes(config.head_dim, format);
}

}  // namespace

int64_t KvPool::page_bytes(const ModelConfig& config, Format format) {
  return config.layers * bytes_of_layer(config, format);
}

KvPool::KvPool(const ModelConfig& config, int64_t tokens, Format format, Device device)
    : format_(format),
      device_(device),
      layer_bytes_(bytes_of_layer(config, format)),
      page_bytes_(page_bytes(config, format)),
      most_(tokens > 0 ? std::min<int64_t>(pages_for(tokens), std::numeric_limits<Page>::max())
                       : std::numeric_limits<Page>::max()) {}

void KvPool::grow(int64_t more) {
  const auto there = static_cast<int64_t>(pages_.size());
  more = std::min(more, most_ - there);
  slabs_.emplace_back(Shape{more * page_bytes_}, DType::u8, device_);
  auto* data = reinterpret_cast<std::byte*>(slabs_.back().data<uint8_t>());
  for (int64_t i = 0; i < more; ++i) pages_.push_back({data + i * page_bytes_});
  for (int64_t i = more; i-- > 0;) free_.push_back(static_cast<Page>(there + i));
}

void KvPool::take_memory(int64_t bytes) {
  const auto there = static_cast<int64_t>(pages_.size());
  const int64_t more = std::min(bytes / page_bytes_, most_ - there);
  if (more <= 0) return;
  try {
    grow(more);
  } catch (const std::bad_alloc&) {  // then as pages are first used, as long as there is any
    return;
  }
  if (device_ != cpu_device) return;
  const auto touch = [&](int64_t page) {
    std::memset(data(static_cast<Page>(there + page)), 0, static_cast<size_t>(page_bytes_));
  };
  pool().parallel_for(more, touch);
}

std::optional<KvPool::Page> KvPool::take() {
  if (free_.empty()) {
    if (static_cast<int64_t>(pages_.size()) == most_) return std::nullopt;
    try {
      grow(std::max<int64_t>(kSlabBytes / page_bytes_, 1));
    } catch (const std::bad_alloc&) {  // the device has no more: these are all
      most_ = static_cast<int64_t>(pages_.size());
      return std::nullopt;
    }
  }
  const Page page = free_.back();
  free_.pop_back();
  at(page).users = 1;
  ++used_;
  return page;
}

void KvPool::share(Page page) {
  Entry& entry = at(page);
  if (entry.users == 0) throw std::logic_error("KvPool::share: a page that nobody has");
  if (entry.kept && entry.users == 1) --idle_;
  ++entry.users;
}

void KvPool::give(Page page) {
  Entry& entry = at(page);
  if (entry.users == 0) throw std::logic_error("KvPool::give: a page that nobody has");
  if (--entry.users == 0) {
    if (entry.kept) throw std::logic_error("KvPool::give: its keeper still has the page");
    --used_;
    free_.push_back(page);
  } else if (entry.kept && entry.users == 1) {
    ++idle_;
  }
}

void KvPool::set_kept(Page page, bool kept) {
  Entry& entry = at(page);
  if (entry.kept == kept) throw std::logic_error("KvPool::set_kept: it is so already");
  entry.kept = kept;
  if (entry.users == 1) idle_ += kept ? 1 : -1;
}

void KvPool::copy(Page from, Page to) {
  if (device_ == cpu_device)
    std::memcpy(data(to), data(from), static_cast<size_t>(page_bytes_));
  else
    cuda::copy(cuda::Copy::on_device, data(to), data(from), page_bytes_);
}

}  // namespace persea
