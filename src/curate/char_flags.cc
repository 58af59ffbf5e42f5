#include "curate/char_flags.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <vector>

#include "curate/char_flags_data.h"
#include "text/unicode.h"

namespace persea::curate {
namespace {

constexpr uint32_t kEnd = 0x110000;

constexpr uint16_t flags_in(const FlagRun& run, uint32_t c) {
  return kFlagSets[(c - run.first) % 2 == 0 ? run.even : run.odd];
}

// Every code point's flags, in two levels of 256.
class Table {
 public:
  static const Table& get() {
    static const Table table;
    return table;
  }
  uint16_t at(uint32_t codepoint) const {
    return codepoint < kEnd ? flags_[static_cast<size_t>(block_[codepoint >> 8]) * 256 + (codepoint & 255)] : 0;
  }

 private:
  Table() {
    std::vector<uint16_t> flat(kEnd, 0);
    for (const FlagRun& run : kFlagRuns)
      for (uint32_t c = run.first; c <= run.last; ++c) flat[c] = flags_in(run, c);
    std::map<std::array<uint16_t, 256>, uint16_t> seen;
    for (uint32_t start = 0; start < kEnd; start += 256) {
      std::array<uint16_t, 256> block;
      std::copy_n(flat.begin() + start, 256, block.begin());
      const auto [it, fresh] = seen.emplace(block, static_cast<uint16_t>(seen.size()));
      if (fresh) flags_.insert(flags_.end(), block.begin(), block.end());
      block_.push_back(it->second);
    }
  }

  std::vector<uint16_t> flags_, block_;
};

constexpr std::array<uint16_t, 128> ascii_flags() {
  std::array<uint16_t, 128> flags{};
  for (const FlagRun& run : kFlagRuns)
    for (uint32_t c = run.first; c <= run.last && c < flags.size(); ++c) flags[c] = flags_in(run, c);
  return flags;
}

}  // namespace

constinit const std::array<uint16_t, 128> kAsciiFlags = ascii_flags();

uint16_t char_flags(uint32_t codepoint) { return Table::get().at(codepoint); }

CharAt first_wide_char(std::string_view text) {
  const unicode::Decoded decoded = unicode::decode_utf8(text.data(), text.data() + text.size());
  const uint32_t codepoint = decoded.valid ? decoded.codepoint : unicode::kReplacement;
  return {codepoint, char_flags(codepoint), static_cast<uint8_t>(decoded.bytes)};
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
  for (const char *p = text.data(), *end = p + text.size(); p < end; ++count) {
    uint64_t eight;
    for (; end - p >= 8; p += 8, count += 8) {
      std::memcpy(&eight, p, 8);
      if (eight & 0x8080808080808080) break;
    }
    if (p == end) break;
    p += static_cast<unsigned char>(*p) < 0x80 ? 1 : unicode::decode_utf8(p, end).bytes;
  }
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
