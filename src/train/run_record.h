// What a run has done so far: what its checkpoints keep beside the tensors and the guard, and what they say of the way
// in which it has been run. It counts nothing by itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"

namespace persea {

struct RunRecord {
  int64_t step = 0;    // optimizer steps done, of the run's plan
  int64_t number = 0;  // of the next batch: ahead of `step` by the batches that were skipped
  int64_t tokens = 0, skipped = 0;
  double start_seconds = 0;  // before the first step: the first validation and checkpoint
  Usage prior;               // of all ranks in the sessions before this one, up to the checkpoint

  // `session`: what this one has cost so far.
  Json json(const Usage& session) const;
  // From a checkpoint. Throws Json::exception where it lacks something.
  void restore(const Json& state);
};

// The way in which a run is run: it changes bits, and nothing else.
struct RunWay {
  int threads, ranks, tensor_ranks;
  std::string precision;

  void add_to(Json& state) const;
  // What is other than it was when the checkpoint was written, each in a line for people.
  struct Change {
    bool warning;
    std::string line;
  };
  std::vector<Change> changes_since(const Json& state) const;
};

}  // namespace persea
