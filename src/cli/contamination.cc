#include "cli/contamination.h"

#include <algorithm>
#include <memory>

#include "base/clock.h"
#include "base/file.h"
#include "cli/terminal.h"
#include "data/contamination_report.h"
#include "data/eval_items.h"

namespace persea {
namespace {

constexpr size_t kShown = 10;  // items for a person; a program gets all

struct Options {
  std::string model, task, mode = "aligned", settings = "{}", out;
  std::vector<std::string> fields;
};

using Item = ContaminationReport::Item;

std::string_view state_of(const Item& item) {
  return item.contaminated() ? "contaminated" : item.untellable.empty() ? "clean" : "cannot be told";
}

Json places_json(const Item& item) {
  Json all = Json::array();
  for (const ContaminationReport::Where& where : item.places)
    all.push_back({{"corpus", where.corpus},
                   {"document", where.document},
                   {"source", where.source},
                   {"part", where.valid ? "validation" : "training"},
                   {"score", where.score},
                   {"place", {where.place.begin, where.place.end}},
                   {"excerpt", where.excerpt}});
  return all;
}

Json item_json(const curate::EvaluationItem& item, const Item& found) {
  Json line = {{"id", item.id},
               {"task", item.task},
               {"state", state_of(found)},
               {"documents", found.documents},
               {"validation_documents", found.valid_documents}};
  if (!found.untellable.empty()) line["why"] = found.untellable;
  if (!found.places.empty()) line["places"] = places_json(found);
  return line;
}

// What a person compares with the text.
std::string text_of(const curate::EvaluationItem& item) {
  std::string text = item.question;
  if (!item.answer.empty()) text += (text.empty() ? "" : " → ") + item.answer;
  if (text.empty() && !item.choices.empty()) text = item.choices[0];
  return text;
}

std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  return cut(text, std::max<size_t>(terminal_width(), 100) - 12);
}

void print_report(const ContaminationReport& report, const EvalItems& items) {
  const auto all = static_cast<double>(report.items.size());
  fmt::print("{}  {} of {} items contaminated ({:.2f}%), {} cannot be told\n", bold(report.model),
             report.contaminated(), report.items.size(), 100 * static_cast<double>(report.contaminated()) / all,
             report.untellable());
  for (const ContaminationReport::Corpus& corpus : report.corpora)
    fmt::print("{}\n", dim(fmt::format("trained on {}: {} documents, {}", corpus.id, corpus.documents,
                                       format_bytes(static_cast<double>(corpus.bytes)))));
  for (const std::string& id : report.unknown)
    fmt::print("{}\n", red(fmt::format("{}: what it was made from is not known here", id)));
  std::vector<size_t> order;
  for (size_t i = 0; i < report.items.size(); ++i)
    if (report.items[i].contaminated()) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return report.items[a].places[0].score > report.items[b].places[0].score;
  });
  for (size_t i = 0; i < std::min(order.size(), kShown); ++i) {
    const curate::EvaluationItem& item = items.items[order[i]];
    const ContaminationReport::Where& where = report.items[order[i]].places[0];
    fmt::print(
        "\n{}  {}\n", bold(item.id),
        dim(fmt::format("{:.0f}% in document {} of {}{}", 100 * where.score, where.document.substr(0, 12), where.source,
                        report.items[order[i]].documents > 1
                            ? fmt::format(", {} documents in all", report.items[order[i]].documents)
                            : "")));
    fmt::print("  item: {}\n  text: {}\n", one_line(text_of(item)), one_line(where.excerpt));
  }
  if (order.size() > kShown)
    fmt::print("\n{}\n", dim(fmt::format("and {} more: --out FILE writes all", order.size() - kShown)));
}

Status write_items(const std::string& path, const ContaminationReport& report, const EvalItems& items) {
  std::string lines;
  for (size_t i = 0; i < report.items.size(); ++i)
    lines += canonical_json(item_json(items.items[i], report.items[i])) + '\n';
  return write_file(path, lines);
}

// A file or folder, or an artifact of the lab that is a test.
Result<fs::path> find_task(Lab& lab, const std::string& name) {
  std::error_code error;
  if (fs::exists(name, error)) return fs::path(name);
  const auto artifact = lab.find(name);
  if (!artifact) return fail("{}: there is no such file or folder, and {}", name, artifact.error().message);
  if (artifact->kind != "task") return fail("{}: is of kind {}, which is no test", artifact->id, artifact->kind);
  return artifact->path;
}

Status look(const CliContext& context, const Options& options) {
  ContaminationOptions how;
  how.mode = options.mode;
  how.quiet = context.quiet;
  PERSEA_TRY(Json settings, parse_json(options.settings, "--settings"));
  how.settings = std::move(settings);
  PERSEA_TRY(Lab lab, Lab::open_existing(context.lab));
  PERSEA_TRY(const fs::path task, find_task(lab, options.task));
  EvalItems items;
  PERSEA_CHECK(read_eval_items(task, {options.fields}, items));
  PERSEA_TRY(const ContaminationReport report, find_contamination(lab, options.model, items.items, how));
  if (!options.out.empty()) PERSEA_CHECK(write_items(options.out, report, items));
  if (!context.json) {
    print_report(report, items);
    return {};
  }
  Json document = {{"model", report.model},
                   {"items", report.items.size()},
                   {"contaminated", report.contaminated()},
                   {"untellable", report.untellable()},
                   {"share", static_cast<double>(report.contaminated()) / static_cast<double>(report.items.size())},
                   {"corpora", Json::array()},
                   {"unknown", report.unknown},
                   {"found", Json::array()}};
  for (const ContaminationReport::Corpus& corpus : report.corpora)
    document["corpora"].push_back({{"id", corpus.id}, {"documents", corpus.documents}, {"bytes", corpus.bytes}});
  for (size_t i = 0; i < report.items.size(); ++i)
    if (!report.items[i].places.empty()) document["found"].push_back(item_json(items.items[i], report.items[i]));
  print_json(document);
  return {};
}

}  // namespace

void add_contamination(CLI::App& app, CliContext& context, VerbAction& action) {
  CLI::App* verb =
      app.add_subcommand("contamination", "Say which items of a test the training data of a model contained");
  const auto options = std::make_shared<Options>();
  verb->add_option("MODEL", options->model, "A model or another artifact: an id, its unique beginning, or a kind")
      ->required();
  verb->add_option("TASK", options->task,
                   "A file of evaluation items (JSON lines), a folder of them, or an artifact of kind task")
      ->required();
  verb->add_option("--fields", options->fields, "Members that are an item's text (default: as their names say)")
      ->delimiter(',');
  verb->add_option("--mode", options->mode, "How copies are found: aligned, lm-eval, nemo or datatrove")
      ->capture_default_str();
  verb->add_option("--settings", options->settings, "The mode's settings as JSON");
  verb->add_option("--out", options->out, "Write clean or contaminated for each item, as JSON lines");
  verb->callback([&context, &action, options] {
    action = [&context, options] {
      const Status done = look(context, *options);
      return done ? 0 : report(done.error());
    };
  });
}

}  // namespace persea
