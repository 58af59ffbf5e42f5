// What sampling does with all of a row of logits: finding the largest, and exponentials. Of one row on the calling
// thread, because a row is small and many rows are sampled at once.
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

// The likeliest token after each of many rows: what greedy choice needs of their logits.
struct Likeliest {
  int64_t rows, columns;
  const float* x;   // [rows, columns]
  int32_t* tokens;  // [rows]: the index of the largest, of equals the lowest; -1 where that is no finite number

  static void cpu(const Likeliest& k);
  static void cuda(const Likeliest& k);
};

}  // namespace persea::kernels
