// Rows of a table by token id, and the sum of their gradients.
#pragma once

#include <cstdint>

#include "kernels/numbers.h"

namespace persea::kernels {

// out[i] = table[tokens[i]], both of one type, zeros where the token is negative. The caller has checked the ids.
struct Embedding {
  int64_t count, columns;
  const int32_t* tokens;
  ConstNumbers table;
  Numbers out;
  static void cpu(const Embedding& kernel);
  static void cuda(const Embedding& kernel);
};

// dtable[tokens[i]] += dout[i] where the token is not negative, in the order of i whatever the threads. dtable holds
// `vocab` rows; zeroed first unless `accumulate`.
struct EmbeddingBackward {
  int64_t count, columns, vocab;
  const int32_t* tokens;
  ConstNumbers dout;
  float* dtable;
  bool accumulate;
  static void cpu(const EmbeddingBackward& kernel);
  static void cuda(const EmbeddingBackward& kernel);
};

}  // namespace persea::kernels
