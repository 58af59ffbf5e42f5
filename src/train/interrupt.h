// Ctrl-C as a question that work asks between steps, so that it can leave in order. The second Ctrl-C ends the program
// at once.
#pragma once

namespace persea {

class InterruptGuard {
 public:
  InterruptGuard();   // from now on SIGINT and SIGTERM are noted
  ~InterruptGuard();  // from now on they act as before
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  bool interrupted() const;
};

}  // namespace persea
