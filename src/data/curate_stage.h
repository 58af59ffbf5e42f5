// The stage `curate`: sources to a clean corpus, with a reason for every document that was dropped or changed. The same
// corpus to the byte whatever the number of threads and ranks, the memory, and how often it was killed on the way.
#pragma once

#include <cstdint>

#include "comm/ranks.h"
#include "data/curation/recipe.h"
#include "ledger/lab.h"

namespace persea {

struct CurateOptions {
  int64_t memory = 1 << 30;  // bytes that it may use, about
  bool quiet = false;
};

// On the first of several ranks: runs the stage, with the help of the others, or finds its artifact of kind "corpus".
Result<StageResult> run_curate_stage(Lab& lab, const curation::Recipe& recipe, const CurateOptions& options,
                                     Ranks& ranks);

// On every other rank, at the same time: its share of the work; the lab is not opened.
Status help_curate_stage(const curation::Recipe& recipe, const CurateOptions& options, Ranks& ranks);

}  // namespace persea
