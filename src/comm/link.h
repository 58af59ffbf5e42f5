// A link moves bytes between the ranks of a job and never waits: what Ranks builds everything on. One implementation
// each for MPI (mpi/) and for threads of one process (thread_ranks.h); what lies on GPUs goes by gpu_link.h. It adds
// nothing up and tells of failures instead of ending the program.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

namespace persea {

// Bytes under way. Destroying it gives up on them.
class Transfer {
 public:
  virtual ~Transfer() = default;
  virtual bool done() = 0;  // moves things on; the memory belongs to the transfer until this is true
};

class Link {
 public:
  virtual ~Link() = default;
  virtual int rank() const = 0;  // from 0
  virtual int size() const = 0;
  virtual int here() const = 0;   // how many of the ranks are on this machine, this one too
  virtual int place() const = 0;  // of this rank among those, from 0

  // Messages from one rank to another arrive in the order in which they were begun, and have to be received with the
  // size with which they were sent. Any size will do.
  virtual std::unique_ptr<Transfer> send(int to, std::span<const std::byte> bytes) = 0;
  virtual std::unique_ptr<Transfer> receive(int from, std::span<std::byte> bytes) = 0;

  // Whether that rank is known to have ended: nothing will come from it any more. That it has is not always known.
  virtual bool gone(int rank) = 0;
  // Why messages do not move any more; empty while they do.
  virtual std::string problem() const = 0;
  // The job cannot go on: from now on nothing but the end of this process, which must not wait for anybody.
  virtual void abandon() = 0;
};

// The link over MPI: one file for each side of the build (mpi/, no_mpi/) defines this. Fails where this program was
// built without MPI. Once in a process.
Result<std::unique_ptr<Link>> join_mpi();

}  // namespace persea
