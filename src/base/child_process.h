// Another program, run to its end: words in, its exit status and what it printed out. No shell stands between, what it
// prints is bounded, and one that does not end in time is killed. It refuses programs that are talked with.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"

namespace persea {

struct ChildLimits {
  size_t bytes = 1 << 20;  // kept of each of its outputs; the rest is read and dropped
  double seconds = 60;
};

struct ChildOutput {
  int status = 0;  // its exit status; 128 more than the signal that ended it
  std::string out, err;
};

// `words` begins with the program, looked for in PATH. It reads nothing, and Ctrl-C does not reach it.
Result<ChildOutput> run_child(const std::vector<std::string>& words, ChildLimits limits = {});

}  // namespace persea
