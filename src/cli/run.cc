#include "cli/run.h"

#include <algorithm>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/threads.h"
#include "cli/model_option.h"
#include "cli/recipe_options.h"
#include "cli/terminal.h"
#include "tensor/cuda.h"
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

constexpr const char* kExamples = R"(Examples:
  persea run recipes/quickstart.toml --text ~/texts       from a folder of text to a model and its report
  mpirun -n 4 persea run recipe.toml                      the same with four ranks that see the same folders
  mpirun -n 4 persea run big.toml --tensor-parallel 2     a model that does not fit one rank: pairs hold it together

A run that was stopped or killed goes on where it was, with any number of ranks: run the same command.)";

struct Options {
  std::shared_ptr<RecipeOptions> recipe;
  double patience = 600;
  int tensor_parallel = 1;
};

// What this rank tells of an error: of several ranks one speaks for all.
int end(const Ranks& ranks, const Error& error) { return ranks.speaks() ? report(error) : 1; }

// Before anything is made: whether ranks and model can be divided so.
Status check_layout(const Recipe& recipe, const Ranks& ranks, int tensor_ranks) {
  PERSEA_CHECK(RankGrid::check(ranks, tensor_ranks));
  return check_slices(recipe.model_config(recipe.vocab()), tensor_ranks);
}

// One kind of device for all ranks. With "auto" that is the CPU where not each of them has a GPU of its own, and a word
// says why; with "cuda" the same is an error.
Status settle_device(Ranks& ranks, bool insists, Device& device) {
  if (ranks.size() == 1) return {};
  const double own = device == cpu_device ? 0 : 1;
  PERSEA_TRY(const std::vector<double> all, ranks.gather({&own, 1}));
  const auto without = std::find(all.begin(), all.end(), 0.0);
  if (std::count(all.begin(), all.end(), 0.0) == ranks.size()) return {};
  const Status joined = without == all.end() ? ranks.join_gpus() : fail("rank {} has no GPU", without - all.begin());
  if (joined || insists || ranks.broken()) return joined;
  device = cpu_device;
  if (ranks.rank() == 0) log_warning("{}: all ranks train on their CPUs", joined.error().message);
  return {};
}

int run(const CliContext& context, const Options& options) {
  const auto joined = Ranks::of_this_job();
  if (!joined) return report(joined.error());
  Ranks& ranks = **joined;
  if (context.threads == 0) set_threads(threads_of(ranks));
  if (ranks.size() > 1 && options.recipe->device != "cpu") cuda::choose(ranks.place());
  auto recipe = options.recipe->load();
  if (const Status read = ranks.agree(recipe ? Status() : recipe.error()); !read) return end(ranks, read.error());
  if (const Status settled = settle_device(ranks, options.recipe->device == "cuda", recipe->device); !settled)
    return end(ranks, fail("--device {}: {}", options.recipe->device, settled.error().message));
  if (const Status fits = ranks.agree(check_layout(*recipe, ranks, options.tensor_parallel)); !fits)
    return end(ranks, fits.error());
  const PretrainOptions training{ranks, context.quiet || context.json, options.patience, options.tensor_parallel};
  if (ranks.rank() > 0) {
    const Status helped = help_line(*recipe, training);
    return helped ? 0 : end(ranks, helped.error());
  }
  auto lab = Lab::open(context.lab);
  if (!lab) {
    (void)ranks.broadcast("");  // the others wait for what help_line is told
    return report(lab.error());
  }
  Json stages = Json::array();
  const auto observer = [&](std::string_view stage, const StageResult& result) {
    stages.push_back(stage_json(stage, result));
    if (!context.json) print_stage(stage, result);
  };
  const auto made = run_line(*lab, *recipe, training, observer);
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
  const auto options = std::make_shared<Options>();
  options->recipe = add_recipe_options(*verb);
  add_memory_option(*verb, *options->recipe);
  options->recipe->device = "auto";
  add_device_option(*verb, options->recipe->device, "training");
  verb->add_option("--patience", options->patience, "Several ranks: seconds to wait for one that does not answer")
      ->check(CLI::Range(1.0, 1e6))
      ->capture_default_str();
  verb->add_option("--tensor-parallel", options->tensor_parallel,
                   "Several ranks: neighbours that hold one copy of the model together, a slice of its matrices each")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  verb->footer(kExamples);
  verb->callback([&context, &action, options] { action = [&context, options] { return run(context, *options); }; });
}

}  // namespace persea
