// What a scheduler counts, for metrics.
#pragma once

#include <array>
#include <cstdint>

namespace persea {

// How many values lay up to each bound and above the one before, as Prometheus counts them.
struct Histogram {
  static constexpr std::array<double, 14> kBounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                     0.25,  0.5,    1,     2.5,  5,     10,   30};
  std::array<uint64_t, kBounds.size() + 1> counts = {};  // the last: above all bounds
  double sum = 0;
  void add(double value);
  void add(const Histogram& more);
};

// Since the start, but for the first four, which are as things stand.
struct SchedulerStats {
  int64_t waiting = 0, running = 0, cache_tokens_used = 0, cache_tokens = 0;
  uint64_t requests = 0, refused = 0, prompt_tokens = 0, reused_tokens = 0, written_tokens = 0, passes = 0,
           pass_tokens = 0;
  uint64_t drafted = 0, accepted = 0;  // tokens that were guessed, and those of them that came true
  uint64_t put_back = 0;               // times that a sequence made room for older ones, to be computed again later
  std::array<uint64_t, 8> ended = {};  // by EndReason
  Histogram waited, first_token, gap, whole;  // seconds: in the queue, to the first token, between tokens, in all

  // Adds what `more` has counted; what stands as it is stays.
  void add(const SchedulerStats& more);
};

}  // namespace persea
