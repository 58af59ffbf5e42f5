// Gopher's repetition rules (arXiv 2112.11446, table A1) in two dialects. datatrove: copies count, the first of them
// not, and shares are of all characters. dolma: the first one counts as well, words are what stands between white
// space, and shares are of the characters that are none; it has no rule for paragraphs.
#include "curate/char_flags.h"
#include "curate/dialect_pack.h"

namespace persea::curate {
namespace {

constexpr std::string_view kName = "gopher-repetition";

// 0 turns a limit for lines and paragraphs off. A rule for rows of n words is off where the list has none for n: its
// limit 0 drops wherever there is any such row.
struct Settings {
  static constexpr bool kZeroIsOff = true;
  std::string dialect = "datatrove";
  double dup_line_frac = 0.3, dup_para_frac = 0.3, dup_line_char_frac = 0.2, dup_para_char_frac = 0.2;
  std::vector<RowLimit> top_n_grams = {{2, 0.2}, {3, 0.18}, {4, 0.16}};
  std::vector<RowLimit> dup_n_grams = {{5, 0.15}, {6, 0.14}, {7, 0.13}, {8, 0.12}, {9, 0.11}, {10, 0.10}};

  template <class Visit>
  void fields(const Visit& visit) {
    visit("dialect", dialect);
    visit("dup_line_frac", dup_line_frac);
    visit("dup_para_frac", dup_para_frac);
    visit("dup_line_char_frac", dup_line_char_frac);
    visit("dup_para_char_frac", dup_para_char_frac);
    visit("top_n_grams", top_n_grams);
    visit("dup_n_grams", dup_n_grams);
  }
};

class GopherRepetition : public DialectPack<Settings> {
 public:
  explicit GopherRepetition(Settings settings) : DialectPack(kName, std::move(settings)) {}

 private:
  // Both rules for lines, or paragraphs: the share of them that are copies, and of the characters in these.
  static bool repeated(const Judging& judging, Decision& decision, std::string_view what, std::string_view example,
                       double texts, double limit, double chars, double char_limit) {
    if (limit != 0 && texts > limit) {
      drop(decision, fmt::format("dup_{}_frac", what), texts, limit, judging.parts.place_or_whole(example));
    } else if (char_limit != 0 && chars > char_limit) {
      drop(decision, fmt::format("dup_{}_char_frac", what), chars, char_limit, judging.parts.place_or_whole(example));
    }
    return decision.verdict == Verdict::drop;
  }

  static Place row_place(const TextParts& parts, std::span<const Word> words, size_t first, int64_t count) {
    const Word& last = words[first + static_cast<size_t>(count) - 1];
    return {parts.place_of(words[first].text).begin, parts.place_of(last.text).end};
  }

  void judge_datatrove(Judging& judging, Decision& decision) const override {
    TextParts& parts = judging.parts;
    if (parts.text().empty()) return drop(decision, "empty", 0, 0, {});
    const size_t chars = parts.chars();
    split_at_newline_rows(strip(parts.text()), 2, judging.pieces);
    const RepeatedTexts paragraphs = judging.repeats.of_texts(judging.pieces);
    if (repeated(judging, decision, "para", paragraphs.example,
                 share_at_least_one(paragraphs.count, judging.pieces.size()), s_.dup_para_frac,
                 share_at_least_one(paragraphs.chars, chars), s_.dup_para_char_frac))
      return;
    split_at_newline_rows(parts.text(), 1, judging.lines);
    const RepeatedTexts lines = judging.repeats.of_texts(judging.lines);
    if (repeated(judging, decision, "line", lines.example, share_at_least_one(lines.count, judging.lines.size()),
                 s_.dup_line_frac, share_at_least_one(lines.chars, chars), s_.dup_line_char_frac))
      return;

    const std::span<const Word> words = parts.words();
    judging.repeats.read(words);
    for (const RowLimit& row : s_.top_n_grams) {
      const auto n = static_cast<size_t>(row.words);
      if (words.size() < n) continue;
      const TopRow top = judging.repeats.top(n);
      const double found = share_at_least_one((row_chars(words, top.first, n) + n - 1) * top.count, chars);
      if (found > row.limit)
        return drop(decision, fmt::format("top_{}_gram", n), found, row.limit,
                    row_place(parts, words, top.first, row.words));
    }
    for (const RowLimit& row : s_.dup_n_grams) {
      const RepeatedRows rows = judging.repeats.rows(static_cast<size_t>(row.words));
      const double found = share_at_least_one(rows.chars, chars);
      if (found > row.limit)
        return drop(decision, fmt::format("duplicated_{}_n_grams", row.words), found, row.limit,
                    rows.first ? row_place(parts, words, *rows.first, row.words) : parts.whole());
    }
  }

