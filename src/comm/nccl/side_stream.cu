#include "comm/nccl/side_stream.h"

#include "tensor/cuda/launch.h"
#include "tensor/half.h"

namespace persea {
namespace {

constexpr int kThreads = 256;  // of a block

__device__ float number(float value) { return value; }
__device__ float number(Bf16 value) { return from_bf16(value.bits); }
__device__ void put(float value, float& to) { to = value; }
__device__ void put(float value, Bf16& to) { to.bits = to_bf16(value); }

// An element a thread.
template <class T>
__global__ void add_up_kernel(GpuBatch::Sum k) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= k.count) return;
  T* const own = static_cast<T*>(k.own);
  const T* const others = static_cast<const T*>(k.others);
  float sum = number(k.before > 0 ? others[i] : own[i]);
  for (int part = 1; part <= k.parts; ++part)
    sum += number(part == k.before ? own[i] : others[(part < k.before ? part : part - 1) * k.count + i]);
  put(sum, own[i]);
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

void Mark::hold(CUstream_st* stream) const {
  cuda::check(cudaStreamWaitEvent(stream, event_, 0), "waiting for an event");
}

SideStream::SideStream() { cuda::check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream"); }

SideStream::~SideStream() { cudaStreamDestroy(stream_); }

void SideStream::add_up(const GpuBatch::Sum& sum) const {
  const auto kernel = sum.dtype == DType::bf16 ? add_up_kernel<Bf16> : add_up_kernel<float>;
  cuda::start_on(stream_, kernel, dim3{cuda::blocks_for(sum.count, kThreads)}, kThreads, 0, sum);
}

}  // namespace persea
