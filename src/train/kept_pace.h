// A run's pace as all of its ranks follow it, kept in the work directory: what was decided is on the disk before it
// acts, so that a run that is killed goes on with it. What is decided, and when, is schedule.h's.
#pragma once

#include <filesystem>

#include "comm/ranks.h"
#include "train/schedule.h"

namespace persea {

class KeptPace {
 public:
  KeptPace(const Recipe& recipe, const std::filesystem::path& work, Ranks& ranks)
      : recipe_(recipe), file_(work / "pace.json"), ranks_(ranks) {}

  // What rank 0 finds in the work directory, else what follows from the recipe; on all ranks.
  Status open();
  // Where the budget is in minutes: see pace_now(). All ranks give the numbers of rank 0's clock; rank 0 writes.
  Status settle(int64_t step, double now, double start, double reserve);

  const Pace& operator*() const { return pace_; }
  const Pace* operator->() const { return &pace_; }

 private:
  const Recipe& recipe_;
  const std::filesystem::path file_;
  Ranks& ranks_;
  Pace pace_;
};

}  // namespace persea
