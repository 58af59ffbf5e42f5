#include "text/token_trie.h"

#include <algorithm>
#include <numeric>

namespace persea {
namespace {

std::vector<std::string_view> plain_tokens(const Tokenizer& tokenizer) {
  std::vector<std::string_view> tokens(static_cast<size_t>(tokenizer.vocab_size()));
  for (int32_t id = 0; id < tokenizer.vocab_size(); ++id) {
    if (!tokenizer.is_special(id)) tokens[static_cast<size_t>(id)] = tokenizer.token_bytes(id);
  }
  return tokens;
}

}  // namespace

TokenTrie::TokenTrie(const Tokenizer& tokenizer) : TokenTrie(plain_tokens(tokenizer)) {}

TokenTrie::TokenTrie(std::span<const std::string_view> tokens) {
  begins_.reserve(tokens.size() + 1);
  begins_.push_back(0);
  for (const std::string_view token : tokens) {
    if (token.size() <= kLongestToken) text_ += token;
    begins_.push_back(static_cast<uint32_t>(text_.size()));
  }
  build();
}

std::string_view TokenTrie::bytes(int32_t token) const {
  if (token < 0 || token >= vocab_size()) return {};
  const auto id = static_cast<size_t>(token);
  return std::string_view(text_).substr(begins_[id], begins_[id + 1] - begins_[id]);
}

void TokenTrie::build() {
  ids_.resize(static_cast<size_t>(vocab_size()));
  std::iota(ids_.begin(), ids_.end(), 0);
  std::erase_if(ids_, [&](int32_t id) { return bytes(id).empty(); });
  std::stable_sort(ids_.begin(), ids_.end(), [&](int32_t a, int32_t b) { return bytes(a) < bytes(b); });

  std::vector<uint32_t> open = {0};  // the nodes on the way to the token before
  nodes_.push_back({0, 0, 0, 0});
  std::string_view before;
  const auto close = [&](size_t depth) {
    for (; open.size() > depth + 1; open.pop_back()) nodes_[open.back()].end = static_cast<uint32_t>(nodes_.size());
  };
  for (uint32_t i = 0; i < ids_.size(); ++i) {
    const std::string_view token = bytes(ids_[i]);
    const size_t same = static_cast<size_t>(
        std::mismatch(token.begin(), token.end(), before.begin(), before.end()).first - token.begin());
    close(same);
    for (size_t depth = same; depth < token.size(); ++depth) {
      open.push_back(static_cast<uint32_t>(nodes_.size()));
      // A node on the way to its first token has none: its list begins, and ends, where that token's begins.
      nodes_.push_back({0, i, static_cast<uint16_t>(depth + 1), static_cast<uint8_t>(token[depth])});
    }
    before = token;
  }
  close(0);
  nodes_[0].end = static_cast<uint32_t>(nodes_.size());
  nodes_.push_back({0, static_cast<uint32_t>(ids_.size()), 0, 0});
}

}  // namespace persea
