// An op is a value: its name, the shapes it makes, forward, backward, a reference in plain loops, and samples to test
// it on. Whatever goes for every op walks all_ops(); adding one touches its own header, its kernels and that list.
#pragma once

#include <any>
#include <complex>
#include <functional>
#include <string>
#include <vector>

#include "base/random.h"
#include "tensor/tensor.h"

namespace persea {

using Tensors = std::vector<Tensor>;

// Where an op runs: the device of its first input, which all its tensors share.
inline Device device_of(const Tensors& in) {
  for (const Tensor& tensor : in)
    if (tensor.defined()) return tensor.device();
  return cpu_device;
}

// What an op's backward is given. A gradient is either written or added to: din(i) says which.
class BackwardCall {
 public:
  struct Slot {
    Tensor tensor;    // undefined where the input needs no gradient
    bool accumulate;  // add to what is there; otherwise the content is undefined and must be overwritten
    explicit operator bool() const { return tensor.defined(); }
  };
  virtual ~BackwardCall() = default;
  virtual Slot din(int input) = 0;
  // Hands `gradient` over as (part of) input's gradient: taken without a copy where it is the first one.
  virtual void give(int input, const Tensor& gradient) = 0;

  const std::any* options = nullptr;
  const Tensors* in = nullptr;
  const Tensors* out = nullptr;
  const Tensors* saved = nullptr;
  Tensors dout;  // undefined where no gradient came; each may be overwritten
  template <class T>
  const T& option() const {
    return std::any_cast<const T&>(*options);
  }
};

struct ForwardCall {
  const std::any* options = nullptr;
  const Tensors* in = nullptr;
  Tensors out;
  Tensors saved;  // for backward; left empty where `training` is false
  bool training = true;
  template <class T>
  const T& option() const {
    return std::any_cast<const T&>(*options);
  }
};

// A plain array for references: the shape and the elements, integers as they are.
template <class S>
struct Array {
  Shape shape;
  std::vector<S> values;
  std::vector<int32_t> integers;
};
template <class S>
using Arrays = std::vector<Array<S>>;

// Of the error's norm over the result's: epsilon and room for some hundred products.
inline constexpr double kF32Tolerance = 3.6e-6, kBf16Tolerance = 8e-3, kFp8Tolerance = 9e-2;

// One case: inputs (float tensors get gradients) and options.
struct Sample {
  std::string name;
  Tensors in;
  std::any options;
  double tolerance = kF32Tolerance;
};

// What an output will be. Activations are of the type of the activations that they are made from: f32, or on a GPU
// bf16.
struct Output {
  Shape shape;
  DType dtype = DType::f32;
};

struct Op {
  std::string name;
  // Inputs that are parameters: their gradients are f32 whatever their type. Other gradients are of the input's type.
  std::vector<int> parameters;
  // What the outputs will be; throws std::logic_error with the op's name for inputs that do not fit. Ids that lie on a
  // GPU are not looked at: who put them there has checked them.
  std::vector<Output> (*outputs)(const Tensors& in, const std::any& options);
  void (*forward)(ForwardCall& call);
  void (*backward)(BackwardCall& call);
  Arrays<double> (*reference)(const Arrays<double>& in, const std::any& options);
  Arrays<std::complex<double>> (*reference_complex)(const Arrays<std::complex<double>>& in, const std::any& options);
  std::vector<Sample> (*samples)(Random& random);
};

// T has: name, parameters, outputs, forward, backward, template <class S> reference, samples.
template <class T>
Op make_op() {
  return {T::name,
          T::parameters,
          &T::outputs,
          &T::forward,
          &T::backward,
          &T::template reference<double>,
          &T::template reference<std::complex<double>>,
          &T::samples};
}

const std::vector<Op>& all_ops();

}  // namespace persea
