// What can only be decided once all documents are known and copies are gone: spans that come again, and contamination
// in the modes that leave out what is common.
#pragma once

#include "base/file.h"
#include "base/result.h"
#include "curate/contamination.h"
#include "data/curation/documents.h"
#include "data/curation/duplicates.h"
#include "data/curation/plan.h"
#include "data/curation/recipe.h"

namespace persea::curation {

// The documents as they are after these steps, and their fates; `documents` itself where there are none of them.
// `folder` is scratch, `memory` in bytes.
Result<Documents> run_late_steps(const Recipe& recipe, const Plan& plan,
                                 std::vector<curate::ContaminationIndex> counting, Documents documents,
                                 const fs::path& folder, int64_t memory, std::vector<Fate>& fates);

}  // namespace persea::curation
