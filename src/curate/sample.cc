#include "curate/sample.h"

#include <algorithm>

namespace persea::curate {
namespace {

constexpr size_t kLookAhead = 32;  // bytes in which a space is looked for

bool starts_char(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

}  // namespace

Sample sample_of(std::string_view text, size_t bytes) {
  Sample sample;
  if (bytes == 0 || text.size() <= bytes) {
    if (!text.empty()) sample.parts[sample.count++] = {0, text.size()};
    return sample;
  }
  const size_t part = std::max<size_t>(bytes / Sample::kParts, 1);
  const size_t step = (text.size() - part) / (Sample::kParts - 1);
  for (size_t i = 0; i < Sample::kParts; ++i) {
    size_t begin = i * step, end = std::min(begin + part, text.size());
    if (i > 0) {
      const size_t space = text.substr(begin, std::min(kLookAhead, part)).find_first_of(" \n");
      if (space != std::string_view::npos) begin += space;
    }
    while (begin < end && !starts_char(text[begin])) ++begin;
    while (end > begin && end < text.size() && !starts_char(text[end])) --end;
    if (end > begin) sample.parts[sample.count++] = {begin, end};
  }
  return sample;
}

}  // namespace persea::curate
