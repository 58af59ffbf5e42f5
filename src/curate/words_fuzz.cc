// Any bytes as a text: its words lie in it in order with nothing but white space between them, its sentences cover it,
// and every rule pack comes to a decision whose places lie in it. What has judged other texts before decides as what is
// new.
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "curate/char_flags.h"
#include "curate/rule_pack.h"

namespace {

using persea::curate::Decision;
using persea::curate::Judging;
using persea::curate::Place;

void check(bool holds) {
  if (!holds) std::abort();
}

void check_words(std::string_view text, Judging& judging) {
  size_t behind = 0;
  for (const persea::curate::Word& word : judging.parts.words()) {
    const Place place = judging.parts.place_of(word.text);
    check(place.begin >= behind && place.end <= text.size() && place.begin < place.end);
    check(persea::curate::strip(text.substr(behind, place.begin - behind)).empty());
    behind = place.end;
  }
  check(persea::curate::strip(text.substr(behind)).empty());
  size_t covered = 0;
  judging.parts.splitter().split_sentences(text, judging.lines);
  for (const std::string_view sentence : judging.lines) covered += sentence.size();
  check(covered == text.size());
}

// Places lie in the text, shares are none of more than all, and the text less its cuts is what is left.
void check_decision(std::string_view text, const Decision& decision) {
  check(decision.place.begin <= decision.place.end && decision.place.end <= text.size());
  check(decision.reason.find("char_frac") == std::string::npos || decision.figure <= 1);
  std::string left;
  size_t behind = 0;
  for (const persea::curate::Cut& cut : decision.cuts) {
    check(cut.place.begin >= behind && cut.place.end >= cut.place.begin && cut.place.end <= text.size());
    left.append(text.substr(behind, cut.place.begin - behind)).append(cut.instead);
    behind = cut.place.end;
  }
  left += text.substr(behind);
  check(decision.verdict == persea::curate::Verdict::change ? left == decision.text && left != text
                                                            : decision.cuts.empty() && decision.text.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto packs = [] {
    std::vector<std::unique_ptr<persea::curate::RulePack>> all;
    const persea::Json dolma = {{"dialect", "dolma"}, {"min_doc_words", 2}}, few = {{"min_doc_words", 2}};
    const auto add = [&](const std::string& name, const persea::Json& settings) {
      auto made = persea::curate::make_rule_pack(name, settings);
      check(made.ok());
      all.push_back(std::move(*made));
    };
    for (const std::string& name : persea::curate::rule_pack_names()) add(name, persea::Json::object());
    add("gopher-quality", few);
    add("gopher-quality", dolma);
    add("gopher-repetition", {{"dialect", "dolma"}});
    add("c4-quality", {{"split_paragraph", false}});
    return all;
  }();
  static Judging kept;
  const std::string text(reinterpret_cast<const char*>(data), size);
  Judging fresh;
  Decision decision, again;
  kept.read(text);
  fresh.read(text);
  check_words(text, kept);
  for (const auto& pack : packs) {
    pack->judge(fresh, again);
    pack->judge(kept, decision);
    check_decision(text, decision);
    check(decision.verdict == again.verdict && decision.reason == again.reason && decision.figure == again.figure &&
          decision.text == again.text && decision.place.begin == again.place.begin &&
          decision.place.end == again.place.end && decision.cuts.size() == again.cuts.size());
  }
  return 0;
}
