// What sampling does with all of a row of logits: finding the largest, and exponentials. On the calling thread, because
// a row is small and many rows are sampled at once.
#pragma once

#include <cstdint>

namespace persea::kernels {

struct Logits {
  const float* x;
  int64_t count;

  // The index of the largest, of equals the lowest; -1 where none is a number.
  static int64_t cpu_largest(const Logits& logits);
  // weights[i] = e^((x[i] - most) * factor), with most the largest and factor > 0; 0 where x[i] is no number or the
  // weight is below 1e-38.
  static void cpu_weights(const Logits& logits, float most, float factor, float* weights);
  // log(sum of e^x[i]) over those that are numbers; -infinity where none is larger than that.
  static double cpu_log_sum(const Logits& logits);
};

}  // namespace persea::kernels
