#include "curate/masked_text.h"

#include <algorithm>
#include <cstring>

#include "curate/char_flags.h"
#include "curate/span_tokens.h"
#include "curate/table_hash.h"
#include "curate/word_set.h"
#include "text/unicode.h"

namespace persea::curate {
namespace {

constexpr size_t kLongestListed = 16;  // bytes

const WordSet& common_words() {
  static const WordSet words(std::vector<std::string>{
      "a",       "about",   "above",   "after", "again", "all",     "also",   "although", "an",      "and",   "another",
      "any",     "are",     "as",      "at",    "be",    "because", "been",   "before",   "being",   "both",  "but",
      "by",      "can",     "could",   "did",   "do",    "does",    "during", "each",     "either",  "every", "few",
      "finally", "first",   "for",     "from",  "had",   "has",     "have",   "he",       "her",     "here",  "his",
      "how",     "however", "i",       "if",    "in",    "into",    "is",     "it",       "its",     "just",  "last",
      "later",   "let",     "like",    "made",  "make",  "many",   "more",     "most",    "much",  "must",
      "my",      "never",   "next",    "no",    "nor",   "not",     "now",    "of",       "often",   "on",    "once",
      "one",     "only",    "or",      "other", "our",   "out",     "over",   "perhaps",  "said",    "same",  "see",
      "several", "she",     "should",  "since", "so",    "some",    "such",   "than",     "that",    "the",   "their",
      "them",    "then",    "there",   "these", "they",  "this",    "those",  "though",   "through", "thus",  "to",
      "two",     "under",   "until",   "up",    "upon",  "us",      "use",    "used",     "very",    "was",   "we",
      "well",    "were",    "what",    "when",  "where", "whether", "which",  "while",    "who",     "why",   "will",
      "with",    "within",  "without", "would", "yes",   "yet",     "you",    "your"});
  return words;
}

// Those that are written small, and mean nothing else where they are.
const WordSet& month_and_day_words() {
  static const WordSet words(std::vector<std::string>{
      "january",   "february",  "april",   "june",      "july",      "august",   "september", "october",    "november",
      "december",  "monday",    "tuesday", "wednesday", "thursday",  "friday",   "saturday",  "sunday",     "janvier",
      "février",   "avril",     "mai",     "juin",      "juillet",   "août",     "septembre", "octobre",    "novembre",
      "décembre",  "lundi",     "mardi",   "mercredi",  "jeudi",     "vendredi", "samedi",    "dimanche",   "enero",
      "febrero",   "marzo",     "abril",   "mayo",      "junio",     "julio",    "agosto",    "septiembre", "octubre",
      "noviembre", "diciembre", "lunes",   "martes",    "miércoles", "jueves",   "viernes",   "sábado",     "domingo"});
  return words;
}

// `word` with a capital letter or all in capitals.
bool is_common(std::string_view word) {
  char lower[kLongestListed];
  if (word.size() > kLongestListed) return false;
  std::transform(word.begin(), word.end(), lower,
                 [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); });
  return common_words().find({lower, word.size()}).has_value();
}

bool has_digit(std::string_view word) {
  while (!word.empty()) {
    const CharAt c = first_char(word);
    if (c.flags & kDecimal) return true;
    word.remove_prefix(c.bytes);
  }
  return false;
}

MaskKind kind_of(std::string_view word) {
  const CharAt first = first_char(word);
  if (has_digit(word)) return MaskKind::number;
  const bool capital = unicode::CaseTable::get().at(first.codepoint) == unicode::CharCase::upper;
  if (capital ? !is_common(word) : month_and_day_words().find(word).has_value()) return MaskKind::name;
  return MaskKind::word;
}

// What stands between two words that make one number, or one name.
bool ties_numbers(std::string_view between) {
  return between.size() == 1 && std::strchr(".,:/-'", between[0]) != nullptr;
}
bool ties_names(std::string_view between, bool initial) {
  for (const std::string_view one : {" ", "-", "'", "\xe2\x80\x99", " & ", "\n", "\xc2\xa0"})
    if (between == one) return true;
  return initial && (between == ". " || between == ".");
}

// A name that is one letter, as it stands before a period.
bool is_initial(std::string_view word) { return count_chars(word) == 1; }

}  // namespace

void mask_words(std::string_view text, std::vector<MaskedWord>& words) {
  words.clear();
  bool initial = false;  // whether the last word is one
  for (SpanTokens tokens(text); tokens.next();) {
    const std::string_view token = tokens.token();
    const CharAt first = first_char(token);
    if (token.size() == first.bytes && span_class(first) == SpanClass::single && !(first.flags & kLetter)) continue;
    const auto begin = static_cast<uint32_t>(tokens.begin()), end = static_cast<uint32_t>(tokens.end());
    const MaskKind kind = kind_of(token);
    if (!words.empty() && kind != MaskKind::word && words.back().kind == kind) {
      const std::string_view between = text.substr(words.back().end, begin - words.back().end);
      if (kind == MaskKind::number ? ties_numbers(between) : ties_names(between, initial)) {
        words.back().end = end;
        initial = is_initial(token);
        continue;
      }
    }
    initial = kind == MaskKind::name && is_initial(token);
    const uint64_t hash = kind == MaskKind::word ? TableHash::get().of(token) : static_cast<uint64_t>(kind);
    words.push_back({begin, end, kind, hash});
  }
}

void masked_text(std::string_view text, const std::vector<MaskedWord>& words, std::string& out) {
  out.clear();
  for (const MaskedWord& word : words) {
    if (!out.empty()) out += ' ';
    if (word.kind == MaskKind::word) {
      out += text.substr(word.begin, word.end - word.begin);
    } else {
      out += word.kind == MaskKind::number ? '0' : 'X';
    }
  }
}

}  // namespace persea::curate
