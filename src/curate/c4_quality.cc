// C4's rules (arXiv 1910.10683, 2.2) as datatrove has them: lines that are no prose are taken out, pages of code or too
// few sentences dropped. A page's order of lines matters: what drops it is the first line that says so.
#include <algorithm>

#include "curate/char_flags.h"
#include "curate/phrases.h"
#include "curate/rule_pack.h"
#include "curate/settings.h"
#include "curate/text_edit.h"

namespace persea::curate {
namespace {

constexpr std::string_view kName = "c4-quality", kParagraphsName = "c4-paragraphs";

// -1 turns a limit off.
struct Settings {
  static constexpr bool kZeroIsOff = false;
  bool split_paragraph = true;  // judge lines; false: sentences
  bool remove_citations = true, filter_no_terminal_punct = true;
  int64_t min_num_sentences = 5, min_words_per_line = 3, max_word_length = 1000;
  bool filter_lorem_ipsum = true, filter_javascript = true, filter_curly_bracket = true, filter_policy = true;

  template <class Visit>
  void fields(const Visit& visit) {
    visit("split_paragraph", split_paragraph);
    visit("remove_citations", remove_citations);
    visit("filter_no_terminal_punct", filter_no_terminal_punct);
    visit("min_num_sentences", min_num_sentences);
    visit("min_words_per_line", min_words_per_line);
    visit("max_word_length", max_word_length);
    visit("filter_lorem_ipsum", filter_lorem_ipsum);
    visit("filter_javascript", filter_javascript);
    visit("filter_curly_bracket", filter_curly_bracket);
    visit("filter_policy", filter_policy);
  }
};

// Bytes of the citation mark at the beginning of `text`, "[12]", "[edit]" or "[citation needed]"; 0 where there is
// none.
size_t citation(std::string_view text) {
  for (const std::string_view mark : {"[edit]", "[citation needed]"})
    if (text.starts_with(mark)) return mark.size();
  size_t at = 1;
  while (at < text.size() && text[at] != ']') {
    const CharAt c = first_char(text.substr(at));
    if (!(c.flags & kDecimal)) return 0;
    at += c.bytes;
  }
  return at < text.size() ? at + 1 : 0;
}

// `line`, a part of `parts`, without citations, in `scratch` where there are any; their places are added to `found`.
std::string_view without_citations(const TextParts& parts, std::string_view line, std::string& scratch,
                                   std::vector<Place>& found) {
  scratch.clear();
  size_t kept = 0;
  for (size_t at = line.find('['); at != line.npos; at = line.find('[', at)) {
    const size_t bytes = citation(line.substr(at));
    if (bytes == 0) {
      ++at;
      continue;
    }
    scratch += line.substr(kept, at - kept);
    found.push_back(parts.place_of(line.substr(at, bytes)));
    at = kept = at + bytes;
  }
  if (found.empty()) return line;
  scratch += line.substr(kept);
  return scratch;
}

bool ends_prose(std::string_view line) {
  return !line.empty() && std::string_view(".?!\"'").find(line.back()) != std::string_view::npos &&
         !line.ends_with("...");
}

class C4Quality : public RulePack {
 public:
  explicit C4Quality(Settings settings)
      : s_(settings),
        asked_(static_cast<uint8_t>((s_.filter_lorem_ipsum ? kLoremIpsum : 0) |
                                    (s_.filter_javascript ? kJavascript : 0) | (s_.filter_policy ? kPolicy : 0))) {}
  std::string_view name() const override { return kName; }
  int version() const override { return 1; }
  Json settings() const override { return settings_json(s_); }

  void decide(Judging& judging, Decision& decision) const override {
    TextParts& parts = judging.parts;
    const std::string_view text = parts.text();
    std::vector<std::string_view>& lines = judging.lines;
    if (s_.split_paragraph) {
      split_lines(text, lines);
    } else {
      parts.splitter().split_sentences(text, lines);
    }
    const uint8_t phrases = phrases_in(text) & asked_;
    const std::string_view between = s_.split_paragraph ? "\n" : " ";
    const auto begin_of = [&](size_t i) { return i < lines.size() ? parts.place_of(lines[i]).begin : text.size(); };
    TextEdit edit(text, decision);
    int64_t sentences = 0;
    for (size_t i = 0; i < lines.size(); ++i) {
      const std::string_view line = strip(lines[i]);
      std::string_view kept = line;
      const std::string_view reason = judge_line(judging, decision, line, phrases, kept);
      if (decision.verdict == Verdict::drop) return;
      if (!reason.empty()) {  // with its end
        if (line.empty()) {
          edit.white_space(begin_of(i + 1), {});
        } else {
          edit.cut(begin_of(i + 1), reason);
        }
        continue;
      }
      if (s_.min_num_sentences != -1 && sentences < s_.min_num_sentences) sentences += sentences_of(judging, kept);
      if (!line.empty()) {
        const Place place = parts.place_of(line);
        edit.white_space(place.begin, {});
        for (const Place& citation : judging.places) {
          edit.keep(citation.begin);
          edit.cut(citation.end, "citation");
        }
        edit.keep(place.end);
      }
      if (i + 1 < lines.size()) edit.white_space(parts.place_of(strip_left(lines[i + 1])).begin, between);
    }
    if (sentences < s_.min_num_sentences) {
      drop_page(decision, "too_few_sentences", static_cast<double>(sentences),
                static_cast<double>(s_.min_num_sentences), parts.whole());
    } else {
      edit.finish();
    }
  }

