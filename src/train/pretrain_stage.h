// The stage `pretrain`: tokens and their tokenizer become an artifact of kind "model": a Hugging Face model directory
// with the run's metrics beside it.
#pragma once

#include "ledger/lab.h"
#include "train/pretrain.h"

namespace persea {

// On rank 0: runs the stage, with the help of the others, or finds its artifact.
Result<StageResult> run_pretrain_stage(Lab& lab, const Recipe& recipe, const Artifact& tokens,
                                       const Artifact& tokenizer, const PretrainOptions& options);

// On every other rank, at the same time: its share of the work; the lab is not opened.
Status help_pretrain_stage(const Recipe& recipe, const PretrainOptions& options);

}  // namespace persea
