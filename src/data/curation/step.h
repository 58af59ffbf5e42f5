// A step of curation: what decides on one text by itself. Made from a section of the recipe, used by all threads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "curate/contamination.h"
#include "curate/decision.h"
#include "curate/judging.h"
#include "curate/minhash.h"
#include "curate/pii.h"
#include "data/curation/recipe.h"

namespace persea::curation {

// What a thread keeps from text to text.
struct Scratch {
  curate::Judging judging;
  bool judging_has_text = false;  // `judging` has read the text at hand
  std::vector<curate::PiiFind> finds;
  std::optional<curate::MinHasher> hasher;
  curate::ContaminationScratch contamination;
};

class Step {
 public:
  virtual ~Step() = default;
  virtual std::string name() const = 0;  // as it stands in reasons: "gopher-quality", "pii"
  virtual Json key() const = 0;          // all that decides what it says: settings, version, digests of what it reads

  // Whether the figure of its decisions, also of those that keep, is the text's quality.
  virtual bool measures_quality() const { return false; }

  // `decision` is as new. Valid UTF-8, any length. Pure.
  virtual void judge(std::string_view text, Scratch& scratch, curate::Decision& decision) const = 0;
};

struct Steps {
  // In the order in which they judge: language, rules, quality, decontaminate, and personal data, so that what masks
  // put into a text is judged by nothing.
  std::vector<std::unique_ptr<Step>> each;
  // Contamination in the modes that have to count in all texts first (late_steps.h).
  std::vector<curate::ContaminationIndex> counting;
};
Result<Steps> make_steps(const Recipe& recipe);

// What decides what an index says, for the stage's key.
Json decontamination_key(const curate::ContaminationIndex& index);

}  // namespace persea::curation
