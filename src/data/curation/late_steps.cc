#include "data/curation/late_steps.h"

#include <atomic>
#include <unordered_map>

#include "base/threads.h"
#include "curate/repeated_spans.h"
#include "curate/rule_pack.h"
#include "curate/text_edit.h"
#include "data/curation/rewriting.h"

namespace persea::curation {
namespace {

using curate::Place;

// Texts as they are read, with memory given back now and then.
class ReadTexts {
 public:
  ReadTexts(const Documents& documents, int64_t memory) : documents_(documents), most_(memory) {}
  std::string_view operator()(size_t i) {
    const std::string_view text = documents_.text(i);
    if ((read_ += static_cast<int64_t>(text.size())) > most_) {
      read_ = 0;
      documents_.release();
    }
    return text;
  }

 private:
  const Documents& documents_;
  int64_t most_;
  std::atomic<int64_t> read_{0};
};

Result<Documents> cut_spans(const Recipe& recipe, const Plan& plan, const Documents& documents, const fs::path& folder,
                            int64_t memory, std::vector<Fate>& fates) {
  std::vector<uint32_t> living;
  for (uint32_t i = 0; i < documents.size(); ++i)
    if (fates[i] == Fate::lives) living.push_back(i);
  std::unordered_map<size_t, std::vector<Place>> cuts;
  ReadTexts texts(documents, memory);
  PERSEA_CHECK(curate::find_repeated_spans(
      living.size(), [&](size_t k) { return texts(living[k]); }, {recipe.dedup.span_tokens, recipe.dedup.span_keep},
      folder, static_cast<size_t>(memory),
      [&](size_t k, std::span<const Place> places) -> Status {
        cuts[living[k]].assign(places.begin(), places.end());
        return {};
      }));
  const auto judge = [&](size_t i, std::string_view text, int, curate::Decision& decision) {
    const auto places = cuts.find(i);
    if (places == cuts.end()) return;
    curate::TextEdit edit(text, decision);
    for (const Place& place : places->second) {
      edit.keep(place.begin);
      edit.cut(place.end, "repeated span");
    }
    edit.keep(text.size());
    edit.finish();
    if (!decision.text.empty()) return;
    decision.clear();
    curate::drop(decision, "repeated whole", 0, 0, {0, text.size()});
  };
  return rewrite_parts(recipe, plan, documents, "spans", judge, folder / "spans", fates);
}

Result<Documents> decontaminate(const Recipe& recipe, const Plan& plan, const Documents& documents,
                                curate::ContaminationIndex index, const fs::path& folder, std::vector<Fate>& fates) {
  struct Worker {
    curate::ContaminationScratch scratch;
    curate::ContaminationCounts counts;
  };
  std::vector<Worker> workers(pool().threads());
  for (Worker& worker : workers) worker.counts = index.no_counts();
  for (size_t p = 0; p < documents.parts(); ++p) {
    const size_t first = documents.first_of(p), last = documents.first_of(p + 1);
    std::atomic<size_t> next{first};
    pool().run([&](int thread) {
      Worker& worker = workers[thread];
      for (size_t i = next++; i < last; i = next++)
        if (fates[i] == Fate::lives) index.count(documents.text(i), worker.scratch, worker.counts);
    });
    documents.release(p);
  }
  curate::ContaminationCounts counts = index.no_counts();
  for (const Worker& worker : workers)
    for (size_t i = 0; i < counts.size(); ++i) counts[i] += worker.counts[i];
  index.leave_out_common(counts);
  const auto judge = [&](size_t, std::string_view text, int thread, curate::Decision& decision) {
    index.judge(text, workers[thread].scratch, decision);
  };
  return rewrite_parts(recipe, plan, documents, "decontaminate", judge, folder, fates);
}

}  // namespace

Result<Documents> run_late_steps(const Recipe& recipe, const Plan& plan,
                                 std::vector<curate::ContaminationIndex> counting, Documents documents,
                                 const fs::path& folder, int64_t memory, std::vector<Fate>& fates) {
  if (recipe.dedup.span_tokens > 0) {
    PERSEA_TRY(documents, cut_spans(recipe, plan, documents, folder, memory, fates));
  }
  for (size_t i = 0; i < counting.size(); ++i) {
    PERSEA_TRY(documents, decontaminate(recipe, plan, documents, std::move(counting[i]),
                                        folder / fmt::format("decontaminated-{}", i), fates));
  }
  return documents;
}

}  // namespace persea::curation
