// One token out of a row of logits. The same seed and logits give the same tokens; temperature 0 is greedy.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
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
  double presence_penalty = 0;    // -2..2, taken from the logits of tokens that have been written
  double frequency_penalty = 0;   // -2..2, taken from a token's logit each time that it has been written
  std::vector<std::pair<int32_t, float>> bias = {};  // -100..100, added to tokens' logits; -100 bans the token, and
                                                     // where tokens have 100 only such come
  uint64_t seed = 0;

  Status check() const;  // names the option that is out of its range
  // Whether tokens that have been seen lose by it.
  bool punishes() const { return repetition_penalty != 1 || presence_penalty != 0 || frequency_penalty != 0; }
};

class Sampler {
 public:
  explicit Sampler(const SamplerOptions& options);  // throws std::logic_error for options that check() refuses

  // Whether sample() is always the likeliest token, whatever has been seen, unless some may not come.
  bool greedy() const;

  // `seen` are the tokens that the penalties are for: the prompt, of `prompt_tokens` tokens, and what has been written
  // after it. Bit t % 64 of allowed[t / 64] says whether token t may come; empty: all may. Filters act in the order:
  // penalties, bias, `allowed`, temperature, top-k, top-p, min-p, each on what the one before has left; `allowed` has
  // the last word over tokens that are forced. -1 where nothing may come; fails where no logit is a number. Takes
  // one random number for each token, or, greedy, none.
  Result<int32_t> sample(std::span<const float> logits, std::span<const int32_t> seen, size_t prompt_tokens = 0,
                         std::span<const uint64_t> allowed = {});

 private:
  struct Candidate {
    double weight;  // the probability over the likeliest token's
    int32_t token;
  };
  void punish(std::span<const float> logits, std::span<const int32_t> seen, size_t prompt_tokens);
  void add_bias(std::span<const uint64_t> allowed);
  int32_t draw();
  int32_t draw_filtered();

  SamplerOptions options_;
  Random random_;
  std::vector<Candidate> candidates_;
  std::vector<float> logits_, weights_;
  std::vector<uint64_t> marks_;  // a bit a token; all 0 between calls
};

// The index of the largest logit, of equals the lowest; -1 where none is a number.
int32_t likeliest(std::span<const float> logits);

// Such an index as the token that comes next; fails where it is -1.
Result<int32_t> finite_choice(int32_t token);

// log(sum of e^logit): what a logit is above its token's log-probability.
double log_sum(std::span<const float> logits);

// The `count` tokens of the largest logits, the likeliest first (of equals the lowest id), with their
// log-probabilities.
std::vector<std::pair<int32_t, float>> likeliest(std::span<const float> logits, int64_t count, double log_sum);

}  // namespace persea
