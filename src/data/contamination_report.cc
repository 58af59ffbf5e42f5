#include "data/contamination_report.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <tuple>

#include "base/clock.h"
#include "base/progress.h"
#include "base/threads.h"
#include "data/corpus.h"
#include "text/unicode.h"

namespace persea {
namespace {

using Where = ContaminationReport::Where;

constexpr size_t kExcerpt = 400;  // bytes
constexpr int64_t kBlock = 256;   // documents that a thread takes at once

// The corpora that an artifact was trained on. A corpus that only a vocabulary was made from teaches a model nothing.
struct Upstream {
  std::vector<Artifact> corpora;
  std::vector<std::string> unknown;
};

Upstream corpora_of(const Lineage& lineage) {
  Upstream found;
  std::vector<std::string> waiting = {lineage.root};
  std::set<std::string> seen = {lineage.root};
  while (!waiting.empty()) {
    const std::string id = waiting.back();
    waiting.pop_back();
    const Lineage::Node& node = lineage.nodes.at(id);
    const std::string kind = node.artifact ? node.artifact->kind : "";
    if (kind == "corpus") {
      found.corpora.push_back(*node.artifact);
      continue;  // what it was made from is in it as far as it was kept
    }
    if (!node.artifact || (node.inputs.empty() && kind != "tokenizer")) found.unknown.push_back(id);
    for (const ArtifactInput& input : node.inputs)
      if (input.role != "tokenizer" && seen.insert(input.id).second) waiting.push_back(input.id);
  }
  const auto by_id = [](const Artifact& a, const Artifact& b) { return a.id < b.id; };
  std::sort(found.corpora.begin(), found.corpora.end(), by_id);
  std::sort(found.unknown.begin(), found.unknown.end());
  return found;
}

// Training first, then the higher score, then the earlier document.
bool better(const Where& a, const Where& b) {
  if (a.valid != b.valid) return b.valid;
  if (a.score != b.score) return a.score > b.score;
  return std::tie(a.corpus, a.document, a.place.begin) < std::tie(b.corpus, b.document, b.place.begin);
}

std::string excerpt_of(std::string_view text, curate::Place place) {
  std::string_view part = text.substr(place.begin, place.end - place.begin);
  if (part.size() <= kExcerpt) return std::string(part);
  part = part.substr(0, kExcerpt);
  part.remove_suffix(unicode::incomplete_suffix(part));
  return std::string(part) + "…";
}

class CorpusSearch {
 public:
  CorpusSearch(const curate::ContaminationIndex& index, ContaminationReport& report, Progress& progress)
      : index_(index), report_(report), progress_(progress) {}

  void count(const CorpusReader& corpus, curate::ContaminationCounts& counts) {
    each_block(corpus, [&](curate::ContaminationScratch& scratch, int64_t first, int64_t last) {
      curate::ContaminationCounts own = index_.no_counts();
      for (int64_t i = first; i < last; ++i) index_.count(corpus[i].text, scratch, own);
      const std::lock_guard lock(mutex_);
      for (size_t i = 0; i < counts.size(); ++i) counts[i] += own[i];
    });
  }

  void find(const Artifact& artifact, const CorpusReader& corpus, const std::vector<std::string>& sources) {
    each_block(corpus, [&](curate::ContaminationScratch& scratch, int64_t first, int64_t last) {
      std::vector<curate::ContaminationHit> hits;
      for (int64_t i = first; i < last; ++i) {
        const CorpusReader::Document document = corpus[i];
        index_.find(document.text, scratch, hits);
        if (!hits.empty()) take(artifact.id, document, sources, hits);
      }
    });
  }

