// persea show ID: everything that is recorded about one artifact.
#pragma once

#include "cli/verb.h"

namespace persea {

void add_show(CLI::App& app, CliContext& context, VerbAction& action);

}  // namespace persea
