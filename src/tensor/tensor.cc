#include "tensor/tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tensor/cuda.h"

namespace persea {

int64_t element_count(const Shape& shape) {
  int64_t count = 1;
  for (int64_t extent : shape) {
    if (extent < 0 || (extent > 0 && count > (int64_t{1} << 62) / extent))
      throw std::logic_error("shape " + shape_string(shape) + " is no shape");
    count *= extent;
  }
  return count;
}

std::string shape_string(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

Tensor::Tensor(Shape shape, DType dtype, Device device)
    : shape_(std::move(shape)), count_(element_count(shape_)), dtype_(dtype), storage_(allocate(bytes(), device)) {}

Tensor Tensor::pinned(Shape shape, DType dtype) {
  Tensor tensor;
  tensor.shape_ = std::move(shape), tensor.count_ = element_count(tensor.shape_), tensor.dtype_ = dtype;
  tensor.storage_ = allocate_pinned(tensor.bytes());
  return tensor;
}

Tensor Tensor::zeros(Shape shape, DType dtype, Device device) {
  Tensor tensor(std::move(shape), dtype, device);
  tensor.zero();
  return tensor;
}

Tensor Tensor::reshape(Shape shape) const {
  Tensor view = *this;
  if (element_count(shape) != count_)
    throw std::logic_error("reshape: " + shape_string(shape_) + " has not the elements of " + shape_string(shape));
  view.shape_ = std::move(shape);
  return view;
}

Tensor Tensor::slice(int64_t begin, int64_t end) const {
  if (shape_.empty() || begin < 0 || end < begin || end > shape_[0])
    throw std::logic_error(fmt::format("slice: [{}, {}) of {}", begin, end, shape_string(shape_)));
  Tensor view = *this;
  int64_t row = shape_[0] > 0 ? count_ / shape_[0] : 0;
  view.shape_[0] = end - begin;
  view.count_ = row * (end - begin);
  view.offset_ += begin * row * dtype_bytes(dtype_);
  return view;
}

Tensor Tensor::clone() const {
  Tensor copy(shape_, dtype_, device());
  copy.copy_from(*this);
  return copy;
}

Tensor Tensor::to(Device device) const {
  if (!defined() || this->device() == device) return *this;
  Tensor copy(shape_, dtype_, device);
  copy.copy_from(*this);
  return copy;
}

void Tensor::copy_from(const Tensor& other) const {
  if (dtype_ != other.dtype_ || count_ != other.count_)
    throw std::logic_error("copy_from: " + shape_string(shape_) + " from " + shape_string(other.shape_));
  if (count_ == 0) return;
  const bool here = device() == cpu_device, there = other.device() == cpu_device;
  if (here && there)
    std::memcpy(raw(), other.raw(), bytes());
  else
    cuda::copy(here    ? cuda::Copy::to_host
               : there ? cuda::Copy::to_device
                       : cuda::Copy::on_device,
               raw(), other.raw(), bytes());
}

void Tensor::zero() const {
  if (count_ == 0) return;
  if (device() == cpu_device)
    std::memset(raw(), 0, bytes());
  else
    cuda::zero(raw(), bytes());
}

}  // namespace persea
