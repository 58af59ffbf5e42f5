#include "data/curation/altered.h"

#include <atomic>

#include "base/threads.h"
#include "curate/altered_copies.h"
#include "curate/near_duplicates.h"

namespace persea::curation {
namespace {

using curate::AlteredCopyKeys;

constexpr std::string_view kKinds[] = {"number", "name", "other"};

// The first document of those that have a key of the masked text in common with each.
Result<std::vector<uint32_t>> masked_clusters(const Documents& documents, const std::vector<Fate>& fates,
                                              const fs::path& folder, int64_t memory) {
  PERSEA_TRY(auto clusters,
             curate::NearDuplicates::create(folder, AlteredCopyKeys::kBands, static_cast<size_t>(memory)));
  std::vector<AlteredCopyKeys> makers(pool().threads(), AlteredCopyKeys(curate::AlteredCopySettings()));
  std::vector<uint64_t> keys;
  for (size_t p = 0; p < documents.parts(); ++p) {
    const PartReader& part = documents.part(p);
    const size_t first = documents.first_of(p), count = part.entries().size();
    keys.assign(count * AlteredCopyKeys::kBands, kNoKey);
    std::vector<uint8_t> has(count, 0);
    std::atomic<size_t> next{0};
    pool().run([&](int thread) {
      for (size_t i = next++; i < count; i = next++) {
        if (fates[first + i] != Fate::lives) continue;
        const std::span<uint64_t> own(keys.data() + i * AlteredCopyKeys::kBands, AlteredCopyKeys::kBands);
        has[i] = makers[thread].keys(part.text(part.entries()[i]), own) ? 1 : 0;
      }
    });
    for (size_t i = 0; i < count; ++i) {
      const std::span<const uint64_t> own(keys.data() + i * AlteredCopyKeys::kBands, AlteredCopyKeys::kBands);
      PERSEA_CHECK(clusters.add(has[i] != 0 ? own : own.first(0)));
    }
    part.release();
  }
  return clusters.clusters();
}

Json document_json(const Recipe& recipe, const Plan& plan, const Documents& documents, size_t i) {
  const PlannedFile& file = plan.files[documents.entry(i).file];
  return {{"id", to_hex(documents.entry(i).id)},
          {"source", recipe.sources[file.source].name},
          {"file", file.name},
          {"place", documents.place(i)}};
}

}  // namespace

Result<int64_t> list_altered_copies(const Recipe& recipe, const Plan& plan, const Documents& documents,
                                    const fs::path& folder, int64_t memory, const fs::path& out,
                                    Duplicates& duplicates) {
  PERSEA_TRY(const auto first, masked_clusters(documents, duplicates.fates, folder, memory));
  PERSEA_TRY(FileWriter file, FileWriter::create(out));
  int64_t pairs = 0;
  const auto write = [&](const curate::AlteredCopy& pair) -> Status {
    const std::string_view original = documents.text(pair.original), copy = documents.text(pair.copy);
    Json line = {{"original", document_json(recipe, plan, documents, pair.original)},
                 {"copy", document_json(recipe, plan, documents, pair.copy)},
                 {"differences", Json::array()}};
    for (const curate::Difference& one : pair.differences) {
      line["differences"].push_back(
          {{"kind", kKinds[static_cast<size_t>(one.kind)]},
           {"original", original.substr(one.original.begin, one.original.end - one.original.begin)},
           {"copy", copy.substr(one.copy.begin, one.copy.end - one.copy.begin)},
           {"places", {one.original.begin, one.copy.begin}}});
    }
    duplicates.join(pair.original, pair.copy);
    ++pairs;
    return file.write(canonical_json(line) + '\n');
  };
  PERSEA_CHECK(curate::find_altered_copies(
      first, [&](size_t i) { return documents.text(i); }, {}, write));
  PERSEA_CHECK(file.finish());
  documents.release();
  return pairs;
}

}  // namespace persea::curation
