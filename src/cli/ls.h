// persea ls [KIND]: the lab's artifacts in a table, and what is unfinished.
#pragma once

#include "cli/verb.h"

namespace persea {

void add_ls(CLI::App& app, CliContext& context, VerbAction& action);

}  // namespace persea
