#include "infer/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "infer/sampler_limits.h"
#include "kernels/logits.h"

namespace persea {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

double total(const auto& candidates) {
  double sum = 0;
  for (const auto& candidate : candidates) sum += candidate.weight;
  return sum;
}

kernels::Logits row(std::span<const float> logits) { return {logits.data(), static_cast<int64_t>(logits.size())}; }

bool allows(std::span<const uint64_t> allowed, size_t token) {
  return allowed.empty() || (allowed[token / 64] >> token % 64 & 1) != 0;
}

void mask(std::span<const uint64_t> allowed, std::span<float> logits) {
  for (size_t word = 0; word * 64 < logits.size(); ++word) {
    if (allowed[word] == ~uint64_t{0}) continue;
    const size_t end = std::min(logits.size(), (word + 1) * 64);
    for (size_t token = word * 64; token < end; ++token)
      if (!allows(allowed, token)) logits[token] = kNever;
  }
}

}  // namespace

int32_t likeliest(std::span<const float> logits) {
  return static_cast<int32_t>(kernels::Logits::cpu_largest(row(logits)));
}

Result<int32_t> finite_choice(int32_t token) {
  if (token < 0) return fail("the model's output is not a number: its weights are damaged");
  return token;
}

double log_sum(std::span<const float> logits) { return kernels::Logits::cpu_log_sum(row(logits)); }

std::vector<std::pair<int32_t, float>> likeliest(std::span<const float> logits, int64_t count, double log_sum) {
  std::vector<int32_t> tokens(logits.size());
  std::iota(tokens.begin(), tokens.end(), 0);
  std::erase_if(tokens, [&](int32_t token) { return std::isnan(logits[static_cast<size_t>(token)]); });
  const auto likelier = [&](int32_t a, int32_t b) {
    const float x = logits[static_cast<size_t>(a)], y = logits[static_cast<size_t>(b)];
    return x > y || (x == y && a < b);
  };
  const auto kept = std::min<int64_t>(std::max<int64_t>(count, 0), static_cast<int64_t>(tokens.size()));
  std::partial_sort(tokens.begin(), tokens.begin() + kept, tokens.end(), likelier);
  std::vector<std::pair<int32_t, float>> result;
  for (int64_t i = 0; i < kept; ++i) {
    const int32_t token = tokens[static_cast<size_t>(i)];
    result.emplace_back(token, static_cast<float>(logits[static_cast<size_t>(token)] - log_sum));
  }
  return result;
}

Sampler::Sampler(const SamplerOptions& options) : options_(options), random_(options.seed, "sampler") {
  if (const Status status = options.check(); !status) throw std::logic_error("Sampler: " + status.error().message);
}

bool Sampler::greedy() const { return options_.temperature == 0 && !options_.punishes() && options_.bias.empty(); }

void Sampler::punish(std::span<const float> logits, std::span<const int32_t> seen, size_t prompt_tokens) {
  const auto known = [&](int32_t token) { return token >= 0 && static_cast<size_t>(token) < logits.size(); };
  if (options_.repetition_penalty != 1) {
    const auto penalty = static_cast<float>(options_.repetition_penalty);
    for (const int32_t token : seen) {
      if (!known(token)) continue;
      const float logit = logits[static_cast<size_t>(token)];  // the original: punished once however often seen
      logits_[static_cast<size_t>(token)] = logit > 0 ? logit / penalty : logit * penalty;
    }
  }
  if (options_.presence_penalty == 0 && options_.frequency_penalty == 0) return;
  const auto presence = static_cast<float>(options_.presence_penalty);
  const auto frequency = static_cast<float>(options_.frequency_penalty);
  const auto written = seen.subspan(std::min(prompt_tokens, seen.size()));
  marks_.resize((logits.size() + 63) / 64);
  for (const int32_t token : written) {
    if (!known(token)) continue;
    const auto t = static_cast<size_t>(token);
    const bool again = (marks_[t / 64] >> t % 64 & 1) != 0;
    logits_[t] -= again ? frequency : frequency + presence;
    marks_[t / 64] |= uint64_t{1} << t % 64;
  }
  for (const int32_t token : written)
    if (known(token)) marks_[static_cast<size_t>(token) / 64] = 0;
}

