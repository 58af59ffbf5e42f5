// The stage `curate`: sources to a clean corpus, with a reason for every document that was dropped or changed. The same
// corpus to the byte whatever the number of threads and ranks, the memory, and how often it was killed on the way.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "comm/ranks.h"
#include "curate/text_scorer.h"
#include "data/curation/recipe.h"
#include "ledger/lab.h"

namespace persea {

// Makes what scores texts for [perplexity], out of a model's folder or file and the section's settings but for the
// bounds and the model's name: the models of the lab are known above this folder.
using ScorerFactory = std::function<Result<std::unique_ptr<curate::TextScorer>>(const fs::path& model, const Json& settings)>;

struct CurateOptions {
  int64_t memory = 1 << 30;  // bytes that it may use, about
  bool quiet = false;
  ScorerFactory scorer = {};
};

// On the first of several ranks: runs the stage, with the help of the others, or finds its artifact of kind "corpus".
Result<StageResult> run_curate_stage(Lab& lab, const curation::Recipe& recipe, const CurateOptions& options,
                                     Ranks& ranks);

// On every other rank, at the same time: its share of the work; the lab is not opened.
Status help_curate_stage(const curation::Recipe& recipe, const CurateOptions& options, Ranks& ranks);

}  // namespace persea
