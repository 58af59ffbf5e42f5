#include "comm/nccl/nccl.h"

#include "tensor/cuda/library.h"

namespace persea {
namespace {

Result<const Nccl*> load() {
  using cuda::bind;
  void* const library = cuda::open_library("PERSEA_NCCL", {"libnccl.so.2"});
  if (!library) {
    const char* const why = dlerror();
    return fail("NCCL is not there{}{}: install libnccl2, or name its file in PERSEA_NCCL", why ? ": " : "",
                why ? why : "");
  }
  auto* table = new Nccl;  // never destroyed, as the library stays
  const bool whole = bind(library, "ncclGetUniqueId", table->get_unique_id) &&
                     bind(library, "ncclCommInitRankConfig", table->init_rank) &&
                     bind(library, "ncclCommAbort", table->abort) &&
                     bind(library, "ncclCommGetAsyncError", table->async_error) &&
                     bind(library, "ncclGetErrorString", table->error_string) &&
                     bind(library, "ncclGetLastError", table->last_error) && bind(library, "ncclSend", table->send) &&
                     bind(library, "ncclRecv", table->receive) && bind(library, "ncclGroupStart", table->group_start) &&
                     bind(library, "ncclGroupEnd", table->group_end);
  if (!whole) return fail("NCCL is older than 2.14: install a newer libnccl2, or name its file in PERSEA_NCCL");
  return static_cast<const Nccl*>(table);
}

}  // namespace

Result<const Nccl*> Nccl::find() {
  static const Result<const Nccl*> found = load();
  return found;
}

}  // namespace persea
