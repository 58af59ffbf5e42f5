#include "text/fold.h"

#include <utf8proc.h>

#include <cstring>

#include "text/unicode.h"

namespace persea::unicode {
namespace {

constexpr uint32_t kEnd = 0x20000;

bool alone(uint32_t c) {
  return (c >= 0x0e00 && c < 0x0f00) ||    // Thai, Lao
         (c >= 0x1000 && c < 0x10a0) ||    // Myanmar
         (c >= 0x1780 && c < 0x1800) ||    // Khmer
         (c >= 0x2e80 && c < 0x3000) ||    // radicals
         (c >= 0x3040 && c < 0x3100) ||    // kana
         (c >= 0x31f0 && c < 0x3200) ||    // more of them
         (c >= 0x3400 && c < 0xa000) ||    // ideographs
         (c >= 0xf900 && c < 0xfb00) ||    // compatibility ideographs
         (c >= 0x1b000 && c < 0x1b170) ||  // old kana
         (c >= 0x20000 && c < 0x33480);    // more ideographs
}

Folded::Kind kind_of(uint32_t c) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return alone(c) ? Folded::Kind::alone : Folded::Kind::letter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return Folded::Kind::digit;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
      return Folded::Kind::nothing;
    default:
      return Folded::Kind::separator;
  }
}

Folded folded(uint32_t c) {
  Folded out;
  out.kind = kind_of(c);
  if (out.kind == Folded::Kind::separator || out.kind == Folded::Kind::nothing) return out;
  utf8proc_int32_t parts[32];
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD |
                                                      UTF8PROC_STRIPMARK | UTF8PROC_IGNORE);
  const utf8proc_ssize_t count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts, 32, options, nullptr);
  bool letters = false, digits = false;
  for (utf8proc_ssize_t i = 0; i < count && i < 32; ++i) {
    const auto part = static_cast<uint32_t>(parts[i]);
    const Folded::Kind kind = kind_of(part);
    if (kind != Folded::Kind::letter && kind != Folded::Kind::digit && kind != Folded::Kind::alone) continue;
    letters |= kind != Folded::Kind::digit;
    digits |= kind == Folded::Kind::digit;
    std::string bytes;
    append_utf8(part, bytes);
    if (out.size + bytes.size() > sizeof out.bytes) break;
    std::memcpy(out.bytes + out.size, bytes.data(), bytes.size());
    out.size = static_cast<uint8_t>(out.size + bytes.size());
  }
  if (out.kind != Folded::Kind::alone) out.kind = digits && !letters ? Folded::Kind::digit : Folded::Kind::letter;
  if (out.size == 0) out.kind = Folded::Kind::nothing;
  return out;
}

}  // namespace

FoldTable::FoldTable() : table_(kEnd) {
  for (uint32_t c = 1; c < kEnd; ++c) table_[c] = folded(c);
}

// Nothing there has a case.
Folded FoldTable::beyond(uint32_t codepoint) {
  Folded out;
  if (!alone(codepoint)) return out;
  std::string bytes;
  append_utf8(codepoint, bytes);
  out.kind = Folded::Kind::alone;
  out.size = static_cast<uint8_t>(bytes.size());
  std::memcpy(out.bytes, bytes.data(), bytes.size());
  return out;
}

const FoldTable& FoldTable::get() {
  static const FoldTable table;
  return table;
}

void append_lower_bare(uint32_t codepoint, std::string& out) {
  utf8proc_int32_t parts[32];
  const utf8proc_int32_t lower = utf8proc_tolower(static_cast<utf8proc_int32_t>(codepoint));
  const utf8proc_ssize_t count = utf8proc_decompose_char(lower, parts, 32, UTF8PROC_DECOMPOSE, nullptr);
  for (utf8proc_ssize_t i = 0; i < count && i < 32; ++i)
    if (utf8proc_category(parts[i]) != UTF8PROC_CATEGORY_MN) append_utf8(static_cast<uint32_t>(parts[i]), out);
}

}  // namespace persea::unicode
