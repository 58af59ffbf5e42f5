// persea render: what a chat template makes of conversations.
#pragma once

#include "cli/verb.h"

namespace persea {

void add_render(CLI::App& app, CliContext& context, VerbAction& action);

}  // namespace persea
