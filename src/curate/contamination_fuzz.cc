// Any bytes as items and as a text: what is found lies in the text and is an item of the index, twice the same, and
// what is left after a cut is the text less its cuts. The text holds parts of the items, so that there is something to
// find.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "curate/contamination.h"

namespace {

using namespace persea;

void check(bool fine) {
  if (!fine) std::abort();
}

void look(const curate::ContaminationIndex& index, std::string_view text) {
  static curate::ContaminationScratch scratch;
  std::vector<curate::ContaminationHit> hits, again;
  curate::Decision decision;
  index.find(text, scratch, hits);
  index.judge(text, scratch, decision);
  index.find(text, scratch, again);
  check(hits.size() == again.size());
  for (size_t i = 0; i < hits.size(); ++i) {
    check(hits[i].item < index.items() && hits[i].item == again[i].item);
    check(hits[i].place.begin < hits[i].place.end && hits[i].place.end <= text.size());
    check(hits[i].score > 0 && hits[i].score <= 1);
    check(i == 0 || hits[i - 1].place.begin <= hits[i].place.begin);
  }
  if (hits.empty()) check(decision.verdict == curate::Verdict::keep);
  if (decision.verdict != curate::Verdict::change) return;
  std::string left;
  size_t at = 0;
  for (const curate::Cut& cut : decision.cuts) {
    check(cut.place.begin >= at && cut.place.end >= cut.place.begin && cut.place.end <= text.size());
    left += text.substr(at, cut.place.begin - at);
    left += cut.instead;
    at = cut.place.end;
  }
  check(left + std::string(text.substr(at)) == decision.text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const size_t half = size / 2;
  std::vector<curate::EvaluationItem> items(2);
  items[0].question = all.substr(0, half);
  items[0].answer = all.substr(0, size / 8);
  items[1].task = "other";
  items[1].choices = {std::string(all.substr(size / 4, half)), std::string(all.substr(0, size / 3))};
  const Json low = {{"action", "cut"}, {"min_bits", 5}, {"more_bits", 5}, {"min_words", 3}, {"min_share", 0.3}};
  const std::pair<const char*, Json> modes[] = {
      {"aligned", low},
      {"aligned", Json::object()},
      {"lm-eval", {{"ngram_n", 3}, {"window_to_remove", 4}, {"minimum_slice_length", 3}}},
      {"nemo",
       {{"min_ngram_size", 2}, {"max_ngram_size", 3}, {"remove_char_each_side", 2}, {"min_document_length", 2}}},
      {"datatrove", {{"n_grams", 2}, {"action", "cut"}}}};
  for (const auto& mode : modes) {
    auto index = curate::ContaminationIndex::build(items, mode.first, mode.second);
    check(index.ok());
    look(*index, all);
    look(*index, all.substr(half));
    if (!index->counts_first()) continue;
    curate::ContaminationCounts counts = index->no_counts();
    curate::ContaminationScratch scratch;
    index->count(all, scratch, counts);
    index->leave_out_common(counts);
    look(*index, all);
  }
  return 0;
}
