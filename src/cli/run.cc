#include "cli/run.h"

#include "base/clock.h"
#include "base/file.h"
#include "cli/recipe_options.h"
#include "cli/terminal.h"
#include "train/line.h"

namespace persea {
namespace {

Json stage_json(std::string_view stage, const StageResult& result) {
  return {{"stage", stage},
          {"id", result.artifact.id},
          {"reused", result.reused},
          {"facts", result.artifact.facts()},
          {"cost", result.artifact.cost()}};
}

void print_stage(std::string_view stage, const StageResult& result) {
  const std::string how =
      result.reused ? "reused" : "made in " + format_duration(result.artifact.cost().at("wall_seconds").get<double>());
  fmt::print("{:<10} {}  {}\n", stage, result.artifact.id, dim(how));
  std::fflush(stdout);
}

int run(const CliContext& context, const RecipeOptions& options) {
  auto recipe = options.load();
  if (!recipe) return report(recipe.error());
  auto lab = Lab::open(context.lab);
  if (!lab) return report(lab.error());
  Json stages = Json::array();
  const auto observer = [&](std::string_view stage, const StageResult& result) {
    stages.push_back(stage_json(stage, result));
    if (!context.json) print_stage(stage, result);
  };
  const auto made = run_line(*lab, *recipe, context.quiet || context.json, observer);
  if (!made) return report(made.error());
  if (context.json) {
    print_json({{"stages", stages}, {"report", made->id}, {"page", made->file("report.html").string()}});
    return 0;
  }
  const auto text = read_file(made->file("report.txt"));
  if (!text) return report(text.error());
  fmt::print("\n{}\n{}\n{}\n", *text, made->file("report.html").string(), made->id);
  return 0;
}

}  // namespace

void add_run(CLI::App& app, CliContext& context, VerbAction& action) {
  CLI::App* verb = app.add_subcommand("run", "Run a recipe: from text to a trained model and its report");
  const auto options = add_recipe_options(*verb);
  options->device = "auto";
  verb->add_option("--device", options->device, "Where training runs: cpu, cuda, or auto, a GPU where one is")
      ->check(CLI::IsMember({"cpu", "cuda", "auto"}))
      ->capture_default_str();
  verb->callback([&context, &action, options] { action = [&context, options] { return run(context, *options); }; });
}

}  // namespace persea
