// What options of sampling may be: apart from the sampler, since readers of requests need no more of it.
#include "infer/sampler.h"
#include "infer/sampler_limits.h"

namespace persea {
namespace {

bool in(double value, double low, double high) { return value >= low && value <= high; }

}  // namespace

Status SamplerOptions::check() const {
  if (!in(temperature, 0, 100)) return fail("temperature is {}; it must lie in 0..100", temperature);
  if (top_k < 0) return fail("top_k is {}; it must be positive, or 0 for all", top_k);
  if (!(top_p > 0 && top_p <= 1)) return fail("top_p is {}; it must lie above 0 and at most at 1", top_p);
  if (!in(min_p, 0, 1)) return fail("min_p is {}; it must lie in 0..1", min_p);
  if (!in(repetition_penalty, 0.01, 100)) {
    return fail("repetition_penalty is {}; it must lie in 0.01..100, 1 for none", repetition_penalty);
  }
  if (!in(presence_penalty, -2, 2)) return fail("presence_penalty is {}; it must lie in -2..2", presence_penalty);
  if (!in(frequency_penalty, -2, 2)) return fail("frequency_penalty is {}; it must lie in -2..2", frequency_penalty);
  for (const auto& [token, value] : bias) {
    if (!in(value, -kMostBias, kMostBias)) {
      return fail("the bias of token {} is {}; it must lie in -100..100", token, value);
    }
  }
  return {};
}

}  // namespace persea
