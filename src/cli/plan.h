// persea plan RECIPE: what a run will cost in time, memory, FLOPs and disk, before it starts.
#pragma once

#include "cli/verb.h"

namespace persea {

void add_plan(CLI::App& app, CliContext& context, VerbAction& action);

}  // namespace persea
