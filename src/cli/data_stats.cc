// persea data stats: the funnel of a corpus.
#include <algorithm>
#include <memory>

#include "base/clock.h"
#include "cli/data_verbs.h"
#include "cli/terminal.h"
#include "data/curation/card.h"

namespace persea {
namespace {

using namespace curation;
using enum Table::Align;

struct Options {
  std::string corpus, source;
};

Count sum_of(const std::map<std::string, Count>& counts) {
  Count sum;
  for (const auto& [reason, count] : counts) {
    sum.documents += count.documents;
    sum.bytes += count.bytes;
  }
  return sum;
}

// The steps that the tally speaks of, in the order in which they judged.
std::vector<std::string> in_order(const std::map<std::string, std::map<std::string, Count>>& steps,
                                  const Json& settings) {
  std::vector<std::string> order;
  for (const std::string& name : step_names(settings)) {
    if (steps.count(name) && std::find(order.begin(), order.end(), name) == order.end()) order.push_back(name);
  }
  for (const auto& [name, counts] : steps) {
    if (std::find(order.begin(), order.end(), name) == order.end()) order.push_back(name);
  }
  return order;
}

void print_funnel(const Tally& tally, const Json& settings) {
  Table table({left, right, right, right, left});
  table.header({"", "DOCUMENTS", "BYTES", "SHARE", ""});
  const auto row = [&](const std::string& name, const Count& count, const std::string& shown_bar) {
    table.row({name, whole(count.documents), format_bytes(static_cast<double>(count.bytes)),
               percent(count.bytes, tally.read.bytes), shown_bar});
  };
  const auto bar_of = [&](const Count& count) { return bar(count.bytes, tally.read.bytes, 24); };
  row("read", tally.read, bar_of(tally.read));
  for (const std::string& step : in_order(tally.dropped, settings)) {
    const auto& reasons = tally.dropped.at(step);
    row("- " + step, sum_of(reasons), bar_of(sum_of(reasons)));
    std::vector<std::pair<std::string, Count>> sorted(reasons.begin(), reasons.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.second.bytes > b.second.bytes; });
    for (const auto& [reason, count] : sorted) row("    " + one_line(reason), count, "");
  }
  row("kept", tally.kept, bar_of(tally.kept));
  fmt::print("{}", table.text());
}

void print_changes(const Tally& tally, const Json& settings) {
  if (tally.changed.empty()) return;
  fmt::print("\n{}\n", bold("changed (documents, and what was cut out of them)"));
  Table table({left, left, right, right}, 2);
  for (const std::string& step : in_order(tally.changed, settings)) {
    for (const auto& [reason, count] : tally.changed.at(step))
      table.row({step, one_line(reason), whole(count.documents), format_bytes(static_cast<double>(count.bytes))});
  }
  fmt::print("{}", table.text());
}

void print_skipped(const Tally& tally) {
  if (tally.skipped.empty()) return;
  fmt::print("\n{}\n", bold("not read"));
  Table table({right, left}, 2);
  for (const auto& [reason, count] : tally.skipped) table.row({whole(count), one_line(reason)});
  fmt::print("{}", table.text());
}

void print_sources(const Json& funnel) {
  fmt::print("\n{}\n", bold("sources"));
  Table table({left, left, left, right, right, right, right, right}, 2);
  table.header({"NAME", "LICENCE", "CONSENT", "READ", "KEPT", "OF IT", "MIXTURE", "TIMES"});
  int64_t mixed = 0;
  for (const Json& source : funnel.at("sources")) mixed += source.at("mixed").at("bytes").get<int64_t>();
  for (const Json& source : funnel.at("sources")) {
    const int64_t read = source.at("counts").at("read").at("bytes"), kept = source.at("counts").at("kept").at("bytes");
    table.row({one_line(source.at("name").get<std::string>()), one_line(source.at("licence").get<std::string>()),
               source.at("consent").get<bool>() ? "yes" : "-", format_bytes(static_cast<double>(read)),
               format_bytes(static_cast<double>(kept)), percent(kept, read),
               percent(source.at("mixed").at("bytes"), mixed),
               fmt::format("{:.3g}", source.at("copies").get<double>())});
  }
  fmt::print("{}", table.text());
  for (const Json& source : funnel.at("left_out"))
    fmt::print("  left out: {}: {}\n", one_line(source.at("name").get<std::string>()),
               one_line(source.at("reason").get<std::string>()));
}

void print_lengths(const Tally& tally) {
  const auto most = [](const LengthCounts& counts) { return *std::max_element(counts.begin(), counts.end()); };
  const int64_t most_read = most(tally.read_lengths), most_kept = most(tally.kept_lengths);
  if (most_read == 0) return;
  constexpr size_t kWidth = 20;
  fmt::print("\n{}\n", bold("documents by length, as they were read and as they stay"));
  size_t first = 0, last = tally.read_lengths.size() - 1;
  const auto none = [&](size_t i) { return tally.read_lengths[i] == 0 && tally.kept_lengths[i] == 0; };
  while (none(first)) ++first;
  while (none(last)) --last;
  for (size_t i = first; i <= last; ++i) {
    const std::string shown = bar(tally.read_lengths[i], most_read, kWidth);
    fmt::print("  {:>9} {:>10} {}{} {:>10} {}\n", "≥ " + format_bytes(static_cast<double>(int64_t{1} << i)),
               whole(tally.read_lengths[i]), shown, std::string(kWidth - display_width(shown), ' '),
               whole(tally.kept_lengths[i]), bar(tally.kept_lengths[i], most_kept, kWidth));
  }
}

Result<Tally> tally_of(const Json& funnel, const std::string& source, const Artifact& corpus) {
  if (source.empty()) return Tally::from_json(funnel.at("all"), corpus.file("funnel.json").string());
  std::vector<std::string> names;
  for (const Json& one : funnel.at("sources")) {
    names.push_back(one.at("name"));
    if (names.back() == source) return Tally::from_json(one.at("counts"), corpus.file("funnel.json").string());
  }
  const std::string near = nearest(source, names);
  return fail("{}: has no source \"{}\"{}", corpus.id, source, near.empty() ? "" : ": did you mean " + near + "?");
}

int stats(const CliContext& context, const Options& options) {
  const auto open = open_corpus(context, options.corpus);
  if (!open) return report(open.error());
  const Artifact& corpus = open->corpus;
  const auto funnel = read_funnel(corpus);
  if (!funnel) return report(funnel.error());
  try {
    const auto tally = tally_of(*funnel, options.source, corpus);
    if (!tally) return report(tally.error());
    if (context.json) {
      print_json({{"id", corpus.id}, {"facts", corpus.facts()}, {"counts", tally->json()}, {"funnel", *funnel}});
      return 0;
    }
    fmt::print("{}{}  {}\n\n", bold(corpus.id), options.source.empty() ? "" : ", source " + options.source,
               dim("made " + age(corpus.created()) + " ago"));
    print_funnel(*tally, corpus.settings());
    if (options.source.empty()) {
      const Json& facts = corpus.facts();
      fmt::print("in the corpus: {} ({} for training, {} for validation)\n",
                 count_text({facts.at("documents"), facts.at("bytes")}), whole(facts.at("train_documents")),
                 whole(facts.at("valid_documents")));
    }
    print_changes(*tally, corpus.settings());
    print_skipped(*tally);
    if (options.source.empty()) print_sources(*funnel);
    print_lengths(*tally);
    return 0;
  } catch (const Json::exception& error) {
    return report(fail("{}: is no funnel of curation: {}", corpus.file("funnel.json").string(), error.what()));
  }
}

}  // namespace

void add_data_stats(CLI::App& verb, CliContext& context, VerbAction& action) {
  CLI::App* sub =
      verb.add_subcommand("stats", "The funnel: what went in, what was dropped by which rule, what came out");
  const auto options = std::make_shared<Options>();
  sub->add_option("CORPUS", options->corpus, "A corpus (else the newest)");
  sub->add_option("--source", options->source, "Of this source alone");
  sub->footer("Examples:\n  persea data stats\n  persea data stats corpus-1a2b --source forum --json");
  sub->callback([&context, &action, options] { action = [&context, options] { return stats(context, *options); }; });
}

}  // namespace persea
