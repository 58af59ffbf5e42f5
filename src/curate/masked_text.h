// A text as a row of words in which numbers and names are masked, so that copies which differ in these alone are equal.
// What is a number or a name is told by form: no list of names, no grammar. Nothing is compared here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "curate/decision.h"

namespace persea::curate {

// number: runs with a digit, and several of them with . , : / - ' between ("1,250.00", "12:30", "2021-03-04").
// name: words with a capital letter first, those that follow each other or are tied by - ' . & (initials) as one; names
// of months and days in several languages also in lower case. The commonest English words are none with a capital
// letter either. In languages that write every noun so, as German does, nouns are names here.
enum class MaskKind : uint8_t { word, number, name };

struct MaskedWord {
  uint32_t begin, end;  // bytes of the text
  MaskKind kind;
  uint64_t hash;  // of a word as it is written; of a mask the kind's. With a key of the process.
};

// The words of a text of less than 4 GiB in order; other characters than letters, marks and digits only part them.
// Writes over `words`.
void mask_words(std::string_view text, std::vector<MaskedWord>& words);

// The words between single spaces, "0" for numbers and "X" for names: what MinHasher is given. Writes over `out`.
void masked_text(std::string_view text, const std::vector<MaskedWord>& words, std::string& out);

}  // namespace persea::curate
