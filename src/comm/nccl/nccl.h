// The few functions of NCCL that moving floats needs, found at run time: the program neither links the library nor
// needs its headers. The types and numbers are those of its stable C interface, as of 2.14, from which on communicators
// need not block.
#pragma once

#include <climits>
#include <cstddef>

#include "base/result.h"

struct CUstream_st;

namespace persea {

struct Nccl {
  using Status = int;
  using Communicator = struct NcclCommunicatorTag*;
  static constexpr Status kDone = 0, kInProgress = 7;
  static constexpr int kInt8 = 0;  // ncclDataType_t: what moves are bytes

  struct UniqueId {
    char bytes[128];
  };
  // As of 2.14; the library takes what later versions added to it as not given.
  struct Config {
    size_t size = sizeof(Config);
    unsigned magic = 0xcafebeef, version = 21400;
    int blocking = 0;
    int unset = INT_MIN;
  };

  Status (*get_unique_id)(UniqueId*);
  Status (*init_rank)(Communicator*, int ranks, UniqueId, int rank, Config*);
  Status (*abort)(Communicator);
  Status (*async_error)(Communicator, Status*);
  const char* (*error_string)(Status);
  const char* (*last_error)(Communicator);
  Status (*send)(const void*, size_t count, int type, int peer, Communicator, CUstream_st*);
  Status (*receive)(void*, size_t count, int type, int peer, Communicator, CUstream_st*);
  Status (*group_start)();
  Status (*group_end)();

  // The library by the name that PERSEA_NCCL gives, or libnccl.so.2. Looked for once; never nullptr.
  static Result<const Nccl*> find();
};

}  // namespace persea
