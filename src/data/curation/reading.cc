#include "data/curation/reading.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <memory>

#include "base/json.h"
#include "base/threads.h"
#include "data/curation/decision_log.h"
#include "read/decode.h"
#include "read/item_reader.h"

namespace persea::curation {
namespace {

// What is judged at once.
constexpr int64_t kBlockBytes = 4 << 20;
constexpr size_t kBlockItems = 1 << 14;
// A part is kept in memory until it is written: what is said of each of many short texts is more than these.
constexpr size_t kPartItems = 1 << 17;

fs::path part_path(const fs::path& folder, size_t unit, int64_t part) {
  return folder / fmt::format("part-{:06}-{:06}", unit, part);
}
fs::path end_path(const fs::path& folder, size_t unit) { return folder / fmt::format("unit-{:06}.end", unit); }

// How many parts a unit has, once somebody has read it to its end; -1 before.
int64_t known_parts(const fs::path& folder, size_t unit) {
  const auto text = read_file(end_path(folder, unit));
  if (!text) return -1;
  const auto json = parse_json(*text, "");
  return json && json->is_number_integer() && *json >= 0 ? json->get<int64_t>() : -1;
}

struct BlockItem {
  read::Item item;
  uint32_t file;  // its number in the plan
};

// What is kept of an item, and what is said of the rest.
struct ItemResult {
  std::vector<Judged> kept;
  std::vector<std::string> places;  // of each that was kept
  std::string log;
};

// One thread's memory.
struct Worker {
  Scratch scratch;
  read::Decoded decoded;
  Judged judged;
  Tally tally;
  int64_t documents = 0;
};

class UnitPass {
 public:
  UnitPass(const Reading& reading, size_t unit, std::vector<Worker>& workers, ReadingProgress& progress)
      : reading_(reading), unit_(unit), workers_(workers), progress_(progress) {
    limits_.keep_quotes = reading.recipe.read.keep_quotes;
    limits_.item_bytes = reading.recipe.read.item_bytes;
    limits_.document_bytes = reading.recipe.read.document_bytes;
    shared_ = this->unit().bytes > kUnitBytes;
    source_ = reading.plan.files[this->unit().first].source;
  }

  Status run();

 private:
  const Unit& unit() const { return reading_.plan.units[unit_]; }
  bool ours(int64_t part) const {
    const auto owner = shared_ ? static_cast<int64_t>(unit_) + part : static_cast<int64_t>(unit_);
    return owner % reading_.ranks == reading_.rank;
  }
  bool complete() const;
  Status read_file(uint32_t number);
  void skip(std::string_view file, const read::Skipped& skipped, std::string& log, Tally& tally) const;
  void skip(std::string_view file, const read::Skipped& skipped) {  // at once, before the block at hand
    ++block_skips_;
    if (wanted_) skip(file, skipped, part_.log, part_.tallies[source_]);
  }
  Status end_block();
  Status judge_items();
  Status judge_perplexity(std::vector<ItemResult>& results);
  ItemResult judge_item(const BlockItem& item, Worker& worker) const;
  void begin_part();
  Status end_part();

