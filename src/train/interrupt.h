// Ctrl-C as a question that work asks between steps, so that it can leave in order. The second Ctrl-C ends the program
// at once. SIGUSR1 is what a job is warned by ahead of its end: mpirun hands it on and goes on itself, unlike SIGTERM.
#pragma once

namespace persea {

class InterruptGuard {
 public:
  InterruptGuard();   // from now on SIGINT, SIGTERM and SIGUSR1 are noted
  ~InterruptGuard();  // from now on they act as before
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  bool interrupted() const;
};

}  // namespace persea
