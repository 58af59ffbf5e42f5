// persea submit RECIPE: a recipe as a job of Slurm, on one rank or several, followed to its end.
#pragma once

#include "cli/verb.h"

namespace persea {

void add_submit(CLI::App& app, CliContext& context, VerbAction& action);

}  // namespace persea
