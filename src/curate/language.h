// Which languages a text is written in, by CLD2 (Compact Language Detector 2, Google 2013: naive Bayes over groups of
// four letters, by script where that decides). Safe on any threads; the same text always gets the same answer. It
// refuses to guess where CLD2 would: a few words may be "und".
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "curate/decision.h"

namespace persea::curate {

struct LanguageOptions {
  // A longer text is judged by eight parts of this many bytes together, spread evenly over it; 0: always the whole.
  size_t sample_bytes = 4096;
  // The likeliest language even of a text so short that it may well be wrong: of 20 letters every tenth is.
  bool guess_short = false;
};

struct Language {
  std::string_view code = "und";  // ISO 639-1 or, where there is none, 639-2 or 3, "zh-Hant"; "und": it cannot tell
  // The share of the text's letters, in bytes, that CLD2 gives to the language; half of it where it does not call its
  // own answer reliable. In [0, 1].
  double score = 0;
};

struct Languages {
  std::array<Language, 3> top;  // the likeliest first; those that there are not are "und" with 0
  bool reliable = false;        // what CLD2 says of its answer
  size_t letters = 0;           // bytes of letters that were judged, with the spaces between words
};

// The three languages that have the most of `text`: UTF-8; what is not, and control characters, count as spaces.
Languages languages_of(std::string_view text, const LanguageOptions& options = {});

// The first of these.
Language language_of(std::string_view text, const LanguageOptions& options = {});

// Whether `wanted` means `code`: "zh" means "zh-Hant" too.
bool means_language(std::string_view wanted, std::string_view code);

// The longest stretch of `text` in one language that none of `kept` means: where it can be seen that a text is in
// another language. Nothing where there is none.
Place foreign_stretch(std::string_view text, std::span<const std::string> kept, const LanguageOptions& options = {});

// The codes that CLD2 has a name for, sorted. It tells some 80 of them apart.
const std::vector<std::string>& language_codes();

}  // namespace persea::curate
