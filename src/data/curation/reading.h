// The first pass: reads the plan's units and judges their documents on all threads, into parts on the disk. Parts that
// are there are not made again, so a pass that was killed goes on where it was; several ranks share the parts.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"
#include "curate/text_scorer.h"
#include "data/curation/judge.h"
#include "data/curation/part.h"
#include "data/curation/plan.h"

namespace persea::curation {

struct ReadingProgress {
  int64_t bytes = 0;      // of files, as they lie on the disk: read by this rank, or passed over
  int64_t documents = 0;  // judged by this rank
};

struct Reading {
  const Recipe& recipe;
  const Plan& plan;
  const Judge& judge;
  fs::path folder;  // of the parts, which all ranks see
  int rank = 0, ranks = 1;
  curate::TextScorer* scorer = nullptr;  // of the recipe's [perplexity]
  curate::PerplexitySettings perplexity = {};
  std::function<void(const ReadingProgress&)> progress = {};
  int64_t part_bytes = 64 << 20;  // of what is read; other values give other parts, but the same corpus
};

// Makes the parts that are this rank's and not there.
Status read_parts(const Reading& reading);

// The parts in their order, once all ranks are done.
Result<std::vector<fs::path>> list_parts(const Plan& plan, const fs::path& folder);

}  // namespace persea::curation
