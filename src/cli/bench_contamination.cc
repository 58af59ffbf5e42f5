// persea bench contamination ITEMS TEXTS.jsonl: which evaluation items each text of a file holds, to be held against
// what was planted there, and how fast that is found. The file may be larger than memory.
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>

#include "base/clock.h"
#include "base/threads.h"
#include "cli/bench.h"
#include "curate/contamination.h"
#include "data/eval_items.h"
#include "read/input_stream.h"

namespace persea {
namespace {

constexpr size_t kBlock = 64 << 20;  // bytes of lines in memory

struct Options {
  std::string items, texts, mode = "aligned", settings = "{}";
  bool quiet = false, words = false;
};

// CPU time of this thread: others share the machine.
double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Totals {
  double bytes = 0, find_seconds = 0, words_seconds = 0;
  int64_t documents = 0;
};

// Hands the lines of a file to `take` in blocks; the last one may lack its line's end.
Status read_blocks(const std::string& path, const std::function<Status(std::string_view lines)>& take) {
  PERSEA_TRY(InputStream stream, InputStream::open(path));
  std::string buffer;
  for (;;) {
    const size_t begin = buffer.size();
    buffer.resize(begin + kBlock);
    const size_t count = stream.read(std::span(buffer.data() + begin, kBlock));
    buffer.resize(begin + count);
    const size_t end = count == 0 ? buffer.size() : buffer.rfind('\n') + 1;
    PERSEA_CHECK(take(std::string_view(buffer).substr(0, end)));
    buffer.erase(0, end);
    if (count == 0) break;
  }
  if (!stream.problem().empty()) return fail("{}: {}", path, stream.problem());
  return {};
}

Result<std::vector<std::string>> texts_of(std::string_view lines, const std::string& path, int64_t first) {
  std::vector<std::string_view> all;
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    all.push_back(lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  std::vector<std::string> texts(all.size());
  std::vector<std::string> problems(all.size());
  pool().parallel_for(static_cast<int64_t>(all.size()), [&](int64_t i) {
    const auto line = parse_json(all[i], fmt::format("{}:{}", path, first + i + 1));
    if (!line) {
      problems[i] = line.error().message;
    } else if (!line->is_object() || !line->contains("text") || !line->at("text").is_string()) {
      problems[i] = fmt::format("{}:{}: there is no `text`", path, first + i + 1);
    } else {
      texts[i] = line->at("text").get<std::string>();
    }
  });
  for (const std::string& problem : problems)
    if (!problem.empty()) return Error{problem};
  return texts;
}

Json hits_json(const std::vector<curate::EvaluationItem>& items, const std::vector<curate::ContaminationHit>& hits) {
  Json all = Json::array();
  for (const curate::ContaminationHit& hit : hits)
    all.push_back({{"number", hit.item},
                   {"item", items[hit.item].id},
                   {"task", items[hit.item].task},
                   {"score", hit.score},
                   {"bits", hit.bits},
                   {"missing", hit.missing},
                   {"place", {hit.place.begin, hit.place.end}}});
  return all;
}

// Looks at every text on all threads; prints a line for each that holds something.
void find_all(const curate::ContaminationIndex& index, const EvalItems& items, const std::vector<std::string>& texts,
              const Options& options, Totals& totals) {
  std::vector<std::string> lines(texts.size());
  std::atomic<size_t> next{0};
  std::atomic<double> find_seconds{0}, words_seconds{0};
  pool().run([&](int) {
    curate::ContaminationScratch scratch;
    std::vector<curate::ContaminationHit> hits;
    double find = 0, words = 0;
    for (size_t i = next++; i < texts.size(); i = next++) {
      if (options.words) {
        const double start = thread_seconds();
        scratch.plain.read(texts[i]);
        words += thread_seconds() - start;
      }
      const double start = thread_seconds();
      index.find(texts[i], scratch, hits);
      find += thread_seconds() - start;
      if (!hits.empty() && !options.quiet)
        lines[i] = canonical_json(
            {{"document", totals.documents + static_cast<int64_t>(i)}, {"hits", hits_json(items.items, hits)}});
    }
    find_seconds.fetch_add(find);
    words_seconds.fetch_add(words);
  });
  for (const std::string& line : lines)
    if (!line.empty()) fmt::print("{}\n", line);
  totals.documents += static_cast<int64_t>(texts.size());
  for (const std::string& text : texts) totals.bytes += static_cast<double>(text.size());
  totals.find_seconds += find_seconds;
  totals.words_seconds += words_seconds;
}

Status bench_contamination(const Options& options) {
  PERSEA_TRY(const Json settings, parse_json(options.settings, "--settings"));
  EvalItems items;
  PERSEA_CHECK(read_eval_items(options.items, {}, items));
  const double start = wall_seconds();
  PERSEA_TRY(const auto index, curate::ContaminationIndex::build(items.items, options.mode, settings));
  const double built = wall_seconds() - start;
  Totals totals;
  PERSEA_CHECK(read_blocks(options.texts, [&](std::string_view lines) -> Status {
    PERSEA_TRY(const std::vector<std::string> texts, texts_of(lines, options.texts, totals.documents));
    find_all(index, items, texts, options, totals);
    return {};
  }));
  Json untellable = Json::array();
  for (uint32_t i = 0; i < items.items.size(); ++i)
    if (!index.untellable(i).empty()) untellable.push_back(i);
  Json summary = {{"items", items.items.size()},        {"untellable", untellable},
                  {"documents", totals.documents},      {"bytes", totals.bytes},
                  {"index_bytes", index.bytes()},       {"index_seconds", built},
                  {"find_seconds", totals.find_seconds}};
  if (options.words) summary["words_seconds"] = totals.words_seconds;
  fmt::print("{}\n", canonical_json({{"summary", summary}}));
  return {};
}

}  // namespace

void add_bench_contamination(CLI::App& bench, CliContext&, VerbAction& action) {
  CLI::App* verb = bench.add_subcommand(
      "contamination", "Which evaluation items texts hold, one JSON line for each text that does, and a summary");
  const auto options = std::make_shared<Options>();
  verb->add_option("ITEMS", options->items, "A file or folder of evaluation items (JSON lines)")->required();
  verb->add_option("TEXTS", options->texts, "JSON lines with a text")->required();
  verb->add_option("--mode", options->mode, "aligned, lm-eval, nemo or datatrove")->capture_default_str();
  verb->add_option("--settings", options->settings, "The mode's settings as JSON");
  verb->add_flag("--no-lines", options->quiet, "Only the summary");
  verb->add_flag("--words", options->words, "Measure too what finding the words alone takes");
  verb->callback([&action, options] {
    action = [options] {
      const Status done = bench_contamination(*options);
      return done ? 0 : report(done.error());
    };
  });
}

}  // namespace persea
