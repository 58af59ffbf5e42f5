// Steps that can only judge once all documents are known: they go over the parts again and write them anew, with what
// stays of each document under its number.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "curate/decision.h"
#include "data/curation/documents.h"
#include "data/curation/duplicates.h"
#include "data/curation/plan.h"
#include "data/curation/recipe.h"

namespace persea::curation {

// Judges the text of document i; `decision` is as new. Called on all threads, `thread` says on which.
using LateJudge = std::function<void(size_t i, std::string_view text, int thread, curate::Decision& decision)>;

// Writes all parts to `folder` and returns them, opened. Documents that `fates` let live are judged; those that are
// dropped get the fate `judged`. Decisions are logged and counted under the name `step`.
Result<Documents> rewrite_parts(const Recipe& recipe, const Plan& plan, const Documents& documents,
                                const std::string& step, const LateJudge& judge, const fs::path& folder,
                                std::vector<Fate>& fates);

}  // namespace persea::curation
