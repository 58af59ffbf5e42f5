#include "comm/link.h"

namespace persea {

Result<std::unique_ptr<Link>> join_mpi() {
  return fail(
      "this job has several ranks, but persea was built without MPI: build it where libopenmpi-dev is installed");
}

}  // namespace persea
