// The mode `datatrove`: rows of 12 words of an item's answer, and across the end of its question, in a text of which
// case, numbers, punctuation, white space and accents were made alike; words are spaCy's (words.h). A text that holds
// one is dropped. As in datatrove 0.10's NGramsDecontFilter.
#include <algorithm>

#include "base/hash.h"
#include "curate/char_flags.h"
#include "curate/contamination_mode.h"
#include "curate/contamination_rows.h"
#include "curate/rule_pack.h"
#include "curate/settings.h"
#include "text/fold.h"
#include "text/unicode.h"

namespace persea::curate {
namespace {

struct Settings {
  std::string action = "drop";
  int64_t n_grams = 12;
  bool find_query_ngrams = false;
  bool find_overlap_ngrams = true;
  bool norm_numbers = true;

  static constexpr bool kZeroIsOff = false;
  template <class Visit>
  void fields(const Visit& visit) {
    visit("action", action);
    visit("n_grams", n_grams);
    visit("find_query_ngrams", find_query_ngrams);
    visit("find_overlap_ngrams", find_overlap_ngrams);
    visit("norm_numbers", norm_numbers);
  }
};

// What stands for a space.
bool is_punctuation(uint32_t c) {
  static constexpr std::u32string_view kPunctuation =
      U"!/—”:％１〈&(、━\\【#%「」，】；+^]~“《„';’{|∶´[=-`*．（–？！：$～«〉,><》)?）。…@_.\"}►»";
  if (c < 0x20 || (c >= 0x7f && c < 0xa0)) return c != 9 && c != 10;
  return kPunctuation.find(static_cast<char32_t>(c)) != std::u32string_view::npos;
}

bool joins_number(uint32_t c) {
  return c == '.' || c == ',' || c == 0x60c || c == 0x66b || (c >= 0x2396 && c <= 0x2398);
}

class Words final : public RowReader {
 public:
  explicit Words(bool norm_numbers) : norm_numbers_(norm_numbers) {}

  void read(std::string_view text, ContaminationScratch& scratch) const override {
    simplify(text, scratch);
    scratch.splitter.split(scratch.text, scratch.words);
    scratch.hashes.clear();
    scratch.ends.clear();
    // Where each word began in the text; `begins` holds that of each byte.
    std::vector<uint32_t>& places = scratch.begins;
    size_t count = 0;
    for (const Word& word : scratch.words) {
      const auto first = static_cast<size_t>(word.text.data() - scratch.text.data());
      scratch.hashes.push_back(hash64(word.text));
      const size_t last = first + word.text.size() - 1;
      scratch.ends.push_back(places[last] + char_bytes(text, places[last]));
      places[count++] = places[first];
    }
    places.resize(count);
  }

 private:
  static uint32_t char_bytes(std::string_view text, size_t at) { return first_char(text.substr(at)).bytes; }

  // The simplified text, and of each of its bytes the place that it comes from.
  void simplify(std::string_view text, ContaminationScratch& scratch) const {
    std::string& out = scratch.text;
    std::vector<uint32_t>& origins = scratch.begins;
    out.clear();
    origins.clear();
    const auto put = [&](std::string_view bytes, size_t at) {
      out += bytes;
      origins.resize(out.size(), static_cast<uint32_t>(at));
    };
    for (size_t at = 0; at < text.size();) {
      const CharAt character = first_char(text.substr(at));
      const size_t next = at + character.bytes;
      if (norm_numbers_ && (character.flags & kDecimal)) {
        size_t end = digits_end(text, at);
        if (end < text.size()) {
          const CharAt mark = first_char(text.substr(end));
          const size_t behind = end + mark.bytes;
          if (joins_number(mark.codepoint) && digits_end(text, behind) > behind) end = digits_end(text, behind);
        }
        put("0", at);
        at = end;
        continue;
      }
      if ((character.flags & kSpace) || is_punctuation(character.codepoint)) {
        if (!out.empty() && out.back() != ' ') put(" ", at);
      } else if (character.codepoint < 0x80) {
        const char c = text[at];
        const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        put({&lower, 1}, at);
      } else {
        scratch.word.clear();
        unicode::append_lower_bare(character.codepoint, scratch.word);
        put(scratch.word, at);
      }
      at = next;
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    origins.resize(out.size());
  }

  static size_t digits_end(std::string_view text, size_t at) {
    while (at < text.size()) {
      const CharAt character = first_char(text.substr(at));
      if (!(character.flags & kDecimal)) break;
      at += character.bytes;
    }
    return at;
  }

  bool norm_numbers_;
};

class DatatroveMode final : public RowMode {
 public:
  DatatroveMode(const Settings& settings, const ContaminationItems& all)
      : RowMode(std::make_unique<Words>(settings.norm_numbers)), settings_(settings) {
    const auto n = static_cast<size_t>(settings.n_grams);
    ContaminationScratch scratch;
    for (uint32_t item = 0; item < all.size(); ++item) {
      const EvaluationItem& said = all[item];
      // Without a right answer each choice may be it.
      std::vector<std::string> labels = said.choices;
      if (!said.answer.empty()) labels = {said.answer};
      for (const std::string& label : labels) {
        add(item, label, n, n);
        if (!settings.find_overlap_ngrams || said.question.empty()) continue;
        reader().read(said.question, scratch);
        std::vector<uint64_t> words = scratch.hashes;
        const size_t before = words.size();
        reader().read(label, scratch);
        words.insert(words.end(), scratch.hashes.begin(), scratch.hashes.end());
        add_across(item, words, before, n);
      }
      if (settings.find_query_ngrams) add(item, said.question, n, n);
    }
    finish(all.size());
  }
  std::string_view name() const override { return "datatrove"; }
  int version() const override { return 1; }
  Json settings() const override { return settings_json(settings_); }
  void judge(std::string_view text, ContaminationScratch& scratch, Decision& decision) const override {
    find_rows(text, scratch);
    if (scratch.places.empty()) return;
    if (settings_.action == "drop") {
      drop(decision, kContamination, static_cast<double>(scratch.places.size()), 0, scratch.places[0]);
    } else {
      cut_contamination(text, scratch.places, {}, decision);
    }
  }

 private:
  Settings settings_;
};

}  // namespace

Result<std::unique_ptr<ContaminationMode>> make_datatrove_mode(const ContaminationItems& items, const Json& said) {
  PERSEA_TRY(const Settings settings, read_settings<Settings>(said, "datatrove"));
  PERSEA_CHECK(check_contamination_action("datatrove", settings.action));
  if (settings.n_grams < 1 || settings.n_grams > static_cast<int64_t>(kLongestRow))
    return fail("datatrove: `n_grams` has to lie in [1, {}]", kLongestRow);
  return std::unique_ptr<ContaminationMode>(std::make_unique<DatatroveMode>(settings, items));
}

}  // namespace persea::curate
