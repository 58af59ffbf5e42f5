// C4's rules (arXiv 1910.10683, 2.2) as datatrove has them: lines that are no prose are taken out, pages of code or too
// few sentences dropped. A page's order of lines matters: what drops it is the first line that says so.
#include <algorithm>
#include <array>

#include "curate/char_flags.h"
#include "curate/rule_pack.h"
#include "curate/settings.h"

namespace persea::curate {
namespace {

constexpr std::string_view kName = "c4-quality", kParagraphsName = "c4-paragraphs";

constexpr std::string_view kPolicies[] = {"terms of use", "privacy policy", "cookie policy",
                                          "uses cookies", "use of cookies", "use cookies"};

// -1 turns a limit off.
struct Settings {
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

// Bytes that the lower case of the character at `text` takes there, if it is the ASCII letter `wanted`; else 0. Beside
// A to Z, one character has an ASCII letter for its lower case: the Kelvin sign.
size_t lower_matches(std::string_view text, char wanted) {
  char c = text[0];
  if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (c == wanted) return 1;
  return wanted == 'k' && text.starts_with("\xe2\x84\xaa") ? 3 : 0;
}

// Where `wanted`, in lower case, stands in the lower case of `text`; none: an empty part of no text.
std::string_view find_lower(std::string_view text, std::string_view wanted) {
  const std::array<char, 3> starts = {wanted[0], static_cast<char>(wanted[0] - 'a' + 'A'), '\0'};
  for (size_t at = text.find_first_of(starts.data()); at != text.npos; at = text.find_first_of(starts.data(), at + 1)) {
    size_t end = at, i = 0;
    for (; i < wanted.size() && end < text.size(); ++i) {
      const size_t bytes = lower_matches(text.substr(end), wanted[i]);
      if (bytes == 0) break;
      end += bytes;
    }
    if (i == wanted.size()) return text.substr(at, end - at);
  }
  return {};
}

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

// `line` without citations, in `scratch` where there are any; these are added to `cuts`.
std::string_view without_citations(const TextParts& parts, std::string_view line, std::string& scratch,
                                   std::vector<Cut>& cuts) {
  bool found = false;
  size_t kept = 0;
  for (size_t at = line.find('['); at != line.npos; at = line.find('[', at)) {
    const size_t bytes = citation(line.substr(at));
    if (bytes == 0) {
      ++at;
      continue;
    }
    if (!found) scratch.clear();
    found = true;
    scratch += line.substr(kept, at - kept);
    cuts.push_back({parts.place_of(line.substr(at, bytes)), "citation"});
    at = kept = at + bytes;
  }
  if (!found) return line;
  scratch += line.substr(kept);
  return scratch;
}

bool ends_prose(std::string_view line) {
  return !line.empty() && std::string_view(".?!\"'").find(line.back()) != std::string_view::npos &&
         !line.ends_with("...");
}

class C4Quality : public RulePack {
 public:
  explicit C4Quality(Settings settings) : s_(settings) {}
  std::string_view name() const override { return kName; }
  int version() const override { return 1; }
  Json settings() const override { return settings_json(s_); }

  void judge(Judging& judging, Decision& decision) const override {
    TextParts& parts = judging.parts;
    if (s_.split_paragraph) {
      split_lines(parts.text(), judging.lines);
    } else {
      parts.splitter().split_sentences(parts.text(), judging.lines);
    }
    int64_t sentences = 0;
    bool first = true;
    for (const std::string_view whole : judging.lines) {
      const std::string_view line = strip(whole);
      const size_t cuts = decision.cuts.size();
      std::string_view kept = line;
      const std::string_view reason = judge_line(judging, decision, line, kept);
      if (decision.verdict == Verdict::drop) return;
      if (!reason.empty()) {
        decision.cuts.resize(cuts);  // the line goes whole
        decision.cuts.push_back({parts.place_of(whole), reason});
        continue;
      }
      if (s_.min_num_sentences != -1 && sentences < s_.min_num_sentences) sentences += sentences_of(judging, kept);
      if (!first) decision.text += s_.split_paragraph ? '\n' : ' ';
      decision.text += kept;
      first = false;
    }
    if (sentences < s_.min_num_sentences) {
      decision.cuts.clear();
      decision.text.clear();
      return drop(decision, "too_few_sentences", static_cast<double>(sentences),
                  static_cast<double>(s_.min_num_sentences), parts.whole());
    }
    finish(parts.text(), decision);
  }

 private:
  // "" where the line stays, as `kept`; else why it goes. May drop the page.
  std::string_view judge_line(Judging& judging, Decision& decision, std::string_view line,
                              std::string_view& kept) const {
    split_at_spaces(line, judging.pieces);
    if (s_.max_word_length != -1 && std::any_of(judging.pieces.begin(), judging.pieces.end(),
                                                [&](std::string_view word) { return too_long(word); }))
      return "line-filter-too_long_word";
    if (s_.remove_citations) kept = without_citations(judging.parts, line, judging.line, decision.cuts);
    if (s_.filter_no_terminal_punct && !ends_prose(kept)) return "line-filter-no_terminal_punc";
    if (s_.min_words_per_line > 0 && judging.pieces.size() < static_cast<size_t>(s_.min_words_per_line))
      return "line-filter-too_few_words";
    const Place place = judging.parts.place_of(line);
    if (s_.filter_lorem_ipsum && find_lower(kept, "lorem ipsum").data())
      return drop_page(decision, "lorem_ipsum", place);
    if (s_.filter_javascript && find_lower(kept, "javascript").data()) return "line-filter-javascript";
    if (s_.filter_curly_bracket && kept.find('{') != kept.npos) return drop_page(decision, "curly_bracket", place);
    if (s_.filter_policy && std::any_of(std::begin(kPolicies), std::end(kPolicies),
                                        [&](std::string_view policy) { return find_lower(kept, policy).data(); }))
      return "line-filter-policy";
    return "";
  }

  static std::string_view drop_page(Decision& decision, std::string_view reason, Place place) {
    decision.cuts.clear();
    decision.text.clear();
    drop(decision, reason, 1, 0, place);
    return reason;
  }

  bool too_long(std::string_view word) const {
    return static_cast<int64_t>(word.size()) > s_.max_word_length &&
           static_cast<int64_t>(count_chars(word)) > s_.max_word_length;
  }

  int64_t sentences_of(Judging& judging, std::string_view line) const {
    if (!s_.split_paragraph) return 1;
    judging.parts.splitter().split_sentences(line, judging.pieces);
    return static_cast<int64_t>(judging.pieces.size());
  }

  static void finish(std::string_view text, Decision& decision) {
    const std::string_view left = strip(decision.text);
    if (left == text) {
      decision.text.clear();
      return;
    }
    decision.verdict = Verdict::change;
    if (left.size() != decision.text.size()) decision.text = std::string(left);
  }

  Settings s_;
};

// mC4's rule: at least three lines of some length.
struct ParagraphSettings {
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

  void judge(Judging& judging, Decision& decision) const override {
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
