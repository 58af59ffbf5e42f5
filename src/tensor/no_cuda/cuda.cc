// A build without CUDA: there is no GPU.
#include "tensor/cuda.h"

#include <stdexcept>

namespace persea::cuda {
namespace {

[[noreturn]] void refuse() { throw std::logic_error("this build has no CUDA: configure it with -DPERSEA_CUDA=ON"); }

}  // namespace

bool present() { return false; }
void choose(int) {}
Properties properties() { refuse(); }
std::byte* map(int64_t) { refuse(); }
void unmap(std::byte*) { refuse(); }
std::byte* map_pinned(int64_t) { refuse(); }
void unmap_pinned(std::byte*) { refuse(); }
void copy(Copy, void*, const void*, int64_t) { refuse(); }
void zero(void*, int64_t) { refuse(); }
void wait() { refuse(); }
CUstream_st* stream() { refuse(); }
Graph::Graph(const std::function<void()>&) { refuse(); }
Graph::~Graph() = default;
void Graph::launch() const { refuse(); }

}  // namespace persea::cuda
