// Decisions and kept documents drawn by lot: the same ones for the same seed, whatever the machine. They are what
// people look at to judge a rule; nothing here decides.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/curation/decisions.h"
#include "data/curation/lookup.h"

namespace persea::curation {

// Which decisions are meant; what is empty matters not.
struct DecisionFilter {
  std::string source, step, reason, verdict;
  bool admits(const DecisionLine& line) const;
};

// At most `count` lines, by the hash of each with the seed.
Result<std::vector<DecisionLine>> sample_decisions(DecisionReader reader, const DecisionFilter& filter, size_t count,
                                                   uint64_t seed);

// Numbers of at most `count` documents of the corpus, of one source or (empty) of all.
std::vector<int64_t> sample_kept(const CorpusLookup& corpus, const std::string& source, size_t count, uint64_t seed);

// Documents that stayed while copies of them went.
struct Cluster {
  DecisionLine::Other of;
  int64_t copies = 0, bytes = 0;      // those that went
  std::vector<DecisionLine> members;  // the first of them
};
struct Clusters {
  int64_t clusters = 0, copies = 0, bytes = 0;  // in all
  std::vector<Cluster> largest;                 // by copies, then in the order of reading
};
// Of exact and near copies; `step`: "" or only of those that this step dropped. Reads the decisions twice.
Result<Clusters> find_clusters(const fs::path& folder, const std::string& step, size_t count, size_t members);

}  // namespace persea::curation
