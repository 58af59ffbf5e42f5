// The ranks that MPI knows of: one file for each side of the build (mpi/, no_mpi/) defines this.
#pragma once

#include <memory>

#include "base/result.h"
#include "comm/ranks.h"

namespace persea {

// Joins the job. Fails where this program was built without MPI.
Result<std::unique_ptr<Ranks>> join_mpi();

}  // namespace persea
