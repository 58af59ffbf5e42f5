#include "comm/nccl/side_stream.h"

#include "tensor/cuda/launch.h"

namespace persea {
namespace {

constexpr int kThreads = 256;  // of a block

// An element a thread.
__global__ void add_up_kernel(GpuBatch::Sum k) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= k.count) return;
  float sum = k.before > 0 ? k.others[i] : k.own[i];
  for (int part = 1; part <= k.parts; ++part)
    sum += part == k.before ? k.own[i] : k.others[(part < k.before ? part : part - 1) * k.count + i];
  k.own[i] = sum;
}

}  // namespace

Mark::Mark(CUstream_st* stream) {
  cuda::check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "making an event");
  cuda::check(cudaEventRecord(event_, stream), "recording an event");
}

Mark::~Mark() {
  if (event_) cudaEventDestroy(event_);
}

bool Mark::passed() const {
  const cudaError_t state = cudaEventQuery(event_);
  if (state == cudaErrorNotReady) {
    cudaGetLastError();  // it is no failure, and the next launch must not take it for one
    return false;
  }
  cuda::check(state, "moving floats between GPUs");
  return true;
}

SideStream::SideStream() { cuda::check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream"); }

SideStream::~SideStream() { cudaStreamDestroy(stream_); }

void SideStream::follow(const Mark& mark) const {
  cuda::check(cudaStreamWaitEvent(stream_, mark.event(), 0), "waiting for an event");
}

void SideStream::add_up(const GpuBatch::Sum& sum) const {
  cuda::start_on(stream_, add_up_kernel, dim3{cuda::blocks_for(sum.count, kThreads)}, kThreads, 0, sum);
}

}  // namespace persea
