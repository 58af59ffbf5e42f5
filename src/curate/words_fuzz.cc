// Any bytes as a text: its words lie in it in order with nothing but white space between them, its sentences cover it,
// and every rule pack comes to a decision whose places lie in it.
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "curate/char_flags.h"
#include "curate/rule_pack.h"

namespace {

using persea::curate::Place;

void check(bool holds) {
  if (!holds) std::abort();
}

void check_words(std::string_view text, persea::curate::Judging& judging) {
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
  const std::string text(reinterpret_cast<const char*>(data), size);
  persea::curate::Judging judging;
  persea::curate::Decision decision;
  judging.parts.read(text);
  check_words(text, judging);
  for (const auto& pack : packs) {
    decision.clear();
    pack->judge(judging, decision);
    check(decision.place.begin <= decision.place.end && decision.place.end <= text.size());
    size_t behind = 0;
    for (const persea::curate::Cut& cut : decision.cuts) {
      check(cut.place.begin >= behind && cut.place.end >= cut.place.begin && cut.place.end <= text.size());
      behind = cut.place.end;
    }
  }
  return 0;
}
