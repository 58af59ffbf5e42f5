// persea data diff: two corpora side by side.
#include <algorithm>
#include <memory>

#include "base/clock.h"
#include "cli/data_verbs.h"
#include "cli/terminal.h"
#include "data/curation/compare.h"

namespace persea {
namespace {

using namespace curation;
using enum Table::Align;

struct Options {
  std::string a, b;
  bool list = false;
};

Json json_of(const OnlyHere& only, const CorpusLookup& corpus, bool list) {
  Json sources = Json::object();
  for (const auto& [source, reasons] : only.by) {
    for (const auto& [why, count] : reasons)
      sources[source][why] = {{"documents", count.documents}, {"bytes", count.bytes}};
  }
  Json json = {{"documents", only.all.documents}, {"bytes", only.all.bytes}, {"by_source", sources}};
  if (!list) return json;
  json["list"] = Json::array();
  for (const OnlyHere::Document& document : only.documents) {
    const DocumentOrigin origin = corpus.origin(document.number);
    json["list"].push_back({{"id", to_hex(corpus.reader()[document.number].id)},
                            {"source", origin.source},
                            {"file", origin.file},
                            {"place", origin.place},
                            {"why", document.why}});
  }
  return json;
}

void print_only(const std::string& here, const std::string& there, const OnlyHere& only, const CorpusLookup& corpus,
                bool list) {
  fmt::print("\n{}: {}\n", bold("only in " + here), count_text(only.all));
  Table table({left, left, right, right}, 2);
  if (!only.by.empty()) table.header({"SOURCE", "IN " + there, "DOCUMENTS", "BYTES"});
  for (const auto& [source, reasons] : only.by) {
    std::vector<std::pair<std::string, Count>> sorted(reasons.begin(), reasons.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& x, const auto& y) { return x.second.documents > y.second.documents; });
    for (const auto& [why, count] : sorted)
      table.row(
          {one_line(source), one_line(why), whole(count.documents), format_bytes(static_cast<double>(count.bytes))});
  }
  fmt::print("{}", table.text());
  if (!list) return;
  for (const OnlyHere::Document& document : only.documents) {
    const DocumentOrigin origin = corpus.origin(document.number);
    fmt::print("  {}  {}  {}\n", dim(to_hex(corpus.reader()[document.number].id)),
               place_text(origin.file, origin.place), one_line(document.why));
  }
}

int diff(const CliContext& context, const Options& options) {
  auto open = open_corpus(context, options.a);
  if (!open) return report(open.error());
  const Artifact& a = open->corpus;
  const auto b = open->lab.find(options.b);
  if (!b) return report(b.error());
  if (b->kind != "corpus") return report(fail("{}: is of kind {}: name two corpora", b->id, b->kind));
  const auto lookup_a = CorpusLookup::open(a.path), lookup_b = CorpusLookup::open(b->path);
  if (!lookup_a) return report(lookup_a.error());
  if (!lookup_b) return report(lookup_b.error());
  const auto comparison = compare_corpora(a.path, *lookup_a, b->path, *lookup_b);
  if (!comparison) return report(comparison.error());
  const auto changed = changed_settings(a.settings(), b->settings());
  if (context.json) {
    Json settings = Json::array();
    for (const ChangedSetting& setting : changed)
      settings.push_back({{"name", setting.name}, {"a", setting.a}, {"b", setting.b}});
    print_json({{"a", a.id},
                {"b", b->id},
                {"both", {{"documents", comparison->both.documents}, {"bytes", comparison->both.bytes}}},
                {"only_a", json_of(comparison->a, *lookup_a, options.list)},
                {"only_b", json_of(comparison->b, *lookup_b, options.list)},
                {"settings", settings}});
    return 0;
  }
  fmt::print("{}: {}\n", bold("in both"), count_text(comparison->both));
  print_only(a.id, b->id, comparison->a, *lookup_a, options.list);
  print_only(b->id, a.id, comparison->b, *lookup_b, options.list);
  fmt::print("\n{}\n", bold("settings that differ"));
  Table table({left, left, left}, 2);
  table.header({"SETTING", a.id, b->id});
  const auto value = [](const Json& said) { return said.is_null() ? std::string("-") : cut(readable(said), 60); };
  for (const ChangedSetting& setting : changed) table.row({one_line(setting.name), value(setting.a), value(setting.b)});
  fmt::print("{}", changed.empty() ? "  none\n" : table.text());
  return 0;
}

}  // namespace

void add_data_diff(CLI::App& verb, CliContext& context, VerbAction& action) {
  CLI::App* sub =
      verb.add_subcommand("diff", "Which texts only one of two corpora has, and why the other has them not");
  const auto options = std::make_shared<Options>();
  sub->add_option("A", options->a, "A corpus")->required();
  sub->add_option("B", options->b, "Another one")->required();
  sub->add_flag("--list", options->list, "Name every document");
  sub->footer("Example:\n  persea data diff corpus-1a2b corpus-3c4d --list");
  sub->callback([&context, &action, options] { action = [&context, options] { return diff(context, *options); }; });
}

}  // namespace persea
