// A source that has to go: who has seen it, a corpus without it, and the removal of what holds its text. What was
// learnt from it stays learnt: models are named, not mended.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/curation/tally.h"
#include "ledger/lab.h"

namespace persea::curation {

struct Seen {
  struct Holder {
    Artifact corpus;
    Count documents;  // of the source that it holds: 0 where all were dropped, but its decisions show parts of them
  };
  std::vector<Holder> corpora;          // oldest first
  std::vector<Artifact> made;           // from these, directly or not; no corpora
  std::vector<std::string> unreadable;  // what of the lab could not be looked into, and why
  std::vector<std::string> sources;     // names of all sources that were met
};
Result<Seen> who_has_seen(Lab& lab, const std::string& source);

struct DeletionResult {
  StageResult stage;
  Count documents;          // that went
  int64_t lost_copies = 0;  // documents of other sources that were left out as copies of these
};
// Makes a corpus that is the old one without the source, its decisions and its numbers. Fails where nothing would be
// left.
Result<DeletionResult> run_deletion_stage(Lab& lab, const std::string& corpus, const std::string& source);

// Removes the corpora that hold the source and the tokens made from them from the lab. First makes an artifact of kind
// "deletion" that keeps their manifests, who had seen the source, and why it went.
struct Purge {
  std::vector<std::string> removed;  // ids
  std::string record;                // the artifact that tells of it
};
Result<Purge> purge_source(Lab& lab, const Seen& seen, const std::string& source, const std::string& reason);

// What purge_source would remove.
std::vector<const Artifact*> purged_by(const Seen& seen);

}  // namespace persea::curation
