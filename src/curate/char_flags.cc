#include "curate/char_flags.h"

#include <algorithm>
#include <array>
#include <map>

#include "curate/char_flags_data.h"
#include "text/unicode.h"

namespace persea::curate {
namespace {

constexpr uint32_t kEnd = 0x110000;

}  // namespace

CharFlags::CharFlags() {
  std::vector<uint16_t> flat(kEnd, 0);
  for (const FlagRun& run : kFlagRuns)
    for (uint32_t c = run.first; c <= run.last; ++c) flat[c] = kFlagSets[(c - run.first) % 2 == 0 ? run.even : run.odd];
  std::map<std::array<uint16_t, 256>, uint16_t> seen;
  for (uint32_t start = 0; start < kEnd; start += 256) {
    std::array<uint16_t, 256> block;
    std::copy_n(flat.begin() + start, 256, block.begin());
    const auto [it, fresh] = seen.emplace(block, static_cast<uint16_t>(seen.size()));
    if (fresh) flags_.insert(flags_.end(), block.begin(), block.end());
    block_.push_back(it->second);
  }
}

const CharFlags& CharFlags::get() {
  static const CharFlags flags;
  return flags;
}

CharAt first_char(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text[0]);
  const CharFlags& flags = CharFlags::get();
  if (byte < 0x80) return {byte, flags.ascii(byte), 1};
  const unicode::Decoded decoded = unicode::decode_utf8(text.data(), text.data() + text.size());
  const uint32_t codepoint = decoded.valid ? decoded.codepoint : unicode::kReplacement;
  return {codepoint, flags.at(codepoint), static_cast<uint8_t>(decoded.bytes)};
}

CharAt last_char(std::string_view text) {
  size_t start = text.size() - 1;
  const size_t lowest = text.size() > 4 ? text.size() - 4 : 0;
  while (start > lowest && (static_cast<unsigned char>(text[start]) & 0xc0) == 0x80) --start;
  const CharAt found = first_char(text.substr(start));
  if (start + found.bytes == text.size()) return found;
  return first_char(text.substr(text.size() - 1));  // a broken sequence: its last byte alone
}

size_t count_chars(std::string_view text) {
  size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

std::string_view strip_left(std::string_view text) {
  while (!text.empty()) {
    const CharAt first = first_char(text);
    if (!(first.flags & kSpace)) break;
    text.remove_prefix(first.bytes);
  }
  return text;
}

std::string_view strip_right(std::string_view text) {
  while (!text.empty()) {
    const CharAt last = last_char(text);
    if (!(last.flags & kSpace)) break;
    text.remove_suffix(last.bytes);
  }
  return text;
}

std::string_view strip(std::string_view text) { return strip_left(strip_right(text)); }

}  // namespace persea::curate
