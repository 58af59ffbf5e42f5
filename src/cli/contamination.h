// persea contamination MODEL TASK: which items of a test the model's training data contained, so that scores can be
// split into clean and contaminated.
#pragma once

#include "cli/verb.h"

namespace persea {

void add_contamination(CLI::App& app, CliContext& context, VerbAction& action);

}  // namespace persea
