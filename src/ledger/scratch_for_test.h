// Where the ledger's tests put their labs: in memory where the machine offers it, as they wait for hundreds of fsyncs.
#pragma once

#include <unistd.h>

#include "base/file.h"

namespace persea {

inline TempDir test_scratch() {
  const fs::path memory = "/dev/shm";
  auto dir = TempDir::create(::access(memory.c_str(), W_OK) == 0 ? memory : fs::temp_directory_path(), "persea-test");
  return std::move(*dir);
}

}  // namespace persea
