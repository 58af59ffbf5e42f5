// persea trace ID: what an artifact, or a reply of the service, was made from, as a tree back to the sources.
#pragma once

#include "cli/verb.h"

namespace persea {

void add_trace(CLI::App& app, CliContext& context, VerbAction& action);

}  // namespace persea
