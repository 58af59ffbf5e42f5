// The published modes that look for rows of words between white space: lm-eval's (the Janitor of its decontamination)
// and NeMo Curator's, which is GPT-3's (arXiv 2005.14165, appendix C). A row that stands in an item and in the text is
// contamination; both cut it out with what stands around it.
#include <algorithm>

#include "base/hash.h"
#include "curate/char_flags.h"
#include "curate/contamination_mode.h"
#include "curate/contamination_rows.h"
#include "curate/rule_pack.h"
#include "curate/settings.h"
#include "text/jinja/pytext.h"

namespace persea::curate {
namespace {

struct LmEvalSettings {
  std::string action = "cut";
  std::string texts = "question";
  int64_t ngram_n = 13;
  int64_t window_to_remove = 200;
  int64_t too_dirty_cutoff = 10;
  int64_t minimum_slice_length = 200;

  static constexpr bool kZeroIsOff = false;
  template <class Visit>
  void fields(const Visit& visit) {
    visit("action", action);
    visit("texts", texts);
    visit("ngram_n", ngram_n);
    visit("window_to_remove", window_to_remove);
    visit("too_dirty_cutoff", too_dirty_cutoff);
    visit("minimum_slice_length", minimum_slice_length);
  }
};

struct NemoSettings {
  std::string action = "cut";
  std::string texts = "question";
  int64_t min_ngram_size = 8;
  int64_t max_ngram_size = 13;
  int64_t max_matches = 10;
  int64_t remove_char_each_side = 200;
  int64_t min_document_length = 200;
  int64_t max_splits = 10;
  bool to_sentence_end = true;  // GPT-3 cuts just the characters

  static constexpr bool kZeroIsOff = false;
  template <class Visit>
  void fields(const Visit& visit) {
    visit("action", action);
    visit("texts", texts);
    visit("min_ngram_size", min_ngram_size);
    visit("max_ngram_size", max_ngram_size);
    visit("max_matches", max_matches);
    visit("remove_char_each_side", remove_char_each_side);
    visit("min_document_length", min_document_length);
    visit("max_splits", max_splits);
    visit("to_sentence_end", to_sentence_end);
  }
};

bool ascii_punctuation(unsigned char c) {
  return (c >= 0x21 && c <= 0x2f) || (c >= 0x3a && c <= 0x40) || (c >= 0x5b && c <= 0x60) || (c >= 0x7b && c <= 0x7e);
}

// What stands between white space, in lower case (of ASCII, or of all scripts) and without ASCII's punctuation; what is
// nothing else is no word.
class SpaceWords final : public RowReader {
 public:
  explicit SpaceWords(bool all_scripts) : all_scripts_(all_scripts) {}

  void read(std::string_view text, ContaminationScratch& scratch) const override {
    scratch.hashes.clear();
    scratch.begins.clear();
    scratch.ends.clear();
    std::string& word = scratch.text;
    word.clear();
    size_t begin = 0;
    bool ascii = true;
    const auto finish = [&](size_t end) {
      if (!word.empty()) {
        scratch.hashes.push_back(ascii || !all_scripts_ ? hash64(word) : hash64(jinja::lower(word)));
        scratch.begins.push_back(static_cast<uint32_t>(begin));
        scratch.ends.push_back(static_cast<uint32_t>(end));
      }
      word.clear();
      ascii = true;
    };
    size_t word_end = 0;
    for (size_t at = 0; at < text.size();) {
      const CharAt character = first_char(text.substr(at));
      const auto byte = static_cast<unsigned char>(text[at]);
      if (character.flags & kSpace) {
        finish(word_end);
        at += character.bytes;
        begin = at;
        continue;
      }
      if (byte >= 0x80) {
        word += text.substr(at, character.bytes);
        ascii = false;
      } else if (!ascii_punctuation(byte)) {
        word += byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : text[at];
      }
      at += character.bytes;
      word_end = at;
    }
    finish(word_end);
  }

