// Lists copies of documents in which numbers or names were altered, for people to look at, and keeps them on one side
// of the split. Nothing is dropped for it.
#pragma once

#include "base/file.h"
#include "base/result.h"
#include "data/curation/documents.h"
#include "data/curation/duplicates.h"
#include "data/curation/plan.h"
#include "data/curation/recipe.h"

namespace persea::curation {

// Writes a line for each pair to `out` (docs/formats/curation.md) and joins their groups. Returns how many. `folder` is
// scratch, `memory` in bytes.
Result<int64_t> list_altered_copies(const Recipe& recipe, const Plan& plan, const Documents& documents,
                                    const fs::path& folder, int64_t memory, const fs::path& out,
                                    Duplicates& duplicates);

}  // namespace persea::curation
