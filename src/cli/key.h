// persea key add|list|revoke: the API keys of a lab's service. persea user list|forget: whose they are, and the
// deletion of what is kept of them. persea feedback: what people said of replies.
#pragma once

#include "cli/verb.h"

namespace persea {

void add_key(CLI::App& app, CliContext& context, VerbAction& action);
void add_user(CLI::App& app, CliContext& context, VerbAction& action);
void add_feedback(CLI::App& app, CliContext& context, VerbAction& action);

}  // namespace persea
