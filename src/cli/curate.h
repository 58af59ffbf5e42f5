// persea curate: sources to a clean corpus.
#pragma once

#include "cli/verb.h"

namespace persea {

void add_curate(CLI::App& app, CliContext& context, VerbAction& action);

}  // namespace persea
