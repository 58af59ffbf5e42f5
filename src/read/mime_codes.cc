// What mail is encoded with on its way: base64, quoted-printable, and words of headers.
#include <array>

#include "read/charset.h"
#include "read/mime.h"
#include "read/text_normalizer.h"

namespace persea::read {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

constexpr std::array<int8_t, 256> kBase64 = [] {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < digits.size(); ++i) values[static_cast<unsigned char>(digits[i])] = static_cast<int8_t>(i);
  return values;
}();

std::string decode_q(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '=' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '_' ? ' ' : text[i];
    }
  }
  return out;
}

// The encoded word that `text` begins with: its charset and bytes. Returns its length, 0 where there is none.
size_t encoded_word(std::string_view text, std::string& charset, std::string& bytes) {
  if (!text.starts_with("=?")) return 0;
  const size_t first = text.find('?', 2);
  if (first == std::string_view::npos || first > 80 || first + 3 >= text.size() || text[first + 2] != '?') return 0;
  const size_t end = text.substr(0, 2000).find("?=", first + 3);  // 75, says the standard
  if (end == std::string_view::npos) return 0;
  const std::string_view payload = text.substr(first + 3, end - first - 3);
  charset = text.substr(2, first - 2);
  charset = charset.substr(0, charset.find('*'));  // a language may follow (RFC 2231)
  const char code = text[first + 1];
  if (code == 'q' || code == 'Q') {
    bytes = decode_q(payload);
  } else if (code == 'b' || code == 'B') {
    bytes = decode_base64(payload);
  } else {
    return 0;
  }
  return end + 2;
}

}  // namespace

std::string decode_base64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3 + 3);
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = kBase64[static_cast<unsigned char>(c)];
    if (value < 0) {
      if (c == '=') {  // the end of a piece: another may follow
        bits = 0;
        count = 0;
      }
      continue;
    }
    bits = bits << 6 | static_cast<uint32_t>(value);
    if ((count += 6) >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xff);
    }
  }
  return out;
}

std::string decode_quoted_printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i];
      continue;
    }
    if (i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
      continue;
    }
    size_t end = i + 1;  // a line that goes on: "=", perhaps spaces, the end
    while (end < text.size() && (text[end] == ' ' || text[end] == '\t' || text[end] == '\r')) ++end;
    if (end == text.size() || text[end] == '\n') {
      i = end;
    } else {
      out += '=';
    }
  }
  return out;
}

std::string decode_words(std::string_view value) {
  std::string out, charset, bytes, pending, pending_charset;
  // Neighbours of one encoding are one text: a character may be cut in two between them.
  const auto flush = [&] {
    if (!pending.empty()) to_text(pending, pending_charset, out);
    pending.clear();
  };
  for (size_t i = 0; i < value.size();) {
    const size_t length = encoded_word(value.substr(i), charset, bytes);
    if (length == 0) {
      flush();
      const size_t next = std::min(value.find("=?", i + 1), value.size());
      to_text(value.substr(i, next - i), "", out);
      i = next;
      continue;
    }
    if (charset != pending_charset) flush();
    pending += bytes;
    pending_charset = charset;
    i += length;
    const size_t space = std::min(value.find_first_not_of(" \t", i), value.size());  // between words it means nothing
    if (value.substr(space).starts_with("=?")) i = space;
  }
  flush();
  for (char& c : out) {
    if (c == '\n') c = ' ';
  }
  return out;
}

}  // namespace persea::read
