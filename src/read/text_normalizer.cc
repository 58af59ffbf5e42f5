#include "read/text_normalizer.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "text/unicode.h"

namespace persea::read {
namespace {

constexpr std::string_view kReplacementBytes = "\xef\xbf\xbd", kByteOrderMark = "\xef\xbb\xbf";
constexpr size_t kStretch = 1 << 16;  // looked at three times while it is in cache

}  // namespace

// Character by character.
void TextNormalizer::mend(std::string_view bytes, std::string& out) {
  for (size_t i = 0; i < bytes.size();) {
    if (bytes[i] == '\0') {
      out += kReplacementBytes;
      ++replaced_;
      ++i;
      continue;
    }
    if (static_cast<unsigned char>(bytes[i]) < 0x80) {  // the common run
      size_t end = i + 1;
      while (end < bytes.size() && static_cast<unsigned char>(bytes[end]) < 0x80 && bytes[end] != '\0') ++end;
      out.append(bytes, i, end - i);
      i = end;
      continue;
    }
    const unicode::Decoded character = unicode::decode_utf8(bytes.data() + i, bytes.data() + bytes.size());
    if (character.valid) {
      out.append(bytes, i, character.bytes);
    } else {
      out += kReplacementBytes;
      replaced_ += character.bytes;
    }
    i += character.bytes;
  }
}

// What holds no \r.
void TextNormalizer::put_line(std::string_view bytes, std::string& out) {
  if (std::memchr(bytes.data(), '\0', bytes.size()) == nullptr && simdjson::validate_utf8(bytes.data(), bytes.size())) {
    out.append(bytes);
  } else {
    mend(bytes, out);
  }
}

void TextNormalizer::put(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    if (carriage_return_) {
      if (bytes.front() != '\n') out += '\n';
      carriage_return_ = false;
    }
    std::string_view stretch = bytes.substr(0, kStretch);
    if (stretch.size() < bytes.size()) stretch.remove_suffix(unicode::incomplete_suffix(stretch));
    if (const auto* at = static_cast<const char*>(std::memchr(stretch.data(), '\r', stretch.size()))) {
      stretch = stretch.substr(0, static_cast<size_t>(at - stretch.data()));
      carriage_return_ = true;
    }
    if (!stretch.empty()) put_line(stretch, out);
    bytes.remove_prefix(stretch.size() + (carriage_return_ ? 1 : 0));
  }
}

void TextNormalizer::add(std::string_view bytes, std::string& out) {
  std::string joined;
  if (!held_.empty()) {
    joined = std::exchange(held_, {}) + std::string(bytes);
    bytes = joined;
  }
  if (first_) {
    if (bytes.size() < kByteOrderMark.size() && kByteOrderMark.starts_with(bytes)) {
      held_ = bytes;
      return;
    }
    if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
    first_ = false;
  }
  const size_t held = unicode::incomplete_suffix(bytes);
  held_ = bytes.substr(bytes.size() - held);
  put(bytes.substr(0, bytes.size() - held), out);
}

void TextNormalizer::finish(std::string& out) {
  put(std::exchange(held_, {}), out);
  if (std::exchange(carriage_return_, false)) out += '\n';
  first_ = true;
}

int64_t normalize(std::string_view bytes, std::string& out) {
  TextNormalizer normalizer;
  normalizer.add(bytes, out);
  normalizer.finish(out);
  return normalizer.replaced();
}

size_t cut_point(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text.size();
  // In the second half, so that pieces do not get small: the place behind a mark lies in (limit / 2, limit].
  const size_t half = limit / 2;
  const auto last = [&](char mark, size_t end) -> size_t {  // the place behind the last one before `end`; 0: none
    for (size_t at = end; at > half; --at) {
      if (text[at - 1] == mark) return at;
    }
    return 0;
  };
  for (size_t at = last('\n', limit); at != 0; at = last('\n', at - 1)) {
    if (at >= 2 && text[at - 2] == '\n') return at;
  }
  for (const char mark : {'\n', ' '}) {
    if (const size_t at = last(mark, limit); at != 0) return at;
  }
  size_t at = limit;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) --at;
  return at > 0 ? at : limit;
}

bool blank(std::string_view text) { return text.find_first_not_of(" \t\n\r\f\v") == std::string_view::npos; }

}  // namespace persea::read