  void judge_dolma(Judging& judging, Decision& decision) const override {
    TextParts& parts = judging.parts;
    const std::span<const Word> words = parts.runs();
    size_t chars = 0;
    for (const Word& word : words) chars += word.chars;
    judging.repeats.read(words);
    for (const RowLimit& row : s_.top_n_grams) {
      const auto n = static_cast<size_t>(row.words);
      if (words.size() < n) continue;
      const TopRow top = judging.repeats.top(n);
      const double found = share_at_least_one(row_chars(words, top.first, n) * top.count, chars);
      if (found > row.limit)
        return drop(decision, fmt::format("fraction_of_characters_in_most_common_{}grams", n), found, row.limit,
                    row_place(parts, words, top.first, row.words));
    }
    for (const RowLimit& row : s_.dup_n_grams) {
      const auto n = static_cast<size_t>(row.words);
      if (words.size() < n) continue;
      const RepeatedSequences rows = judging.repeats.sequences(n);
      const double found = share_at_least_one(rows.chars, rows.all_chars);
      if (found > row.limit)
        return drop(decision, fmt::format("fraction_of_characters_in_duplicate_{}grams", n), found, row.limit,
                    rows.first ? row_place(parts, words, *rows.first, row.words) : parts.whole());
    }
    split_at_newlines(parts.text(), judging.lines);
    const RepeatedTexts lines = judging.repeats.of_texts(judging.lines);
    const double texts = share_at_least_one(lines.count_with_first, judging.lines.size());
    const double line_chars = share_at_least_one(lines.chars_with_first, chars);
    const Place place = parts.place_or_whole(lines.example);
    if (s_.dup_line_frac != 0 && texts > s_.dup_line_frac)
      return drop(decision, "fraction_of_duplicate_lines", texts, s_.dup_line_frac, place);
    if (s_.dup_line_char_frac != 0 && line_chars > s_.dup_line_char_frac)
      drop(decision, "fraction_of_characters_in_duplicate_lines", line_chars, s_.dup_line_char_frac, place);
  }

  static size_t row_chars(std::span<const Word> words, size_t first, size_t n) {
    size_t chars = 0;
    for (size_t i = 0; i < n; ++i) chars += words[first + i].chars;
    return chars;
  }
};

}  // namespace

Result<std::unique_ptr<RulePack>> make_gopher_repetition(const Json& settings) {
  PERSEA_TRY(Settings said, read_settings<Settings>(settings, kName));
  PERSEA_CHECK(check_dialect(kName, said.dialect));
  if (said.dialect == "dolma") {
    for (const char* rule : {"dup_para_frac", "dup_para_char_frac"})
      if (settings.contains(rule) && !settings[rule].is_null() && settings[rule] != 0)
        return fail("{}: dolma has no rule for paragraphs: leave `{}` out, or take the dialect \"datatrove\"", kName,
                    rule);
    said.dup_para_frac = said.dup_para_char_frac = 0;
  }
  return std::unique_ptr<RulePack>(std::make_unique<GopherRepetition>(std::move(said)));
}

}  // namespace persea::curate
