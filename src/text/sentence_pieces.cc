#include "text/sentence_pieces.h"

#include <fmt/format.h>

#include <algorithm>

namespace persea {
namespace {

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t found = std::min(text.find(from, at), text.size());
    out.append(text.substr(at, found - at));
    if (found < text.size()) out += to;
    at = found + from.size();
  }
  return out;
}

}  // namespace

std::string piece_bytes(std::string_view spelled) { return replaced(spelled, kSpaceMark, " "); }
std::string piece_text(std::string_view bytes) { return replaced(bytes, " ", kSpaceMark); }
std::string byte_piece(unsigned char byte) { return fmt::format("<0x{:02X}>", byte); }

std::string with_spaces(const SentencePieces& pieces, std::string_view text, bool first) {
  std::string spaced = piece_bytes(text);
  using Space = SentencePieces::Space;
  const bool wanted = pieces.space == Space::each || (pieces.space == Space::first && first);
  if (wanted && !spaced.empty() && (pieces.doubled || spaced[0] != ' ')) spaced.insert(spaced.begin(), ' ');
  return spaced;
}

}  // namespace persea
