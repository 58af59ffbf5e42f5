#include "text/byte_level.h"

#include "text/unicode.h"

namespace persea {
namespace {

constexpr uint32_t kFirstMoved = 0x100;

struct Alphabet {
  std::array<uint32_t, 256> character{};         // of each byte
  std::array<int16_t, kFirstMoved + 68> byte{};  // of each character, or -1
  std::array<unsigned char, 256> order{};
};

constexpr Alphabet make() {
  Alphabet a;
  for (auto& byte : a.byte) byte = -1;
  uint32_t moved = kFirstMoved;
  size_t printable = 0;
  for (int byte = 0; byte < 256; ++byte) {
    const bool prints = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    a.character[byte] = prints ? byte : moved++;
    a.byte[a.character[byte]] = static_cast<int16_t>(byte);
    if (prints) a.order[printable++] = static_cast<unsigned char>(byte);
  }
  for (uint32_t c = kFirstMoved; c < moved; ++c) a.order[printable++] = static_cast<unsigned char>(a.byte[c]);
  return a;
}
constexpr Alphabet kAlphabet = make();

}  // namespace

std::string byte_level_text(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) unicode::append_utf8(kAlphabet.character[static_cast<unsigned char>(c)], text);
  return text;
}

std::optional<std::string> byte_level_bytes(std::string_view text) {
  std::string bytes;
  for (const char *p = text.data(), *end = p + text.size(); p < end;) {
    const unicode::Decoded c = unicode::decode_utf8(p, end);
    if (!c.valid || c.codepoint >= kAlphabet.byte.size() || kAlphabet.byte[c.codepoint] < 0) return std::nullopt;
    bytes += static_cast<char>(kAlphabet.byte[c.codepoint]);
    p += c.bytes;
  }
  return bytes;
}

const std::array<unsigned char, 256>& byte_level_order() { return kAlphabet.order; }

}  // namespace persea
