// persea bench NAME: measurements of this program on this machine, for people and for the programs of bench/. Each is a
// file bench_NAME.cc with one function, named in bench.cc's list.
#pragma once

#include <vector>

#include "cli/verb.h"

namespace persea {

void add_bench(CLI::App& app, CliContext& context, VerbAction& action);

// The middle one of at least one value, the upper of two.
double median_of(std::vector<double> values);

void add_bench_contamination(CLI::App& bench, CliContext& context, VerbAction& action);
void add_bench_copies(CLI::App& bench, CliContext& context, VerbAction& action);  // spans and altered
void add_bench_dedup(CLI::App& bench, CliContext& context, VerbAction& action);
void add_bench_html(CLI::App& bench, CliContext& context, VerbAction& action);
void add_bench_inference(CLI::App& bench, CliContext& context, VerbAction& action);
void add_bench_judges(CLI::App& bench, CliContext& context, VerbAction& action);  // languages, quality
void add_bench_logits(CLI::App& bench, CliContext& context, VerbAction& action);
void add_bench_losses(CLI::App& bench, CliContext& context, VerbAction& action);
void add_bench_peak(CLI::App& bench, CliContext& context, VerbAction& action);
void add_bench_perplexity(CLI::App& bench, CliContext& context, VerbAction& action);
void add_bench_pii(CLI::App& bench, CliContext& context, VerbAction& action);
void add_bench_ranks(CLI::App& bench, CliContext& context, VerbAction& action);
void add_bench_rules(CLI::App& bench, CliContext& context, VerbAction& action);
void add_bench_train(CLI::App& bench, CliContext& context, VerbAction& action);
void add_bench_train_parity(CLI::App& bench, CliContext& context, VerbAction& action);

}  // namespace persea
