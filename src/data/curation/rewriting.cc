#include "data/curation/rewriting.h"

#include <atomic>

#include "base/threads.h"
#include "data/curation/decision_log.h"
#include "data/curation/tally.h"

namespace persea::curation {
namespace {

using curate::Verdict;

// One part with its documents as they were decided on.
Part rewritten(const Recipe& recipe, const Plan& plan, const PartReader& before, std::span<Fate> fates,
               const std::string& step, std::span<curate::Decision> decisions) {
  Part part;
  part.log = before.log();
  part.tallies = before.tallies();
  for (size_t i = 0; i < before.entries().size(); ++i) {
    PartEntry entry = before.entries()[i];
    const std::string_view text = before.text(entry), place = before.place(entry);
    const curate::Decision& decision = decisions[i];
    if (decision.verdict == Verdict::keep) {
      part.add(text, place, entry);
      continue;
    }
    const PlannedFile& file = plan.files[entry.file];
    part.log +=
        decision_line({recipe.sources[file.source].name, file.name, place}, entry.read_id, step, decision, text);
    count_decision(decision, step, static_cast<int64_t>(text.size()), part.tallies[file.source]);
    if (decision.verdict == Verdict::drop) {
      fates[i] = Fate::judged;
      part.add("", place, entry);
    } else {
      entry.id = document_id(decision.text);
      part.add(decision.text, place, entry);
    }
  }
  return part;
}

}  // namespace

Result<Documents> rewrite_parts(const Recipe& recipe, const Plan& plan, const Documents& documents,
                                const std::string& step, const LateJudge& judge, const fs::path& folder,
                                std::vector<Fate>& fates) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail("{}: cannot make the folder: {}", folder.string(), error.message());
  std::vector<fs::path> paths;
  std::vector<curate::Decision> decisions;
  for (size_t p = 0; p < documents.parts(); ++p) {
    const PartReader& part = documents.part(p);
    const size_t first = documents.first_of(p), count = part.entries().size();
    decisions.assign(count, {});
    std::atomic<size_t> next{0};
    pool().run([&](int thread) {
      for (size_t i = next++; i < count; i = next++)
        if (fates[first + i] == Fate::lives) judge(first + i, part.text(part.entries()[i]), thread, decisions[i]);
    });
    paths.push_back(folder / fmt::format("part-{:06}", p));
    const Part after = rewritten(recipe, plan, part, std::span(fates).subspan(first, count), step, decisions);
    PERSEA_CHECK(after.write(paths.back()));
    part.release();
  }
  return Documents::open(paths);
}

}  // namespace persea::curation
