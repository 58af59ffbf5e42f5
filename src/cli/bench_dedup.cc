// persea bench dedup FILE.jsonl: which texts of a file share a band's key and which clusters they make, to be held
// against other programs and the theory, and how long that takes.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>
#include <unordered_set>

#include "base/clock.h"
#include "base/threads.h"
#include "cli/bench.h"
#include "cli/bench_texts.h"
#include "curate/minhash.h"
#include "curate/near_duplicates.h"

namespace persea {
namespace {

struct Options {
  std::string file, set = "datatrove", pairs, clusters, shingles, folder = ".";
  int64_t bands = 0, rows = 0, shingle = 0, seed = 1, memory_mb = 256;
};

Result<curate::MinHashSettings> settings_of(const Options& options) {
  Json said = {{"set", options.set}, {"seed", options.seed}};
  if (options.bands > 0) said["bands"] = options.bands;
  if (options.rows > 0) said["rows"] = options.rows;
  if (options.shingle > 0) said["shingle"] = options.shingle;
  return curate::minhash_settings(said);
}

// The keys of all texts, one text's behind another's, and which texts have any.
struct Keys {
  std::vector<uint64_t> all;
  std::vector<uint8_t> has;
  std::vector<uint32_t> shingles;  // different ones of each text, if wanted
};

Keys keys_of(const curate::MinHasher& made, const std::vector<std::string>& texts, bool count_shingles) {
  const size_t bands = made.bands();
  Keys keys{std::vector<uint64_t>(texts.size() * bands), std::vector<uint8_t>(texts.size()),
            std::vector<uint32_t>(count_shingles ? texts.size() : 0)};
  std::atomic<size_t> next{0};
  pool().run([&](int) {
    curate::MinHasher hasher = made;
    for (size_t i = next++; i < texts.size(); i = next++) {
      keys.has[i] = hasher.keys(texts[i], {keys.all.data() + i * bands, bands});
      if (!count_shingles) continue;
      const auto& shingles = hasher.shingles(texts[i]);
      keys.shingles[i] = static_cast<uint32_t>(std::unordered_set<uint32_t>(shingles.begin(), shingles.end()).size());
    }
  });
  return keys;
}

// Every two texts that share a key, in order.
std::vector<std::pair<uint32_t, uint32_t>> pairs_of(const Keys& keys, size_t bands) {
  std::vector<std::pair<uint32_t, uint32_t>> pairs;
  std::vector<std::pair<uint64_t, uint32_t>> band(keys.has.size());
  for (size_t b = 0; b < bands; ++b) {
    band.clear();
    for (size_t i = 0; i < keys.has.size(); ++i)
      if (keys.has[i]) band.emplace_back(keys.all[i * bands + b], static_cast<uint32_t>(i));
    std::sort(band.begin(), band.end());
    for (size_t first = 0, end = 0; first < band.size(); first = end) {
      while (end < band.size() && band[end].first == band[first].first) ++end;
      for (size_t i = first; i < end; ++i)
        for (size_t k = i + 1; k < end; ++k) pairs.emplace_back(band[i].second, band[k].second);
    }
    std::sort(pairs.begin(), pairs.end());
    pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  }
  return pairs;
}

Status write_numbers(const std::string& path, const std::vector<uint32_t>& numbers) {
  std::string lines;
  for (const uint32_t number : numbers) lines += fmt::format("{}\n", number);
  return write_file(path, lines);
}

Status measure(const CliContext& context, const Options& options) {
  PERSEA_TRY(const auto settings, settings_of(options));
  PERSEA_TRY(const auto hasher, curate::MinHasher::create(settings));
  PERSEA_TRY(const auto texts, read_texts(options.file));
  double bytes = 0;
  for (const std::string& text : texts) bytes += static_cast<double>(text.size());
  const Meter signing;
  const Keys keys = keys_of(hasher, texts, !options.shingles.empty());
  const Usage signed_in = signing.now();
  const Meter clustering;
  const auto memory = static_cast<size_t>(options.memory_mb) << 20;
  PERSEA_TRY(auto duplicates, curate::NearDuplicates::create(options.folder, hasher.bands(), memory));
  for (size_t i = 0; i < texts.size(); ++i)
    PERSEA_CHECK(duplicates.add({keys.all.data() + i * hasher.bands(), keys.has[i] ? hasher.bands() : 0}));
  PERSEA_TRY(const auto first, duplicates.clusters());
  const Usage clustered_in = clustering.now();
  size_t removed = 0;
  for (size_t i = 0; i < first.size(); ++i) removed += first[i] != i;
  if (!options.clusters.empty()) PERSEA_CHECK(write_numbers(options.clusters, first));
  if (!options.shingles.empty()) PERSEA_CHECK(write_numbers(options.shingles, keys.shingles));
  Json result = {{"settings", curate::settings_json(settings)},
                 {"documents", texts.size()},
                 {"bytes", bytes},
                 {"removed", removed},
                 {"threads", pool().threads()},
                 {"signatures", {{"seconds", signed_in.wall}, {"cpu_seconds", signed_in.cpu}}},
                 {"clusters", {{"seconds", clustered_in.wall}, {"cpu_seconds", clustered_in.cpu}}}};
  if (!options.pairs.empty()) {
    const auto pairs = pairs_of(keys, hasher.bands());
    std::string lines;
    for (const auto& pair : pairs) lines += fmt::format("{} {}\n", pair.first, pair.second);
    PERSEA_CHECK(write_file(options.pairs, lines));
    result["pairs"] = pairs.size();
  }
  if (context.json) {
    print_json(result);
  } else {
    fmt::print("{} documents, {:.1f} MB/s signed, {} clusters' copies\n", texts.size(), bytes / 1e6 / signed_in.wall,
               removed);
  }
  return {};
}

int bench_dedup(const CliContext& context, const Options& options) {
  const Status done = measure(context, options);
  return done.ok() ? 0 : report(done.error());
}

}  // namespace

void add_bench_dedup(CLI::App& bench, CliContext& context, VerbAction& action) {
  CLI::App* verb =
      bench.add_subcommand("dedup", "Near duplicates among the texts of a file, and how fast they are found");
  const auto options = std::make_shared<Options>();
  verb->add_option("FILE", options->file, "JSON lines with a text")->required();
  verb->add_option("--minhash", options->set, "A published set of settings")
      ->check(CLI::IsMember(curate::minhash_names()));
  verb->add_option("--bands", options->bands, "Instead of the set's");
  verb->add_option("--rows", options->rows, "Of each band");
  verb->add_option("--shingle", options->shingle, "Words or characters of a shingle");
  verb->add_option("--seed", options->seed, "Of the hash functions");
  verb->add_option("--memory-mb", options->memory_mb, "For keys and tables")->check(CLI::Range(1, 1 << 20));
  verb->add_option("--folder", options->folder, "Where keys go that do not fit");
  verb->add_option("--pairs", options->pairs, "A file for the numbers of every two texts that share a band's key");
  verb->add_option("--clusters", options->clusters, "A file for the first text of each text's cluster");
  verb->add_option("--shingles", options->shingles, "A file for the number of different shingles of each text");
  verb->callback(
      [&context, &action, options] { action = [&context, options] { return bench_dedup(context, *options); }; });
}

}  // namespace persea