 private:
  bool all_scripts_;
};

// The texts of an item that rows are taken of.
std::vector<std::string> texts_of(const EvaluationItem& item, bool all) {
  std::vector<std::string> texts;
  if (!item.question.empty()) texts.push_back(item.question);
  if (item.question.empty() || all) texts.insert(texts.end(), item.choices.begin(), item.choices.end());
  if (!item.answer.empty() && (all || texts.empty())) texts.push_back(item.answer);
  if (all && !item.question.empty() && !item.answer.empty()) texts.push_back(item.question + " " + item.answer);
  return texts;
}

Status check_texts(std::string_view mode, const std::string& texts) {
  if (texts == "question" || texts == "all") return {};
  return fail("{}: `texts` has to be \"question\" or \"all\", not \"{}\"", mode, texts);
}

class LmEvalMode final : public RowMode {
 public:
  LmEvalMode(const LmEvalSettings& settings, const ContaminationItems& all)
      : RowMode(std::make_unique<SpaceWords>(false)), settings_(settings) {
    const auto n = static_cast<size_t>(settings.ngram_n);
    for (uint32_t item = 0; item < all.size(); ++item)
      for (const std::string& text : texts_of(all[item], settings.texts == "all")) add(item, text, n, n);
    finish(all.size());
  }
  std::string_view name() const override { return "lm-eval"; }
  int version() const override { return 1; }
  Json settings() const override { return settings_json(settings_); }
  void judge(std::string_view text, ContaminationScratch& scratch, Decision& decision) const override {
    find_rows(text, scratch);
    const std::vector<Place>& places = scratch.places;
    if (places.empty()) return;
    const auto count = static_cast<int64_t>(places.size());
    if (settings_.action == "drop" || count > settings_.too_dirty_cutoff) {
      const bool many = settings_.action != "drop";
      drop(decision, many ? "contamination_rows" : kContamination, static_cast<double>(count),
           many ? static_cast<double>(settings_.too_dirty_cutoff) : 0, places[0]);
      return;
    }
    cut_contamination(text, places, {settings_.window_to_remove, settings_.minimum_slice_length, 0, false, false},
                      decision);
  }

 private:
  LmEvalSettings settings_;
};

class NemoMode final : public RowMode {
 public:
  NemoMode(const NemoSettings& settings, const ContaminationItems& all)
      : RowMode(std::make_unique<SpaceWords>(true)), settings_(settings) {
    for (uint32_t item = 0; item < all.size(); ++item)
      for (const std::string& text : texts_of(all[item], settings.texts == "all"))
        add(item, text, static_cast<size_t>(settings.min_ngram_size), static_cast<size_t>(settings.max_ngram_size));
    finish(all.size());
  }
  std::string_view name() const override { return "nemo"; }
  int version() const override { return 1; }
  Json settings() const override { return settings_json(settings_); }
  size_t counters() const override { return settings_.max_matches > 0 ? rows() : 0; }
  void leave_out_common(const ContaminationCounts& counts) override {
    leave_out([&](uint32_t row) { return counts[row] > settings_.max_matches; });
  }
  void judge(std::string_view text, ContaminationScratch& scratch, Decision& decision) const override {
    find_rows(text, scratch);
    if (scratch.places.empty()) return;
    if (settings_.action == "drop") {
      drop(decision, kContamination, static_cast<double>(scratch.places.size()), 0, scratch.places[0]);
      return;
    }
    cut_contamination(text, scratch.places,
                      {settings_.remove_char_each_side, settings_.min_document_length, settings_.max_splits,
                       settings_.to_sentence_end, true},
                      decision);
  }

 private:
  NemoSettings settings_;
};

constexpr int64_t kMost = 1 << 20;
bool fits(int64_t value) { return value >= 0 && value <= kMost; }

}  // namespace

Result<std::unique_ptr<ContaminationMode>> make_lm_eval_mode(const ContaminationItems& items, const Json& said) {
  PERSEA_TRY(const auto settings, read_settings<LmEvalSettings>(said, "lm-eval"));
  PERSEA_CHECK(check_contamination_action("lm-eval", settings.action));
  PERSEA_CHECK(check_texts("lm-eval", settings.texts));
  if (settings.ngram_n < 1 || settings.ngram_n > static_cast<int64_t>(kLongestRow))
    return fail("lm-eval: `ngram_n` has to lie in [1, {}]", kLongestRow);
  if (!fits(settings.window_to_remove) || !fits(settings.minimum_slice_length) || !fits(settings.too_dirty_cutoff))
    return fail("lm-eval: numbers have to lie in [0, {}]", kMost);
  return std::unique_ptr<ContaminationMode>(std::make_unique<LmEvalMode>(settings, items));
}

Result<std::unique_ptr<ContaminationMode>> make_nemo_mode(const ContaminationItems& items, const Json& said) {
  PERSEA_TRY(const auto settings, read_settings<NemoSettings>(said, "nemo"));
  PERSEA_CHECK(check_contamination_action("nemo", settings.action));
  PERSEA_CHECK(check_texts("nemo", settings.texts));
  if (settings.min_ngram_size < 1 || settings.max_ngram_size < settings.min_ngram_size ||
      settings.max_ngram_size > static_cast<int64_t>(kLongestRow))
    return fail("nemo: 1 <= `min_ngram_size` <= `max_ngram_size` <= {} has to hold", kLongestRow);
  if (!fits(settings.max_matches) || !fits(settings.remove_char_each_side) || !fits(settings.min_document_length) ||
      !fits(settings.max_splits))
    return fail("nemo: numbers have to lie in [0, {}]", kMost);
  return std::unique_ptr<ContaminationMode>(std::make_unique<NemoMode>(settings, items));
}

}  // namespace persea::curate
