// persea serve [MODEL ...]: models behind an HTTP server with an OpenAI-compatible API.
#pragma once

#include "cli/verb.h"

namespace persea {

void add_serve(CLI::App& app, CliContext& context, VerbAction& action);

}  // namespace persea
