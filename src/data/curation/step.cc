#include "data/curation/step.h"

#include <algorithm>

#include "curate/rule_pack.h"
#include "data/eval_items.h"
#include "data/quality_stage.h"

namespace persea::curation {
namespace {

using curate::Decision;

class RuleStep : public Step {
 public:
  explicit RuleStep(std::unique_ptr<curate::RulePack> pack, bool measures_quality = false)
      : pack_(std::move(pack)), measures_quality_(measures_quality) {}
  bool measures_quality() const override { return measures_quality_; }
  std::string name() const override { return std::string(pack_->name()); }
  Json key() const override {
    return {{"rules", pack_->name()}, {"version", pack_->version()}, {"settings", pack_->settings()}};
  }
  void judge(std::string_view text, Scratch& scratch, Decision& decision) const override {
    if (!scratch.judging_has_text) scratch.judging.read(text);
    scratch.judging_has_text = true;
    pack_->judge(scratch.judging, decision);
  }

 private:
  std::unique_ptr<curate::RulePack> pack_;
  bool measures_quality_;
};

class PiiStep : public Step {
 public:
  static constexpr int kVersion = 1;  // rises when something else is found in any text
  explicit PiiStep(const Pii& settings) : settings_(settings) {
    options_.public_ips = settings.public_ips;
    for (size_t i = 0; i < options_.kinds.size(); ++i) {
      options_.kinds[i] =
          std::find(settings.kinds.begin(), settings.kinds.end(), curate::kPiiNames[i]) != settings.kinds.end();
    }
  }
  std::string name() const override { return "pii"; }
  Json key() const override { return {{"pii", curate::settings_json(settings_)}, {"version", kVersion}}; }
  void judge(std::string_view text, Scratch& scratch, Decision& decision) const override {
    curate::find_pii(text, options_, scratch.finds);
    if (scratch.finds.empty()) return;
    const auto kind = [](const curate::PiiFind& find) { return static_cast<size_t>(find.kind); };
    if (settings_.action == "drop") {
      const curate::PiiFind& first = scratch.finds.front();
      curate::drop(decision, curate::kPiiNames[kind(first)], static_cast<double>(scratch.finds.size()), 0, first.place);
      return;
    }
    decision.verdict = curate::Verdict::change;
    for (const curate::PiiFind& find : scratch.finds)
      decision.cuts.push_back({find.place, curate::kPiiNames[kind(find)], curate::kPiiMasks[kind(find)]});
    decision.text = curate::mask_pii(text, scratch.finds);
  }

 private:
  Pii settings_;
  curate::PiiOptions options_;
};

Result<std::unique_ptr<Step>> make_rule_step(Json settings) {
  const auto pack = settings.find("pack");
  if (pack == settings.end() || !pack->is_string()) return fail("[[rules]] has to name its `pack`");
  const std::string name = pack->get<std::string>();
  settings.erase("pack");
  PERSEA_TRY(auto made, curate::make_rule_pack(name, settings));
  return std::unique_ptr<Step>(std::make_unique<RuleStep>(std::move(made)));
}

class ContaminationStep : public Step {
 public:
  explicit ContaminationStep(curate::ContaminationIndex index) : index_(std::move(index)) {}
  std::string name() const override { return "decontaminate"; }
  Json key() const override { return decontamination_key(index_); }
  void judge(std::string_view text, Scratch& scratch, Decision& decision) const override {
    index_.judge(text, scratch.contamination, decision);
  }

 private:
  curate::ContaminationIndex index_;
};

Result<std::unique_ptr<Step>> make_quality_step(Json settings) {
  const std::string place = settings.value("model", "");
  settings.erase("model");
  PERSEA_TRY(auto model, load_quality(place));
  PERSEA_TRY(auto pack, curate::make_quality(std::move(model), settings));
  return std::unique_ptr<Step>(std::make_unique<RuleStep>(std::move(pack), true));
}

Result<std::unique_ptr<Step>> make_step(const StepRecipe& recipe) {
  if (recipe.name == "quality") return make_quality_step(recipe.settings);
  if (recipe.name == "rules") return make_rule_step(recipe.settings);
  if (recipe.name == "language") {
    PERSEA_TRY(auto pack, curate::make_language(recipe.settings));
    return std::unique_ptr<Step>(std::make_unique<RuleStep>(std::move(pack)));
  }
  return fail("[{}] is not known", recipe.name);
}

Result<curate::ContaminationIndex> make_contamination_index(const Recipe& recipe, const StepRecipe& step) {
  const auto wrong = [&](const Error& error) { return fail("{}: [decontaminate]: {}", step.where, error.message); };
  Json settings = step.settings;
  const Json texts = settings.value("texts", Json()), fields = settings.value("fields", Json::array());
  const Json mode = settings.value("mode", Json("aligned"));
  for (const char* key : {"texts", "fields", "mode"}) settings.erase(key);
  EvalItemOptions options;
  std::vector<std::string> paths;
  const bool taken = texts.is_null() ? !step.lab_texts.empty() : curate::take_setting(texts, paths) && !paths.empty();
  if (!taken) return wrong({"`texts` has to be a list of files or folders with what models are tested with"});
  if (!curate::take_setting(fields, options.fields)) return wrong({"`fields` has to be a list of names"});
  if (!mode.is_string()) return wrong({"`mode` has to be a name"});
  EvalItems items;
  for (const std::string& path : paths) {
    const fs::path file = fs::path(path).is_relative() ? recipe.folder / path : fs::path(path);
    if (const Status read = read_eval_items(file, options, items); !read) return wrong(read.error());
  }
  for (const std::string& path : step.lab_texts)
    if (const Status read = read_eval_items(path, {}, items); !read) return wrong(read.error());
  auto index = curate::ContaminationIndex::build(items.items, mode.get<std::string>(), settings);
  if (!index) return wrong(index.error());
  return index;
}

}  // namespace

Json decontamination_key(const curate::ContaminationIndex& index) {
  return {{"decontaminate", index.settings()},
          {"mode", index.mode()},
          {"version", index.version()},
          {"digest", index.digest()},
          {"items", index.items()}};
}

Result<Steps> make_steps(const Recipe& recipe) {
  Steps steps;
  for (const StepRecipe& step : recipe.steps) {
    if (step.name == "perplexity") continue;  // a scorer's, which is no step of one text (reading.h)
    if (step.name == "decontaminate") {
      PERSEA_TRY(auto index, make_contamination_index(recipe, step));
      if (index.counts_first()) {
        steps.counting.push_back(std::move(index));
      } else {
        steps.each.push_back(std::make_unique<ContaminationStep>(std::move(index)));
      }
      continue;
    }
    auto made = make_step(step);
    if (!made) return fail("{}: {}", step.where, made.error().message);
    steps.each.push_back(std::move(*made));
  }
  if (recipe.has_pii) steps.each.push_back(std::make_unique<PiiStep>(recipe.pii));
  return steps;
}

}  // namespace persea::curation
