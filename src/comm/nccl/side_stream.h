// The stream of a GPU in which numbers travel, beside the one in which it computes: each waits for marks in the other.
// It refuses to move anything: NCCL does, in this stream.
#pragma once

#include <utility>

#include "comm/gpu_batch.h"

struct CUevent_st;
struct CUstream_st;

namespace persea {

// All functions throw std::runtime_error with CUDA's own words where something fails, an earlier kernel included.

// A point in the work of a stream: behind all that it was asked for when this was made.
class Mark {
 public:
  explicit Mark(CUstream_st* stream);
  ~Mark();
  Mark(Mark&& other) noexcept : event_(std::exchange(other.event_, nullptr)) {}
  Mark& operator=(Mark&&) = delete;

  bool passed() const;
  // What the stream is asked for from now on waits for the mark.
  void hold(CUstream_st* stream) const;

 private:
  CUevent_st* event_ = nullptr;
};

class SideStream {
 public:
  SideStream();
  ~SideStream();
  SideStream(const SideStream&) = delete;
  SideStream& operator=(const SideStream&) = delete;

  CUstream_st* get() const { return stream_; }
  void add_up(const GpuBatch::Sum& sum) const;

 private:
  CUstream_st* stream_ = nullptr;
};

}  // namespace persea
