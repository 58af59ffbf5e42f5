// Keeps the texts of some languages: those of which the kept languages together have a large enough share.
#include <algorithm>

#include "curate/language.h"
#include "curate/rule_pack.h"
#include "curate/settings.h"

namespace persea::curate {
namespace {

constexpr std::string_view kName = "language";

struct LanguageSettings {
  static constexpr bool kZeroIsOff = false;
  std::vector<std::string> keep = {"en"};
  double least = 0.65;  // what the kept languages' scores have to add up to
  int64_t sample_bytes = 4096;
  bool guess_short = false, keep_unknown = false;  // keep_unknown: texts of no language that CLD2 could tell stay

  template <class Visit>
  void fields(const Visit& visit) {
    visit("keep", keep);
    visit("least", least);
    visit("sample_bytes", sample_bytes);
    visit("guess_short", guess_short);
    visit("keep_unknown", keep_unknown);
  }
};

class LanguagePack : public RulePack {
 public:
  explicit LanguagePack(LanguageSettings settings) : s_(std::move(settings)) {}
  std::string_view name() const override { return kName; }
  int version() const override { return 1; }
  Json settings() const override { return settings_json(s_); }

  void decide(Judging& judging, Decision& decision) const override {
    const std::string_view text = judging.parts.text();
    const LanguageOptions options{static_cast<size_t>(s_.sample_bytes), s_.guess_short};
    const Languages found = languages_of(text, options);
    if (s_.keep_unknown && found.top[0].code == "und") return;
    double kept = 0;
    for (const Language& language : found.top)
      for (const std::string& wanted : s_.keep)
        if (means_language(wanted, language.code)) {
          kept += language.score;
          break;
        }
    if (kept >= s_.least) return;
    const Place place = foreign_stretch(text, s_.keep, options);
    drop(decision, reason(found), kept, s_.least, place.end > place.begin ? place : judging.parts.whole());
  }

 private:
  // After the language that has most of the text and is not wanted, so that it can be seen what was dropped.
  std::string reason(const Languages& found) const {
    for (const Language& language : found.top) {
      const bool wanted = std::any_of(s_.keep.begin(), s_.keep.end(),
                                      [&](const std::string& one) { return means_language(one, language.code); });
      if (!wanted) return fmt::format("language_{}", language.code);
    }
    return "language_und";
  }

  LanguageSettings s_;
};

}  // namespace

Result<std::unique_ptr<RulePack>> make_language(const Json& settings) {
  PERSEA_TRY(LanguageSettings said, read_settings<LanguageSettings>(settings, kName));
  if (said.keep.empty()) return fail("{}: `keep` names no language: name one as \"en\"", kName);
  if (said.sample_bytes < 0 || (said.sample_bytes > 0 && said.sample_bytes < 256))
    return fail("{}: `sample_bytes` has to be 0 (the whole text) or at least 256, not {}", kName, said.sample_bytes);
  const std::vector<std::string>& known = language_codes();
  for (const std::string& code : said.keep) {
    const auto means = [&](const std::string& one) { return means_language(code, one); };
    if (!code.empty() && std::any_of(known.begin(), known.end(), means)) continue;
    const std::string near = nearest(code, known);
    return fail("{}: `keep`: there is no language \"{}\"{}: codes are those of ISO 639-1, such as \"en\"", kName, code,
                near.empty() ? "" : fmt::format(", did you mean \"{}\"?", near));
  }
  return std::unique_ptr<RulePack>(std::make_unique<LanguagePack>(std::move(said)));
}

}  // namespace persea::curate
