// A matrix of weights as inference uses it: packed in a type of one's choice, or in place, as a model holds it.
#pragma once

#include <cstdint>
#include <optional>

#include "kernels/packed_weights.h"
#include "tensor/tensor.h"

namespace persea {

using kernels::WeightType;

// Memory for a model's packed matrices, one behind the other in the order in which a pass reads them: few large pages,
// and no seam where one ends and the next begins.
class WeightRoom {
 public:
  Tensor take(int64_t bytes);

 private:
  Tensor block_;
  int64_t used_ = 0;  // of its numbers
};

class WeightMatrix {
 public:
  WeightMatrix() = default;
  // Reads `w` [n, k], f32, where it lies. Rows of y are the same bits whatever stands beside them only among products
  // of up to Gemv::kMaxRows rows, and among those of more.
  static WeightMatrix in_place(const Tensor& w);
  // Numbers rounded to the nearest that the type can hold; q8 and q4 whose rows are not made of whole blocks become
  // f16. A row of y is the same bits in any batch.
  static WeightMatrix packed(const Tensor& w, WeightType type, WeightRoom& room);

  int64_t rows() const { return n_; }
  int64_t columns() const { return k_; }
  int64_t bytes() const { return storage_.bytes(); }
  // Packed (in f32 where it was in place), on a device.
  WeightMatrix on(Device device) const;
  kernels::PackedWeights view() const;  // throws std::logic_error for one in place

  // y [m, n] (+)= x [m, k] W^T. `next`, if any, is what will be multiplied with after this.
  void multiply(int64_t m, const float* x, float* y, bool accumulate, const WeightMatrix* next = nullptr) const;
  // Row i as f32: out [k].
  void row(int64_t i, float* out) const;

 private:
  int64_t n_ = 0, k_ = 0;
  std::optional<WeightType> type_;  // none: in place
  Tensor storage_;
};

}  // namespace persea
