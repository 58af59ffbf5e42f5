// What can only be decided once all documents are known and copies are gone: spans that come again, and contamination
// in the modes that leave out what is common.
#pragma once

#include "base/file.h"
#include "base/result.h"
#include "data/curation/documents.h"
#include "data/curation/duplicates.h"
#include "data/curation/plan.h"
#include "data/curation/recipe.h"

namespace persea::curation {

// What decides what these steps do, beside the recipe's settings, for the stage's key.
Result<Json> late_step_keys(const Recipe& recipe);

// The documents as they are after these steps, and their fates; `documents` itself where the recipe has none of them.
// `folder` is scratch, `memory` in bytes.
Result<Documents> run_late_steps(const Recipe& recipe, const Plan& plan, Documents documents, const fs::path& folder,
                                 int64_t memory, std::vector<Fate>& fates);

}  // namespace persea::curation
