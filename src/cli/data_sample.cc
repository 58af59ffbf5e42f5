// persea data sample and persea data clusters: documents drawn by lot, and those with many copies.
#include <algorithm>
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
  bool altered = false;
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

// A member of an altered copy's line as text; "" where it is none.
std::string text_of(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? one_line(found->get<std::string>()) : "";
}

void print_altered(const Json& pair) {
  const Json none = Json::object();
  const auto part = [&](const Json& of, const char* name) -> const Json& {
    const auto found = of.find(name);
    return found != of.end() && found->is_object() ? *found : none;
  };
  const Json &copy = part(pair, "copy"), &original = part(pair, "original");
  fmt::print("{}  {}\n  like {}  {}\n", bold(place_text(text_of(copy, "file"), text_of(copy, "place"))),
             dim(text_of(copy, "id")), place_text(text_of(original, "file"), text_of(original, "place")),
             dim(text_of(original, "id")));
  const auto differences = pair.find("differences");
  if (differences == pair.end() || !differences->is_array()) return;
  for (const Json& one : *differences) {
    if (one.is_object())
      fmt::print("    {}: {} where the other has {}\n", text_of(one, "kind"), bold(text_of(one, "copy")),
                 bold(text_of(one, "original")));
  }
}

// Pairs of documents that differ in a few words.
int altered(const CliContext& context, const Artifact& corpus, size_t count) {
  std::error_code error;
  if (!fs::exists(corpus.file("altered.jsonl"), error))
    return report(fail("{}: altered copies were not looked for: [dedup] altered = true does", corpus.id));
  const auto file = MappedFile::open(corpus.file("altered.jsonl"));
  if (!file) return report(file.error());
  Json list = Json::array();
  std::string_view rest = file->text();
  for (size_t number = 1; !rest.empty() && number <= count; ++number) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const auto pair =
        parse_json(rest.substr(0, end), fmt::format("{}:{}", corpus.file("altered.jsonl").string(), number));
    if (!pair) return report(pair.error());
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!pair->is_object()) continue;
    if (!context.json) print_altered(*pair);
    list.push_back(*pair);
  }
  if (context.json) print_json({{"id", corpus.id}, {"altered", list}});
  if (!context.json && list.empty()) fmt::print("No copy with other numbers or names was found.\n");
  return 0;
}

int clusters(const CliContext& context, const ClusterOptions& options) {
  const auto open = open_corpus(context, options.corpus);
  if (!open) return report(open.error());
  const Artifact& corpus = open->corpus;
  if (options.altered) return altered(context, corpus, options.count);
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
      list.push_back(
          {{"of", cluster.of.json()}, {"copies", cluster.copies}, {"bytes", cluster.bytes}, {"members", members}});
      continue;
    }
    fmt::print("{} of {} in {}  {}\n", bold(cluster.copies == 1 ? "1 copy" : whole(cluster.copies) + " copies"),
               bold(place_text(cluster.of.file, cluster.of.place)), one_line(cluster.of.source), dim(cluster.of.id));
    for (const DecisionLine& member : cluster.members) {
      fmt::print("  {}: {} in {}  {}\n    {}\n", one_line(member.step), place_text(member.file, member.place),
                 one_line(member.source), dim(member.id),
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
  sub->add_flag("--altered", options->altered, "Instead: documents that are alike but for numbers or names");
  sub->footer("Examples:\n  persea data clusters -n 3 --members 10\n  persea data clusters --altered");
  sub->callback([&context, &action, options] { action = [&context, options] { return clusters(context, *options); }; });
}

}  // namespace persea
