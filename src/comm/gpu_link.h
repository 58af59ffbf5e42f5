// A link between the GPUs of a job's ranks: numbers move from the memory of one to that of another, in a stream of its
// own beside that in which the GPU computes, and what arrives is added up there. Like a Link it never waits, and tells
// of failures instead of ending the program. One implementation, over NCCL (nccl/); a build without CUDA has the twin
// in no_nccl/. It knows nothing of pieces and owners: exchange.h makes batches of those.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "comm/gpu_batch.h"
#include "comm/link.h"

namespace persea {

class Ranks;

// A batch under way. What the GPU is asked to compute once it is done() finds the numbers in place.
class GpuTransfer : public Transfer {
 public:
  // The same without waiting for the GPU: what it is asked to compute once this is true comes after the batch. Like
  // done() it moves things on; it is true as soon as the GPU has been asked for all of the batch.
  virtual bool ordered() = 0;
};

class GpuLink {
 public:
  virtual ~GpuLink() = default;

  // Begins a batch behind all that this GPU was asked to compute so far. Its moves go on at once and may cross each
  // other; a rank's batches follow each other. What one rank sends to another arrives in the order in which that one
  // receives, and has to be received with the size with which it was sent.
  //
  // A batch is done when its peers have come to theirs, which wait for their earlier ones. So there has to be one order
  // of all batches of the job in which each rank begins its own; batches of ranks that have nothing to do with each
  // other may stand in any. Ranks that run the same program have one, and their groups too: the place in the program.
  virtual std::unique_ptr<GpuTransfer> begin(GpuBatch batch) = 0;

  // Why numbers do not move any more; empty while they do.
  virtual std::string problem() = 0;
  // The job cannot go on: what is under way is given up.
  virtual void abandon() = 0;
};

// The link over NCCL between the GPUs that the ranks chose (tensor/cuda.h), one each. All ranks call it; it fails for
// all or none, with the error of the lowest rank that has one.
Result<std::unique_ptr<GpuLink>> join_nccl(Ranks& ranks);

}  // namespace persea
