#include "curate/plain_words.h"

#include <array>
#include <stdexcept>

#include "curate/decision.h"
#include "curate/frequent_words.h"
#include "text/fold.h"
#include "text/unicode.h"

namespace persea::curate {
namespace {

using Kind = unicode::Folded::Kind;

constexpr int kFillerBits = 8;  // words of more say enough to look by
constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;

enum AsciiKind : uint8_t { kApart, kLetter, kDigit };

// Of ASCII: the kind in the upper byte, the folded character in the lower one.
constexpr std::array<uint16_t, 256> ascii_table() {
  std::array<uint16_t, 256> table{};
  for (unsigned c = 'a'; c <= 'z'; ++c) table[c] = static_cast<uint16_t>(kLetter << 8 | c);
  for (unsigned c = 'A'; c <= 'Z'; ++c) table[c] = static_cast<uint16_t>(kLetter << 8 | (c - 'A' + 'a'));
  for (unsigned c = '0'; c <= '9'; ++c) table[c] = static_cast<uint16_t>(kDigit << 8 | c);
  return table;
}
constexpr std::array<uint16_t, 256> kAscii = ascii_table();

// Eight bytes at a time, so that most words cost one multiplication.
class WordHash {
 public:
  void add(unsigned char byte) {
    block_ = block_ << 8 | byte;
    if (++size_ % 8 == 0) mix();
  }
  void add(std::string_view bytes) {
    for (const char byte : bytes) add(static_cast<unsigned char>(byte));
  }
  bool empty() const { return size_ == 0; }
  PlainWord word(bool number) {
    mix();
    const uint64_t all = (state_ ^ size_) * kOdd;
    const auto upper = static_cast<uint32_t>((all ^ all >> 29) * kOdd >> 32);
    return (upper & ~1u) | (number ? 1 : 0);
  }

 private:
  void mix() {
    state_ = (state_ ^ block_) * kOdd;
    state_ ^= state_ >> 32;
    block_ = 0;
  }
  uint64_t state_ = 0, block_ = 0, size_ = 0;
};

class Reader {
 public:
  Reader(std::string_view text, PlainWords& out) : begin_(text.data()), end_(begin_ + text.size()), out_(out) {}

  void read() {
    for (const char* at = begin_; at < end_;) {
      const auto byte = static_cast<unsigned char>(*at);
      const uint16_t entry = kAscii[byte];
      if (entry >> 8 == kLetter) {
        at = ascii_word<kLetter>(at);
      } else if (entry >> 8 == kDigit) {
        at = ascii_word<kDigit>(at);
      } else if (byte < 0x80) {
        ++at;
      } else {
        const unicode::Decoded character = unicode::decode_utf8(at, end_);
        const unicode::Folded folded = fold_.at(character.codepoint);
        if (folded.kind == Kind::letter || folded.kind == Kind::digit) {
          at = wide_word(at, at, WordHash(), folded.kind);
        } else {
          if (folded.kind == Kind::alone) {
            WordHash hash;
            hash.add(folded.text());
            push(at, at + character.bytes, hash, false);
          }
          at += character.bytes;
        }
      }
    }
  }

 private:
  // A word that begins with ASCII; goes over to wide_word where something else is met.
  template <AsciiKind kind>
  const char* ascii_word(const char* begin) {
    WordHash hash;
    const char* at = begin;
    for (; at < end_; ++at) {
      const auto byte = static_cast<unsigned char>(*at);
      const uint16_t entry = kAscii[byte];
      if (entry >> 8 == kind) {
        hash.add(static_cast<unsigned char>(entry));
      } else if (byte >= 0x80) {
        return wide_word(begin, at, hash, kind == kLetter ? Kind::letter : Kind::digit);
      } else if (!joins(byte, kind == kLetter) || at + 1 == end_ || !goes_on(at + 1, kind)) {
        break;
      }
    }
    push(begin, at, hash, kind == kDigit);
    return at;
  }

