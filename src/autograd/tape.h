// The tape: ops that ran, in order, so that gradients can be taken in reverse. A tape lives for one micro-step;
// parameters outlive it and collect their gradients over several. It refuses second derivatives.
#pragma once

#include <any>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "autograd/op.h"

namespace persea {

// A tensor that is learnt. `gradient` has its shape once a backward pass has reached it; `fresh` says that the next
// gradient overwrites instead of adding (set by the optimizer, so that nobody spends time on zeroing).
struct Parameter {
  std::string name;
  Tensor value, gradient;
  bool fresh = true;
  bool decay = true;    // weight decay applies (matrices yes, gains no)
  Tensor rounded = {};  // the value in bf16, for passes in bf16 on a GPU; undefined where there have been none
};

// Hears of a parameter whose gradient this pass has finished.
using GradientHook = std::function<void(Parameter& parameter)>;

class Tape {
 public:
  // A handle to a tensor on the tape.
  struct Value {
    int id = -1;
    bool defined() const { return id >= 0; }
  };

  // In bf16, ops are given the rounded values of parameters that have them: what they make of those is bf16 too.
  explicit Tape(bool training = true, DType activations = DType::f32)
      : training_(training), activations_(activations) {}

  Value constant(Tensor tensor);          // needs no gradient
  Value parameter(Parameter& parameter);  // its gradient goes to the parameter
  const Tensor& tensor(Value value) const;

  // Runs the op and records it. An undefined Value stands for an optional input that is left out.
  std::vector<Value> run(const Op& op, std::vector<Value> in, std::any options = {});

  // What `part` makes of x, of which nothing is kept but x: the backward pass runs it once more and moves back through
  // what it then recorded, so that gradients have the same bits (Chen et al. 2016). It has to do the same both times,
  // and to end with an op; whatever else it needs it puts on the tape that it is given. Parts may lie within parts.
  using Part = std::function<Value(Tape& tape, Value x)>;
  Value checkpoint(Value x, Part part);

  // Gradients of the loss, a tensor of one element, times `scale`, another beside it. Memory is let go as the pass
  // moves back; the tape is empty then. `done` is called once for each parameter, as soon as nothing more is added to
  // its gradient.
  void backward(Value loss, const Tensor& scale, const GradientHook& done = {});

 private:
  struct Slot {
    Tensor tensor, gradient;
    Parameter* parameter = nullptr;
    bool needs_gradient = false;
  };
  struct Record {
    const Op* op;
    std::any options;
    std::vector<int> in, out;
    Tensors saved;
    // Of a checkpoint, which has no op: what to run again, and the parameters that this will ask for.
    Part part;
    std::vector<Parameter*> parameters;
  };
  class Call;
  template <class Visit>
  void each_parameter(const Record& record, const Visit& visit) const;
  bool training_;
  DType activations_;
  std::deque<Slot> slots_;
  std::vector<Record> records_;
  std::vector<Parameter*> parameters_;  // that were asked for, within parts too
};

}  // namespace persea
