// persea bench spans FILE.jsonl and persea bench altered FILE.jsonl: what the texts of a file have in common, row by
// row or but for numbers and names, to be looked at and held against other programs, and how fast it is found.
#include <atomic>
#include <cstdio>
#include <memory>

#include "base/clock.h"
#include "base/threads.h"
#include "cli/bench.h"
#include "cli/bench_texts.h"
#include "curate/altered_copies.h"
#include "curate/near_duplicates.h"
#include "curate/repeated_spans.h"

namespace persea {
namespace {

struct Options {
  std::string file, folder = ".", keep = "first";
  int64_t tokens = 50, memory_mb = 256;
  bool quiet = false;

  size_t memory() const { return static_cast<size_t>(memory_mb) << 20; }
};

double bytes_of(const std::vector<std::string>& texts) {
  double bytes = 0;
  for (const std::string& text : texts) bytes += static_cast<double>(text.size());
  return bytes;
}

void say_speed(const CliContext& context, double bytes, const Usage& used, double share) {
  if (context.quiet) return;
  fmt::print(stderr, "{:.1f} MB/s, {:.1f} a CPU second, {} threads; {:.2f}%\n", bytes / 1e6 / used.wall,
             bytes / 1e6 / used.cpu, pool().threads(), 100 * share);
}

Status bench_spans(const CliContext& context, const Options& options) {
  PERSEA_TRY(const auto texts, read_texts(options.file));
  double cut = 0;
  const Meter meter;
  PERSEA_CHECK(curate::find_repeated_spans(
      texts.size(), [&](size_t i) { return std::string_view(texts[i]); }, {options.tokens, options.keep},
      options.folder, options.memory(),
      [&](size_t document, std::span<const curate::Place> places) -> Status {
        Json line = {{"document", document}, {"cuts", Json::array()}};
        for (const curate::Place& place : places) {
          cut += static_cast<double>(place.end - place.begin);
          if (!options.quiet) line["cuts"].push_back({place.begin, place.end});
        }
        if (!options.quiet) fmt::print("{}\n", canonical_json(line));
        return {};
      }));
  const double bytes = bytes_of(texts);
  say_speed(context, bytes, meter.now(), cut / bytes);
  return {};
}

Status bench_altered(const CliContext& context, const Options& options) {
  PERSEA_TRY(const auto texts, read_texts(options.file));
  const curate::AlteredCopySettings settings;
  constexpr size_t kBands = curate::AlteredCopyKeys::kBands;
  const Meter meter;
  std::vector<uint64_t> keys(texts.size() * kBands);
  std::vector<uint8_t> has(texts.size());
  std::atomic<size_t> next{0};
  pool().run([&](int) {
    curate::AlteredCopyKeys hasher(settings);
    for (size_t i = next++; i < texts.size(); i = next++)
      has[i] = hasher.keys(texts[i], {keys.data() + i * kBands, kBands});
  });
  PERSEA_TRY(auto duplicates, curate::NearDuplicates::create(options.folder, kBands, options.memory()));
  for (size_t i = 0; i < texts.size(); ++i)
    PERSEA_CHECK(duplicates.add({keys.data() + i * kBands, has[i] ? kBands : 0}));
  PERSEA_TRY(const auto first, duplicates.clusters());
  double found = 0;
  static constexpr const char* kKinds[] = {"number", "name", "other"};
  PERSEA_CHECK(curate::find_altered_copies(
      first, [&](size_t i) { return std::string_view(texts[i]); }, settings,
      [&](const curate::AlteredCopy& copy) -> Status {
        ++found;
        if (options.quiet) return {};
        Json line = {{"original", copy.original}, {"copy", copy.copy}, {"differences", Json::array()}};
        for (const auto& [kind, one, other] : copy.differences)
          line["differences"].push_back({kKinds[static_cast<size_t>(kind)],
                                         texts[copy.original].substr(one.begin, one.end - one.begin),
                                         texts[copy.copy].substr(other.begin, other.end - other.begin)});
        fmt::print("{}\n", canonical_json(line));
        return {};
      }));
  say_speed(context, bytes_of(texts), meter.now(), found / static_cast<double>(texts.size()));
  return {};
}

template <class Bench>
void add_verb(CLI::App* verb, CliContext& context, VerbAction& action, const std::shared_ptr<Options>& options,
              const Bench& bench) {
  verb->add_option("FILE", options->file, "JSON lines with a text")->required();
  verb->add_option("--memory-mb", options->memory_mb, "For what is kept of the texts")->check(CLI::Range(1, 1 << 20));
  verb->add_option("--folder", options->folder, "Where goes what does not fit");
  verb->add_flag("--no-lines", options->quiet, "Print nothing but the speed");
  verb->callback([&context, &action, options, bench] {
    action = [&context, options, bench] {
      const Status done = bench(context, *options);
      return done.ok() ? 0 : report(done.error());
    };
  });
}

}  // namespace

void add_bench_copies(CLI::App& bench, CliContext& context, VerbAction& action) {
  CLI::App* spans =
      bench.add_subcommand("spans", "Rows of tokens that stand more than once, for each text what is cut");
  const auto options = std::make_shared<Options>();
  spans->add_option("--tokens", options->tokens, "The least length of a row");
  spans->add_option("--keep", options->keep, "first or none");
  add_verb(spans, context, action, options, bench_spans);
  CLI::App* altered =
      bench.add_subcommand("altered", "Copies that were altered in numbers or names, with what differs");
  add_verb(altered, context, action, std::make_shared<Options>(), bench_altered);
}

}  // namespace persea
