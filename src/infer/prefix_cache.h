// What texts have left in a pool, found again by their tokens: a tree whose nodes are pages, each under the pages
// before it, so that whoever begins as another did takes those pages instead of computing them. Equal means equal
// tokens, never equal hashes. Each client has a tree of its own: how much of a text was known would tell one what
// another has written. What nobody uses any more goes when room is needed, the longest unused first.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "infer/kv_cache.h"
#include "infer/kv_pool.h"

namespace persea {

class PrefixCache {
 public:
  explicit PrefixCache(std::shared_ptr<KvPool> pool);
  ~PrefixCache();
  PrefixCache(const PrefixCache&) = delete;
  PrefixCache& operator=(const PrefixCache&) = delete;

  // The longest beginning of `tokens` that is here of the client's, as pages to be adopted; the last may be used in
  // part.
  struct Match {
    std::vector<KvPool::Page> pages;
    int64_t tokens = 0;
  };
  Match find(std::string_view client, std::span<const int32_t> tokens);

  // Keeps the pages of `cache`, which holds `tokens` (one each). A page that is known already takes the place of the
  // cache's own; a last page that is not full is kept where `partial`.
  void insert(std::string_view client, std::span<const int32_t> tokens, KvCache& cache, bool partial);

  // Frees the page that nobody has used for the longest time; false where all are in use.
  bool evict();

  int64_t pages() const { return static_cast<int64_t>(order_.size()); }

 private:
  struct Node;
  struct Less {  // of tokens, so that neighbours in order are those that begin alike
    using is_transparent = void;
    bool operator()(std::span<const int32_t> a, std::span<const int32_t> b) const;
  };
  using Children = std::map<std::vector<int32_t>, std::unique_ptr<Node>, Less>;
  struct Node {
    Node* parent = nullptr;  // a root has none
    KvPool::Page page = -1;
    Children children;
    Children::iterator place;         // among the parent's children
    std::list<Node*>::iterator used;  // in order_
  };
  void touch(Node* node);  // and all above it
  void remove(Node* node);

  std::shared_ptr<KvPool> pool_;
  std::map<std::string, Node, std::less<>> roots_;  // by client; those of clients that have pages here
  std::list<Node*> order_;                          // the latest used first, a node before those under it
};

}  // namespace persea