 private:
  // "" where the line stays, as `kept`, less the citations in `judging.places`; else why it goes. May drop the page.
  // `phrases` are those that stand in the page.
  std::string_view judge_line(Judging& judging, Decision& decision, std::string_view line, uint8_t phrases,
                              std::string_view& kept) const {
    judging.places.clear();
    if (has_long_word(judging, line)) return "line-filter-too_long_word";
    if (s_.remove_citations) kept = without_citations(judging.parts, line, judging.line, judging.places);
    if (s_.filter_no_terminal_punct && !ends_prose(kept)) return "line-filter-no_terminal_punc";
    if (s_.min_words_per_line > 0) {
      const auto wanted = static_cast<size_t>(s_.min_words_per_line);
      if (count_runs(line, wanted) < wanted) return "line-filter-too_few_words";
    }
    // Citations may have stood within a phrase.
    const uint8_t found = phrases != 0 || !judging.places.empty() ? phrases_in(kept) & asked_ : 0;
    const Place place = judging.parts.place_of(line);
    if (found & kLoremIpsum) return drop_page(decision, "lorem_ipsum", 1, 0, place);
    if (found & kJavascript) return "line-filter-javascript";
    if (s_.filter_curly_bracket && kept.find('{') != kept.npos)
      return drop_page(decision, "curly_bracket", 1, 0, place);
    if (found & kPolicy) return "line-filter-policy";
    return "";
  }

  static std::string_view drop_page(Decision& decision, std::string_view reason, double figure, double limit,
                                    Place place) {
    decision.cuts.clear();
    decision.text.clear();
    drop(decision, reason, figure, limit, place);
    return reason;
  }

  bool has_long_word(Judging& judging, std::string_view line) const {
    if (s_.max_word_length == -1 || static_cast<int64_t>(line.size()) <= s_.max_word_length) return false;
    split_at_spaces(line, judging.pieces);
    return std::any_of(judging.pieces.begin(), judging.pieces.end(), [&](std::string_view word) {
      return static_cast<int64_t>(word.size()) > s_.max_word_length &&
             static_cast<int64_t>(count_chars(word)) > s_.max_word_length;
    });
  }

  int64_t sentences_of(Judging& judging, std::string_view line) const {
    if (!s_.split_paragraph) return 1;
    judging.parts.splitter().split_sentences(line, judging.pieces);
    return static_cast<int64_t>(judging.pieces.size());
  }

  Settings s_;
  uint8_t asked_;  // phrases
};

// mC4's rule: at least three lines of some length.
struct ParagraphSettings {
  static constexpr bool kZeroIsOff = false;
  int64_t min_paragraphs = 3, min_paragraph_len = 200;  // characters

  template <class Visit>
  void fields(const Visit& visit) {
    visit("min_paragraphs", min_paragraphs);
    visit("min_paragraph_len", min_paragraph_len);
  }
};

class C4Paragraphs : public RulePack {
 public:
  explicit C4Paragraphs(ParagraphSettings settings) : s_(settings) {}
  std::string_view name() const override { return kParagraphsName; }
  int version() const override { return 1; }
  Json settings() const override { return settings_json(s_); }

  void decide(Judging& judging, Decision& decision) const override {
    split_at_newlines(judging.parts.text(), judging.lines);
    const auto long_enough = [&](std::string_view line) {
      return static_cast<int64_t>(count_chars(line)) >= s_.min_paragraph_len;
    };
    const auto found = std::count_if(judging.lines.begin(), judging.lines.end(), long_enough);
    if (found < s_.min_paragraphs)
      drop(decision, fmt::format("< {} paragraphs", s_.min_paragraphs), static_cast<double>(found),
           static_cast<double>(s_.min_paragraphs), judging.parts.whole());
  }

 private:
  ParagraphSettings s_;
};

}  // namespace

Result<std::unique_ptr<RulePack>> make_c4_quality(const Json& settings) {
  PERSEA_TRY(const Settings said, read_settings<Settings>(settings, kName));
  return std::unique_ptr<RulePack>(std::make_unique<C4Quality>(said));
}

Result<std::unique_ptr<RulePack>> make_c4_paragraphs(const Json& settings) {
  PERSEA_TRY(const ParagraphSettings said, read_settings<ParagraphSettings>(settings, kParagraphsName));
  return std::unique_ptr<RulePack>(std::make_unique<C4Paragraphs>(said));
}

}  // namespace persea::curate
