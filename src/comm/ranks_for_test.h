// Ranks that are threads, each of which runs a test's body; for tests.
#pragma once

#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <thread>

#include "comm/thread_ranks.h"
#include "tensor/cuda.h"

namespace persea {

inline void on_ranks(int count, const std::function<void(Ranks&)>& body) {
  const auto all = thread_ranks(count);
  std::vector<std::thread> threads;
  for (const auto& ranks : all) threads.emplace_back([&] { body(*ranks); });
  for (std::thread& thread : threads) thread.join();
}

// Whether ranks of this process may have a GPU each: the emulated one, of all of them, with the stand-in for NCCL that
// ctest names. A real NCCL refuses two ranks on one GPU.
inline bool gpus_are_emulated() {
  return cuda::present() && cuda::properties().name == "emulated" && std::getenv("PERSEA_NCCL") != nullptr;
}

// The same ranks with these GPUs.
inline void on_emulated_gpus(int count, const std::function<void(Ranks&)>& body) {
  on_ranks(count, [&body](Ranks& ranks) {
    auto joined = join_nccl(ranks);  // not Ranks::join_gpus(), which wants a GPU for each
    if (!joined) throw std::runtime_error(joined.error().message);
    ranks.set_gpus(std::move(*joined));
    body(ranks);
  });
}

}  // namespace persea
