// Gopher's quality rules (arXiv 2112.11446, A.1.1) in two dialects. datatrove: English words, the mean of their
// lengths, words of nothing but punctuation do not count. dolma: what stands between white space, the median, bullets
// '*' and '-', an ellipsis is one character.
#include <algorithm>
#include <optional>

#include "curate/char_flags.h"
#include "curate/dialect_pack.h"
#include "curate/word_set.h"

namespace persea::curate {
namespace {

constexpr std::string_view kName = "gopher-quality", kEllipsis = "\u2026", kBullet = "\u2022";

// 0 turns a limit off.
struct Settings {
  static constexpr bool kZeroIsOff = true;
  std::string dialect = "datatrove";
  int64_t min_doc_words = 50, max_doc_words = 100000;
  double min_avg_word_length = 3, max_avg_word_length = 10;
  double max_symbol_word_ratio = 0.1, max_bullet_lines_ratio = 0.9, max_ellipsis_lines_ratio = 0.3;
  double max_non_alpha_words_ratio = 0.8;  // words with a letter, at least; the name is datatrove's
  int64_t min_stop_words = 2;
  std::vector<std::string> stop_words = {"the", "be", "to", "of", "and", "that", "have", "with"};

  template <class Visit>
  void fields(const Visit& visit) {
    visit("dialect", dialect);
    visit("min_doc_words", min_doc_words);
    visit("max_doc_words", max_doc_words);
    visit("min_avg_word_length", min_avg_word_length);
    visit("max_avg_word_length", max_avg_word_length);
    visit("max_symbol_word_ratio", max_symbol_word_ratio);
    visit("max_bullet_lines_ratio", max_bullet_lines_ratio);
    visit("max_ellipsis_lines_ratio", max_ellipsis_lines_ratio);
    visit("max_non_alpha_words_ratio", max_non_alpha_words_ratio);
    visit("min_stop_words", min_stop_words);
    visit("stop_words", stop_words);
  }
};

// How many lines fit, and the first that does.
struct LineCount {
  size_t count = 0;
  std::string_view first;
};
template <class Fits>
LineCount count_lines(const std::vector<std::string_view>& lines, const Fits& fits) {
  LineCount counted;
  for (const std::string_view line : lines) {
    if (!fits(line)) continue;
    if (counted.count++ == 0) counted.first = line;
  }
  return counted;
}

class GopherQuality : public DialectPack<Settings> {
 public:
  explicit GopherQuality(Settings settings) : DialectPack(kName, std::move(settings)), stop_words_(s_.stop_words) {}

 private:
  // Sees to the rule where the figure is over (or under) a limit that is not turned off.
  static bool over(Decision& decision, std::string_view reason, double figure, double limit, Place place) {
    if (limit == 0 || !(figure > limit)) return false;
    drop(decision, reason, figure, limit, place);
    return true;
  }
  static bool under(Decision& decision, std::string_view reason, double figure, double limit, Place place) {
    if (limit == 0 || !(figure < limit)) return false;
    drop(decision, reason, figure, limit, place);
    return true;
  }

  bool line_rules(Judging& judging, Decision& decision, const LineCount& bullets, const LineCount& ellipses,
                  std::string_view bullet_reason, std::string_view ellipsis_reason) const {
    const TextParts& parts = judging.parts;
    const size_t lines = judging.lines.size();
    return over(decision, bullet_reason, share(bullets.count, lines), s_.max_bullet_lines_ratio,
                parts.place_or_whole(bullets.first)) ||
           over(decision, ellipsis_reason, share(ellipses.count, lines), s_.max_ellipsis_lines_ratio,
                parts.place_or_whole(ellipses.first));
  }

  // How many different stop words there are among `words`; no more than `most` are looked for.
  size_t stop_words_in(std::span<const Word> words, size_t most, std::vector<bool>& seen) const {
    size_t found = 0;
    seen.assign(stop_words_.size(), false);
    for (size_t i = 0; i < words.size() && found < most; ++i) {
      const std::optional<size_t> stop = stop_words_.find(words[i].text);
      if (!stop || seen[*stop]) continue;
      seen[*stop] = true;
      ++found;
    }
    return found;
  }

