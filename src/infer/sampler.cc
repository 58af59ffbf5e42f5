#include "infer/sampler.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace persea {
namespace {

double total(const auto& candidates) {
  double sum = 0;
  for (const auto& candidate : candidates) sum += candidate.weight;
  return sum;
}

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
  return {};
}

int32_t likeliest(std::span<const float> logits) {
  int32_t best = -1;
  for (size_t i = 0; i < logits.size(); ++i) {
    if (std::isnan(logits[i])) continue;
    if (best < 0 || logits[i] > logits[static_cast<size_t>(best)]) best = static_cast<int32_t>(i);
  }
  return best;
}

Sampler::Sampler(const SamplerOptions& options) : options_(options), random_(options.seed, "sampler") {
  if (const Status status = options.check(); !status) throw std::logic_error("Sampler: " + status.error().message);
}

Result<int32_t> Sampler::sample(std::span<const float> logits, std::span<const int32_t> seen) {
  logits_.assign(logits.begin(), logits.end());
  if (options_.repetition_penalty != 1) {
    const auto penalty = static_cast<float>(options_.repetition_penalty);
    for (const int32_t token : seen) {
      if (token < 0 || static_cast<size_t>(token) >= logits.size()) continue;
      const float logit =
          logits[static_cast<size_t>(token)];  // the original: a token is punished once however often seen
      logits_[static_cast<size_t>(token)] = logit > 0 ? logit / penalty : logit * penalty;
    }
  }
  const int32_t best = likeliest(logits_);
  if (best < 0 || !std::isfinite(logits_[static_cast<size_t>(best)])) {
    return fail("the model's output is not a number: its weights are damaged");
  }
  if (options_.temperature == 0) return best;

  candidates_.clear();
  const double most = logits_[static_cast<size_t>(best)];
  for (size_t i = 0; i < logits_.size(); ++i) {
    const double weight = std::exp((logits_[i] - most) / options_.temperature);
    if (weight > 0) candidates_.push_back({weight, static_cast<int32_t>(i)});
  }
  const auto likelier = [](const Candidate& a, const Candidate& b) {
    return a.weight > b.weight || (a.weight == b.weight && a.token < b.token);
  };
  if (options_.top_k > 0 && static_cast<size_t>(options_.top_k) < candidates_.size()) {
    std::nth_element(candidates_.begin(), candidates_.begin() + options_.top_k, candidates_.end(), likelier);
    candidates_.resize(static_cast<size_t>(options_.top_k));
  }
  if (options_.top_k > 0 || options_.top_p < 1) std::sort(candidates_.begin(), candidates_.end(), likelier);
  if (options_.top_p < 1) {
    const double wanted = options_.top_p * total(candidates_);
    double sum = 0;
    size_t kept = 0;
    while (kept < candidates_.size() && sum < wanted) sum += candidates_[kept++].weight;
    candidates_.resize(kept);
  }
  std::erase_if(candidates_, [&](const Candidate& c) { return c.weight < options_.min_p; });
  double point = random_.uniform() * total(candidates_);
  for (const Candidate& c : candidates_) {
    if ((point -= c.weight) < 0) return c.token;
  }
  return candidates_.back().token;  // rounding left a crumb of probability
}

}  // namespace persea
