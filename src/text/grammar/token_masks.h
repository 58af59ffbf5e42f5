// The masks of tokens that may come next at the places of a grammar, worked out when they are first asked for.
//
// Most of what a place allows follows from its state alone: what its rule reads, and what the rules read that it calls.
// That part is found once a state, with the branches of the vocabulary's tree at which the rule comes to its end; only
// those are then followed up for each stack. Masks of places that were seen before are looked up as a whole.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "text/grammar/stacks.h"
#include "text/token_trie.h"

namespace persea::grammar {

// Keeps what was put or found last within about `limit` bytes: when the newer half is full, it takes the older one's
// place, which is forgotten.
template <class Key, class Value>
class BoundedCache {
 public:
  explicit BoundedCache(size_t limit) : half_(limit / 2) {}
  std::shared_ptr<const Value> find(const Key& key) {
    if (const auto it = newer_.find(key); it != newer_.end()) return it->second.value;
    const auto it = older_.find(key);
    if (it == older_.end()) return nullptr;
    Entry entry = std::move(it->second);
    older_.erase(it);
    return put(key, std::move(entry.value), entry.bytes);
  }
  std::shared_ptr<const Value> put(const Key& key, std::shared_ptr<const Value> value, size_t bytes) {
    if (bytes_ + bytes > half_) {
      older_ = std::exchange(newer_, {});
      bytes_ = 0;
    }
    const auto [it, fresh] = newer_.try_emplace(key, Entry{std::move(value), bytes});
    if (fresh) bytes_ += bytes;
    return it->second.value;
  }

 private:
  struct Entry {
    std::shared_ptr<const Value> value;
    size_t bytes;
  };
  const size_t half_;
  size_t bytes_ = 0;
  std::unordered_map<Key, Entry> newer_, older_;
};

class TokenMasks {
 public:
  using Mask = std::vector<uint64_t>;

  // Both must outlive it.
  TokenMasks(const Machine& machine, const TokenTrie& vocabulary, size_t cache_bytes)
      : machine_(machine), vocabulary_(vocabulary), by_state_(cache_bytes / 2), by_places_(cache_bytes / 2) {}

  // The tokens that may come next; `stacks` are those of the places and get more of them. Safe from several threads,
  // each with stacks of its own.
  std::shared_ptr<const Mask> at(const Places& places, Stacks& stacks);

 private:
  // What follows from a state alone.
  struct Reach {
    Mask bits;                    // the tokens that stay within the rule or end with it, or as a list
    std::vector<int32_t> tokens;  // where they are few
    std::vector<uint32_t> exits;  // nodes at which the rule may have ended, and below which there are tokens
    uint32_t deepest = 0;         // calls that have to be open at once for that
  };
  std::shared_ptr<const Reach> reach_of(uint32_t state);
  Reach reach(uint32_t state) const;
  void add_place(const Place& place, Stacks& stacks, Mask& mask);
  template <class Visit>
  void walk(uint32_t node, const Places& from, Stacks& stacks, Visit&& visit) const;

  const Machine& machine_;
  const TokenTrie& vocabulary_;
  std::mutex mutex_;  // of the caches
  BoundedCache<uint32_t, Reach> by_state_;
  BoundedCache<std::string, Mask> by_places_;
};

}  // namespace persea::grammar
