#include "autograd/tape.h"

#include <map>
#include <stdexcept>

#include "kernels/launch.h"
#include "kernels/rows.h"

namespace persea {

class Tape::Call : public BackwardCall {
 public:
  Call(Tape& tape, Record& record, const Tensors& inputs, const Tensors& outputs) : tape_(tape), record_(record) {
    options = &record.options;
    in = &inputs;
    out = &outputs;
    saved = &record.saved;
  }

  Slot din(int input) override {
    Tape::Slot* slot = find(input);
    if (!slot) return {};
    if (Parameter* p = slot->parameter) {
      if (!p->gradient.defined()) {
        p->gradient = Tensor(p->value.shape(), DType::f32, p->value.device());
        p->fresh = true;
      }
      return {p->gradient, !std::exchange(p->fresh, false)};
    }
    if (slot->gradient.defined()) return {slot->gradient, true};
    slot->gradient = Tensor(slot->tensor.shape(), slot->tensor.dtype(), slot->tensor.device());
    return {slot->gradient, false};
  }

  void give(int input, const Tensor& gradient) override {
    Tape::Slot* slot = find(input);
    if (!slot) return;
    const bool empty = slot->parameter ? slot->parameter->fresh : !slot->gradient.defined();
    if (empty) {
      (slot->parameter ? slot->parameter->gradient : slot->gradient) = gradient;
      if (slot->parameter) slot->parameter->fresh = false;
    } else {
      BackwardCall::Slot target = din(input);
      kernels::launch(kernels::Axpby{gradient.count(), 1, gradient, 1, target.tensor}, gradient.device());
    }
  }

 private:
  Tape::Slot* find(int input) {
    const int id = record_.in.at(input);
    if (id < 0 || !tape_.slots_[id].needs_gradient) return nullptr;
    return &tape_.slots_[id];
  }
  Tape& tape_;
  Record& record_;
};

Tape::Value Tape::constant(Tensor tensor) {
  slots_.push_back({std::move(tensor), {}, nullptr, false});
  return {static_cast<int>(slots_.size()) - 1};
}

Tape::Value Tape::parameter(Parameter& parameter) {
  const bool rounded = activations_ == DType::bf16 && parameter.rounded.defined();
  slots_.push_back({rounded ? parameter.rounded : parameter.value, {}, &parameter, training_});
  parameters_.push_back(&parameter);
  return {static_cast<int>(slots_.size()) - 1};
}

const Tensor& Tape::tensor(Value value) const { return slots_.at(value.id).tensor; }

std::vector<Tape::Value> Tape::run(const Op& op, std::vector<Value> in, std::any options) {
  Tensors tensors;
  std::vector<int> ids;
  bool needs_gradient = false;
  for (Value value : in) {
    ids.push_back(value.id);
    tensors.push_back(value.defined() ? slots_.at(value.id).tensor : Tensor());
    needs_gradient = needs_gradient || (value.defined() && slots_[value.id].needs_gradient);
  }
  ForwardCall call;
  call.options = &options;
  call.in = &tensors;
  call.training = needs_gradient;
  for (const Tensor& tensor : tensors)
    if (tensor.defined() && tensor.device() != device_of(tensors))
      throw std::logic_error(op.name + ": its inputs lie on several devices");
  for (const Output& output : op.outputs(tensors, options))
    call.out.emplace_back(output.shape, output.dtype, device_of(tensors));
  op.forward(call);

  std::vector<Value> out;
  std::vector<int> out_ids;
  for (Tensor& tensor : call.out) {
    slots_.push_back({std::move(tensor), {}, nullptr, needs_gradient});
    out_ids.push_back(static_cast<int>(slots_.size()) - 1);
    out.push_back({out_ids.back()});
  }
  if (needs_gradient)
    records_.push_back({&op, std::move(options), std::move(ids), std::move(out_ids), std::move(call.saved), {}, {}});
  return out;
}

Tape::Value Tape::checkpoint(Value x, Part part) {
  Tape inner(false, activations_);
  const Value start = inner.constant(tensor(x)), end = part(inner, start);
  if (end.id == start.id) throw std::logic_error("checkpoint: its part runs no op");
  const bool needs_gradient = training_ && (slots_.at(x.id).needs_gradient || !inner.parameters_.empty());
  slots_.push_back({inner.tensor(end), {}, nullptr, needs_gradient});
  const Value out{static_cast<int>(slots_.size()) - 1};
  parameters_.insert(parameters_.end(), inner.parameters_.begin(), inner.parameters_.end());
  if (needs_gradient)
    records_.push_back({nullptr, {}, {x.id}, {out.id}, {}, std::move(part), std::move(inner.parameters_)});
  return out;
}

// Those that the record's op takes, or that its part will.
template <class Visit>
void Tape::each_parameter(const Record& record, const Visit& visit) const {
  for (const int id : record.in) {
    if (id >= 0 && slots_[id].parameter) visit(slots_[id].parameter);
  }
  for (Parameter* parameter : record.parameters) visit(parameter);
}

void Tape::backward(Value loss, const Tensor& scale, const GradientHook& done) {
  Slot& root = slots_.at(loss.id);
  if (root.tensor.count() != 1) throw std::logic_error("backward: the loss is no single number");
  root.gradient = scale;
  std::map<Parameter*, int> uses;  // by records whose backward is still to come
  const auto count_uses = [&](size_t first) {
    for (; done && first < records_.size(); ++first)
      each_parameter(records_[first], [&](Parameter* parameter) { ++uses[parameter]; });
  };
  count_uses(0);
  while (!records_.empty()) {
    Record record = std::move(records_.back());
    records_.pop_back();
    Tensors outputs, gradients;
    bool reached = false;
    for (int id : record.out) {
      outputs.push_back(std::move(slots_[id].tensor));
      gradients.push_back(std::move(slots_[id].gradient));
      slots_[id] = {};
      reached = reached || gradients.back().defined();
    }
    if (reached && record.part) {
      outputs.clear();  // before it is made again
      const size_t first = records_.size();
      const Value again = record.part(*this, {record.in[0]});
      slots_.at(again.id).gradient = std::move(gradients[0]);
      count_uses(first);  // these records come next
    } else if (reached) {
      Tensors inputs;
      for (int id : record.in) inputs.push_back(id < 0 ? Tensor() : slots_[id].tensor);
      Call call(*this, record, inputs, outputs);
      call.dout = std::move(gradients);
      record.op->backward(call);
    }
    if (!done) continue;
    each_parameter(record, [&](Parameter* parameter) {
      if (--uses[parameter] == 0) done(*parameter);
    });
  }
  slots_.clear();
  parameters_.clear();
}

}  // namespace persea
