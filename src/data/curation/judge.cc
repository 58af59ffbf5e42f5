#include "data/curation/judge.h"

#include "curate/char_flags.h"
#include "curate/rule_pack.h"

namespace persea::curation {

using curate::Decision;
using curate::Verdict;

Result<Judge> Judge::create(std::vector<std::unique_ptr<Step>> steps, const Dedup& dedup) {
  Judge judge(std::move(steps));
  if (!dedup.minhash.is_null()) {
    PERSEA_TRY(const curate::MinHashSettings settings, curate::minhash_settings(dedup.minhash));
    PERSEA_TRY(judge.hasher_, curate::MinHasher::create(settings));
  }
  return judge;
}

void Judge::judge(const read::Document& document, const Source& source, std::string_view file, Scratch& scratch,
                  Tally& tally, Judged& judged) const {
  judged.log.clear();
  judged.quality = judged.perplexity = kNotMeasured;
  judged.text.clear();
  const bool titled = source.titles && !document.title.empty() && !document.text.starts_with(document.title);
  if (titled) judged.text = document.title + "\n\n";
  judged.text += document.text;
  judged.read_id = document_id(judged.text);
  judged.kept = true;
  tally.read.add(static_cast<int64_t>(judged.text.size()));
  count_length(tally.read_lengths, static_cast<int64_t>(judged.text.size()));

  const Origin origin{source.name, file, document.place};
  bool changed = false;
  Decision decision;
  scratch.judging_has_text = false;
  const auto take = [&](const std::string& step) {
    if (decision.verdict == Verdict::keep) return;
    judged.log += decision_line(origin, judged.read_id, step, decision, judged.text);
    count_decision(decision, step, static_cast<int64_t>(judged.text.size()), tally);
    if (decision.verdict == Verdict::drop) {
      judged.kept = false;
    } else {
      judged.text.swap(decision.text);
      changed = true;
      scratch.judging_has_text = false;
    }
  };
  for (const auto& step : steps_) {
    decision.clear();
    step->judge(judged.text, scratch, decision);
    if (step->measures_quality()) judged.quality = static_cast<float>(decision.figure);
    take(step->name());
    if (!judged.kept) return;
    if (curate::strip(judged.text).empty()) {
      decision.clear();
      curate::drop(decision, "nothing_left", 0, 0, {0, judged.text.size()});
      take(step->name());
      return;
    }
  }
  judged.id = changed ? document_id(judged.text) : judged.read_id;
  judged.keys.assign(bands(), kNoKey);
  if (!hasher_) return;
  if (!scratch.hasher) scratch.hasher = hasher_;
  if (!scratch.hasher->keys(judged.text, judged.keys)) judged.keys.assign(bands(), kNoKey);
}

}  // namespace persea::curation
