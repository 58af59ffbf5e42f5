// persea quality train|score|perplexity: a judge of texts from good and bad ones, what it says of others and why; and
// what a model of the lab finds surprising.
#pragma once

#include "cli/verb.h"

namespace persea {

void add_quality_perplexity(CLI::App& quality, CliContext& context, VerbAction& action);  // quality_perplexity.cc
void add_quality(CLI::App& app, CliContext& context, VerbAction& action);

}  // namespace persea