  void judge_datatrove(Judging& judging, Decision& decision) const override {
    TextParts& parts = judging.parts;
    const std::string_view text = parts.text();
    const std::span<const Word> words = parts.words();
    size_t counted = 0, chars = 0, with_letter = 0;
    for (const Word& word : words) {
      with_letter += word.letter;
      if (word.symbols) continue;
      ++counted;
      chars += word.chars;
    }
    const Place whole = parts.whole();
    const auto count = static_cast<double>(counted);
    if (under(decision, "gopher_short_doc", count, static_cast<double>(s_.min_doc_words), whole)) return;
    if (over(decision, "gopher_long_doc", count, static_cast<double>(s_.max_doc_words), whole)) return;
    if (counted > 0) {
      const double mean = share(chars, counted);
      if (under(decision, "gopher_below_avg_threshold", mean, s_.min_avg_word_length, whole)) return;
      if (over(decision, "gopher_above_avg_threshold", mean, s_.max_avg_word_length, whole)) return;
    }
    const auto place_of_first = [&](std::string_view part) {
      const size_t at = text.find(part);
      return at == text.npos ? whole : Place{at, at + part.size()};
    };
    const size_t hashes = count_of(text, "#");
    if (over(decision, "gopher_too_many_hashes", share(hashes, words.size()), s_.max_symbol_word_ratio,
             place_of_first("#")))
      return;
    const size_t dots = count_of(text, "..."), ellipses = dots + count_of(text, kEllipsis);
    if (over(decision, "gopher_too_many_ellipsis", share(ellipses, words.size()), s_.max_symbol_word_ratio,
             place_of_first(dots > 0 ? "..." : kEllipsis)))
      return;
    split_lines(text, judging.lines);
    const LineCount bullets = count_lines(judging.lines, [](std::string_view line) {
      line = strip_left(line);
      return line.starts_with(kBullet) || line.starts_with('-');
    });
    const LineCount open = count_lines(judging.lines, [](std::string_view line) {
      line = strip_right(line);
      return line.ends_with("...") || line.ends_with(kEllipsis);
    });
    if (line_rules(judging, decision, bullets, open, "gopher_too_many_bullets", "gopher_too_many_end_ellipsis")) return;
    if (under(decision, "gopher_below_alpha_threshold", share(with_letter, words.size()), s_.max_non_alpha_words_ratio,
              whole))
      return;
    if (s_.min_stop_words > 0) {
      const size_t stops = stop_words_in(words, static_cast<size_t>(s_.min_stop_words), judging.seen);
      under(decision, "gopher_enough_stop_words", static_cast<double>(stops), static_cast<double>(s_.min_stop_words),
            whole);
    }
  }

  void judge_dolma(Judging& judging, Decision& decision) const override {
    TextParts& parts = judging.parts;
    const std::span<const Word> words = parts.runs();
    const Place whole = parts.whole();
    const auto count = static_cast<double>(words.size());
    if (under(decision, "word_count", count, static_cast<double>(s_.min_doc_words), whole)) return;
    if (over(decision, "word_count", count, static_cast<double>(s_.max_doc_words), whole)) return;
    std::vector<uint32_t>& lengths = judging.lengths;
    lengths.clear();
    size_t symbols = 0, with_letter = 0, stop_words = 0;
    std::optional<Place> symbol;
    for (const Word& word : words) {
      lengths.push_back(word.chars);
      with_letter += word.letter;
      stop_words += stop_words_.find(word.text).has_value();
      if (word.text.find('#') == word.text.npos && word.text.find(kEllipsis) == word.text.npos) continue;
      ++symbols;
      if (!symbol) symbol = parts.place_of(word.text);
    }
    const double median = median_of(lengths);
    if (under(decision, "median_word_length", median, s_.min_avg_word_length, whole)) return;
    if (over(decision, "median_word_length", median, s_.max_avg_word_length, whole)) return;
    if (over(decision, "symbol_to_word_ratio", share(symbols, words.size()), s_.max_symbol_word_ratio,
             symbol.value_or(whole)))
      return;
    split_at_newlines(parts.text(), judging.lines);
    const LineCount bullets = count_lines(
        judging.lines, [](std::string_view line) { return line.starts_with('*') || line.starts_with('-'); });
    const LineCount open = count_lines(judging.lines, [](std::string_view line) { return line.ends_with(kEllipsis); });
    if (line_rules(judging, decision, bullets, open, "fraction_of_lines_starting_with_bullet_point",
                   "fraction_of_lines_ending_with_ellipsis"))
      return;
    if (under(decision, "fraction_of_words_with_alpha_character", share(with_letter, words.size()),
              s_.max_non_alpha_words_ratio, whole))
      return;
    under(decision, "required_word_count", static_cast<double>(stop_words), static_cast<double>(s_.min_stop_words),
          whole);
  }

  // The mean of the middle two where there is no middle one; 0 of none.
  static double median_of(std::vector<uint32_t>& values) {
    if (values.empty()) return 0;
    const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1) return *middle;
    return (static_cast<double>(*middle) + *std::max_element(values.begin(), middle)) / 2;
  }

  WordSet stop_words_;
};

}  // namespace

Result<std::unique_ptr<RulePack>> make_gopher_quality(const Json& settings) {
  PERSEA_TRY(Settings said, read_settings<Settings>(settings, kName));
  PERSEA_CHECK(check_dialect(kName, said.dialect));
  return std::unique_ptr<RulePack>(std::make_unique<GopherQuality>(std::move(said)));
}

}  // namespace persea::curate
