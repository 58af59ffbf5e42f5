// The one pool of threads. Work is split statically, or block by block; which thread runs a block never changes a
// result's bits, because every block writes its own output. Workers spin briefly, then sleep, so that an idle program
// costs nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

namespace persea {

class ThreadPool {
 public:
  explicit ThreadPool(int threads);  // the caller counts as one of them
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const;

  // Calls fn(thread) once on each of threads() threads and waits for all. The first exception is rethrown here.
  // A call from inside a running call runs fn for every thread index in turn on the calling thread.
  void run(const std::function<void(int thread)>& fn);

  // From inside a call: this thread will soon read `bytes` from `at`. A worker fetches them into its cache once it is
  // done and would only wait for the next call. A hint: it changes no result, and the memory may be gone by then.
  static void read_soon(const void* at, int64_t bytes);

  // fn(block) for each block in [0, blocks), blocks taken by whichever thread is free.
  void parallel_for(int64_t blocks, const std::function<void(int64_t block)>& fn);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The program's pool: PERSEA_THREADS or the number of cores this process may use. set_threads replaces it
// (only while no work is running).
ThreadPool& pool();
void set_threads(int threads);

}  // namespace persea
