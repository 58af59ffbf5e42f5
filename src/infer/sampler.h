// One token out of a row of logits. The same seed and logits give the same tokens; temperature 0 is greedy.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "base/result.h"

namespace persea {

struct SamplerOptions {
  double temperature = 0.8;  // 0: always the likeliest token (of equals the lowest id)
  int64_t top_k = 0;         // keep the k likeliest; 0: all
  double top_p = 1;          // keep the likeliest that together have probability p (Holtzman et al. 2020); 1: all
  double min_p = 0;          // keep those at least min_p times as likely as the likeliest (Nguyen et al. 2024); 0: all
  double repetition_penalty = 1;  // logits of tokens seen before are divided (or, negative, multiplied) by it; 1: none
  uint64_t seed = 0;

  Status check() const;  // names the option that is out of its range
};

class Sampler {
 public:
  explicit Sampler(const SamplerOptions& options);  // throws std::logic_error for options that check() refuses

  // `seen` are the tokens that the penalty is for: the prompt and what has been written. Filters act in the order of
  // the options: penalty, temperature, top-k, top-p, min-p, each on what the one before has left. Fails where no logit
  // is a number.
  Result<int32_t> sample(std::span<const float> logits, std::span<const int32_t> seen);

 private:
  struct Candidate {
    double weight;  // the probability over the likeliest token's
    int32_t token;
  };

  SamplerOptions options_;
  Random random_;
  std::vector<Candidate> candidates_;
  std::vector<float> logits_;
};

// The index of the largest logit, of equals the lowest; -1 where none is a number.
int32_t likeliest(std::span<const float> logits);

}  // namespace persea