  const Reading& reading_;
  size_t unit_;
  read::ReadLimits limits_;
  uint32_t source_ = 0;  // that all its files are of
  std::vector<Worker>& workers_;
  ReadingProgress& progress_;
  bool shared_ = false;           // its parts are spread over the ranks
  std::vector<BlockItem> items_;  // keep their memory
  size_t used_items_ = 0;
  size_t block_skips_ = 0, part_items_ = 0;  // part_items_: with what was skipped
  int64_t block_bytes_ = 0, part_bytes_ = 0, part_number_ = 0;
  bool wanted_ = false;  // the part at hand is ours, and not there
  Part part_;
};

bool UnitPass::complete() const {
  const int64_t parts = known_parts(reading_.folder, unit_);
  if (parts < 0) return false;
  for (int64_t part = 0; part < parts; ++part)
    if (ours(part) && !fs::exists(part_path(reading_.folder, unit_, part))) return false;
  return true;
}

void UnitPass::begin_part() {
  part_bytes_ = 0;
  part_items_ = 0;
  wanted_ = ours(part_number_) && !fs::exists(part_path(reading_.folder, unit_, part_number_));
  part_ = Part();
  part_.tallies.resize(reading_.recipe.sources.size());
}

Status UnitPass::end_part() {
  if (wanted_) PERSEA_CHECK(part_.write(part_path(reading_.folder, unit_, part_number_)));
  ++part_number_;
  return {};
}

void UnitPass::skip(std::string_view file, const read::Skipped& skipped, std::string& log, Tally& tally) const {
  // Reasons as they are counted leave out what is particular, which follows a colon.
  ++tally.skipped[skipped.reason.substr(0, skipped.reason.find(':'))];
  log += canonical_json({{"source", reading_.recipe.sources[source_].name},
                         {"file", file},
                         {"place", skipped.place},
                         {"step", "read"},
                         {"verdict", "skip"},
                         {"reason", skipped.reason}});
  log += '\n';
}

ItemResult UnitPass::judge_item(const BlockItem& item, Worker& worker) const {
  ItemResult result;
  worker.decoded.clear();
  read::decode(item.item, limits_, worker.decoded);
  const PlannedFile& file = reading_.plan.files[item.file];
  worker.tally.replaced += worker.decoded.replaced;
  const Source& source = reading_.recipe.sources[source_];
  for (const read::Skipped& skipped : worker.decoded.skipped) skip(file.name, skipped, result.log, worker.tally);
  for (read::Document& document : worker.decoded.documents) {
    ++worker.documents;
    // Names in archives may hold anything; places.txt has a line for each.
    std::replace(document.place.begin(), document.place.end(), '\n', ' ');
    reading_.judge.judge(document, source, file.name, worker.scratch, worker.tally, worker.judged);
    result.log += worker.judged.log;
    if (!worker.judged.kept) continue;
    result.kept.push_back(std::move(worker.judged));
    result.places.push_back(document.place);
    worker.judged = {};
  }
  return result;
}

// Drops what the scorer finds too likely or unlikely. It uses all threads itself, so it comes after the steps, with as
// many texts at a time as are fast together.
Status UnitPass::judge_perplexity(std::vector<ItemResult>& results) {
  if (reading_.scorer == nullptr) return {};
  std::vector<std::pair<size_t, size_t>> texts;  // item, document of it
  for (size_t i = 0; i < results.size(); ++i)
    for (size_t k = 0; k < results[i].kept.size(); ++k) texts.emplace_back(i, k);
  const auto most = static_cast<size_t>(std::max<int64_t>(reading_.scorer->texts_at_once(), 1));
  std::vector<std::string_view> batch;
  std::vector<double> figures;
  for (size_t first = 0; first < texts.size(); first += most) {
    const size_t last = std::min(texts.size(), first + most);
    batch.clear();
    for (size_t t = first; t < last; ++t) batch.push_back(results[texts[t].first].kept[texts[t].second].text);
    figures.assign(batch.size(), 0);
    PERSEA_CHECK(reading_.scorer->score(batch, figures));
    for (size_t t = first; t < last; ++t) {
      ItemResult& result = results[texts[t].first];
      Judged& judged = result.kept[texts[t].second];
      curate::Decision decision;
      judged.perplexity = static_cast<float>(figures[t - first]);
      curate::judge_perplexity(judged.text, figures[t - first], reading_.perplexity, decision);
      if (decision.verdict == curate::Verdict::keep) continue;
      judged.kept = false;
      const Origin origin{reading_.recipe.sources[source_].name, reading_.plan.files[items_[texts[t].first].file].name,
                          result.places[texts[t].second]};
      result.log += decision_line(origin, judged.read_id, "perplexity", decision, judged.text);
      count_decision(decision, "perplexity", static_cast<int64_t>(judged.text.size()), part_.tallies[source_]);
    }
  }
  return {};
}

// Judges the block's items on all threads, and adds what comes of them in the items' order.
Status UnitPass::judge_items() {
  std::vector<ItemResult> results(used_items_);
  std::atomic<size_t> next{0};
  pool().run([&](int thread) {
    Worker& worker = workers_[thread];
    for (size_t i = next++; i < results.size(); i = next++) results[i] = judge_item(items_[i], worker);
  });
  for (Worker& worker : workers_) {
    part_.tallies[source_].add(worker.tally);
    progress_.documents += worker.documents;
    worker.tally = {};
    worker.documents = 0;
  }
  PERSEA_CHECK(judge_perplexity(results));
  for (size_t i = 0; i < results.size(); ++i) {
    part_.log += results[i].log;
    for (size_t k = 0; k < results[i].kept.size(); ++k) {
      const Judged& judged = results[i].kept[k];
      if (!judged.kept) continue;
      part_.keys.insert(part_.keys.end(), judged.keys.begin(), judged.keys.end());
      part_.add(judged.text, results[i].places[k],
                {judged.id, judged.read_id, 0, 0, items_[i].file, 0, 0, judged.quality, judged.perplexity});
    }
  }
  return {};
}

Status UnitPass::end_block() {
  if (wanted_ && used_items_ > 0) PERSEA_CHECK(judge_items());
  part_bytes_ += block_bytes_;
  part_items_ += used_items_ + block_skips_;
  used_items_ = block_skips_ = 0;
  block_bytes_ = 0;
  if (part_bytes_ >= reading_.part_bytes || part_items_ >= kPartItems) {
    PERSEA_CHECK(end_part());
    begin_part();
  }
  return {};
}

Status UnitPass::read_file(uint32_t number) {
  const PlannedFile& file = reading_.plan.files[number];
  if (wanted_) ++part_.tallies[source_].files;
  auto reader = file.unreadable.empty() ? read::ItemReader::open(file.path, file.name, limits_)
                                        : Result<read::ItemReader>(Error{file.unreadable});
  if (!reader) {
    skip(file.name, {"", reader.error().message});
    return {};
  }
  while (true) {
    if (used_items_ == items_.size()) items_.emplace_back();
    BlockItem& next = items_[used_items_];
    if (!reader->next(next.item)) break;
    next.file = number;
    block_bytes_ += static_cast<int64_t>(next.item.bytes.size());
    ++used_items_;
    for (const read::Skipped& skipped : reader->take_skipped()) skip(file.name, skipped);
    if (block_bytes_ >= std::min(kBlockBytes, reading_.part_bytes) || used_items_ + block_skips_ >= kBlockItems)
      PERSEA_CHECK(end_block());
  }
  for (const read::Skipped& skipped : reader->take_skipped()) skip(file.name, skipped);
  if (!reader->problem().empty()) skip(file.name, {"", reader->problem()});
  return {};
}

Status UnitPass::run() {
  const int64_t before = progress_.bytes;
  const bool none_ours = !shared_ && !ours(0);
  if (!none_ours && !complete()) {
    begin_part();
    for (uint32_t i = 0; i < unit().files; ++i) {
      PERSEA_CHECK(read_file(unit().first + i));
      progress_.bytes += reading_.plan.files[unit().first + i].bytes;
      if (reading_.progress) reading_.progress(progress_);
    }
    PERSEA_CHECK(end_block());
    PERSEA_CHECK(end_part());
    if (ours(0)) PERSEA_CHECK(write_file(end_path(reading_.folder, unit_), std::to_string(part_number_)));
  }
  progress_.bytes = before + unit().bytes;
  if (reading_.progress) reading_.progress(progress_);
  return {};
}

}  // namespace

Status read_parts(const Reading& reading) {
  std::vector<Worker> workers(pool().threads());
  ReadingProgress progress;
  for (size_t unit = 0; unit < reading.plan.units.size(); ++unit)
    PERSEA_CHECK(UnitPass(reading, unit, workers, progress).run());
  return {};
}

Result<std::vector<fs::path>> list_parts(const Plan& plan, const fs::path& folder) {
  std::vector<fs::path> paths;
  for (size_t unit = 0; unit < plan.units.size(); ++unit) {
    const int64_t parts = known_parts(folder, unit);
    if (parts < 0) return fail("{}: is missing: do all ranks see this folder?", end_path(folder, unit).string());
    for (int64_t part = 0; part < parts; ++part) paths.push_back(part_path(folder, unit, part));
  }
  return paths;
}

}  // namespace persea::curation
