// Which encoding bytes are in, and UTF-8 from any that iconv knows. What is no character of its encoding becomes U+FFFD
// and is counted. UTF-8 itself is text_normalizer.h's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "read/byte_source.h"

namespace persea::read {

// "UTF-16LE", "UTF-16BE", "UTF-32LE" or "UTF-32BE" where bytes that begin like `head` are in one of them, told by the
// byte-order mark or by where their zeroes stand; "" elsewhere.
std::string wide_charset(std::string_view head);

// The one-byte or East Asian encoding of `sample`, which is text; "" where that is UTF-8, broken here and there or not.
std::string narrow_charset(std::string_view sample);

// Piece by piece; pieces may end anywhere.
class Converter {
 public:
  // Null where iconv does not know `charset`; a name as it stands in mail and web pages.
  static std::unique_ptr<Converter> from(std::string_view charset);
  ~Converter();
  void add(std::string_view bytes, std::string& out);
  void finish(std::string& out);
  int64_t replaced() const { return replaced_; }

 private:
  explicit Converter(void* iconv) : iconv_(iconv) {}
  void* iconv_;
  std::string held_;
  int64_t replaced_ = 0;
};

// `source`, which is in `charset`, as UTF-8.
std::unique_ptr<ByteSource> converted_source(std::string_view charset, std::unique_ptr<ByteSource> source);

// A whole text as it is wanted behind this folder (text_normalizer.h). Its encoding is that of a byte-order mark, else
// UTF-8 where the bytes are that, else `declared` where it is known and fits, else what it looks like. Returns how many
// bytes were no character.
int64_t to_text(std::string_view bytes, std::string_view declared, std::string& out);

}  // namespace persea::read
