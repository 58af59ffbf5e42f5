#include "data/curate_stage.h"

#include <algorithm>

#include "base/clock.h"
#include "base/progress.h"
#include "data/corpus_stage.h"
#include "data/curation/altered.h"
#include "data/curation/card.h"
#include "data/curation/duplicates.h"
#include "data/curation/late_steps.h"
#include "data/curation/pack.h"
#include "data/curation/plan.h"
#include "data/curation/reading.h"
#include "data/curation/step.h"

namespace persea {
namespace {

using namespace curation;

// Raised whenever the same settings would give another corpus, or parts of another form.
constexpr int kVersion = 2;

// Adds the lab's tests to what is looked for in texts: a corpus is clean of all of them, or it is another corpus.
Status find_tests(Lab& lab, Recipe& recipe, StageSpec& spec) {
  const auto looks = [](const StepRecipe& step) { return step.name == "decontaminate"; };
  if (std::none_of(recipe.steps.begin(), recipe.steps.end(), looks)) return {};
  std::vector<Damage> damages;
  PERSEA_TRY(std::vector<Artifact> artifacts, lab.list(&damages));
  for (const Damage& damage : damages)
    if (damage.artifact.starts_with("task-")) return fail("{}: {}", damage.artifact, damage.problem);
  std::sort(artifacts.begin(), artifacts.end(), [](const Artifact& a, const Artifact& b) { return a.id < b.id; });
  for (const Artifact& artifact : artifacts) {
    if (artifact.kind != "task") continue;
    spec.inputs.emplace_back(artifact.kind, artifact.id);
    for (StepRecipe& step : recipe.steps)
      if (looks(step)) step.lab_texts.push_back(fs::absolute(artifact.path).string());
  }
  return {};
}

// Puts the places of models into the sections that name them: a file or folder beside the recipe, or an artifact of the
// lab, which is an input then.
Status find_models(Lab& lab, Recipe& recipe, StageSpec& spec) {
  for (StepRecipe& step : recipe.steps) {
    if (step.name != "quality" && step.name != "perplexity") continue;
    const Json said = step.settings.value("model", Json());
    if (!said.is_string()) return fail("{}: [{}] has to name its `model`", step.where, step.name);
    const fs::path file = recipe.folder / said.get<std::string>();
    if (fs::exists(file)) {
      step.settings["model"] = fs::absolute(file).string();
      continue;
    }
    const auto artifact = lab.find(said.get<std::string>());
    if (!artifact) return fail("{}: [{}]: {}", step.where, step.name, artifact.error().message);
    step.settings["model"] = fs::absolute(artifact->path).string();
    spec.inputs.emplace_back(step.name, artifact->id);
  }
  return {};
}

// What scores texts, if the recipe wants any scored.
struct Scoring {
  std::unique_ptr<curate::TextScorer> scorer;
  curate::PerplexitySettings settings;
  Json key;