  // The rest of a word from `at`, of any characters of its kind.
  const char* wide_word(const char* begin, const char* at, WordHash hash, Kind kind) {
    const char* behind = at;  // the last character that counts
    while (at < end_) {
      const unicode::Decoded character = unicode::decode_utf8(at, end_);
      const unicode::Folded folded = fold_.at(character.codepoint);
      const char* next = at + character.bytes;
      if (folded.kind == kind) {
        hash.add(folded.text());
        behind = next;
      } else if (folded.kind != Kind::nothing) {
        if (!joins(character.codepoint, kind == Kind::letter) || next >= end_) break;
        const unicode::Decoded second = unicode::decode_utf8(next, end_);
        if (fold_.at(second.codepoint).kind != kind) break;
      }
      at = next;
    }
    push(begin, behind, hash, kind == Kind::digit);
    return at;
  }

  // What parts no word that goes on behind it.
  static bool joins(uint32_t c, bool letters) { return letters ? c == '\'' || c == '_' || c == 0x2019 : c == ','; }

  bool goes_on(const char* at, AsciiKind kind) const {
    const auto byte = static_cast<unsigned char>(*at);
    if (byte < 0x80) return kAscii[byte] >> 8 == kind;
    return fold_.at(unicode::decode_utf8(at, end_).codepoint).kind == (kind == kLetter ? Kind::letter : Kind::digit);
  }

  void push(const char* begin, const char* end, WordHash hash, bool number) {
    out_.words.push_back(hash.word(number));
    out_.begins.push_back(static_cast<uint32_t>(begin - begin_));
    out_.ends.push_back(static_cast<uint32_t>(end - begin_));
  }

  const unicode::FoldTable& fold_ = unicode::FoldTable::get();
  const char *begin_, *end_;
  PlainWords& out_;
};

// The frequent words, to be found by their numbers.
class FrequentTable {
 public:
  static const FrequentTable& get() {
    static const FrequentTable table;
    return table;
  }
  // Upper bits: what the word says; lowest bit: whether copies can be looked for by it.
  int entry(PlainWord word) const {
    for (size_t i = slot(word);; i = (i + 1) % kSize) {
      if (entries_[i] == 0) return kRareBits << 1 | 1;
      if (words_[i] == word) return entries_[i];
    }
  }

 private:
  static constexpr size_t kSize = 2048;
  static size_t slot(PlainWord word) { return word >> 21; }

  FrequentTable() {
    for (const FrequentWords& group : kFrequentWords) add(group.words, group.bits, group.bits > kFillerBits);
    add(kSigns, kSignBits, true);
    add(kSmallNumbers, kSmallNumberBits, true);
  }
  void add(std::string_view words, int bits, bool telling) {
    PlainWords plain;
    Reader(words, plain).read();
    for (const PlainWord word : plain.words) {
      size_t i = slot(word);
      while (entries_[i] != 0) i = (i + 1) % kSize;
      words_[i] = word;
      entries_[i] = static_cast<uint8_t>(bits << 1 | (telling ? 1 : 0));
    }
  }

  std::array<PlainWord, kSize> words_{};
  std::array<uint8_t, kSize> entries_{};  // 0: free
};

}  // namespace

void PlainWords::read(std::string_view text) {
  if (text.size() >= UINT32_MAX) throw std::logic_error("PlainWords: a text of 4 GiB");
  words.clear();
  begins.clear();
  ends.clear();
  Reader(text, *this).read();
  const FrequentTable& frequent = FrequentTable::get();
  telling.resize(words.size());
  size_t count = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    telling[count] = static_cast<uint32_t>(i);
    count += static_cast<size_t>(frequent.entry(words[i]) & 1);
  }
  telling.resize(count);
}

void PlainWords::shrink() {
  if (words.capacity() > kKeptBytes / sizeof(PlainWord)) *this = PlainWords();
}

PlainWord plain_word(std::string_view text) {
  PlainWords plain;
  plain.read(text);
  return plain.words.empty() ? 0 : plain.words[0];
}

int plain_word_bits(PlainWord word) { return FrequentTable::get().entry(word) >> 1; }
bool is_telling(PlainWord word) { return (FrequentTable::get().entry(word) & 1) != 0; }

}  // namespace persea::curate
