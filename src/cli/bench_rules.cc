// persea bench rules FILE.jsonl --pack NAME: what rule packs decide on each document of a file, to be held against
// other programs, and how fast: several packs share what is known of a text.
#include <atomic>
#include <cstdio>
#include <memory>

#include "base/clock.h"
#include "base/threads.h"
#include "cli/bench.h"
#include "cli/bench_texts.h"
#include "curate/rule_pack.h"

namespace persea {
namespace {

using curate::Verdict;

struct Options {
  std::string file;
  std::vector<std::string> packs, settings;
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
    for (const curate::Cut& cut : decision.cuts)
      line["cuts"].push_back({cut.place.begin, cut.place.end, cut.reason, cut.instead});
  }
  return line;
}

using Packs = std::vector<std::unique_ptr<curate::RulePack>>;

Result<Packs> make_packs(const Options& options) {
  Packs packs;
  if (options.settings.size() > options.packs.size()) return fail("--settings stands more often than --pack");
  for (size_t i = 0; i < options.packs.size(); ++i) {
    Json said = Json::object();
    if (i < options.settings.size()) {
      PERSEA_TRY(said, parse_json(options.settings[i], "--settings"));
    }
    PERSEA_TRY(auto pack, curate::make_rule_pack(options.packs[i], said));
    packs.push_back(std::move(pack));
  }
  return packs;
}

// Judges every text with all packs, on all threads; a line for each text in their order, or none where nobody asks.
std::vector<std::string> judge_all(const Packs& packs, const std::vector<std::string>& texts, bool quiet) {
  std::vector<std::string> lines(quiet ? 0 : texts.size());
  std::atomic<size_t> next{0};
  pool().run([&](int) {
    curate::Judging judging;
    curate::Decision decision;
    for (size_t i = next++; i < texts.size(); i = next++) {
      judging.read(texts[i]);
      Json decisions = Json::array();
      for (const auto& pack : packs) {
        pack->judge(judging, decision);
        if (!quiet) decisions.push_back(decision_json(decision));
      }
      if (!quiet) lines[i] = canonical_json(packs.size() == 1 ? decisions[0] : decisions);
    }
  });
  return lines;
}

int bench_rules(const CliContext& context, const Options& options) {
  const auto packs = make_packs(options);
  if (!packs) return report(packs.error());
  const auto texts = read_texts(options.file);
  if (!texts) return report(texts.error());
  double bytes = 0;
  for (const std::string& text : *texts) bytes += static_cast<double>(text.size());
  const double start = wall_seconds();
  const std::vector<std::string> lines = judge_all(*packs, *texts, options.quiet);
  const double seconds = wall_seconds() - start;
  for (const std::string& line : lines) fmt::print("{}\n", line);
  if (!context.quiet && options.quiet)
    fmt::print(stderr, "{} documents, {:.1f} MB/s, {} threads\n", texts->size(), bytes / 1e6 / seconds,
               pool().threads());
  return 0;
}

}  // namespace

void add_bench_rules(CLI::App& bench, CliContext& context, VerbAction& action) {
  CLI::App* verb = bench.add_subcommand("rules", "What rule packs decide on each document, one JSON line for each");
  const auto options = std::make_shared<Options>();
  verb->add_option("FILE", options->file, "JSON lines with a text")->required();
  verb->add_option("--pack", options->packs, "Its name; several share their work, and a line has a list of decisions")
      ->required()
      ->allow_extra_args(false)
      ->check(CLI::IsMember(curate::rule_pack_names()));
  verb->add_option("--settings", options->settings,
                   "A JSON object for each pack in turn; what it does not name has the published value")
      ->allow_extra_args(false);
  verb->add_flag("--no-lines", options->quiet, "Print no decisions, but how fast they come");
  verb->callback(
      [&context, &action, options] { action = [&context, options] { return bench_rules(context, *options); }; });
}

}  // namespace persea
