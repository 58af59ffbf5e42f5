// Taking evaluation items out of a text, with what stands around them.
#include <algorithm>

#include "curate/char_flags.h"
#include "curate/contamination_mode.h"
#include "curate/rule_pack.h"
#include "curate/text_edit.h"

namespace persea::curate {
namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }
bool ends_sentence(char c) { return c == '.' || c == '!' || c == '?'; }

size_t back(std::string_view text, size_t at, int64_t chars, size_t limit) {
  for (; chars > 0 && at > limit; --chars)
    for (--at; at > limit && continues(text[at]);) --at;
  return at;
}

size_t forth(std::string_view text, size_t at, int64_t chars) {
  for (; chars > 0 && at < text.size(); --chars)
    for (++at; at < text.size() && continues(text[at]);) ++at;
  return at;
}

// The parts to be cut, apart and in order.
std::vector<Place> widen(std::string_view text, const std::vector<Place>& places, const ContaminationCut& how) {
  std::vector<Place> parts;
  for (const Place& place : places) {
    const size_t limit = parts.empty() ? 0 : parts.back().end;
    if (how.in_turn && place.begin < limit) continue;
    if (place.end <= limit && place.begin >= (parts.empty() ? 0 : parts.back().begin) &&
        forth(text, place.end, how.chars) <= limit)
      continue;
    size_t begin = std::max(limit, place.begin), end = forth(text, place.end, how.chars);
    begin = back(text, begin, how.chars, limit);
    if (how.to_sentence_end) {
      while (begin > limit && !ends_sentence(text[begin - 1])) --begin;
      // A sentence's end that an earlier part found from before here is the same one.
      if (end > limit) {
        while (end < text.size() && !ends_sentence(text[end])) ++end;
        end = std::min(end + 1, text.size());
      }
    }
    if (!parts.empty() && begin <= limit) {
      parts.back().end = std::max(limit, end);
    } else {
      parts.push_back({begin, end});
    }
  }
  return parts;
}

// Takes the pieces that are too short to the parts, and says how many are left.
size_t take_short_pieces(std::string_view text, int64_t min_piece, std::vector<Place>& parts) {
  std::vector<Place> all;
  size_t pieces = 0, at = 0;
  const auto too_short = [&](size_t end) {
    const std::string_view piece = text.substr(at, end - at);
    return strip(piece).empty() ||
           (piece.size() <= static_cast<size_t>(4 * min_piece) && count_chars(piece) <= static_cast<size_t>(min_piece));
  };
  for (const Place& part : parts) {
    const bool joined = too_short(part.begin);
    if (!joined) ++pieces;
    const size_t begin = joined ? at : part.begin;
    if (!all.empty() && begin == all.back().end) {
      all.back().end = part.end;
    } else {
      all.push_back({begin, part.end});
    }
    at = part.end;
  }
  if (too_short(text.size())) {
    all.back().end = text.size();
  } else {
    ++pieces;
  }
  parts = std::move(all);
  return pieces;
}

}  // namespace

void cut_contamination(std::string_view text, const std::vector<Place>& places, const ContaminationCut& how,
                       Decision& decision) {
  if (places.empty()) return;
  std::vector<Place> parts = widen(text, places, how);
  const size_t pieces = take_short_pieces(text, how.min_piece, parts);
  if (pieces == 0 || (how.max_pieces > 0 && pieces > static_cast<size_t>(how.max_pieces))) {
    drop(decision, pieces == 0 ? "contamination_all" : "contamination_pieces", static_cast<double>(pieces),
         static_cast<double>(how.max_pieces), places[0]);
    return;
  }
  TextEdit edit(text, decision);
  for (const Place& part : parts) {
    edit.keep(part.begin);
    edit.cut(part.end, kContamination);
    edit.white_space(part.end, "\n");
  }
  edit.keep(text.size());
  edit.finish();
}

Status check_contamination_action(std::string_view mode, const std::string& action) {
  if (action == "drop" || action == "cut") return {};
  return fail("{}: `action` has to be \"drop\" or \"cut\", not \"{}\"", mode, action);
}

void add_bytes(Sha256& digest, const void* data, size_t bytes) {
  digest.update(std::string_view(static_cast<const char*>(data), bytes));
}

}  // namespace persea::curate
