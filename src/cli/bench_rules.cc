// persea bench rules FILE.jsonl --pack NAME: what a rule pack decides on each document of a file, to be held against
// other programs.
#include <cstdio>
#include <memory>

#include "base/clock.h"
#include "base/file.h"
#include "cli/bench.h"
#include "curate/rule_pack.h"

namespace persea {
namespace {

using curate::Verdict;

struct Options {
  std::string file, pack, settings = "{}";
  bool quiet = false;
};

Json decision_json(const curate::Decision& decision) {
  static constexpr const char* kVerdicts[] = {"keep", "change", "drop"};
  Json line = {{"verdict", kVerdicts[static_cast<int>(decision.verdict)]}};
  if (decision.verdict == Verdict::drop) {
    line.update({{"reason", decision.reason},
                 {"figure", decision.figure},
                 {"limit", decision.limit},
                 {"place", {decision.place.begin, decision.place.end}}});
  }
  if (decision.verdict == Verdict::change) {
    line["text"] = decision.text;
    line["cuts"] = Json::array();
    for (const curate::Cut& cut : decision.cuts) line["cuts"].push_back({cut.place.begin, cut.place.end, cut.reason});
  }
  return line;
}

// The texts of the file, one a line: {"text": ...}.
Result<std::vector<std::string>> read_texts(const std::string& path) {
  PERSEA_TRY(const std::string bytes, read_file(path));
  std::vector<std::string> texts;
  for (size_t start = 0, number = 1; start < bytes.size(); ++number) {
    const size_t end = std::min(bytes.find('\n', start), bytes.size());
    PERSEA_TRY(const Json line,
               parse_json(std::string_view(bytes).substr(start, end - start), fmt::format("{}:{}", path, number)));
    const auto text = line.is_object() ? line.find("text") : line.end();
    if (text == line.end() || !text->is_string()) return fail("{}:{}: there is no `text`", path, number);
    texts.push_back(text->get<std::string>());
    start = end + 1;
  }
  return texts;
}

int bench_rules(const CliContext& context, const Options& options) {
  const auto settings = parse_json(options.settings, "--settings");
  if (!settings) return report(settings.error());
  const auto pack = curate::make_rule_pack(options.pack, *settings);
  if (!pack) return report(pack.error());
  const auto texts = read_texts(options.file);
  if (!texts) return report(texts.error());
  curate::Judging judging;
  curate::Decision decision;
  double seconds = 0, bytes = 0;
  for (const std::string& text : *texts) {
    const double start = wall_seconds();
    judging.parts.read(text);
    decision.clear();
    (*pack)->judge(judging, decision);
    seconds += wall_seconds() - start;
    bytes += static_cast<double>(text.size());
    if (!options.quiet) fmt::print("{}\n", canonical_json(decision_json(decision)));
  }
  if (!context.quiet) fmt::print(stderr, "{} documents, {:.1f} MB/s\n", texts->size(), bytes / 1e6 / seconds);
  return 0;
}

}  // namespace

void add_bench_rules(CLI::App& bench, CliContext& context, VerbAction& action) {
  CLI::App* verb = bench.add_subcommand("rules", "What a rule pack decides on each document, one JSON line for each");
  const auto options = std::make_shared<Options>();
  verb->add_option("FILE", options->file, "JSON lines with a text")->required();
  verb->add_option("--pack", options->pack, "Its name")->required()->check(CLI::IsMember(curate::rule_pack_names()));
  verb->add_option("--settings", options->settings, "A JSON object; what it does not name has the published value")
      ->capture_default_str();
  verb->add_flag("--no-lines", options->quiet, "Print no decisions: only the speed counts");
  verb->callback(
      [&context, &action, options] { action = [&context, options] { return bench_rules(context, *options); }; });
}

}  // namespace persea
