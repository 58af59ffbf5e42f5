#include "infer/kv_cache.h"

#include <stdexcept>
#include <utility>

namespace persea {

KvCache::KvCache(const ModelConfig& config, Device device)
    : KvCache(std::make_shared<KvPool>(config, 0, KvPool::Format::f32, device), config.context) {}

KvCache::KvCache(std::shared_ptr<KvPool> pool, int64_t context) : pool_(std::move(pool)), context_(context) {}

KvCache::KvCache(const KvCache& other)
    : pool_(other.pool_), context_(other.context_), size_(other.size_), pages_(other.pages_), data_(other.data_) {
  for (const KvPool::Page page : pages_) pool_->share(page);
}

KvCache::KvCache(KvCache&& other) noexcept
    : pool_(other.pool_),  // stays with the other, which is empty and can go on
      context_(other.context_),
      size_(std::exchange(other.size_, 0)),
      pages_(std::exchange(other.pages_, {})),
      data_(std::exchange(other.data_, {})) {}

KvCache& KvCache::operator=(KvCache other) noexcept {
  std::swap(pool_, other.pool_);
  std::swap(context_, other.context_);
  std::swap(size_, other.size_);
  pages_.swap(other.pages_);
  data_.swap(other.data_);
  return *this;
}

KvCache::~KvCache() { drop_pages_from(0); }

void KvCache::drop_pages_from(int64_t count) {
  while (static_cast<int64_t>(pages_.size()) > count) {
    pool_->give(pages_.back());
    pages_.pop_back();
    data_.pop_back();
  }
}

void KvCache::truncate(int64_t size) {
  if (size < 0 || size > size_) throw std::logic_error("KvCache::truncate: not a shorter size");
  size_ = size;
  drop_pages_from(KvPool::pages_for(size));
}

int64_t KvCache::bytes() const { return static_cast<int64_t>(pages_.size()) * pool_->bytes_of_page(); }

void KvCache::adopt(std::span<const KvPool::Page> pages, int64_t size) {
  if (KvPool::pages_for(size) != static_cast<int64_t>(pages.size()) || size > context_) {
    throw std::logic_error("KvCache::adopt: not the pages of so many tokens");
  }
  for (const KvPool::Page page : pages) pool_->share(page);  // before its own go: they may be the same
  drop_pages_from(0);
  for (const KvPool::Page page : pages) {
    pages_.push_back(page);
    data_.push_back(pool_->data(page));
  }
  size_ = size;
}

void KvCache::exchange(int64_t index, KvPool::Page page) {
  KvPool::Page& mine = pages_.at(static_cast<size_t>(index));
  if (mine == page) return;
  pool_->share(page);
  pool_->give(mine);
  mine = page;
  data_[static_cast<size_t>(index)] = pool_->data(page);
}

bool KvCache::reserve(int64_t size) {
  if (size > context_) throw std::logic_error("KvCache::reserve: beyond the context");
  const auto tail = static_cast<size_t>(size_ / KvPool::kTokens);
  if (size > size_ && size_ % KvPool::kTokens != 0 && pool_->users(pages_[tail]) > 1) {
    const auto own = pool_->take();
    if (!own) return false;
    pool_->copy(pages_[tail], *own);
    exchange(static_cast<int64_t>(tail), *own);
    pool_->give(*own);  // exchange has its share
  }
  while (static_cast<int64_t>(pages_.size()) < KvPool::pages_for(size)) {
    const auto page = pool_->take();
    if (!page) return false;
    pages_.push_back(*page);
    data_.push_back(pool_->data(*page));
  }
  return true;
}

kernels::CacheBlock KvCache::block(int64_t layer) const {
  return {data_.data(), pool_->layer_offset(layer), pool_->format()};
}

}  // namespace persea