void Sampler::add_bias(std::span<const uint64_t> allowed) {
  const auto known = [&](int32_t token) { return token >= 0 && static_cast<size_t>(token) < logits_.size(); };
  bool forced = false;
  for (const auto& [token, value] : options_.bias) {
    if (!known(token)) continue;
    float& logit = logits_[static_cast<size_t>(token)];
    logit = value <= -kMostBias ? kNever : logit + value;
    forced |= value >= kMostBias && allows(allowed, static_cast<size_t>(token)) && logit > kNever;
  }
  if (!forced) return;
  weights_.assign(logits_.size(), kNever);
  for (const auto& [token, value] : options_.bias) {
    if (known(token) && value >= kMostBias) weights_[static_cast<size_t>(token)] = logits_[static_cast<size_t>(token)];
  }
  logits_.swap(weights_);
}

Result<int32_t> Sampler::sample(std::span<const float> logits, std::span<const int32_t> seen, size_t prompt_tokens,
                                std::span<const uint64_t> allowed) {
  if (!allowed.empty() && allowed.size() * 64 < logits.size()) throw std::logic_error("Sampler: too few bits");
  const int32_t most = likeliest(logits);
  const bool finite = most >= 0 && std::isfinite(logits[static_cast<size_t>(most)]);
  PERSEA_TRY(const int32_t untouched, finite_choice(finite ? most : -1));
  const bool punishes = options_.punishes();
  const bool changes = punishes || !options_.bias.empty() || !allowed.empty();
  if (!changes && options_.temperature == 0) return untouched;

  logits_.assign(logits.begin(), logits.end());
  if (punishes) punish(logits, seen, prompt_tokens);
  if (!options_.bias.empty()) add_bias(allowed);
  if (!allowed.empty()) mask(allowed, logits_);
  const int32_t best = changes ? likeliest(logits_) : untouched;
  if (best < 0 || logits_[static_cast<size_t>(best)] == kNever) return -1;
  if (options_.temperature == 0) return best;
  weights_.resize(logits_.size());
  const auto factor = static_cast<float>(std::min(1 / options_.temperature, 1e30));  // finite
  kernels::Logits::cpu_weights(row(logits_), logits_[static_cast<size_t>(best)], factor, weights_.data());
  return options_.top_k > 0 || options_.top_p < 1 ? draw_filtered() : draw();
}

// In proportion to the weights, in the order of the ids: without a filter that ranks them nothing needs to be sorted.
int32_t Sampler::draw() {
  const auto least = static_cast<float>(options_.min_p);
  double sum = 0;
  for (const float weight : weights_) sum += weight >= least ? weight : 0;
  double point = random_.uniform() * sum;
  int32_t last = -1;
  for (size_t i = 0; i < weights_.size(); ++i) {
    if (weights_[i] < least || weights_[i] == 0) continue;
    last = static_cast<int32_t>(i);
    if ((point -= weights_[i]) < 0) break;
  }
  return last;  // the last where rounding left a crumb of probability
}

int32_t Sampler::draw_filtered() {
  candidates_.clear();
  for (size_t i = 0; i < weights_.size(); ++i) {
    if (weights_[i] > 0) candidates_.push_back({weights_[i], static_cast<int32_t>(i)});
  }
  const auto likelier = [](const Candidate& a, const Candidate& b) {
    return a.weight > b.weight || (a.weight == b.weight && a.token < b.token);
  };
  if (options_.top_k > 0 && static_cast<size_t>(options_.top_k) < candidates_.size()) {
    std::nth_element(candidates_.begin(), candidates_.begin() + options_.top_k, candidates_.end(), likelier);
    candidates_.resize(static_cast<size_t>(options_.top_k));
  }
  const double all = options_.top_p < 1 ? total(candidates_) : 0, wanted = options_.top_p * all;
  if (options_.top_p < 1) {
    // All that are lighter than this together weigh less than what may be left out: they need not be sorted.
    const double light = 0.999 * (all - wanted) / static_cast<double>(candidates_.size());
    std::erase_if(candidates_, [&](const Candidate& c) { return c.weight < light; });
  }
  std::sort(candidates_.begin(), candidates_.end(), likelier);
  if (options_.top_p < 1) {
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
