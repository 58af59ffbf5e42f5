// The stage `pretrain`: tokens and their tokenizer become an artifact of kind "model": a Hugging Face model directory
// with the run's metrics beside it.
#pragma once

#include "ledger/lab.h"
#include "train/recipe.h"

namespace persea {

Result<StageResult> run_pretrain_stage(Lab& lab, const Recipe& recipe, const Artifact& tokens,
                                       const Artifact& tokenizer, bool quiet);

}  // namespace persea
