#include "cli/bench.h"

#include <algorithm>

namespace persea {
namespace {

constexpr void (*kBenches[])(CLI::App&, CliContext&, VerbAction&) = {
    add_bench_contamination, add_bench_copies, add_bench_dedup,  add_bench_html,  add_bench_inference,
    add_bench_judges,        add_bench_logits, add_bench_losses, add_bench_peak,  add_bench_perplexity,
    add_bench_pii,           add_bench_ranks,  add_bench_rules,  add_bench_train, add_bench_train_parity,
};

}  // namespace

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void add_bench(CLI::App& app, CliContext& context, VerbAction& action) {
  CLI::App* bench = app.add_subcommand("bench", "Measure this program on this machine");
  bench->require_subcommand(1);
  for (const auto add : kBenches) add(*bench, context, action);
}

}  // namespace persea
