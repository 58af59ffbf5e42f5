#include <cuda_runtime.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace emulator {
namespace {

constexpr size_t kStack = 128 << 10;

enum class State { ready, at_warp_barrier, at_block_barrier, done };

struct Fiber {
  ucontext_t context;
  State state = State::done;
  dim3 index;
  uint64_t lanes[32];  // what the last exchange brought
};

// One block at a time.
struct Machine {
  ucontext_t scheduler;
  std::vector<std::unique_ptr<Fiber>> fibers;
  std::byte* stacks = nullptr;
  size_t stacks_made = 0;
  unsigned threads = 0;
  Fiber* current = nullptr;
  dim3 block, size, grid;
  std::vector<uint64_t> given;  // one word a thread, for exchanges
  std::vector<std::byte> shared;
  const std::function<void()>* body = nullptr;
  std::minstd_rand order{1};
};

Machine& machine() {
  static auto* instance = new Machine;
  return *instance;
}

[[noreturn]] void refuse(const char* what) {
  const Machine& m = machine();
  std::fprintf(stderr, "cuda emulator: %s (block %u, %u, %u)\n", what, m.block.x, m.block.y, m.block.z);
  std::abort();
}

void enter() {
  Machine& m = machine();
  (*m.body)();
  m.current->state = State::done;
  swapcontext(&m.current->context, &m.scheduler);
}

void wait(State state) {
  Machine& m = machine();
  Fiber* self = m.current;
  self->state = state;
  swapcontext(&self->context, &m.scheduler);
}

// Threads [begin, end) all stand at this barrier: they may go on.
bool release(unsigned begin, unsigned end, State barrier) {
  Machine& m = machine();
  for (unsigned i = begin; i < end; ++i)
    if (m.fibers[i]->state != barrier) return false;
  for (unsigned i = begin; i < end; ++i) m.fibers[i]->state = State::ready;
  return true;
}

void run_block() {
  Machine& m = machine();
  for (unsigned i = 0; i < m.threads; ++i) {
    Fiber& fiber = *m.fibers[i];
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = m.stacks + i * kStack;
    fiber.context.uc_stack.ss_size = kStack;
    fiber.context.uc_link = nullptr;
    makecontext(&fiber.context, enter, 0);
    fiber.state = State::ready;
    fiber.index = {i, 0, 0};
  }
  std::vector<unsigned> order(m.threads);
  std::iota(order.begin(), order.end(), 0U);
  std::shuffle(order.begin(), order.end(), m.order);
  for (;;) {
    for (const unsigned i : order) {
      if (m.fibers[i]->state != State::ready) continue;
      m.current = m.fibers[i].get();
      swapcontext(&m.scheduler, &m.current->context);
    }
    if (std::all_of(order.begin(), order.end(), [&](unsigned i) { return m.fibers[i]->state == State::done; })) return;
    bool moved = false;
    for (unsigned warp = 0; warp < m.threads; warp += 32)
      moved |= release(warp, std::min(m.threads, warp + 32), State::at_warp_barrier);
    if (!moved && !release(0, m.threads, State::at_block_barrier))
      refuse("some threads wait at a barrier that others do not reach");
    std::reverse(order.begin(), order.end());
  }
}

}  // namespace

const dim3& thread_index() { return machine().current->index; }
const dim3& block_index() { return machine().block; }
const dim3& block_size() { return machine().size; }
const dim3& grid_size() { return machine().grid; }
std::byte* shared_memory() {
  const auto at = reinterpret_cast<uintptr_t>(machine().shared.data());
  return reinterpret_cast<std::byte*>((at + 127) / 128 * 128);
}

