// What judging a text needs beside the text: its parts and what repeats in it, once for all rule packs, and memory that
// is kept from text to text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "curate/decision.h"
#include "curate/repeats.h"
#include "curate/text_parts.h"

namespace persea::curate {

// One for each thread.
struct Judging {
  // Longer texts are dropped unread: what is known of a text takes up to 100 times its memory, where each character is
  // a word. A thousand pages of prose are 2 to 3 MiB.
  size_t longest_text = 8 << 20;  // bytes, under 4 GiB

  TextParts parts;
  Repeats repeats;
  std::vector<std::string_view> lines, pieces;  // scratch
  std::vector<uint32_t> lengths;                // scratch
  std::vector<bool> seen;                       // scratch
  std::vector<Place> places;                    // scratch
  std::string line;                             // scratch

  // From here on `text` is judged; it has to stay until the next call. Gives back the memory of a long one before it.
  void read(std::string_view text);
};

inline void Judging::read(std::string_view text) {
  if (parts.text().size() > kKeptBytes) {
    Judging fresh;
    fresh.longest_text = longest_text;
    *this = std::move(fresh);
  }
  parts.read(text);
}

}  // namespace persea::curate
