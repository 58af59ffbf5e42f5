#include "data/curate_stage.h"

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

// Raised whenever the same settings would give another corpus.
constexpr int kVersion = 1;

// What the first rank tells the others: where the parts go, and what there is to read. Nothing where nothing is to do.
Json order_of(const Plan& plan, const fs::path& folder) {
  return {{"folder", folder.string()}, {"files", plan.json()}};
}

Status read_share(const Recipe& recipe, const Plan& plan, const Judge& judge, const fs::path& folder, bool quiet,
                  Ranks& ranks) {
  Progress progress("reading and judging", static_cast<double>(plan.bytes()), quiet || ranks.rank() > 0);
  Reading reading{recipe, plan, judge, folder, ranks.rank(), ranks.size()};
  reading.progress = [&](const ReadingProgress& done) {
    progress.update(static_cast<double>(done.bytes),
                    fmt::format("{} documents", format_count(static_cast<double>(done.documents))));
  };
  return read_parts(reading);
}

Status make_corpus(const Recipe& recipe, const Plan& plan, const Judge& judge, const CurateOptions& options,
                   Ranks& ranks, StageContext& context) {
  const fs::path folder = context.work();
  (void)ranks.broadcast(order_of(plan, folder).dump());
  PERSEA_CHECK(ranks.agree(read_share(recipe, plan, judge, folder, options.quiet, ranks)));
  PERSEA_TRY(const std::vector<fs::path> parts, list_parts(plan, folder));
  PERSEA_TRY(Documents documents, Documents::open(parts));
  const int64_t memory = std::max<int64_t>(options.memory / 4, 16 << 20);
  PERSEA_TRY(Duplicates duplicates, find_duplicates(recipe.dedup, documents, judge.bands(), folder, memory));
  PERSEA_TRY(documents, run_late_steps(recipe, plan, std::move(documents), folder, memory, duplicates.fates));
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

Result<StageResult> run_curate_stage(Lab& lab, const Recipe& recipe, const CurateOptions& options, Ranks& ranks) {
  bool told = false;
  const auto run = [&]() -> Result<StageResult> {
    PERSEA_TRY(auto steps, make_steps(recipe));
    PERSEA_TRY(const Plan plan, make_plan(recipe));
    StageSpec spec;
    spec.kind = "corpus";
    spec.version = kVersion;
    spec.settings = recipe.settings();
    spec.settings["source"] = "curated";
    spec.settings["text"] = plan.digest();
    spec.settings["steps"] = Json::array();
    for (const auto& step : steps) spec.settings["steps"].push_back(step->key());
    PERSEA_TRY(spec.settings["late_steps"], late_step_keys(recipe));
    PERSEA_TRY(const Judge judge, Judge::create(std::move(steps), recipe.dedup));
    return lab.run(spec, [&](StageContext& context) -> Status {
      told = true;
      PERSEA_CHECK(make_corpus(recipe, plan, judge, options, ranks, context));
      PERSEA_CHECK(count_parts(context));
      return write_card(context.out(), spec.settings);
    });
  };
  auto result = run();
  if (!told) (void)ranks.broadcast("");  // the others must not wait for work that does not come
  return result;
}

Status help_curate_stage(const Recipe& recipe, const CurateOptions& options, Ranks& ranks) {
  const std::string order = ranks.broadcast("");
  if (order.empty()) return {};
  const auto share = [&]() -> Status {
    PERSEA_TRY(auto steps, make_steps(recipe));
    PERSEA_TRY(const Json json, parse_json(order, "rank 0"));
    PERSEA_TRY(const Judge judge, Judge::create(std::move(steps), recipe.dedup));
    return read_share(recipe, Plan::from_json(json.at("files")), judge, json.at("folder").get<std::string>(),
                      options.quiet, ranks);
  };
  return ranks.agree(share());
}

}  // namespace persea