void run(dim3 blocks, unsigned threads, size_t shared_bytes, const std::function<void()>& body) {
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  Machine& m = machine();
  if (threads == 0 || threads > 1024) refuse("a block has 1 to 1024 threads");
  if (blocks.x > 0x7fffffff || blocks.y > 65535 || blocks.z > 65535) refuse("a grid of too many blocks");
  if (shared_bytes > 227 << 10) refuse("more shared memory than a processor has");
  if (!m.stacks) {
    m.stacks = static_cast<std::byte*>(
        mmap(nullptr, 1024 * kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  }
  while (m.fibers.size() < threads) m.fibers.push_back(std::make_unique<Fiber>());
  m.threads = threads;
  m.size = {threads, 1, 1};
  m.grid = blocks;
  m.given.resize(threads);
  m.body = &body;
  // What a block finds in shared memory is what nobody wrote: numbers that are none.
  for (unsigned z = 0; z < blocks.z; ++z)
    for (unsigned y = 0; y < blocks.y; ++y)
      for (unsigned x = 0; x < blocks.x; ++x) {
        m.shared.assign(shared_bytes + 128, std::byte{0xff});
        m.block = {x, y, z};
        run_block();
      }
}

void block_barrier() { wait(State::at_block_barrier); }
void warp_barrier() { wait(State::at_warp_barrier); }

const uint64_t* exchange(uint64_t value) {
  Machine& m = machine();
  Fiber* self = m.current;
  const unsigned thread = self->index.x, warp = thread / 32 * 32;
  if (warp + 32 > m.threads) refuse("a collective of a warp that is not whole");
  m.given[thread] = value;
  warp_barrier();
  std::copy_n(m.given.begin() + warp, 32, self->lanes);
  warp_barrier();
  return self->lanes;
}

thread_local std::vector<std::function<void()>>* recording = nullptr;

void perform(const std::function<void()>& work) {
  if (recording)
    recording->push_back(work);
  else
    work();
}

}  // namespace emulator

struct CUgraphExec_st {
  std::vector<std::function<void()>> works;
};

int __syncthreads_or(int predicate) {
  static int any;
  emulator::block_barrier();
  any = 0;
  emulator::block_barrier();
  any |= predicate != 0;
  emulator::block_barrier();
  return any;
}

namespace {

constexpr int kGpus = 4;
int chosen_gpu = 0;  // of those that are shown

// The machine's numbers of those that are shown: of CUDA_VISIBLE_DEVICES, single digits behind each other.
std::vector<int> shown_gpus() {
  std::vector<int> shown;
  const char* const named = std::getenv("CUDA_VISIBLE_DEVICES");
  for (int gpu = 0; gpu < kGpus && !named; ++gpu) shown.push_back(gpu);
  for (const char* at = named; at && *at; ++at)
    if (*at >= '0' && *at < '0' + kGpus) shown.push_back(*at - '0');
  return shown;
}

}  // namespace

const char* cudaGetErrorString(cudaError_t error) {
  return error == cudaErrorMemoryAllocation ? "out of memory" : "invalid device";
}
cudaError_t cudaGetLastError() { return cudaSuccess; }
cudaError_t cudaGetDeviceCount(int* count) { return *count = static_cast<int>(shown_gpus().size()), cudaSuccess; }
cudaError_t cudaGetDevice(int* device) { return *device = chosen_gpu, cudaSuccess; }
cudaError_t cudaSetDevice(int device) {
  if (device < 0 || device >= static_cast<int>(shown_gpus().size())) return cudaErrorInvalidDevice;
  return chosen_gpu = device, cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr, int) { return *value = 8, cudaSuccess; }
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  *properties = {"emulated", {}, 8, 0, 4};
  properties->uuid.bytes[15] = static_cast<char>(shown_gpus().at(static_cast<size_t>(device)));
  return cudaSuccess;
}
cudaError_t cudaMemGetInfo(size_t* free_bytes, size_t* bytes) {
  *free_bytes = *bytes = size_t{1} << 30;
  return cudaSuccess;
}
cudaError_t cudaMalloc(void** block, size_t bytes) {
  if (emulator::recording) emulator::refuse("memory is taken while a graph is recorded");
  *block = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  if (*block) std::memset(*block, 0xff, bytes);
  return *block ? cudaSuccess : cudaErrorMemoryAllocation;
}
cudaError_t cudaFree(void* block) { return std::free(block), cudaSuccess; }
cudaError_t cudaMallocHost(void** block, size_t bytes) { return cudaMalloc(block, bytes); }
cudaError_t cudaFreeHost(void* block) { return cudaFree(block); }
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind, cudaStream_t) {
  emulator::perform([=] { std::memmove(to, from, bytes); });
  return cudaSuccess;
}
cudaError_t cudaMemcpy2DAsync(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width,
                              size_t height, cudaMemcpyKind, cudaStream_t) {
  emulator::perform([=] {
    for (size_t row = 0; row < height; ++row)
      std::memcpy(static_cast<std::byte*>(to) + row * to_pitch, static_cast<const std::byte*>(from) + row * from_pitch,
                  width);
  });
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* at, int value, size_t bytes, cudaStream_t) {
  emulator::perform([=] { std::memset(at, value, bytes); });
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t) {
  if (emulator::recording) emulator::refuse("somebody waits while a graph is recorded");
  return cudaSuccess;
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) { return *stream = nullptr, cudaSuccess; }
cudaError_t cudaStreamDestroy(cudaStream_t) { return cudaSuccess; }
cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode) {
  return emulator::recording = new std::vector<std::function<void()>>, cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t* graph) {
  const std::unique_ptr<std::vector<std::function<void()>>> works(std::exchange(emulator::recording, nullptr));
  return *graph = new CUgraphExec_st{std::move(*works)}, cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* made, cudaGraph_t graph, unsigned long long) {
  return *made = new CUgraphExec_st(*graph), cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t) {
  for (const auto& work : graph->works) emulator::perform(work);
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) { return delete graph, cudaSuccess; }
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) { return delete graph, cudaSuccess; }
cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned) { return cudaSuccess; }
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) { return *event = nullptr, cudaSuccess; }
cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t) { return cudaSuccess; }
cudaError_t cudaEventQuery(cudaEvent_t) { return cudaSuccess; }
cudaError_t cudaEventDestroy(cudaEvent_t) { return cudaSuccess; }
