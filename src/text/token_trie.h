// The tokens of a vocabulary by their bytes, as a tree: what has to know which tokens could come next walks it and
// leaves whole branches out. Special tokens and those without bytes are not in it. Made once for a tokenizer and then
// only read, from any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"

namespace persea {

class TokenTrie {
 public:
  explicit TokenTrie(const Tokenizer& tokenizer);
  // `tokens`: the bytes of each id; "" for ids that are to be left out. The bytes are copied.
  explicit TokenTrie(std::span<const std::string_view> tokens);

  // Nodes in the order of a walk that goes down first, children by their byte; node 0 is the root, which reads nothing.
  struct Node {
    uint32_t end;          // behind the last node of this branch
    uint32_t first_token;  // in tokens(); those of the next node follow
    uint16_t depth;        // bytes from the root
    uint8_t byte;          // that leads here
  };
  std::span<const Node> nodes() const { return {nodes_.data(), nodes_.size() - 1}; }
  // The ids whose bytes lead to the node: seldom more than one.
  std::span<const int32_t> tokens(uint32_t node) const {
    return {ids_.data() + nodes_[node].first_token, ids_.data() + nodes_[node + 1].first_token};
  }

  int32_t vocab_size() const { return static_cast<int32_t>(begins_.size()) - 1; }
  size_t words() const { return (static_cast<size_t>(vocab_size()) + 63) / 64; }  // of a mask of all ids
  // "" for an id that is not in the tree.
  std::string_view bytes(int32_t token) const;

  static constexpr size_t kLongestToken = 4096;  // bytes; a longer one is left out

 private:
  void build();
  std::vector<Node> nodes_;       // and one behind the last
  std::vector<int32_t> ids_;      // by node
  std::vector<uint32_t> begins_;  // of each id's bytes in text_
  std::string text_;
};

}  // namespace persea
