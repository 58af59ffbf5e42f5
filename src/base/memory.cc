#include "base/memory.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace persea {

int64_t usable_memory() {
  int64_t bytes = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  if (std::FILE* file = std::fopen("/sys/fs/cgroup/memory.max", "re")) {  // cgroup v2; "max" where there is no bound
    long long most = 0;
    if (std::fscanf(file, "%lld", &most) == 1 && most > 0) bytes = std::min<int64_t>(bytes, most);
    std::fclose(file);
  }
  return bytes;
}

}  // namespace persea
