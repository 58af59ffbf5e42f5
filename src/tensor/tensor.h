// A tensor is a value: shape, dtype, device and shared storage, always contiguous and row-major. Copies share the
// elements. It refuses strides and broadcasting; a leading range of rows (slice) and another shape (reshape) are the
// only views.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "tensor/device.h"
#include "tensor/dtype.h"
#include "tensor/storage.h"

namespace persea {

using Shape = std::vector<int64_t>;
int64_t element_count(const Shape& shape);     // throws std::logic_error for a negative extent or a product beyond 2^62
std::string shape_string(const Shape& shape);  // "[4, 256]"

class Tensor {
 public:
  Tensor() = default;                                                                  // no storage: defined() is false
  explicit Tensor(Shape shape, DType dtype = DType::f32, Device device = cpu_device);  // content undefined
  // On the CPU, in memory that a GPU copies from and to by itself (storage.h: allocate_pinned).
  static Tensor pinned(Shape shape, DType dtype = DType::f32);
  static Tensor zeros(Shape shape, DType dtype = DType::f32, Device device = cpu_device);
  template <class T>
  static Tensor from(std::span<const T> values, Shape shape) {
    Tensor tensor(std::move(shape), dtype_of<T>::value);
    if (static_cast<int64_t>(values.size()) != tensor.count()) throw std::logic_error("Tensor::from: sizes differ");
    std::memcpy(tensor.data<T>(), values.data(), values.size_bytes());
    return tensor;
  }

  bool defined() const { return storage_ != nullptr; }
  const Shape& shape() const { return shape_; }
  int64_t dim(int axis) const { return shape_.at(axis < 0 ? axis + shape_.size() : axis); }
  int64_t count() const { return count_; }
  int64_t rows() const { return shape_.empty() ? 1 : count_ / (shape_.back() > 0 ? shape_.back() : 1); }
  int64_t columns() const { return shape_.empty() ? 1 : shape_.back(); }
  int64_t bytes() const { return count_ * dtype_bytes(dtype_); }
  DType dtype() const { return dtype_; }
  Device device() const { return storage_ ? storage_->device : cpu_device; }

  // The elements, for kernels; T must be the dtype's type. Constness is the handle's, not the elements'.
  template <class T = float>
  T* data() const {
    if (!storage_ || dtype_of<T>::value != dtype_) throw std::logic_error("Tensor::data: not of this type");
    return reinterpret_cast<T*>(storage_->data + offset_);
  }
  std::byte* raw() const { return storage_ ? storage_->data + offset_ : nullptr; }
  // The same of a tensor on the CPU, to be looked at; throws std::logic_error for another.
  template <class T = float>
  std::span<T> span() const {
    if (device() != cpu_device) throw std::logic_error("Tensor::span: its elements lie on another device");
    return {data<T>(), static_cast<size_t>(count_)};
  }

  Tensor reshape(Shape shape) const;               // same elements, same count
  Tensor slice(int64_t begin, int64_t end) const;  // [begin, end) of the first axis
  Tensor clone() const;
  Tensor to(Device device) const;             // itself where it lies there, else a copy
  void copy_from(const Tensor& other) const;  // the elements of a tensor of this dtype and count, from any device
  void zero() const;
  bool shares(const Tensor& other) const { return storage_ == other.storage_ && offset_ == other.offset_; }

 private:
  Shape shape_;
  int64_t count_ = 0, offset_ = 0;
  DType dtype_ = DType::f32;
  std::shared_ptr<Storage> storage_;
};

}  // namespace persea
