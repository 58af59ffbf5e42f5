// FineWeb's quality rules (arXiv 2406.17557) as datatrove has them: lists, menus and repeated lines.
#include <algorithm>
#include <cmath>

#include "curate/char_flags.h"
#include "curate/rule_pack.h"
#include "curate/settings.h"

namespace persea::curate {
namespace {

constexpr std::string_view kName = "fineweb-quality";

struct Settings {
  static constexpr bool kZeroIsOff = false;
  double line_punct_thr = 0.12;  // lines that end with punctuation, at least
  bool line_punct_exclude_zero = false;
  std::vector<std::string> stop_chars;  // what counts as such; none: the marks of all scripts that end a sentence
  double short_line_thr = 0.67;
  int64_t short_line_length = 30;  // characters, at most
  double char_duplicates_ratio = 0.01, new_line_ratio = 0.3;

  template <class Visit>
  void fields(const Visit& visit) {
    visit("line_punct_thr", line_punct_thr);
    visit("line_punct_exclude_zero", line_punct_exclude_zero);
    visit("stop_chars", stop_chars);
    visit("short_line_thr", short_line_thr);
    visit("short_line_length", short_line_length);
    visit("char_duplicates_ratio", char_duplicates_ratio);
    visit("new_line_ratio", new_line_ratio);
  }
};

class FinewebQuality : public RulePack {
 public:
  explicit FinewebQuality(Settings settings) : s_(std::move(settings)) {}
  std::string_view name() const override { return kName; }
  int version() const override { return 1; }
  Json settings() const override { return settings_json(s_); }

  void decide(Judging& judging, Decision& decision) const override {
    TextParts& parts = judging.parts;
    std::vector<std::string_view>& lines = judging.lines;
    split_at_newlines(parts.text(), lines);
    const size_t newlines = lines.size() - 1;
    std::erase_if(lines, [](std::string_view line) { return strip_left(line).empty(); });
    if (lines.empty()) return drop(decision, "empty", 0, 0, parts.whole());
    size_t ended = 0, small = 0;
    std::string_view open, brief;
    for (const std::string_view line : lines) {
      if (ends(line)) {
        ++ended;
      } else if (open.empty()) {
        open = line;
      }
      if (count_chars(line) <= static_cast<size_t>(std::max<int64_t>(s_.short_line_length, 0))) {
        ++small;
        if (brief.empty()) brief = line;
      }
    }
    const double punctuated = share(ended, lines.size());
    if (punctuated < s_.line_punct_thr && !(punctuated == 0 && s_.line_punct_exclude_zero))
      return drop(decision, "line_punct_ratio", punctuated, s_.line_punct_thr, parts.place_or_whole(open));
    const double shortness = share(small, lines.size());
    if (shortness > s_.short_line_thr)
      return drop(decision, "short_line_ratio", shortness, s_.short_line_thr, parts.place_or_whole(brief));
    const RepeatedTexts repeated = judging.repeats.of_texts(lines);
    const double copies = share_at_least_one(repeated.chars, parts.chars() - newlines);
    if (copies > s_.char_duplicates_ratio)
      return drop(decision, "char_dup_ratio", copies, s_.char_duplicates_ratio, parts.place_or_whole(repeated.example));
    if (lines_fit(parts, newlines)) return;
    const double list = share_at_least_one(newlines, parts.words().size());
    if (list > s_.new_line_ratio) drop(decision, "list_ratio", list, s_.new_line_ratio, parts.whole());
  }

 private:
  // Whether there are enough words for so many lines even if each run between white space is only one. Mostly so: then
  // a text that another pack has changed need not be split into words for this rule alone.
  bool lines_fit(const TextParts& parts, size_t newlines) const {
    if (!(s_.new_line_ratio > 0)) return false;
    const double enough = std::ceil(static_cast<double>(newlines) / s_.new_line_ratio) + 1;
    if (enough > static_cast<double>(parts.text().size())) return false;
    const size_t runs = count_runs(parts.text(), static_cast<size_t>(enough));
    return share_at_least_one(newlines, runs) <= s_.new_line_ratio;
  }

  bool ends(std::string_view line) const {
    if (s_.stop_chars.empty()) return (last_char(line).flags & kTerminal) != 0;
    return std::any_of(s_.stop_chars.begin(), s_.stop_chars.end(),
                       [&](const std::string& mark) { return line.ends_with(mark); });
  }

  Settings s_;
};

}  // namespace

Result<std::unique_ptr<RulePack>> make_fineweb_quality(const Json& settings) {
  PERSEA_TRY(Settings said, read_settings<Settings>(settings, kName));
  return std::unique_ptr<RulePack>(std::make_unique<FinewebQuality>(std::move(said)));
}

}  // namespace persea::curate
