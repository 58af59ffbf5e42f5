// What a vocabulary in SentencePiece's manner (Llama 2, TinyLlama, Mistral) has beside its tokens: they are of
// characters, '▁' (U+2581) in them stands for a space, and what has no token is written in tokens of single bytes. Its
// words are found here; it refuses Unigram models and every normalization beside spaces.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace persea {

struct SentencePieces {
  // Where a space is put before text: nowhere, before each piece of it between added tokens, or before its beginning.
  enum class Space : uint8_t { nowhere, each, first } space = Space::each;
  bool doubled = true;               // also where the text begins with a space
  bool apart = false;                // no token reaches across the beginning of a space (Metaspace's `split`)
  std::array<int32_t, 256> bytes{};  // the token of each byte, <0x00> to <0xFF>
  // Of each merge, where several share one: of those the leftmost is done first. Empty: their places.
  std::vector<uint32_t> ranks = {};
};

inline constexpr std::string_view kSpaceMark = "\xe2\x96\x81";  // U+2581

// A token's bytes and back, "▁" being a space. Tokens of single bytes are not spelt so.
std::string piece_bytes(std::string_view spelled);
std::string piece_text(std::string_view bytes);
std::string byte_piece(unsigned char byte);  // "<0x0A>"

// `text` with its "▁" as spaces and, where it is `first` of all or a later piece, the space that belongs before it.
std::string with_spaces(const SentencePieces& pieces, std::string_view text, bool first);

// How merges of a vocabulary may be looked for in parts of the text: whole, or cut before runs of spaces, which is the
// same where no token holds a space behind anything else; or before each space.
enum class PieceCut : uint8_t { whole, runs, each };

class PieceScanner {
 public:
  PieceScanner(PieceCut cut, const char* end) : cut_(cut), end_(end) {}
  // The end of the part that begins at p < end.
  const char* word_end(const char* p) const {
    if (cut_ == PieceCut::whole) return end_;
    if (cut_ == PieceCut::each) ++p;
    while (cut_ == PieceCut::runs && p < end_ && *p == ' ') ++p;
    while (p < end_ && *p != ' ') ++p;
    return p;
  }

 private:
  PieceCut cut_;
  const char* end_;
};

}  // namespace persea
