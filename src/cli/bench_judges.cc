// persea bench languages FILE.jsonl and persea bench quality MODEL FILE.jsonl: what is found of each document of a
// file, to be held against other programs, and how fast.
#include <atomic>
#include <memory>

#include "base/clock.h"
#include "base/threads.h"
#include "cli/bench.h"
#include "cli/bench_texts.h"
#include "curate/language.h"
#include "data/quality_stage.h"

namespace persea {
namespace {

struct Options {
  std::string model, file;
  curate::LanguageOptions language;
  bool quiet = false;
};

// judge(text) on every text, on all threads; their lines in order, and the speed of judging alone.
template <class Judge>
int judge_all(const CliContext& context, const Options& options, const Judge& judge) {
  const auto texts = read_texts(options.file);
  if (!texts) return report(texts.error());
  double bytes = 0;
  for (const std::string& text : *texts) bytes += static_cast<double>(text.size());
  std::vector<Json> found(texts->size());
  std::atomic<size_t> next{0};
  const double start = cpu_seconds();
  pool().run([&](int) {
    for (size_t i = next++; i < texts->size(); i = next++) found[i] = judge((*texts)[i]);
  });
  const double seconds = cpu_seconds() - start;
  if (!options.quiet)
    for (const Json& line : found) fmt::print("{}\n", canonical_json(line));
  if (!context.quiet && options.quiet)
    fmt::print(stderr, "{} documents, {:.1f} MB, {:.1f} MB/s of a core\n", texts->size(), bytes / 1e6,
               bytes / 1e6 / seconds);
  return 0;
}

int bench_languages(const CliContext& context, const Options& options) {
  return judge_all(context, options, [&](const std::string& text) {
    const curate::Languages found = curate::languages_of(text, options.language);
    Json top = Json::array();
    for (const curate::Language& one : found.top)
      if (one.score > 0) top.push_back({one.code, one.score});
    return Json{{"top", std::move(top)}, {"reliable", found.reliable}};
  });
}

int bench_quality(const CliContext& context, const Options& options) {
  const auto model = load_quality(options.model);
  if (!model) return report(model.error());
  return judge_all(context, options, [&](const std::string& text) { return Json((*model)->log_odds(text)); });
}

}  // namespace

void add_bench_judges(CLI::App& bench, CliContext& context, VerbAction& action) {
  const auto options = std::make_shared<Options>();
  CLI::App* languages = bench.add_subcommand("languages", "The languages of each document, one JSON line for each");
  languages->add_option("FILE", options->file, "JSON lines with a text")->required();
  languages->add_option("--sample-bytes", options->language.sample_bytes, "Of a longer text so much; 0: all")
      ->capture_default_str();
  languages->add_flag("--guess-short", options->language.guess_short, "Say something of short texts too");
  languages->add_flag("--no-lines", options->quiet, "Print how fast it was instead");
  languages->callback(
      [&context, &action, options] { action = [&context, options] { return bench_languages(context, *options); }; });
  CLI::App* quality = bench.add_subcommand("quality", "A quality model's log-odds of each document, one a line");
  quality->add_option("MODEL", options->model, "The artifact's folder or quality.model")->required();
  quality->add_option("FILE", options->file, "JSON lines with a text")->required();
  quality->add_flag("--no-lines", options->quiet, "Print how fast it was instead");
  quality->callback(
      [&context, &action, options] { action = [&context, options] { return bench_quality(context, *options); }; });
}

}  // namespace persea
