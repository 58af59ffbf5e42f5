#include "curate/span_tokens.h"

#include <algorithm>

#include "text/unicode.h"

namespace persea::curate {
namespace {

// Scripts without spaces between words: Thai to Lao, Myanmar, Khmer, kana, ideographs.
constexpr struct {
  uint32_t first, last;
} kAlone[] = {{0xe00, 0xeff},   {0x1000, 0x109f},   {0x1780, 0x17ff},  {0x3040, 0x30ff},
              {0x31f0, 0x31ff}, {0x3400, 0x4dbf},   {0x4e00, 0x9fff},  {0xf900, 0xfaff},
              {0xff66, 0xff9f}, {0x1b000, 0x1b16f}, {0x20000, 0x3ffff}};

}  // namespace

SpanClass wide_span_class(const CharAt& c) {
  if (c.flags & kSpace) return SpanClass::space;
  for (const auto& range : kAlone)
    if (c.codepoint >= range.first && c.codepoint <= range.last) return SpanClass::single;
  const bool letter_or_mark = unicode::CaseTable::get().at(c.codepoint) != unicode::CharCase::none;
  return letter_or_mark || (c.flags & (kLetter | kDecimal)) ? SpanClass::run : SpanClass::single;
}

}  // namespace persea::curate
