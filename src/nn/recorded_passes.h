// A model's training passes on a GPU as graphs: a pass that comes for the third time, over the same memory, is recorded
// and from then on asked for as a whole, which spares the CPU a launch for each of its kernels. It refuses to look into
// a pass: whether one may be recorded at all (no copy from the host, no number that changes) is its caller's to say.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "autograd/tape.h"
#include "tensor/cuda.h"

namespace persea {

class RecordedPasses {
 public:
  // Runs `pass`, which makes its result from what lies where `inputs` do, and adds to the gradients of the parameters;
  // or what was recorded of it. `numbers` are those that it has read from the host. It is run with the arena in use,
  // and what it allocates has to be gone when it returns, but for gradients and the result, which is good until the
  // next pass.
  Tensor run(std::span<const double> numbers, std::span<const Tensor> inputs, const std::vector<Parameter*>& parameters,
             const std::function<Tensor()>& pass);
  // Forgets what was recorded.
  void clear() { recordings_.clear(); }
  int64_t recorded() const;

  // Where passes allocate, so that the memory of those that are recorded serves the others too.
  const Arena& arena() const { return arena_; }

 private:
  static constexpr size_t kMost =
      8;  // of sizes and of states of the gradients: a run has two, or four with a last part
  // All that a recording reads and writes beside its own blocks.
  struct Key {
    std::vector<double> numbers;
    std::vector<const void*> places;
    bool operator==(const Key&) const = default;
  };
  struct After {
    Tensor gradient;
    bool fresh;
  };
  struct Recording {
    Key key;
    int times = 0;
    std::unique_ptr<cuda::Graph> graph;
    Tensor result;
    std::vector<After> after;  // of the parameters
  };

  Arena arena_;
  std::vector<Recording> recordings_;
};

}  // namespace persea
