// E-mail addresses (RFC 5321's lengths; no quoted local parts) and IP addresses.
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "curate/pii_forms.h"

namespace persea::curate::pii {
namespace {

bool is_local(char c) { return is_alnum(c) || (c != '\0' && std::strchr("!#$%&'*+/=?^_`{|}~.-", c) != nullptr); }

// Where a host's name that begins at `at` ends: labels of letters, digits and inner hyphens, the last of letters; 0
// where there is none. What follows may be a full stop that ends a sentence.
size_t host_end(std::string_view text, size_t at) {
  constexpr size_t kLongest = 253, kLongestLabel = 63;
  const size_t most = std::min(text.size(), at + kLongest);
  size_t end = 0;
  for (size_t label = at, labels = 1;; ++labels) {
    size_t i = label;
    bool letters = true;
    for (; i < most && i - label <= kLongestLabel && (is_alnum(text[i]) || text[i] == '-'); ++i)
      letters &= is_letter(text[i]);
    const size_t size = i - label;
    if (size == 0 || size > kLongestLabel || text[label] == '-' || text[i - 1] == '-') return end;
    const bool punycode = size > 4 && text.substr(label, 4) == "xn--";
    if (labels > 1 && size >= 2 && (letters || punycode)) end = i;
    if (i >= most || text[i] != '.') return end == i ? end : 0;
    label = i + 1;
  }
}

struct Network {
  uint32_t address;
  int bits;
};

// What is not of the public net: RFC 6890 and its registry, and the addresses of many receivers.
constexpr Network kPrivate[] = {
    {0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},  {0xa9fe0000, 16},
    {0xac100000, 12}, {0xc0000000, 24}, {0xc0000200, 24}, {0xc0a80000, 16}, {0xc6120000, 15},
    {0xc6336400, 24}, {0xcb007100, 24}, {0xe0000000, 4},  {0xf0000000, 4},
};

bool is_public(uint32_t address) {
  return std::none_of(std::begin(kPrivate), std::end(kPrivate),
                      [&](const Network& network) { return (address ^ network.address) >> (32 - network.bits) == 0; });
}

}  // namespace

std::optional<Place> email_around(std::string_view text, size_t at) {
  constexpr size_t kLongestLocal = 64;
  size_t begin = at;
  while (begin > 0 && at - begin <= kLongestLocal && is_local(text[begin - 1])) --begin;
  // Signs that may begin an address but hardly ever do: they quote it or set it apart.
  while (begin < at && !is_alnum(text[begin]) && text[begin] != '_') ++begin;
  if (begin == at || at - begin > kLongestLocal || text[at - 1] == '.') return std::nullopt;
  if (text.substr(begin, at - begin).find("..") != std::string_view::npos) return std::nullopt;
  // "mailto:", "to=" and the like before it are part of no address.
  if (const size_t given = text.substr(begin, at - begin).rfind('='); given != std::string_view::npos) {
    begin += given + 1;
    if (begin == at) return std::nullopt;
  }
  const size_t end = host_end(text, at + 1);
  if (end == 0) return std::nullopt;
  return Place{begin, end};
}

size_t ip4_end(std::string_view text, size_t at, bool only_public) {
  uint32_t address = 0;
  size_t i = at;
  for (int octet = 0; octet < 4; ++octet) {
    if (octet > 0 && at_or_zero(text, i++) != '.') return 0;
    uint32_t value = 0;
    const size_t first = i;
    for (; i < first + 3 && is_digit(at_or_zero(text, i)); ++i)
      value = value * 10 + static_cast<uint32_t>(text[i] - '0');
    if (i == first || value > 255 || (i - first > 1 && text[first] == '0')) return 0;
    address = address << 8 | value;
  }
  if (!ends_at(text, i) || (at_or_zero(text, i) == '.' && is_digit(at_or_zero(text, i + 1)))) return 0;
  if (at > 0 && (text[at - 1] == '.' || text[at - 1] == '-' || text[at - 1] == '_')) return 0;
  if (only_public && !is_public(address)) return 0;
  return says_before(text, at, 9, {"version", " ver.", "release", "firmware", "build"}) ? 0 : i;
}

size_t ip6_end(std::string_view text, size_t at, bool only_public) {
  const auto is_hex = [](char c) { return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); };
  size_t i = at, colons = 0;
  while (i < text.size() && i - at < INET6_ADDRSTRLEN && (is_hex(text[i]) || text[i] == ':' || text[i] == '.')) {
    colons += text[i] == ':' ? 1 : 0;
    if (i - at > 4 && colons == 0) return 0;
    ++i;
  }
  while (i > at && (text[i - 1] == '.' || (text[i - 1] == ':' && (i < at + 2 || text[i - 2] != ':')))) --i;
  if (colons < 2 || i - at >= INET6_ADDRSTRLEN || !ends_at(text, i)) return 0;
  char spelled[INET6_ADDRSTRLEN] = {};
  text.copy(spelled, i - at, at);
  std::array<uint8_t, 16> bytes{};
  if (inet_pton(AF_INET6, spelled, bytes.data()) != 1) return 0;
  const bool documents = bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0x0d && bytes[3] == 0xb8;
  const bool is_global = (bytes[0] & 0xe0) == 0x20 && !documents;
  // Names with colons between them (a::b) are spelled likewise: nothing this short is anybody's address.
  return (only_public && !is_global) || i - at < 6 ? 0 : i;
}

}  // namespace persea::curate::pii
