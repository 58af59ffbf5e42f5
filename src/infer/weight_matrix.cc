#include "infer/weight_matrix.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "base/threads.h"
#include "kernels/gemm.h"
#include "kernels/gemv.h"
#include "kernels/packed_product.h"
#include "nn/gguf_blocks.h"

namespace persea {
namespace {

BlockType block_type(WeightType type) {
  switch (type) {
    case WeightType::f32:
      return BlockType::f32;
    case WeightType::f16:
      return BlockType::f16;
    case WeightType::bf16:
      return BlockType::bf16;
    case WeightType::q8:
      return BlockType::q8_0;
    case WeightType::q4:
      return BlockType::q4_0;
  }
  throw std::logic_error("block_type: no such type");
}

}  // namespace

WeightMatrix WeightMatrix::in_place(const Tensor& w) {
  WeightMatrix matrix;
  matrix.n_ = w.dim(0), matrix.k_ = w.dim(1), matrix.storage_ = w;
  return matrix;
}

Tensor WeightRoom::take(int64_t bytes) {
  constexpr int64_t kBlock = 4 << 20, kLine = 16;  // numbers of four bytes
  const int64_t count = (bytes + 4 * kLine - 1) / (4 * kLine) * kLine;
  if (!block_.defined() || used_ + count > block_.count()) {
    block_ = Tensor({std::max(kBlock, count)});
    used_ = 0;
  }
  used_ += count;
  return block_.slice(used_ - count, used_);
}

WeightMatrix WeightMatrix::packed(const Tensor& w, WeightType type, WeightRoom& room) {
  const int64_t n = w.dim(0), k = w.dim(1);
  if (k % layout_of(block_type(type)).elements != 0) type = WeightType::f16;
  WeightMatrix matrix;
  matrix.n_ = n, matrix.k_ = k, matrix.type_ = type;
  const auto bytes = kernels::PackedWeights{type, n, k, nullptr}.bytes();
  matrix.storage_ = room.take(bytes);
  const kernels::PackedWeights packed = matrix.view();
  // A panel at a time, by the thread that may well read it later.
  pool().parallel_for(packed.panels(), [&](int64_t panel) {
    const int64_t first = panel * packed.kRows, count = std::min(packed.kRows, n - first);
    std::vector<std::byte> rows(static_cast<size_t>(count * kernels::row_bytes(type, k)));
    write_blocks(block_type(type), {w.data() + first * k, static_cast<size_t>(count * k)}, rows);
    std::memset(packed.data + panel * packed.panel_bytes(), 0, static_cast<size_t>(packed.panel_bytes()));
    packed.pack(first, count, rows.data());
  });
  return matrix;
}

kernels::PackedWeights WeightMatrix::view() const {
  if (!type_) throw std::logic_error("WeightMatrix::view: it is in place");
  return {*type_, n_, k_, storage_.raw()};
}

WeightMatrix WeightMatrix::on(Device device) const {
  WeightRoom room;
  WeightMatrix matrix = type_ ? *this : packed(storage_, WeightType::f32, room);
  matrix.storage_ = matrix.storage_.to(device);
  return matrix;
}

void WeightMatrix::multiply(int64_t m, const float* x, float* y, bool accumulate, const WeightMatrix* next) const {
  if (type_) {
    const kernels::PackedWeights after = next && next->type_ ? next->view() : kernels::PackedWeights{};
    kernels::PackedProduct::cpu({view(), m, x, y, accumulate, after.data ? &after : nullptr});
  } else if (m <= kernels::Gemv::kMaxRows) {
    kernels::Gemv::cpu({m, n_, k_, x, storage_.data(), y, accumulate});
  } else {
    kernels::Gemm::cpu({.m = m,
                        .n = n_,
                        .k = k_,
                        .a = kernels::row_major(x, k_),
                        .b = kernels::transposed(storage_.data(), k_),
                        .c = y,
                        .ldc = n_,
                        .accumulate = accumulate});
  }
}

void WeightMatrix::row(int64_t i, float* out) const {
  if (type_) return view().unpack(i, out);
  std::memcpy(out, storage_.data() + i * k_, static_cast<size_t>(k_) * sizeof(float));
}

}  // namespace persea
