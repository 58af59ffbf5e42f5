// Finds the rank that holds the others up: one whose arithmetic takes longer than theirs, step after step. It only says
// so; nothing is taken from that rank.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace persea {

class StragglerWatch {
 public:
  struct Straggler {
    int rank;
    double times;  // of the median of the others' seconds: in the middle one of its slow steps
  };

  // Hears how long each rank has computed in a step. Names a rank that was slow, 1.5 times as long as the others'
  // median, in most of 20 steps; once, until it has kept up with them for as long.
  std::vector<Straggler> hear(std::span<const double> seconds);

 private:
  struct Watched {
    std::vector<double> slow;  // times of its slow steps since the last look
    bool named = false;
  };
  std::vector<Watched> watched_;  // by rank
  int64_t steps_ = 0;             // since the last look
};

}  // namespace persea
