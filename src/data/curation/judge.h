// All steps over one document: what stays of it, and why. Pure, for any thread; documents know nothing of each other.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/corpus.h"
#include "data/curation/decision_log.h"
#include "data/curation/part.h"
#include "data/curation/recipe.h"
#include "data/curation/step.h"
#include "data/curation/tally.h"
#include "read/item.h"

namespace persea::curation {

struct Judged {
  bool kept = false;
  std::string text;            // as it stays
  DocumentId id{}, read_id{};  // of the text as it stays, and as it was read
  std::string log;             // lines of decisions.jsonl
  float quality = kNotMeasured, perplexity = kNotMeasured;
  std::vector<uint64_t> keys;  // one a band, where near duplicates are looked for; kNoKey each where it has none
};

class Judge {
 public:
  // With the settings of MinHash that `dedup` names.
  static Result<Judge> create(std::vector<std::unique_ptr<Step>> steps, const Dedup& dedup);

  const std::vector<std::unique_ptr<Step>>& steps() const { return steps_; }
  size_t bands() const { return hasher_ ? hasher_->bands() : 0; }  // keys of each document

  // Adds to `tally`, which has to be the source's.
  void judge(const read::Document& document, const Source& source, std::string_view file, Scratch& scratch,
             Tally& tally, Judged& judged) const;

 private:
  explicit Judge(std::vector<std::unique_ptr<Step>> steps) : steps_(std::move(steps)) {}
  std::vector<std::unique_ptr<Step>> steps_;
  std::optional<curate::MinHasher> hasher_;  // threads have copies
};

}  // namespace persea::curation
