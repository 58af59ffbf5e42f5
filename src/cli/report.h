// persea report [ID]: a report that was made, on the terminal, and where its page lies.
#pragma once

#include "cli/verb.h"

namespace persea {

void add_report(CLI::App& app, CliContext& context, VerbAction& action);

}  // namespace persea
