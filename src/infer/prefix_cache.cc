#include "infer/prefix_cache.h"

#include <algorithm>
#include <iterator>

namespace persea {
namespace {

int64_t common(std::span<const int32_t> a, std::span<const int32_t> b) {
  return std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
}

std::span<const int32_t> page_of(std::span<const int32_t> tokens, int64_t at) {
  const auto rest = tokens.subspan(static_cast<size_t>(at));
  return rest.first(std::min(rest.size(), static_cast<size_t>(KvPool::kTokens)));
}

}  // namespace

bool PrefixCache::Less::operator()(std::span<const int32_t> a, std::span<const int32_t> b) const {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

PrefixCache::PrefixCache(std::shared_ptr<KvPool> pool) : pool_(std::move(pool)) {}

PrefixCache::~PrefixCache() {
  while (!order_.empty()) remove(order_.back());  // leaves first: a deep tree must not recurse
}

void PrefixCache::touch(Node* node) {
  for (; node->parent; node = node->parent) order_.splice(order_.begin(), order_, node->used);
}

PrefixCache::Match PrefixCache::find(std::string_view client, std::span<const int32_t> tokens) {
  Match match;
  const auto root = roots_.find(client);
  if (root == roots_.end()) return match;
  Node* node = &root->second;
  while (match.tokens < static_cast<int64_t>(tokens.size())) {
    const auto wanted = page_of(tokens, match.tokens);
    // Of all children that which begins most like `wanted` stands next to where `wanted` would stand.
    auto best = node->children.lower_bound(wanted);
    int64_t same = best == node->children.end() ? 0 : common(best->first, wanted);
    if (best != node->children.begin()) {
      const auto before = std::prev(best);
      if (const int64_t other = common(before->first, wanted); other > same) best = before, same = other;
    }
    if (same == 0) break;
    node = best->second.get();
    match.pages.push_back(node->page);
    match.tokens += same;
    if (same < KvPool::kTokens) break;
  }
  touch(node);
  return match;
}

void PrefixCache::insert(std::string_view client, std::span<const int32_t> tokens, KvCache& cache, bool partial) {
  Node* node = &roots_[std::string(client)];
  for (int64_t at = 0; at < static_cast<int64_t>(tokens.size()); at += KvPool::kTokens) {
    const auto wanted = page_of(tokens, at);
    const bool full = static_cast<int64_t>(wanted.size()) == KvPool::kTokens;
    if (!full && !partial) break;
    const int64_t index = at / KvPool::kTokens;
    auto next = node->children.lower_bound(wanted);
    const bool begins =
        next != node->children.end() && common(next->first, wanted) == static_cast<int64_t>(wanted.size());
    if (begins && !full) break;  // a page that begins so is here: nothing new
    if (!begins) {
      // A page in part that this one goes on from has nothing that this one has not. It mostly stands right before.
      if (next != node->children.begin()) {
        Node* before = std::prev(next)->second.get();
        const auto& its = before->place->first;
        if (its.size() < wanted.size() && common(its, wanted) == static_cast<int64_t>(its.size()) &&
            pool_->users(before->page) == 1) {
          remove(before);
          next = node->children.lower_bound(wanted);
        }
      }
      auto made = std::make_unique<Node>();
      made->parent = node;
      made->page = cache.pages()[static_cast<size_t>(index)];
      pool_->share(made->page);
      pool_->set_kept(made->page, true);
      next = node->children.emplace_hint(next, std::vector<int32_t>(wanted.begin(), wanted.end()), std::move(made));
      next->second->place = next;
      order_.push_front(next->second.get());
      next->second->used = order_.begin();
    } else {
      cache.exchange(index, next->second->page);
    }
    node = next->second.get();
  }
  touch(node);
}

void PrefixCache::remove(Node* node) {
  pool_->set_kept(node->page, false);
  pool_->give(node->page);
  order_.erase(node->used);
  node->parent->children.erase(node->place);
}

bool PrefixCache::evict() {
  if (pool_->idle() == 0) return false;
  for (auto i = order_.rbegin(); i != order_.rend(); ++i) {
    Node* node = *i;
    if (node->children.empty() && pool_->users(node->page) == 1) {
      remove(node);
      std::erase_if(roots_, [](const auto& root) { return root.second.children.empty(); });
      return true;
    }
  }
  return false;
}

}  // namespace persea
