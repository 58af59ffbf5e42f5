// Where a kernel's numbers lie, and of which type they are: f32, or bf16, as a GPU keeps activations. A kernel reads
// either, computes in f32 and rounds what it writes to the nearest. The CPU's kernels take f32 only. It owns nothing.
#pragma once

#include <stdexcept>
#include <type_traits>

#include "tensor/tensor.h"

namespace persea::kernels {

template <class Void>  // const void: not to be written
struct NumbersAt {
  template <class T>
  using Of = std::conditional_t<std::is_const_v<Void>, const T, T>;

  Void* at = nullptr;  // null: left out
  DType dtype = DType::f32;

  NumbersAt() = default;
  NumbersAt(std::nullptr_t) {}
  NumbersAt(Of<float>* numbers) : at(numbers) {}
  NumbersAt(Of<Bf16>* numbers) : at(numbers), dtype(DType::bf16) {}
  NumbersAt(Void* numbers, DType type) : at(numbers), dtype(type) {}
  NumbersAt(const Tensor& tensor) : at(tensor.raw()), dtype(tensor.dtype()) {}  // an undefined one: null
  template <class Other>
  requires(std::is_const_v<Void>&& std::is_void_v<Other>) NumbersAt(const NumbersAt<Other>& other)
      : at(other.at), dtype(other.dtype) {}

  explicit operator bool() const { return at != nullptr; }

  // The numbers as f32; null where there are none. Throws std::logic_error for another type.
  Of<float>* f32() const {
    if (dtype != DType::f32) throw std::logic_error("a kernel of the CPU takes f32");
    return static_cast<Of<float>*>(at);
  }
  // Those from the `count`th on.
  NumbersAt operator+(int64_t count) const {
    return {static_cast<Of<std::byte>*>(at) + count * dtype_bytes(dtype), dtype};
  }
};

using Numbers = NumbersAt<void>;
using ConstNumbers = NumbersAt<const void>;

}  // namespace persea::kernels
