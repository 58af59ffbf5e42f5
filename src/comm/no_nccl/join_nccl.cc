#include "comm/gpu_link.h"

namespace persea {

Result<std::unique_ptr<GpuLink>> join_nccl(Ranks&) {
  return fail("this build has no CUDA: configure it with -DPERSEA_CUDA=ON");
}

}  // namespace persea
