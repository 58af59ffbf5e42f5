// How often each document comes, and in which order: weights of sources, temperature, caps, epochs, curriculum. A
// function of ids and settings alone, so that it is the same on every machine.
#pragma once

#include <cstdint>
#include <vector>

#include "data/curation/documents.h"
#include "data/curation/plan.h"
#include "data/curation/recipe.h"

namespace persea::curation {

// Of one source.
struct Share {
  int64_t documents = 0, bytes = 0;  // there are
  double wanted = 0;                 // copies of each document, in the mean
  int64_t mixed_documents = 0, mixed_bytes = 0;
};

struct Mixture {
  std::vector<uint32_t> order;  // numbers of documents, with repetition
  std::vector<Share> shares;    // one a source of the recipe
};

// The copies of each source's documents that its share asks for, from their sizes in bytes after the caps.
std::vector<double> copies_wanted(const std::vector<Source>& sources, const Mix& mix,
                                  const std::vector<int64_t>& bytes);

// `alive`: the documents that are left, one flag each; `once`: those of them that come one time at most (validation).
Mixture make_mixture(const Recipe& recipe, const Plan& plan, const Documents& documents, const std::vector<bool>& alive,
                     const std::vector<bool>& once);

}  // namespace persea::curation
