// persea verify [ID]: reads all files again and names what is not as it was recorded.
#pragma once

#include "cli/verb.h"

namespace persea {

void add_verify(CLI::App& app, CliContext& context, VerbAction& action);

}  // namespace persea
