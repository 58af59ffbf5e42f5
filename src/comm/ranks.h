// The ranks of a job that mpirun or srun started: who this process is, and the little that they tell each other. A
// program that was started by itself is one rank, and never touches MPI. It moves no tensors.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace persea {

class Ranks {
 public:
  virtual ~Ranks() = default;
  virtual int rank() const = 0;  // from 0
  virtual int size() const = 0;

  // Each returns on every rank, or on none. All ranks have to call the same ones in the same order.
  virtual std::string broadcast(std::string from_first) = 0;  // what rank 0 gave
  // Waits for all ranks; the error of the lowest rank that has one, with its number where there are several.
  virtual Status agree(const Status& own) = 0;

  // The ranks of this job. Fails where it was started as one of several and MPI cannot be had.
  static Result<std::unique_ptr<Ranks>> of_this_job();
  // One rank, whatever the job is.
  static std::unique_ptr<Ranks> alone();
};

}  // namespace persea
