#include "data/curation/mixture.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/hash.h"

namespace persea::curation {
namespace {

// A number in [0, 1) that is a document's own, for one purpose.
double lot(const DocumentId& id, int64_t seed, std::string_view purpose) {
  const std::string_view bytes(reinterpret_cast<const char*>(id.data()), id.size());
  return static_cast<double>(hash64(bytes, hash64(purpose, static_cast<uint64_t>(seed))) >> 11) * 0x1p-53;
}

struct Candidate {
  uint32_t document;
  double key;
};

// Those of a source that its caps let through: drawn by lot where there are too many.
std::vector<uint32_t> capped(const Source& source, int64_t seed, const Documents& documents,
                             std::vector<uint32_t> numbers) {
  if (source.max_bytes == 0 && source.max_documents == 0) return numbers;
  std::vector<Candidate> drawn;
  for (const uint32_t number : numbers) drawn.push_back({number, lot(documents.entry(number).id, seed, "cap")});
  std::sort(drawn.begin(), drawn.end(), [](const Candidate& a, const Candidate& b) {
    return a.key != b.key ? a.key < b.key : a.document < b.document;
  });
  int64_t bytes = 0;
  numbers.clear();
  for (const Candidate& candidate : drawn) {
    if (source.max_documents > 0 && static_cast<int64_t>(numbers.size()) >= source.max_documents) break;
    const int64_t size = documents.entry(candidate.document).text_bytes;
    if (source.max_bytes > 0 && bytes + size > source.max_bytes) continue;
    bytes += size;
    numbers.push_back(candidate.document);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

void put_in_order(const Mix& mix, const Documents& documents, std::vector<uint32_t>& order) {
  if (mix.order == "source") return;
  std::vector<Candidate> keyed;
  keyed.reserve(order.size());
  uint32_t before = UINT32_MAX;
  int64_t copy = 0;
  for (const uint32_t number : order) {  // copies of a document stand together here
    copy = number == before ? copy + 1 : 0;
    before = number;
    const PartEntry& entry = documents.entry(number);
    double key = 0;
    if (mix.order == "shuffled") {
      key = lot(entry.id, mix.seed + copy, "order");
    } else if (mix.order == "short-first") {
      key = entry.text_bytes;
    } else {
      const double quality = std::isnan(entry.quality) ? 0 : entry.quality;
      key = mix.order == "best-first" ? -quality : quality;
    }
    keyed.push_back({number, key});
  }
  std::stable_sort(keyed.begin(), keyed.end(), [](const Candidate& a, const Candidate& b) { return a.key < b.key; });
  for (size_t i = 0; i < order.size(); ++i) order[i] = keyed[i].document;
}

}  // namespace

std::vector<double> copies_wanted(const std::vector<Source>& sources, const Mix& mix,
                                  const std::vector<int64_t>& bytes) {
  std::vector<double> share(sources.size(), 0), copies(sources.size(), 0);
  double sum = 0;
  for (size_t i = 0; i < sources.size(); ++i) {
    if (bytes[i] > 0 && sources[i].epochs > 0)
      share[i] = sources[i].weight * std::pow(static_cast<double>(bytes[i]), 1 / mix.temperature);
    sum += share[i];
  }
  if (sum == 0) return copies;
  // The whole is as large as it can be with no source coming more often than its epochs.
  double total = INFINITY;
  for (size_t i = 0; i < sources.size(); ++i)
    if (share[i] > 0) total = std::min(total, static_cast<double>(bytes[i]) * sources[i].epochs * sum / share[i]);
  if (mix.bytes > 0) total = std::min(total, static_cast<double>(mix.bytes));
  for (size_t i = 0; i < sources.size(); ++i)
    if (share[i] > 0) copies[i] = total * share[i] / sum / static_cast<double>(bytes[i]);
  return copies;
}

Mixture make_mixture(const Recipe& recipe, const Plan& plan, const Documents& documents, const std::vector<bool>& alive,
                     const std::vector<bool>& once) {
  std::vector<std::vector<uint32_t>> numbers(recipe.sources.size());
  for (uint32_t i = 0; i < documents.size(); ++i)
    if (alive[i]) numbers[plan.files[documents.entry(i).file].source].push_back(i);
  Mixture mixture;
  mixture.shares.resize(recipe.sources.size());
  std::vector<int64_t> bytes(recipe.sources.size(), 0);
  for (size_t s = 0; s < numbers.size(); ++s) {
    numbers[s] = capped(recipe.sources[s], recipe.mix.seed, documents, std::move(numbers[s]));
    for (const uint32_t number : numbers[s]) bytes[s] += documents.entry(number).text_bytes;
    mixture.shares[s].documents = static_cast<int64_t>(numbers[s].size());
    mixture.shares[s].bytes = bytes[s];
  }
  const std::vector<double> copies = copies_wanted(recipe.sources, recipe.mix, bytes);
  for (size_t s = 0; s < numbers.size(); ++s) {
    Share& share = mixture.shares[s];
    share.wanted = copies[s];
    // A share that is whole but for rounding is whole: no document is left out for the last bit of a division.
    const double nearest = std::round(copies[s]);
    const double wanted = std::abs(copies[s] - nearest) < 1e-9 ? nearest : copies[s];
    const auto whole = static_cast<int64_t>(wanted);
    for (const uint32_t number : numbers[s]) {
      const PartEntry& entry = documents.entry(number);
      int64_t times = whole + (lot(entry.id, recipe.mix.seed, "mix") < wanted - static_cast<double>(whole) ? 1 : 0);
      if (once[number]) times = std::min<int64_t>(times, 1);
      for (int64_t k = 0; k < times; ++k) mixture.order.push_back(number);
      share.mixed_documents += times;
      share.mixed_bytes += times * entry.text_bytes;
    }
  }
  put_in_order(recipe.mix, documents, mixture.order);
  return mixture;
}

}  // namespace persea::curation
