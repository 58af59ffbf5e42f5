// persea import PATH: a model made elsewhere becomes an artifact of the lab.
#pragma once

#include "cli/verb.h"

namespace persea {

void add_import(CLI::App& app, CliContext& context, VerbAction& action);

}  // namespace persea
