#include "curate/simplify.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <vector>

#include "curate/char_flags.h"
#include "text/unicode.h"

namespace persea::curate {
namespace {

constexpr uint32_t kCapitalSigma = 0x3a3;

// What datatrove's MinHash takes for punctuation beside the ASCII marks and the control characters.
constexpr uint32_t kMarks[] = {0xab,   0xb4,   0xbb,   0x2013, 0x2014, 0x2019, 0x201c, 0x201d, 0x201e, 0x2026, 0x2236,
                               0x2501, 0x25ba, 0x3001, 0x3002, 0x3008, 0x3009, 0x300a, 0x300b, 0x300c, 0x300d, 0x3010,
                               0x3011, 0xff01, 0xff05, 0xff08, 0xff09, 0xff0c, 0xff0e, 0xff1a, 0xff1b, 0xff1f, 0xff5e};
constexpr uint32_t kDecimalMarks[] = {',', '.', 0x60c, 0x66b, 0x2396, 0x2397, 0x2398};

template <size_t N>
bool is_one_of(const uint32_t (&sorted)[N], uint32_t c) {
  return std::binary_search(sorted, sorted + N, c);
}

// What a character of ASCII becomes; 0: a digit.
constexpr std::array<char, 128> kPlain = [] {
  std::array<char, 128> plain{};
  for (int c = 0; c < 128; ++c) {
    const bool lower = c >= 'a' && c <= 'z', upper = c >= 'A' && c <= 'Z', digit = c >= '0' && c <= '9';
    plain[static_cast<size_t>(c)] = static_cast<char>(lower ? c : upper ? c + 32 : digit ? 0 : ' ');
  }
  return plain;
}();

enum class Becomes : uint8_t { bytes, space, digit };

// What a character beyond ASCII becomes, alone.
struct Simple {
  Becomes what = Becomes::bytes;
  uint8_t size = 0;
  char bytes[18] = {};  // four code points of a canonical decomposition at most
};

Simple simple_of(uint32_t c, uint16_t flags) {
  Simple simple;
  if (flags & kDecimal) {
    simple.what = Becomes::digit;
  } else if ((flags & kSpace) || (c >= 0x7f && c < 0xa0) || is_one_of(kMarks, c)) {
    simple.what = Becomes::space;
  } else {
    utf8proc_int32_t parts[8];
    const utf8proc_ssize_t count = utf8proc_decompose_char(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)), parts, 8,
                                                           UTF8PROC_DECOMPOSE, nullptr);
    std::string bytes;
    for (utf8proc_ssize_t i = 0; i < std::min<utf8proc_ssize_t>(count, 8); ++i)
      if (utf8proc_category(parts[i]) != UTF8PROC_CATEGORY_MN)
        unicode::append_utf8(static_cast<uint32_t>(parts[i]), bytes);
    simple.size = static_cast<uint8_t>(std::min(bytes.size(), sizeof simple.bytes));
    std::memcpy(simple.bytes, bytes.data(), simple.size);
  }
  return simple;
}

// Most characters of texts are below U+0800 or ideographs, which stay as they are.
Simple look_up(const CharAt& c) {
  static const std::vector<Simple> known = [] {
    std::vector<Simple> all;
    for (uint32_t i = 0; i < 0x800; ++i) all.push_back(simple_of(i, char_flags(i)));
    return all;
  }();
  return c.codepoint < known.size() ? known[c.codepoint] : simple_of(c.codepoint, c.flags);
}

class Simplifier {
 public:
  Simplifier(std::string_view text, std::string& out) : text_(text), out_(out) {}

  void run() {
    out_.resize(text_.size() + 32);  // as long as nothing grows, there is always room for what is left
    while (at_ < text_.size()) {
      const auto byte = static_cast<unsigned char>(text_[at_]);
      if (byte >= 0x80) {
        wide();
      } else if (const char plain = kPlain[byte]; plain == ' ') {
        space_ = true;
        ++at_;
      } else if (plain == 0) {
        number();
      } else {
        put_space();
        letters();
      }
    }
    out_.resize(size_);
    const std::string_view stripped = strip(out_);
    if (stripped.size() < size_) {
      out_.resize(static_cast<size_t>(stripped.data() + stripped.size() - out_.data()));
      out_.erase(0, out_.size() - stripped.size());
    }
  }

 private:
  // Those of ASCII, eight at a time as far as there are so many.
  void letters() {
    constexpr uint64_t kOnes = 0x0101010101010101, kTop = 0x80 * kOnes;
    for (; at_ + 8 <= text_.size(); at_ += 8, size_ += 8) {
      uint64_t bytes;
      std::memcpy(&bytes, text_.data() + at_, 8);
      const uint64_t lower = bytes | 0x20 * kOnes, low = lower & ~kTop;
      const uint64_t from_a = low + (0x80 - 'a') * kOnes, above_z = low + (0x80 - 'z' - 1) * kOnes;
      std::memcpy(out_.data() + size_, &lower, 8);  // there is room; what is no letter is written over
      if (const uint64_t stop = (~from_a | above_z | bytes) & kTop) {
        const auto some = static_cast<size_t>(std::countr_zero(stop)) / 8;
        at_ += some;
        size_ += some;
        return;
      }
    }
    while (at_ < text_.size() && static_cast<unsigned char>(text_[at_]) < 0x80) {
      const char plain = kPlain[static_cast<unsigned char>(text_[at_])];
      if (plain == 0 || plain == ' ') return;
      out_[size_++] = plain;
      ++at_;
    }
  }

  void put_space() {
    if (space_ && (size_ > 0 || began_)) out_[size_++] = ' ';
    space_ = false;
  }

  CharAt char_at(size_t at) const { return at < text_.size() ? first_char(text_.substr(at)) : CharAt{0, 0, 0}; }

  void digits() {
    for (CharAt c = char_at(at_); c.flags & kDecimal; c = char_at(at_)) at_ += c.bytes;
  }

  void number() {
    put_space();
    out_[size_++] = '0';
    digits();
    const CharAt mark = char_at(at_);
    if (mark.bytes == 0 || !is_one_of(kDecimalMarks, mark.codepoint)) return;
    if (!(char_at(at_ + mark.bytes).flags & kDecimal)) return;
    at_ += mark.bytes;
    digits();
  }

  void wide() {
    const CharAt c = first_char(text_.substr(at_));
    const Simple simple = look_up(c);
    if (simple.what == Becomes::digit) return number();
    if (simple.what == Becomes::space) {
      space_ = true;
    } else {
      put_space();
      began_ = true;
      if (size_ + simple.size + (text_.size() - at_) + 8 > out_.size()) out_.resize(out_.size() * 2);
      if (c.codepoint == kCapitalSigma && ends_word(c)) {
        std::memcpy(out_.data() + size_, "\xcf\x82", 2);
        size_ += 2;
      } else {
        std::memcpy(out_.data() + size_, simple.bytes, simple.size);
        size_ += simple.size;
      }
    }
    at_ += c.bytes;
  }

  // Behind a letter and before none: a sigma there has a form of its own.
  bool ends_word(const CharAt& sigma) const {
    return at_ > 0 && (last_char(text_.substr(0, at_)).flags & kLetter) &&
           !(char_at(at_ + sigma.bytes).flags & kLetter);
  }

  std::string_view text_;
  std::string& out_;
  size_t at_ = 0, size_ = 0;
  bool space_ = false;  // stands before what comes next
  bool began_ = false;  // something stood here, of which perhaps nothing is left
};

}  // namespace

void simplify_text(std::string_view text, std::string& out) { Simplifier(text, out).run(); }

}  // namespace persea::curate
