#include "text/added_tokens.h"

#include <algorithm>
#include <cstring>

#include "text/unicode.h"

namespace persea {
namespace {

bool is_space(unicode::Decoded c) {
  const auto kind = unicode::CharTable::get().at(c.codepoint);
  return kind == unicode::CharClass::space || kind == unicode::CharClass::newline;
}

size_t space_before(std::string_view text, size_t from, size_t at) {
  while (at > from) {
    size_t begin = at - 1;
    while (begin > from && at - begin < 4 && (static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80) --begin;
    const unicode::Decoded c = unicode::decode_utf8(text.data() + begin, text.data() + at);
    if (begin + c.bytes != at || !is_space(c)) break;
    at = begin;
  }
  return at;
}

size_t space_behind(std::string_view text, size_t at) {
  while (at < text.size()) {
    const unicode::Decoded c = unicode::decode_utf8(text.data() + at, text.data() + text.size());
    if (!is_space(c)) break;
    at += c.bytes;
  }
  return at;
}

}  // namespace

AddedTokenFinder::AddedTokenFinder(const std::vector<AddedToken>& tokens, bool normalized) {
  for (const AddedToken& token : tokens) {
    if (token.normalized == normalized) by_first_byte_[static_cast<unsigned char>(token.content[0])].push_back(&token);
  }
  for (size_t byte = 0; byte < 256; ++byte) {
    auto& candidates = by_first_byte_[byte];
    if (candidates.empty()) continue;
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](auto* a, auto* b) { return a->content.size() > b->content.size(); });
    first_byte_ = static_cast<unsigned char>(byte);
    ++first_bytes_;
  }
}

std::optional<AddedTokenFinder::Match> AddedTokenFinder::find(std::string_view text, size_t from) const {
  if (empty()) return std::nullopt;
  for (size_t at = from; at < text.size(); ++at) {
    if (first_bytes_ == 1) {  // the common case: all begin with '<'
      const void* hit = std::memchr(text.data() + at, first_byte_, text.size() - at);
      if (!hit) return std::nullopt;
      at = static_cast<const char*>(hit) - text.data();
    }
    for (const AddedToken* token : by_first_byte_[static_cast<unsigned char>(text[at])]) {
      if (!text.substr(at).starts_with(token->content)) continue;
      const size_t end = at + token->content.size();
      return Match{token->lstrip ? space_before(text, from, at) : at, token->rstrip ? space_behind(text, end) : end,
                   token};
    }
  }
  return std::nullopt;
}

}  // namespace persea
