#include "text/word_cache.h"

#include <algorithm>

namespace persea {

void WordCache::insert(std::string_view word, const WordKey& key, std::span<const int32_t> tokens) {
  if (word.size() > kMaxBytes) return;
  if (bytes_.size() + word.size() > kArenaBytes || tokens_.size() + tokens.size() > kArenaTokens) {
    std::fill_n(entries_.get(), size_t{2} << (64 - shift_), Entry{});  // an arena is full: forget everything
    bytes_.clear();
    tokens_.clear();
  }
  Entry entry{};
  entry.key = key.parts;
  if (word.size() > WordKey::kInline) {
    entry.key[1] = bytes_.size();
    bytes_.insert(bytes_.end(), word.begin(), word.end());
  }
  if (tokens.size() > kInlineTokens) {
    entry.tokens[0] = static_cast<int32_t>(tokens_.size());
    tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  } else {
    std::copy(tokens.begin(), tokens.end(), entry.tokens.begin());
  }
  entry.bytes = static_cast<uint16_t>(word.size());
  entry.count = static_cast<uint16_t>(tokens.size());
  Entry* set = set_of(key);
  if (set[0].bytes != 0) set[1] = set[0];  // the newer of the two stays
  set[0] = entry;
}

}  // namespace persea
