// persea chat [MODEL]: a conversation with a model in the terminal.
#pragma once

#include "cli/verb.h"

namespace persea {

void add_chat(CLI::App& app, CliContext& context, VerbAction& action);

}  // namespace persea
