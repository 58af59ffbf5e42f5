// The first of the two steps of wikitext.h: marks within text (templates, links, tags, tables) are resolved or dropped,
// lines stay as they are. Private to this folder.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace persea::read {

std::string resolve_marks(std::string_view markup);

// A set of bytes that text is searched for.
class ByteSet {
 public:
  constexpr explicit ByteSet(std::string_view bytes) {
    for (const char byte : bytes) has_[static_cast<unsigned char>(byte)] = true;
  }
  // The first of them in `text` from `at` on, else its size.
  size_t find(std::string_view text, size_t at) const {
    while (at < text.size() && !has_[static_cast<unsigned char>(text[at])]) ++at;
    return at;
  }

 private:
  std::array<bool, 256> has_{};
};

}  // namespace persea::read
