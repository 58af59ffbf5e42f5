// What every op asks of its inputs: a clear complaint with the op's name, or nothing.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string_view>

#include "tensor/tensor.h"

namespace persea {

inline void require(bool condition, std::string_view op, std::string_view what) {
  if (!condition) throw std::logic_error(fmt::format("{}: {}", op, what));
}

// A defined tensor of this dtype and number of axes.
inline void require_tensor(const Tensor& tensor, std::string_view op, std::string_view name, size_t axes,
                           DType dtype = DType::f32) {
  if (!tensor.defined() || tensor.dtype() != dtype || tensor.shape().size() != axes)
    throw std::logic_error(fmt::format("{}: {} must be a {} tensor of {} axes", op, name, dtype_name(dtype), axes));
}

// A defined tensor of activations or weights, f32 or bf16, with this number of axes.
inline void require_numbers(const Tensor& tensor, std::string_view op, std::string_view name, size_t axes) {
  require_tensor(tensor, op, name, axes, tensor.dtype() == DType::bf16 ? DType::bf16 : DType::f32);
}

// Ids to be checked: those of a tensor on the CPU, none of another.
inline std::span<const int32_t> ids_to_check(const Tensor& tensor) {
  return tensor.device() == cpu_device ? tensor.span<int32_t>() : std::span<const int32_t>();
}

// A tensor of normal numbers, for samples.
Tensor random_tensor(class Random& random, Shape shape, double deviation = 1);

}  // namespace persea