  static Result<Scoring> create(const Recipe& recipe, const CurateOptions& options) {
    Scoring scoring;
    for (const StepRecipe& step : recipe.steps) {
      if (step.name != "perplexity") continue;
      if (scoring.scorer) return fail("{}: there can be one [perplexity]", step.where);
      if (!options.scorer) throw std::logic_error("curate: [perplexity] without anything that scores");
      Json bounds = Json::object(), rest = step.settings;
      for (const char* bound : {"least", "most"}) {
        if (rest.contains(bound)) bounds[bound] = rest[bound];
        rest.erase(bound);
      }
      rest.erase("model");
      const auto made = [&]() -> Status {
        PERSEA_TRY(scoring.settings, curate::read_perplexity_settings(bounds));
        if (scoring.settings.least <= 0 && scoring.settings.most <= 0)
          return fail("without `least` and `most` no text is dropped: persea quality perplexity shows what texts have");
        PERSEA_TRY(scoring.scorer, options.scorer(step.settings.at("model").get<std::string>(), rest));
        return {};
      }();
      if (!made) return fail("{}: [perplexity]: {}", step.where, made.error().message);
      scoring.key = {{"perplexity", scoring.scorer->settings()}, {"bounds", bounds}};
    }
    return scoring;
  }
};

// What the first rank tells the others: where the parts go, what there is to read, and the steps with the places of
// what they need of the lab. Nothing where nothing is to do.
std::string order_of(const Recipe& recipe, const Plan& plan, const fs::path& folder) {
  Json steps = Json::array();
  for (const StepRecipe& step : recipe.steps) steps.push_back({step.name, step.settings, step.where, step.lab_texts});
  // Names of files are bytes of any kind, which JSON's text does not carry.
  const auto bytes = Json::to_cbor({{"folder", folder.string()}, {"files", plan.json()}, {"steps", steps}});
  return {bytes.begin(), bytes.end()};
}

Recipe with_steps(Recipe recipe, const Json& steps) {
  recipe.steps.clear();
  for (const Json& step : steps) recipe.steps.push_back({step[0], step[1], step[2], step[3]});
  return recipe;
}

Status read_share(const Recipe& recipe, const Plan& plan, const Judge& judge, const Scoring& scoring,
                  const fs::path& folder, bool quiet, Ranks& ranks) {
  Progress progress("reading and judging", static_cast<double>(plan.bytes()), quiet || ranks.rank() > 0);
  Reading reading{recipe, plan, judge, folder, ranks.rank(), ranks.size()};
  reading.scorer = scoring.scorer.get();
  reading.perplexity = scoring.settings;
  reading.progress = [&](const ReadingProgress& done) {
    progress.update(static_cast<double>(done.bytes),
                    fmt::format("{} documents", format_count(static_cast<double>(done.documents))));
  };
  return read_parts(reading);
}

Status make_corpus(const Recipe& recipe, const Plan& plan, const Judge& judge, const Scoring& scoring,
                   std::vector<curate::ContaminationIndex> counting, const CurateOptions& options, Ranks& ranks,
                   StageContext& context) {
  const fs::path folder = context.work();
  PERSEA_CHECK(ranks.broadcast(order_of(recipe, plan, folder)));
  PERSEA_CHECK(ranks.agree(read_share(recipe, plan, judge, scoring, folder, options.quiet, ranks)));
  PERSEA_TRY(const std::vector<fs::path> parts, list_parts(plan, folder));
  PERSEA_TRY(Documents documents, Documents::open(parts));
  const int64_t memory = std::max<int64_t>(options.memory / 4, 16 << 20);
  PERSEA_TRY(Duplicates duplicates, find_duplicates(recipe.dedup, documents, judge.bands(), folder, memory));
  const bool late_steps = recipe.dedup.span_tokens > 0 || !counting.empty();
  PERSEA_TRY(documents,
             run_late_steps(recipe, plan, std::move(counting), std::move(documents), folder, memory, duplicates.fates));
  if (late_steps) PERSEA_CHECK(join_equal_texts(documents, folder, memory, duplicates));
  if (recipe.dedup.altered) {
    PERSEA_TRY(const int64_t pairs, list_altered_copies(recipe, plan, documents, folder, memory,
                                                        context.out() / "altered.jsonl", duplicates));
    context.fact("altered_copies", pairs);
  }
  Progress progress("packing", 0, options.quiet);
  return pack(recipe, plan, documents, duplicates, context,
              [&](int64_t bytes) { progress.update(static_cast<double>(bytes)); });
}

}  // namespace

Result<StageResult> run_curate_stage(Lab& lab, const Recipe& said, const CurateOptions& options, Ranks& ranks) {
  bool told = false;
  const auto run = [&]() -> Result<StageResult> {
    Recipe recipe = said;
    StageSpec spec;
    PERSEA_CHECK(find_tests(lab, recipe, spec));
    PERSEA_CHECK(find_models(lab, recipe, spec));
    PERSEA_TRY(auto steps, make_steps(recipe));
    PERSEA_TRY(const Scoring scoring, Scoring::create(recipe, options));
    PERSEA_TRY(const Plan plan, make_plan(recipe));
    spec.kind = "corpus";
    spec.version = kVersion;
    spec.settings = recipe.settings();
    spec.settings["source"] = "curated";
    spec.settings["text"] = plan.digest();
    spec.settings["steps"] = Json::array();
    for (const auto& step : steps.each) spec.settings["steps"].push_back(step->key());
    if (scoring.scorer) spec.settings["steps"].push_back(scoring.key);
    spec.settings["late_steps"] = Json::array();
    for (const auto& index : steps.counting) spec.settings["late_steps"].push_back(decontamination_key(index));
    PERSEA_TRY(const Judge judge, Judge::create(std::move(steps.each), recipe.dedup));
    return lab.run(spec, [&](StageContext& context) -> Status {
      told = true;
      PERSEA_CHECK(make_corpus(recipe, plan, judge, scoring, std::move(steps.counting), options, ranks, context));
      PERSEA_CHECK(count_parts(context));
      return write_card(context.out(), spec.settings);
    });
  };
  auto result = run();
  if (!told) (void)ranks.broadcast("");  // the others must not wait for work that does not come
  return result;
}

Status help_curate_stage(const Recipe& said, const CurateOptions& options, Ranks& ranks) {
  PERSEA_TRY(const std::string order, ranks.broadcast(""));
  if (order.empty()) return {};
  const auto share = [&]() -> Status {
    const Json json = Json::from_cbor(order);
    const Recipe recipe = with_steps(said, json.at("steps"));
    PERSEA_TRY(auto steps, make_steps(recipe));
    PERSEA_TRY(const Scoring scoring, Scoring::create(recipe, options));
    PERSEA_TRY(const Judge judge, Judge::create(std::move(steps.each), recipe.dedup));
    return read_share(recipe, Plan::from_json(json.at("files")), judge, scoring, json.at("folder").get<std::string>(),
                      options.quiet, ranks);
  };
  return ranks.agree(share());
}

}  // namespace persea
