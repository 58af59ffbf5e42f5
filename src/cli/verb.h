// What every verb of the command shares: the global options, and how a verb is registered, run and reports failure.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "base/json.h"
#include "base/result.h"

namespace persea {

// The options that stand for every verb; filled before a verb's action runs.
struct CliContext {
  std::string lab = "lab";  // --lab, PERSEA_LAB
  bool json = false;        // --json: one JSON document on standard output and nothing else
  int threads = 0;          // --threads; 0: as many as there are cores
  bool quiet = false;       // --quiet: no progress, no hints
};

// Does the work and returns the exit status: 0 done, 1 failure, 2 wrong usage.
using VerbAction = std::function<int()>;

// A verb NAME is one file with one function
//   void add_NAME(CLI::App& app, CliContext& context, VerbAction& action);
// that registers a subcommand whose callback sets `action`. main parses, then runs the action, so that nothing happens
// before the whole command line is known to be right. The function keeps its options in a shared_ptr that its callback
// holds.

// Prints "persea: MESSAGE" on standard error; 1, the exit status.
int report(const Error& error);

// Prints a document on standard output, indented.
void print_json(const Json& document);

}  // namespace persea
