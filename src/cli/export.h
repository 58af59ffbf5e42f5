// persea export [MODEL]: a model for other programs.
#pragma once

#include "cli/verb.h"

namespace persea {

void add_export(CLI::App& app, CliContext& context, VerbAction& action);

}  // namespace persea
