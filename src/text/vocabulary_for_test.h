// A small vocabulary for tests and fuzz targets of grammars.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/token_trie.h"

namespace persea {

// All bytes, then `more`.
inline std::shared_ptr<const TokenTrie> vocabulary_for_test(std::vector<std::string> more = {}) {
  std::vector<std::string> tokens;
  for (int byte = 0; byte < 256; ++byte) tokens.emplace_back(1, static_cast<char>(byte));
  tokens.insert(tokens.end(), more.begin(), more.end());
  const std::vector<std::string_view> views(tokens.begin(), tokens.end());
  return std::make_shared<const TokenTrie>(std::span<const std::string_view>(views));
}

}  // namespace persea
