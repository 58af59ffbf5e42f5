// One line of progress: redrawn on a terminal, a plain line every now and then elsewhere. It only shows; it measures
// nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace persea {

class Progress {
 public:
  // `total` in the unit of update(): 0 where unknown. Quiet progress prints nothing.
  Progress(std::string_view label, double total, bool quiet = false);
  ~Progress();  // finishes the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  // `note` stands behind the bar: "loss 1.234 · 12.3k tok/s". Draws at most ten times a second (a line every 10 s
  // elsewhere).
  void update(double done, std::string_view note = {});
  void finish(std::string_view note = {});

 private:
  std::string label_, note_;
  double total_, done_ = 0, start_, drawn_ = 0;
  bool quiet_, terminal_, finished_ = false;
};

}  // namespace persea
