#include "cli/quality.h"

#include <memory>

#include "base/threads.h"
#include "cli/documents.h"
#include "cli/terminal.h"
#include "data/quality_stage.h"

namespace persea {
namespace {

struct Asked {
  std::string model;
  std::vector<std::string> files, texts;
  int64_t reasons = 3;
};

std::string interval(const Json& figure) {
  return fmt::format("{:.4f} ({:.4f} to {:.4f})", figure.at("value").get<double>(), figure.at("low").get<double>(),
                     figure.at("high").get<double>());
}

int train(const CliContext& context, const QualitySettings& settings) {
  auto lab = Lab::open(context.lab);
  if (!lab) return report(lab.error());
  const auto made = run_quality_stage(*lab, settings, context.quiet || context.json);
  if (!made) return report(made.error());
  const auto figures = read_json(made->artifact.file("report.json"));
  if (!figures) return report(figures.error());
  if (context.json) {
    print_json(
        {{"id", made->artifact.id}, {"reused", made->reused}, {"facts", made->artifact.facts()}, {"report", *figures}});
    return 0;
  }
  if (!context.quiet) {
    fmt::print("{} good and {} bad texts that training has not seen; 95% intervals\n",
               figures->at("good").get<int64_t>(), figures->at("bad").get<int64_t>());
    for (const auto& [name, key] : {std::pair("accuracy", "accuracy"), {"AUC", "auc"}, {"log-loss", "log_loss"}})
      fmt::print("  {:<9} {}\n", name, interval(figures->at(key)));
    using enum Table::Align;
    Table table({left, right, right, right}, 2);
    table.header({"PROBABILITY", "TEXTS", "SAID", "CAME TRUE"});
    for (const Json& bin : figures->at("reliability"))
      table.row({fmt::format("{:.1f} to {:.1f}", bin.at("low").get<double>(), bin.at("high").get<double>()),
                 std::to_string(bin.at("texts").get<int64_t>()), fmt::format("{:.3f}", bin.at("said").get<double>()),
                 fmt::format("{:.3f}", bin.at("came_true").get<double>())});
    fmt::print("{}", table.text());
  }
  fmt::print("{}\n", made->artifact.id);
  return 0;
}

Result<std::shared_ptr<const curate::QualityModel>> find_quality(const CliContext& context, const std::string& name) {
  std::error_code error;
  if (fs::exists(name, error)) return load_quality(name);
  PERSEA_TRY(Lab lab, Lab::open_existing(context.lab));
  PERSEA_TRY(const Artifact artifact, lab.find(name));
  if (artifact.kind != "quality")
    return fail("{} is a {}, no quality model: persea ls quality shows those", artifact.id, artifact.kind);
  return load_quality(artifact.path);
}

struct Scored {
  std::string place;
  curate::QualityExplanation why;
};

Json rows_json(const std::vector<curate::QualityEvidence>& rows) {
  Json all = Json::array();
  for (const curate::QualityEvidence& row : rows)
    all.push_back({{"row", row.row},
                   {"log_odds", row.log_odds},
                   {"times", row.times},
                   {"first", {row.first.begin, row.first.end}}});
  return all;
}

std::string rows_text(const std::vector<curate::QualityEvidence>& rows) {
  std::string text;
  for (const curate::QualityEvidence& row : rows)
    text += fmt::format("{}{} {:+.2f}", text.empty() ? "" : ", ",
                        Json(row.row).dump(-1, ' ', false, Json::error_handler_t::replace), row.log_odds);
  return text;
}

using Tell = std::function<void(const Scored&)>;

Status score_file(const curate::QualityModel& model, const std::string& path, int64_t reasons, const Tell& tell) {
  std::vector<Scored> scored;
  return for_documents(path, [&](std::vector<read::Document>& documents) -> Status {
    scored.assign(documents.size(), {});
    pool().parallel_for(static_cast<int64_t>(documents.size()), [&](int64_t i) {
      const auto at = static_cast<size_t>(i);
      Scored& one = scored[at];
      one.place = std::move(documents[at].place);
      if (reasons > 0) {
        one.why = model.explain(documents[at].text, static_cast<size_t>(reasons));
      } else {
        one.why.log_odds = model.log_odds(documents[at].text);
        one.why.probability = model.probability(documents[at].text);
      }
    });
    for (const Scored& one : scored) tell(one);
    return {};
  });
}

int score(const CliContext& context, const Asked& asked) {
  if (asked.files.empty() && asked.texts.empty())
    return report(fail("say what is to be judged: a FILE, or --text \"...\""));
  const auto model = find_quality(context, asked.model);
  if (!model) return report(model.error());
  Json document = Json::array();
  const Tell tell = [&](const Scored& one) {
    const curate::QualityExplanation& why = one.why;
    if (!context.json) {
      fmt::print("{:.4f}  {}\n", why.probability, one.place);
      if (!why.good.empty()) fmt::print("        for:     {}\n", rows_text(why.good));
      if (!why.bad.empty()) fmt::print("        against: {}\n", rows_text(why.bad));
      return;
    }
    Json entry = {{"place", one.place}, {"probability", why.probability}, {"log_odds", why.log_odds}};
    if (asked.reasons > 0)
      entry.update(
          {{"for", rows_json(why.good)}, {"against", rows_json(why.bad)}, {"worst", {why.worst.begin, why.worst.end}}});
    document.push_back(std::move(entry));
  };
  for (const std::string& text : asked.texts)
    tell({"--text", (*model)->explain(text, static_cast<size_t>(asked.reasons))});
  for (const std::string& file : asked.files)
    if (const Status status = score_file(**model, file, asked.reasons, tell); !status) return report(status.error());
  if (context.json) print_json(document);
  return 0;
}

void add_train(CLI::App& verb, CliContext& context, VerbAction& action) {
  CLI::App* training = verb.add_subcommand("train", "Learn what parts good texts from bad ones");
  const auto settings = std::make_shared<QualitySettings>();
  curate::QualityTraining& how = settings->training;
  training->add_option("--good", settings->good, "A file or folder of texts as they should be");
  training->add_option("--bad", settings->bad, "A file or folder of texts as they should not be");
  training->add_option("--labels", settings->labels, R"(JSON lines {"text": ..., "label": "good" or "bad"})");
  training->add_option("--name", settings->name, "A name for the model, which its settings keep");
  training->add_option("--most-texts", settings->most_texts, "Of each kind")->capture_default_str();
  training->add_option("--bits", how.shape.bits, "log2 of the number of weights")->capture_default_str();
  training->add_option("--words", how.shape.words, "Rows of up to so many words count")->capture_default_str();
  training->add_option("--bytes", how.shape.bytes, "Rows of so many bytes count; 0: none")->capture_default_str();
  training->add_option("--sample-bytes", how.shape.sample_bytes, "Of a longer text so much is looked at; 0: all")
      ->capture_default_str();
  training->add_option("--epochs", how.epochs, "At most")->capture_default_str();
  training->add_option("--rate", how.rate, "AdaGrad's rate of learning")->capture_default_str();
  training->add_option("--folds", how.folds, "Parts that calibrate each other's probabilities")->capture_default_str();
  training->add_option("--test", how.test, "Share of the texts that only the report sees")->capture_default_str();
  training->add_option("--seed", how.seed, "Order of the texts, and which are the test")->capture_default_str();
  training->footer(
      "Examples:\n  persea quality train --good wiki/ --bad spam.jsonl.zst --name wiki-like\n"
      "  persea quality train --labels judged.jsonl");
  training->callback(
      [&context, &action, settings] { action = [&context, settings] { return train(context, *settings); }; });
}

void add_score(CLI::App& verb, CliContext& context, VerbAction& action) {
  CLI::App* scoring = verb.add_subcommand("score", "How likely texts are to be good, and what speaks for and against");
  const auto asked = std::make_shared<Asked>();
  scoring->add_option("MODEL", asked->model, "An artifact (\"quality\": the newest), its folder or quality.model")
      ->required();
  scoring->add_option("FILE", asked->files, "Files of documents");
  scoring->add_option("--text", asked->texts, "A text instead (may be repeated)")->allow_extra_args(false);
  scoring->add_option("--reasons", asked->reasons, "Rows of words or bytes for and against, so many each; 0: none")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  scoring->footer("Example:\n  persea quality score quality pages.jsonl --reasons 5");
  scoring->callback([&context, &action, asked] { action = [&context, asked] { return score(context, *asked); }; });
}

}  // namespace

void add_quality(CLI::App& app, CliContext& context, VerbAction& action) {
  CLI::App* verb = app.add_subcommand("quality", "A judge of texts, trained on good and bad ones, for curation");
  verb->require_subcommand(1);
  add_train(*verb, context, action);
  add_score(*verb, context, action);
  add_quality_perplexity(*verb, context, action);
}

}  // namespace persea
