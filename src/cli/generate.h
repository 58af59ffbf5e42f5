// persea generate MODEL --prompt "...": text written on by a model, as it comes.
#pragma once

#include "cli/verb.h"

namespace persea {

void add_generate(CLI::App& app, CliContext& context, VerbAction& action);

}  // namespace persea
