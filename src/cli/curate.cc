#include "cli/curate.h"

#include <memory>

#include "base/clock.h"
#include "cli/terminal.h"
#include "comm/ranks.h"
#include "curate/settings.h"
#include "data/curate_stage.h"
#include "eval/model_scorer.h"

namespace persea {
namespace {

constexpr const char* kExamples = R"(Examples:
  persea curate recipes/curation/english.toml             the corpus that the recipe describes
  persea curate recipe.toml --memory 1G                   in a bound of memory
  mpirun -n 4 persea curate recipe.toml                   the same corpus, made by four ranks that see the same folders
  persea data stats                                       what went in, what was dropped by which rule, what came out

docs/formats/curation.md describes a recipe's keys. A run that was killed goes on where it was: run the same command.)";

struct Options {
  std::string recipe;
  uint64_t memory = 1 << 30;
};

std::string share_of(const Json& part, const Json& whole) {
  const auto all = whole.at("bytes").get<double>();
  return all == 0 ? "-" : fmt::format("{:.1f}%", 100 * part.at("bytes").get<double>() / all);
}

// The funnel in a few lines: what each step dropped.
void print_funnel(const Artifact& corpus, const Json& funnel) {
  const Json& all = funnel.at("all");
  const auto line = [](const std::string& name, const Json& count, const std::string& share) {
    fmt::print("{:<24} {:>10} documents {:>10}  {}\n", name, format_count(count.at("documents").get<double>()),
               format_bytes(count.at("bytes").get<double>()), dim(share));
  };
  line("read", all.at("read"), "");
  for (const auto& step : all.at("dropped").items()) {
    Json sum = {{"documents", 0}, {"bytes", 0}};
    for (const Json& count : step.value())
      for (const char* key : {"documents", "bytes"}) sum[key] = sum[key].get<int64_t>() + count.at(key).get<int64_t>();
    line("- " + step.key(), sum, share_of(sum, all.at("read")));
  }
  line("kept", all.at("kept"), share_of(all.at("kept"), all.at("read")));
  if (corpus.facts().at("bytes") != all.at("kept").at("bytes"))
    line("in the mixture", corpus.facts(), share_of(corpus.facts(), all.at("read")));
}

// A model of the lab as what scores texts for [perplexity].
Result<std::unique_ptr<curate::TextScorer>> make_scorer(const fs::path& model, const Json& settings) {
  ModelScorerOptions options;
  for (const auto& item : settings.items()) {
    if (item.key() != "tokens") return fail("`{}` is no setting: there are model, least, most and tokens", item.key());
    if (!curate::take_setting(item.value(), options.tokens) || options.tokens < 1)
      return fail("`tokens` cannot be {}", item.value().dump());
  }
  PERSEA_TRY(auto scorer, ModelScorer::open(model, model.filename().string(), options));
  return std::unique_ptr<curate::TextScorer>(std::move(scorer));
}

int run_curate(const CliContext& context, const Options& options) {
  auto ranks = Ranks::of_this_job();
  if (!ranks) return report(ranks.error());
  CurateOptions settings;
  settings.memory = static_cast<int64_t>(options.memory);
  settings.quiet = context.quiet || context.json;
  settings.scorer = make_scorer;
  const auto recipe = curation::Recipe::load(options.recipe);
  if (const Status read = (*ranks)->agree(recipe ? Status() : recipe.error()); !read)
    return (*ranks)->speaks() ? report(read.error()) : 1;
  if ((*ranks)->rank() > 0) {
    const Status helped = help_curate_stage(*recipe, settings, **ranks);
    return helped ? 0 : (*ranks)->speaks() ? report(helped.error()) : 1;
  }
  auto lab = Lab::open(context.lab);
  if (!lab) {
    (void)(*ranks)->broadcast("");
    return report(lab.error());
  }
  const auto made = run_curate_stage(*lab, *recipe, settings, **ranks);
  if (!made) return report(made.error());
  const Artifact& corpus = made->artifact;
  const auto funnel = read_json(corpus.file("funnel.json"));
  if (!funnel) return report(funnel.error());
  if (context.json) {
    print_json({{"id", corpus.id}, {"reused", made->reused}, {"facts", corpus.facts()}, {"funnel", *funnel}});
    return 0;
  }
  if (!context.quiet) print_funnel(corpus, *funnel);
  fmt::print("{}\n", corpus.id);
  return 0;
}

}  // namespace

void add_curate(CLI::App& app, CliContext& context, VerbAction& action) {
  CLI::App* verb = app.add_subcommand("curate", "Make a clean corpus of text, with a reason for every decision");
  const auto options = std::make_shared<Options>();
  verb->add_option("RECIPE", options->recipe, "A TOML file: sources, steps, a mixture")->required();
  verb->add_option("--memory", options->memory, "About how much memory to use")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(uint64_t{64} << 20, uint64_t{1} << 50))
      ->capture_default_str();
  verb->footer(kExamples);
  verb->callback(
      [&context, &action, options] { action = [&context, options] { return run_curate(context, *options); }; });
}

}  // namespace persea
