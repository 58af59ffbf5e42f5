// Where spaCy's rules for English cut a run of characters without spaces: beginnings, ends, and places in the middle,
// and which runs are addresses of the web and stay whole. Positions are characters of a Run; the lists of special words
// are not known here.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace persea::curate {

// The characters of a run, with their flags and places. Kept from run to run, so that nothing is allocated.
class Run {
 public:
  void read(std::string_view text);

  size_t size() const { return size_; }
  uint32_t at(size_t i) const { return codepoints_[i]; }
  uint16_t flags(size_t i) const { return flags_[i]; }
  bool is(size_t i, uint16_t flags) const { return (flags_[i] & flags) != 0; }
  bool digit(size_t i) const { return codepoints_[i] >= '0' && codepoints_[i] <= '9'; }
  std::string_view text(size_t begin, size_t end) const {
    return text_.substr(offsets_[begin], offsets_[end] - offsets_[begin]);
  }

 private:
  std::string_view text_;
  size_t size_ = 0;                             // characters; the vectors have room for more
  std::vector<uint32_t> codepoints_, offsets_;  // offsets: of each character, and the end
  std::vector<uint16_t> flags_;
};

// How many characters are to be cut off the beginning, or the end, of [begin, end); 0: none.
size_t prefix_of(const Run& run, size_t begin, size_t end);
size_t suffix_of(const Run& run, size_t begin, size_t end);

// The first place [first, second) at or behind `from` where [begin, end) is cut in the middle; {end, end} where there
// is none.
std::pair<size_t, size_t> infix_of(const Run& run, size_t begin, size_t end, size_t from);

// Whether [begin, end) is an address of the web.
bool is_address(const Run& run, size_t begin, size_t end);

}  // namespace persea::curate