 private:
  template <class Work>
  void each_block(const CorpusReader& corpus, const Work& work) {
    const int64_t blocks = (corpus.documents() + kBlock - 1) / kBlock;
    pool().parallel_for(blocks, [&](int64_t block) {
      curate::ContaminationScratch scratch;
      const int64_t first = block * kBlock, last = std::min(first + kBlock, corpus.documents());
      work(scratch, first, last);
      double bytes = 0;
      for (int64_t i = first; i < last; ++i) bytes += static_cast<double>(corpus[i].text.size());
      const std::lock_guard lock(mutex_);
      done_ += bytes;
      progress_.update(done_, format_bytes(done_));
    });
  }

  void take(const std::string& corpus, const CorpusReader::Document& document, const std::vector<std::string>& sources,
            const std::vector<curate::ContaminationHit>& hits) {
    const std::string id = to_hex(document.id);
    const std::lock_guard lock(mutex_);
    std::set<uint32_t> counted;
    for (const curate::ContaminationHit& hit : hits) {
      ContaminationReport::Item& item = report_.items[hit.item];
      if (counted.insert(hit.item).second) ++(document.valid ? item.valid_documents : item.documents);
      Where where;
      where.corpus = corpus;
      where.document = id;
      if (document.source < sources.size()) where.source = sources[document.source];
      where.valid = document.valid;
      where.score = hit.score;
      where.place = hit.place;
      where.excerpt = excerpt_of(document.text, hit.place);
      // Which thread comes first does not matter: the best stay.
      item.places.insert(std::upper_bound(item.places.begin(), item.places.end(), where, better), std::move(where));
      if (item.places.size() > ContaminationReport::kPlaces) item.places.pop_back();
    }
  }

  const curate::ContaminationIndex& index_;
  ContaminationReport& report_;
  Progress& progress_;
  std::mutex mutex_;
  double done_ = 0;
};

}  // namespace

int64_t ContaminationReport::contaminated() const {
  return std::count_if(items.begin(), items.end(), [](const Item& item) { return item.contaminated(); });
}

int64_t ContaminationReport::untellable() const {
  return std::count_if(items.begin(), items.end(), [](const Item& item) { return !item.untellable.empty(); });
}

Result<ContaminationReport> find_contamination(Lab& lab, std::string_view name,
                                               const std::vector<curate::EvaluationItem>& items,
                                               const ContaminationOptions& options) {
  PERSEA_TRY(const Lineage lineage, lab.lineage(name));
  Upstream upstream = corpora_of(lineage);
  if (upstream.corpora.empty())
    return fail("{}: no corpus of this lab lies behind it: what it was trained on is not known here", lineage.root);
  PERSEA_TRY(auto index, curate::ContaminationIndex::build(items, options.mode, options.settings));

  ContaminationReport report;
  report.model = lineage.root;
  report.unknown = std::move(upstream.unknown);
  report.items.resize(items.size());

  std::vector<CorpusReader> readers;
  std::vector<std::vector<std::string>> sources;
  double bytes = 0;
  for (const Artifact& corpus : upstream.corpora) {
    PERSEA_TRY(CorpusReader reader, CorpusReader::open(corpus.path));
    PERSEA_TRY(std::vector<std::string> names, CorpusReader::sources(corpus.path));
    bytes += static_cast<double>(reader.bytes());
    report.corpora.push_back({corpus.id, reader.documents(), reader.bytes()});
    readers.push_back(std::move(reader));
    sources.push_back(std::move(names));
  }
  Progress progress("looking through the training data", index.counts_first() ? 2 * bytes : bytes, options.quiet);
  CorpusSearch search(index, report, progress);
  if (index.counts_first()) {
    curate::ContaminationCounts counts = index.no_counts();
    for (const CorpusReader& reader : readers) search.count(reader, counts);
    index.leave_out_common(counts);
  }
  for (uint32_t i = 0; i < items.size(); ++i) report.items[i].untellable = index.untellable(i);
  for (size_t i = 0; i < readers.size(); ++i) search.find(upstream.corpora[i], readers[i], sources[i]);
  progress.finish();
  return report;
}

}  // namespace persea
