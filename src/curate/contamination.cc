#include "curate/contamination.h"

#include <fmt/ranges.h>

#include <stdexcept>

#include "curate/contamination_mode.h"

namespace persea::curate {
namespace {

struct Entry {
  std::string_view name;
  Result<std::unique_ptr<ContaminationMode>> (*make)(const ContaminationItems& items, const Json& settings);
};
constexpr Entry kModes[] = {{"aligned", make_aligned_mode},
                            {"datatrove", make_datatrove_mode},
                            {"lm-eval", make_lm_eval_mode},
                            {"nemo", make_nemo_mode}};

template <class T>
void give_back(std::vector<T>& memory) {
  if (memory.capacity() > kKeptBytes / sizeof(T)) memory = std::vector<T>();
}

}  // namespace

void ContaminationScratch::shrink() {
  plain.shrink();
  give_back(hashes);
  give_back(hits);
  give_back(kept);
  give_back(places);
  give_back(words);
  give_back(begins);
  give_back(ends);
  if (text.capacity() > kKeptBytes) text = std::string();
}

const std::vector<std::string>& ContaminationIndex::modes() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Entry& entry : kModes) all.emplace_back(entry.name);
    return all;
  }();
  return names;
}

Result<ContaminationIndex> ContaminationIndex::build(const std::vector<EvaluationItem>& items, const std::string& mode,
                                                     const Json& settings) {
  if (items.size() >= UINT32_MAX) return fail("an index holds no more than 4 billion evaluation items");
  for (const Entry& entry : kModes) {
    if (mode != entry.name) continue;
    PERSEA_TRY(auto made, entry.make(items, settings));
    made->items = items.size();
    return ContaminationIndex(std::move(made));
  }
  const std::string near = nearest(mode, modes());
  return fail(
      "there is no contamination mode `{}`: {}", mode,
      near.empty() ? fmt::format("name one of {}", fmt::join(modes(), ", ")) : fmt::format("did you mean `{}`?", near));
}

ContaminationIndex::ContaminationIndex(std::unique_ptr<ContaminationMode> mode) : mode_(std::move(mode)) {}
ContaminationIndex::ContaminationIndex(ContaminationIndex&&) noexcept = default;
ContaminationIndex& ContaminationIndex::operator=(ContaminationIndex&&) noexcept = default;
ContaminationIndex::~ContaminationIndex() = default;

std::string ContaminationIndex::mode() const { return std::string(mode_->name()); }
Json ContaminationIndex::settings() const { return mode_->settings(); }
int ContaminationIndex::version() const { return mode_->version(); }
size_t ContaminationIndex::items() const { return mode_->items; }
size_t ContaminationIndex::bytes() const { return mode_->bytes(); }
std::string_view ContaminationIndex::untellable(uint32_t item) const {
  if (item >= mode_->items) throw std::logic_error("ContaminationIndex: no such item");
  return mode_->untellable(item);
}

std::string ContaminationIndex::digest() const {
  Sha256 digest;
  digest.update(canonical_json({{"mode", mode()}, {"version", version()}, {"settings", settings()}}));
  mode_->hash(digest);
  return digest.hex();
}

void ContaminationIndex::find(std::string_view text, Scratch& scratch, std::vector<Hit>& hits) const {
  hits.clear();
  mode_->find(text, scratch, hits);
  scratch.shrink();
}

void ContaminationIndex::judge(std::string_view text, Scratch& scratch, Decision& decision) const {
  decision.clear();
  mode_->judge(text, scratch, decision);
  scratch.shrink();
}

bool ContaminationIndex::counts_first() const { return mode_->counters() > 0; }
ContaminationCounts ContaminationIndex::no_counts() const { return ContaminationCounts(mode_->counters()); }
void ContaminationIndex::count(std::string_view text, Scratch& scratch, ContaminationCounts& counts) const {
  if (counts.size() != mode_->counters()) throw std::logic_error("ContaminationIndex: counts of another index");
  mode_->count(text, scratch, counts);
  scratch.shrink();
}
void ContaminationIndex::leave_out_common(const ContaminationCounts& counts) {
  if (counts.size() != mode_->counters()) throw std::logic_error("ContaminationIndex: counts of another index");
  mode_->leave_out_common(counts);
}

}  // namespace persea::curate
