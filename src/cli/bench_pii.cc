// persea bench pii FILE.jsonl: what is found in each text of a file that tells of a person, to be held against what was
// planted there.
#include <cstdio>
#include <memory>

#include "base/clock.h"
#include "cli/bench.h"
#include "cli/bench_texts.h"
#include "curate/pii.h"

namespace persea {
namespace {

struct Options {
  std::string file;
  bool quiet = false;
};

int bench_pii(const CliContext& context, const Options& options) {
  const auto texts = read_texts(options.file);
  if (!texts) return report(texts.error());
  std::vector<curate::PiiFind> found;
  double seconds = 0, bytes = 0;
  for (const std::string& text : *texts) {
    const double start = wall_seconds();
    curate::find_pii(text, {}, found);
    seconds += wall_seconds() - start;
    bytes += static_cast<double>(text.size());
    if (options.quiet) continue;
    Json line = Json::array();
    for (const auto& [kind, place] : found)
      line.push_back({{"kind", curate::kPiiNames[static_cast<size_t>(kind)]}, {"place", {place.begin, place.end}}});
    fmt::print("{}\n", canonical_json(line));
  }
  if (!context.quiet) fmt::print(stderr, "{} documents, {:.1f} MB/s\n", texts->size(), bytes / 1e6 / seconds);
  return 0;
}

}  // namespace

void add_bench_pii(CLI::App& bench, CliContext& context, VerbAction& action) {
  CLI::App* verb = bench.add_subcommand("pii", "What each text holds that tells of a person, one JSON line for each");
  const auto options = std::make_shared<Options>();
  verb->add_option("FILE", options->file, "JSON lines with a text")->required();
  verb->add_flag("--no-lines", options->quiet, "Print no finds: only the speed counts");
  verb->callback(
      [&context, &action, options] { action = [&context, options] { return bench_pii(context, *options); }; });
}

}  // namespace persea
