#include "cli/plan.h"

#include "base/clock.h"
#include "base/file.h"
#include "cli/recipe_options.h"
#include "cli/terminal.h"
#include "train/forecast.h"

namespace persea {
namespace {

int plan(const CliContext& context, const RecipeOptions& options, double seconds) {
  const auto recipe = options.load();
  if (!recipe) return report(recipe.error());
  const auto temp = TempDir::create(fs::temp_directory_path(), "persea-plan");
  if (!temp) return report(temp.error());
  const auto found = forecast(*recipe, temp->path(), seconds);
  if (!found) return report(found.error());
  const Forecast& f = *found;
  if (context.json) {
    print_json(f.json());
    return 0;
  }
  const auto bytes = [](int64_t n) { return format_bytes(static_cast<double>(n)); };
  Table table({Table::Align::left, Table::Align::right, Table::Align::left});
  table.row({"time", format_duration(f.seconds()),
             fmt::format("{} to prepare, {} to train, {} to report", format_duration(f.prepare_seconds),
                         format_duration(f.train_seconds), format_duration(f.report_seconds))});
  const int64_t twice = f.passes.recomputed;
  table.row({"memory", bytes(f.memory_bytes),
             fmt::format("at most, of the program{}",
                         twice > 0 ? fmt::format("; {} of {} layers do not fit and are computed twice", twice, f.layers)
                                   : "")});
  table.row({"disk", bytes(f.disk_bytes), "at most, in the lab"});
  table.row(
      {"FLOPs", fmt::format("{:.3g}", f.flops),
       fmt::format("{:.1f}% of {:.0f} GFLOP/s peak, {} threads{}", f.mfu * 100, f.peak_gflops, f.threads,
                   twice > 0 ? fmt::format("; {:.3g} more for what is computed twice", f.recomputed_flops) : "")});
  table.row({"model", format_count(static_cast<double>(f.parameters)), "parameters"});
  table.row({"training", format_count(static_cast<double>(f.tokens)),
             fmt::format("tokens in {} steps, {} tok/s", f.steps, format_count(f.tokens_per_second))});
  table.row({"text", bytes(f.text_bytes), "in the corpus"});
  fmt::print("{}", table.text());
  return 0;
}

}  // namespace

void add_plan(CLI::App& app, CliContext& context, VerbAction& action) {
  CLI::App* verb = app.add_subcommand("plan", "What a run will cost, before it starts: time, memory, FLOPs, disk");
  const auto options = add_recipe_options(*verb);
  add_memory_option(*verb, *options);
  const auto seconds = std::make_shared<double>(12);
  verb->add_option("--measure", *seconds, "Seconds to spend on measuring training steps")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
  verb->callback([&context, &action, options, seconds] {
    action = [&context, options, seconds] { return plan(context, *options, *seconds); };
  });
}

}  // namespace persea
