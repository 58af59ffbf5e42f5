// All that was decided on a document, in order, and where it is now: found by its id, its file and place, or its text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/curation/decisions.h"
#include "data/curation/lookup.h"

namespace persea::curation {

// A document where it was read. The same text may have been read in several places.
struct Occurrence {
  std::string source, file, place, licence;
  bool consent = false;
  std::string read_id, kept_id;         // of the text as it was read (empty: not known), and as it stays
  std::vector<DecisionLine> decisions;  // in their order
  std::vector<int64_t> numbers;         // in the corpus; several where the mixture repeats it; none: it is not there
};

struct History {
  std::vector<Occurrence> found;
  bool more = false;                 // there are more places than were taken
  std::vector<DecisionLine> copies;  // documents that went as copies of it: the first of them
  int64_t copies_in_all = 0;
};

// `said`: the beginning of an id (of the text as it was read or as it stays), "FILE" or "FILE:PLACE". Fails where an
// id's beginning stands for several texts. Nothing found: the corpus never read it.
Result<History> find_history(const fs::path& folder, const CorpusLookup& corpus, std::string_view said);

}  // namespace persea::curation
