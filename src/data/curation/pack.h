// The last pass: writes the corpus, the decisions and the funnel from what was judged, found to be copies, and mixed.
#pragma once

#include <functional>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "data/curation/documents.h"
#include "data/curation/duplicates.h"
#include "data/curation/plan.h"
#include "data/curation/recipe.h"
#include "ledger/stage.h"

namespace persea::curation {

// Fills context.out() with the corpus (docs/formats/corpus.md) and what belongs to it (docs/formats/curation.md), and
// says the facts.
Status pack(const Recipe& recipe, const Plan& plan, const Documents& documents, const Duplicates& duplicates,
            StageContext& context, const std::function<void(int64_t bytes)>& progress);

}  // namespace persea::curation
