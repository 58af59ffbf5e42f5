// The stage `report`: asks a trained model for samples and answers, and writes what the run came to: report.html for
// people, report.txt for the terminal, report.json for programs, curve.svg for a README.
#pragma once

#include "ledger/lab.h"
#include "train/recipe.h"

namespace persea {

// Where the recipe's corpus is smallworld, its held-out questions are asked.
Result<StageResult> run_report_stage(Lab& lab, const Recipe& recipe, const Artifact& model);

}  // namespace persea
