// persea data sample and persea data clusters: documents drawn by lot, and those with many copies.
#include <memory>

#include "base/clock.h"
#include "cli/data_verbs.h"
#include "cli/terminal.h"
#include "data/curation/samples.h"

namespace persea {
namespace {

using namespace curation;

constexpr size_t kKeptExcerpt = 400;  // bytes of a kept document that are shown

struct SampleOptions {
  std::string corpus;
  DecisionFilter filter;
  bool kept = false;
  size_t count = 10;
  uint64_t seed = 1;
};

struct ClusterOptions {
  std::string corpus, step;
  size_t count = 10, members = 3;
};

// The beginning of a text, cut where a character ends.
std::string_view beginning(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

int sample_of_kept(const CliContext& context, const Artifact& corpus, const SampleOptions& options) {
  const auto lookup = CorpusLookup::open(corpus.path);
  if (!lookup) return report(lookup.error());
  const std::vector<int64_t> numbers = sample_kept(*lookup, options.filter.source, options.count, options.seed);
  Json list = Json::array();
  for (const int64_t number : numbers) {
    const CorpusReader::Document document = lookup->reader()[number];
    const DocumentOrigin origin = lookup->origin(number);
    const std::string_view text = beginning(document.text, kKeptExcerpt);
    if (context.json) {
      list.push_back({{"source", origin.source},
                      {"file", origin.file},
                      {"place", origin.place},
                      {"id", to_hex(document.id)},
                      {"bytes", document.text.size()},
                      {"valid", document.valid},
                      {"excerpt", text}});
      continue;
    }
    fmt::print("{}  {}\n  {}, {}, source {}\n{}\n", bold(place_text(origin.file, origin.place)),
               dim(to_hex(document.id)), document.valid ? "for validation" : "for training",
               format_bytes(static_cast<double>(document.text.size())), one_line(origin.source),
               excerpt_text(text, 0, 0, 4));
  }
  if (context.json) print_json({{"id", corpus.id}, {"kept", list}});
  if (!context.json && numbers.empty()) fmt::print("No document of {} is meant by that.\n", corpus.id);
  return 0;
}

int sample(const CliContext& context, const SampleOptions& options) {
  const auto open = open_corpus(context, options.corpus);
  if (!open) return report(open.error());
  const Artifact& corpus = open->corpus;
  if (options.kept) return sample_of_kept(context, corpus, options);
  auto reader = DecisionReader::open(corpus.path);
  if (!reader) return report(reader.error());
  const auto lines = sample_decisions(std::move(*reader), options.filter, options.count, options.seed);
  if (!lines) return report(lines.error());
  Json list = Json::array();
  for (const DecisionLine& line : *lines) {
    if (context.json) {
      list.push_back(line.json());
      continue;
    }
    fmt::print("{}  {}\n", bold(place_text(line.file, line.place)),
               dim(fmt::format("{} source {}, {}", line.id, one_line(line.source),
                               format_bytes(static_cast<double>(line.bytes)))));
    print_decision(line, 2);
    fmt::print("\n");
  }
  if (context.json) print_json({{"id", corpus.id}, {"decisions", list}});
  if (!context.json && lines->empty())
    fmt::print("No decision of {} is meant by that: persea data stats names steps and reasons.\n", corpus.id);
  return 0;
}

int clusters(const CliContext& context, const ClusterOptions& options) {
  const auto open = open_corpus(context, options.corpus);
  if (!open) return report(open.error());
  const Artifact& corpus = open->corpus;
  const auto found = find_clusters(corpus.path, options.step, options.count, options.members);
  if (!found) return report(found.error());
  Json list = Json::array();
  if (!context.json)
    fmt::print("{} documents have copies that went: {} copies, {}\n\n", whole(found->clusters), whole(found->copies),
               format_bytes(static_cast<double>(found->bytes)));
  for (const Cluster& cluster : found->largest) {
    if (context.json) {
      Json members = Json::array();
      for (const DecisionLine& member : cluster.members) members.push_back(member.json());
      list.push_back({{"of", {{"id", cluster.of.id}, {"file", cluster.of.file}, {"place", cluster.of.place}}},
                      {"copies", cluster.copies},
                      {"bytes", cluster.bytes},
                      {"members", members}});
      continue;
    }
    fmt::print("{} of {}  {}\n", bold(cluster.copies == 1 ? "1 copy" : whole(cluster.copies) + " copies"),
               bold(place_text(cluster.of.file, cluster.of.place)), dim(cluster.of.id));
    for (const DecisionLine& member : cluster.members) {
      fmt::print("  {}: {}  {}\n    {}\n", one_line(member.step), place_text(member.file, member.place), dim(member.id),
                 cut(one_line(member.excerpt), terminal_width() > 8 ? terminal_width() - 4 : 100));
    }
    if (cluster.copies > static_cast<int64_t>(cluster.members.size()))
      fmt::print("  and {} more\n", whole(cluster.copies - static_cast<int64_t>(cluster.members.size())));
    fmt::print("\n");
  }
  if (context.json)
    print_json({{"id", corpus.id},
                {"clusters", found->clusters},
                {"copies", found->copies},
                {"bytes", found->bytes},
                {"largest", list}});
  return 0;
}

}  // namespace

void add_data_sample(CLI::App& verb, CliContext& context, VerbAction& action) {
  CLI::App* sub = verb.add_subcommand("sample", "Decisions drawn by lot, with the place in the text that led to them");
  const auto options = std::make_shared<SampleOptions>();
  sub->add_option("CORPUS", options->corpus, "A corpus (else the newest)");
  sub->add_option("--step", options->filter.step, "Of this step, as persea data stats names it");
  sub->add_option("--reason", options->filter.reason, "For this reason");
  sub->add_option("--source", options->filter.source, "Of this source");
  sub->add_option("--verdict", options->filter.verdict, "drop, change or skip")
      ->check(CLI::IsMember({"drop", "change", "skip"}));
  sub->add_flag("--kept", options->kept, "Instead: documents that were kept");
  sub->add_option("-n", options->count, "How many")->check(CLI::Range(1, 100000))->capture_default_str();
  sub->add_option("--seed", options->seed, "Others for another seed")->capture_default_str();
  sub->footer(
      "Examples:\n  persea data sample --step gopher-quality --reason gopher_short_doc -n 5\n"
      "  persea data sample --kept --source forum --seed 2");
  sub->callback([&context, &action, options] { action = [&context, options] { return sample(context, *options); }; });
}

void add_data_clusters(CLI::App& verb, CliContext& context, VerbAction& action) {
  CLI::App* sub = verb.add_subcommand("clusters", "Documents with the most copies, exact and near");
  const auto options = std::make_shared<ClusterOptions>();
  sub->add_option("CORPUS", options->corpus, "A corpus (else the newest)");
  sub->add_option("--step", options->step, "Only \"exact\" or \"minhash\"");
  sub->add_option("-n", options->count, "How many")->check(CLI::Range(1, 100000))->capture_default_str();
  sub->add_option("--members", options->members, "Copies of each that are shown")
      ->check(CLI::Range(0, 10000))
      ->capture_default_str();
  sub->footer("Example:\n  persea data clusters -n 3 --members 10");
  sub->callback([&context, &action, options] { action = [&context, options] { return clusters(context, *options); }; });
}

}  // namespace persea
