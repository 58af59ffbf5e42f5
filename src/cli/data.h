// persea data stats|sample|why|diff|clusters|card|delete: what a curated corpus was made of, and why each document is
// in it or not. It only looks; delete alone makes another corpus.
#pragma once

#include "cli/verb.h"

namespace persea {

void add_data(CLI::App& app, CliContext& context, VerbAction& action);

}  // namespace persea
