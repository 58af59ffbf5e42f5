// Two corpora side by side: which texts only one of them has, by source, and why the other one has them not.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "data/curation/lookup.h"
#include "data/curation/tally.h"

namespace persea::curation {

struct OnlyHere {
  struct Document {
    int64_t number;   // in its corpus
    std::string why;  // what the other corpus says: "gopher-quality: gopher_short_doc", "another text", "not read"
  };
  std::vector<Document> documents;                         // each text once, in the order of its corpus
  std::map<std::string, std::map<std::string, Count>> by;  // source, why
  Count all;
};

struct Comparison {
  Count both;  // texts, each once
  OnlyHere a, b;
};

// The folders are those of the lookups. A corpus without decisions says nothing of its reasons.
Result<Comparison> compare_corpora(const fs::path& folder_a, const CorpusLookup& a, const fs::path& folder_b,
                                   const CorpusLookup& b);

// Settings that differ, as "steps.gopher-quality.settings.min_doc_words" and both values; null where there is none.
struct ChangedSetting {
  std::string name;
  Json a, b;
};
std::vector<ChangedSetting> changed_settings(const Json& a, const Json& b);

}  // namespace persea::curation
