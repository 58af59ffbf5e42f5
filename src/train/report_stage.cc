#include "train/report_stage.h"

#include "base/file.h"
#include "base/log.h"
#include "eval/smallworld_eval.h"
#include "eval/text_model.h"
#include "train/metrics.h"
#include "train/report.h"

namespace persea {
namespace {

constexpr int kVersion = 1;
constexpr uint64_t kQuestionSeed = 1;
constexpr size_t kExamples = 20;  // questions with replies that report.json keeps

Status write_samples(TextModel& text_model, Decoder& decoder, const ReportRecipe& recipe, ReportData& data) {
  // Without prompts in the recipe, the model begins by itself.
  const std::vector<std::string> prompts = recipe.prompts.empty() ? std::vector<std::string>(3) : recipe.prompts;
  TextOptions options;
  options.tokens.max_tokens = recipe.sample_tokens;
  options.tokens.sampler.temperature = recipe.temperature;
  options.tokens.stop = text_model.roles.end;
  for (const int32_t id : chat_stop_tokens(text_model.tokenizer)) options.tokens.stop.push_back(id);
  for (size_t i = 0; i < prompts.size(); ++i) {
    options.tokens.sampler.seed = i + 1;
    const std::vector<int32_t> prompt = text_model.prompt(prompts[i]);
    if (prompt.empty()) continue;
    if (static_cast<int64_t>(prompt.size()) >= decoder.config().context) {
      log_warning("report.prompts: '{}...' leaves no room in the model's context: left out", prompts[i].substr(0, 40));
      continue;
    }
    Session session(decoder);
    PERSEA_TRY(const WrittenText written, write_text(session, text_model.tokenizer, prompt, options));
    data.samples.push_back({prompts[i], written.text});
  }
  return {};
}

std::vector<ReportData::Score> scores_of(const std::map<std::string, SmallworldScore>& scores) {
  std::vector<ReportData::Score> all;
  for (const auto& [name, score] : scores) all.push_back({name, score.right, score.asked});
  return all;
}

Json json_of(const std::vector<ReportData::Score>& scores) {
  Json list = Json::array();
  for (const auto& score : scores)
    list.push_back({{"name", score.name}, {"right", score.right}, {"asked", score.total}});
  return list;
}

// What the manifest and the metrics of a model say.
Result<ReportData> recorded(const Artifact& model) {
  ReportData data;
  data.model_id = model.id;
  data.created = model.created();
  data.program = model.manifest.value("program_version", "");
  data.settings = model.settings();
  data.facts = model.facts();
  data.cost = model.cost();
  PERSEA_TRY(data.model, read_json(model.file("config.json")));
  PERSEA_TRY(data.metrics, read_metrics(model.file("metrics.jsonl")));
  return data;
}

Status body(const Recipe& recipe, const Artifact& model, StageContext& context) {
  PERSEA_TRY(ReportData data, recorded(model));
  PERSEA_TRY(TextModel text_model, TextModel::load(model.path));
  // A report is made wherever it can be: what does not run on this GPU does on the CPU.
  PERSEA_TRY(DecoderWeights weights, weights_for(text_model, {recipe.device, false}));
  Decoder decoder(std::move(weights));
  PERSEA_CHECK(write_samples(text_model, decoder, recipe.report, data));
  Json found = {{"samples", Json::array()}};
  for (const auto& sample : data.samples)
    found["samples"].push_back({{"prompt", sample.prompt}, {"text", sample.text}});

  if (recipe.corpus.source == "smallworld" && recipe.report.questions > 0) {
    const auto questions = smallworld_questions(kQuestionSeed, static_cast<int>(recipe.report.questions));
    PERSEA_TRY(const SmallworldReport score, ask_smallworld(decoder, text_model.tokenizer, questions));
    data.total_score = {"all", score.total.right, score.total.asked};
    data.scores = scores_of(score.kinds);
    data.held_out = scores_of(score.held_out);
    found["smallworld"] = {{"right", score.total.right},
                           {"asked", score.total.asked},
                           {"kinds", json_of(data.scores)},
                           {"held_out", json_of(data.held_out)},
                           {"answers", score.json(kExamples)}};
    context.fact("questions", score.total.asked);
    context.fact("questions_right", score.total.right);
    context.fact("questions_rate", score.total.rate());
  }
  for (const char* key : {"valid_loss", "bits_per_byte", "tokens_per_second", "mfu"}) {
    if (data.facts.contains(key)) context.fact(key, data.facts[key]);
  }
  found["model"] = model.id;
  PERSEA_CHECK(
      write_file(context.out() / "report.json", found.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"));
  PERSEA_CHECK(write_file(context.out() / "report.html", report_html(data)));
  PERSEA_CHECK(write_file(context.out() / "curve.svg", draw(loss_chart(data.metrics), true)));
  PERSEA_CHECK(write_file(context.out() / "report.txt", report_text(data)));
  for (const char* record : {"report.html", "curve.svg", "report.txt"}) context.record(record);
  return {};
}

}  // namespace

Result<StageResult> run_report_stage(Lab& lab, const Recipe& recipe, const Artifact& model) {
  StageSpec spec;
  spec.kind = "report";
  spec.version = kVersion;
  spec.settings = {{"report", recipe.stage("report")}, {"smallworld", recipe.corpus.source == "smallworld"}};
  spec.inputs = {{"model", model.id}};
  return lab.run(spec, [&](StageContext& context) { return body(recipe, model, context); });
}

}  // namespace persea
