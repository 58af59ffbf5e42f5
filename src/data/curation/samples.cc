#include "data/curation/samples.h"

#include <algorithm>
#include <unordered_map>

#include "base/hash.h"

namespace persea::curation {
namespace {

// The `count` smallest of what is offered, by key; the first of equals.
template <class Value>
class Smallest {
 public:
  explicit Smallest(size_t count) : count_(count) {}
  bool wants(uint64_t key) const { return count_ > 0 && (heap_.size() < count_ || key < heap_.front().first); }
  void offer(uint64_t key, Value value) {
    if (!wants(key)) return;
    if (heap_.size() == count_) {
      std::pop_heap(heap_.begin(), heap_.end(), less);
      heap_.pop_back();
    }
    heap_.emplace_back(key, std::move(value));
    std::push_heap(heap_.begin(), heap_.end(), less);
  }
  std::vector<Value> take() {
    std::sort(heap_.begin(), heap_.end(), less);
    std::vector<Value> values;
    for (auto& pair : heap_) values.push_back(std::move(pair.second));
    return values;
  }

 private:
  static bool less(const std::pair<uint64_t, Value>& a, const std::pair<uint64_t, Value>& b) {
    return a.first < b.first;
  }
  size_t count_;
  std::vector<std::pair<uint64_t, Value>> heap_;
};

uint64_t key_of(const DecisionLine::Other& other) {
  return hash64(other.id, hash64(other.source, hash64(other.file, hash64(other.place))));
}

}  // namespace

bool DecisionFilter::admits(const DecisionLine& line) const {
  const auto is = [](const std::string& wanted, const std::string& value) { return wanted.empty() || wanted == value; };
  if (!is(source, line.source) || !is(step, line.step) || !is(verdict, line.verdict)) return false;
  if (reason.empty() || line.reason == reason || line.reason.substr(0, line.reason.find(':')) == reason) return true;
  return std::any_of(line.cuts.begin(), line.cuts.end(), [&](const auto& cut) { return cut.reason == reason; });
}

Result<std::vector<DecisionLine>> sample_decisions(DecisionReader reader, const DecisionFilter& filter, size_t count,
                                                   uint64_t seed) {
  if (!filter.source.empty()) reader.demand(says("source", filter.source));
  if (!filter.step.empty()) reader.demand(says("step", filter.step));
  if (!filter.verdict.empty()) reader.demand(says("verdict", filter.verdict));
  if (!filter.reason.empty()) reader.demand(says_beginning("reason", filter.reason));
  Smallest<DecisionLine> drawn(count);
  std::string_view bytes;
  while (reader.next(bytes)) {
    const uint64_t key = hash64(bytes, seed);
    if (!drawn.wants(key)) continue;
    PERSEA_TRY(DecisionLine line, parse_decision(bytes, fmt::format("{}:{}", reader.where(), reader.number())));
    if (filter.admits(line)) drawn.offer(key, std::move(line));
  }
  return drawn.take();
}

std::vector<int64_t> sample_kept(const CorpusLookup& corpus, const std::string& source, size_t count, uint64_t seed) {
  Smallest<int64_t> drawn(count);
  for (int64_t i = 0; i < corpus.reader().documents(); ++i) {
    const CorpusReader::Document document = corpus.reader()[i];
    if (!source.empty() && corpus.origin(i).source != source) continue;
    const std::string_view id(reinterpret_cast<const char*>(document.id.data()), document.id.size());
    drawn.offer(hash64(id, seed), i);
  }
  return drawn.take();
}

Result<Clusters> find_clusters(const fs::path& folder, const std::string& step, size_t count, size_t members) {
  struct Sum {
    int64_t copies = 0, bytes = 0, order = 0;
  };
  std::unordered_map<uint64_t, Sum> sums;
  Clusters found;
  const auto each = [&](const auto& visit) -> Status {
    PERSEA_TRY(DecisionReader reader, DecisionReader::open(folder));
    reader.demand("\"of\":{");
    if (!step.empty()) reader.demand(says("step", step));
    DecisionLine line;
    while (true) {
      PERSEA_TRY(const bool more, reader.next(line));
      if (!more) return {};
      if (line.of && (step.empty() || line.step == step)) visit(line);
    }
  };
  PERSEA_CHECK(each([&](const DecisionLine& line) {
    Sum& sum = sums[key_of(*line.of)];
    if (sum.copies++ == 0) sum.order = found.clusters++;
    sum.bytes += line.bytes;
    ++found.copies;
    found.bytes += line.bytes;
  }));
  std::vector<std::pair<uint64_t, Sum>> order(sums.begin(), sums.end());
  const auto before = [](const auto& a, const auto& b) {
    return a.second.copies != b.second.copies ? a.second.copies > b.second.copies : a.second.order < b.second.order;
  };
  const size_t kept = std::min(count, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(), before);
  std::unordered_map<uint64_t, size_t> places;
  found.largest.resize(kept);
  for (size_t i = 0; i < kept; ++i) {
    places[order[i].first] = i;
    found.largest[i].copies = order[i].second.copies;
    found.largest[i].bytes = order[i].second.bytes;
  }
  PERSEA_CHECK(each([&](const DecisionLine& line) {
    const auto place = places.find(key_of(*line.of));
    if (place == places.end()) return;
    Cluster& cluster = found.largest[place->second];
    cluster.of = *line.of;
    if (cluster.members.size() < members) cluster.members.push_back(line);
  }));
  return found;
}

}  // namespace persea::curation
