#include "nn/recorded_passes.h"

#include <algorithm>

namespace persea {

Tensor RecordedPasses::run(std::span<const double> numbers, std::span<const Tensor> inputs,
                           const std::vector<Parameter*>& parameters, const std::function<Tensor()>& pass) {
  Key key{{numbers.begin(), numbers.end()}, {}};
  for (const Tensor& input : inputs) key.places.push_back(input.raw());
  for (const Parameter* parameter : parameters) {
    // A fresh gradient is written over, wherever it lies: the recording's place is taken for it.
    const void* gradient = parameter->fresh ? nullptr : parameter->gradient.raw();
    key.places.insert(key.places.end(), {parameter->value.raw(), parameter->rounded.raw(), gradient});
  }
  auto found = std::find_if(recordings_.begin(), recordings_.end(), [&](const Recording& r) { return r.key == key; });
  if (found == recordings_.end()) {
    if (recordings_.size() == kMost) recordings_.erase(recordings_.begin());
    recordings_.push_back({std::move(key), 0, {}, {}, {}});
    found = recordings_.end() - 1;
  }
  // The first pass makes the gradients, the second finds the memory that the third will take.
  if (++found->times < 3) return pass();
  if (!found->graph) {
    found->graph = std::make_unique<cuda::Graph>([&] { found->result = pass(); });
    for (const Parameter* parameter : parameters) found->after.push_back({parameter->gradient, parameter->fresh});
  }
  found->graph->launch();
  for (size_t i = 0; i < parameters.size(); ++i) {
    parameters[i]->gradient = found->after[i].gradient;
    parameters[i]->fresh = found->after[i].fresh;
  }
  return found->result;
}

int64_t RecordedPasses::recorded() const {
  return std::count_if(recordings_.begin(), recordings_.end(), [](const Recording& r) { return r.graph != nullptr; });
}

}  // namespace persea
