#include "cli/bench.h"

namespace persea {
namespace {

constexpr void (*kBenches[])(CLI::App&, CliContext&, VerbAction&) = {
    add_bench_logits,
    add_bench_peak,
    add_bench_train,
    add_bench_train_parity,
};

}  // namespace

void add_bench(CLI::App& app, CliContext& context, VerbAction& action) {
  CLI::App* bench = app.add_subcommand("bench", "Measure this program on this machine");
  bench->require_subcommand(1);
  for (const auto add : kBenches) add(*bench, context, action);
}

}  // namespace persea
