// persea run RECIPE: all stages of a recipe, from text to a model and its report. What is unchanged is not made again.
#pragma once

#include "cli/verb.h"

namespace persea {

void add_run(CLI::App& app, CliContext& context, VerbAction& action);

}  // namespace persea
