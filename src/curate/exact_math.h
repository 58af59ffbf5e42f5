// exp and log out of additions, multiplications and divisions alone, which IEEE 754 rounds in one way: the same bits on
// any machine, where the C library's differ between its versions. Files that use them are compiled without contraction
// of products and sums (CMakeLists.txt). Within 2 units in the last place; not for speed.
#pragma once

#include <cmath>

namespace persea::curate {

inline double exact_exp(double x) {
  if (!(x > -700)) return 0;
  if (x > 700) x = 700;
  const double k = std::floor(x * 1.4426950408889634 + 0.5);
  const double r = (x - k * 0.693147180369123816490) - k * 1.90821492927058770002e-10;  // ln 2 in two parts
  double sum = 1;
  for (int i = 14; i > 0; --i) sum = 1 + sum * r / i;
  return std::ldexp(sum, static_cast<int>(k));
}

// Of what is above 0.
inline double exact_log(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent);  // [0.5, 1)
  if (m < 0.70710678118654752) {
    m *= 2;
    --exponent;
  }
  const double s = (m - 1) / (m + 1), square = s * s;
  double sum = 0;
  for (int i = 23; i > 0; i -= 2) sum = sum * square + 1.0 / i;
  return exponent * 0.693147180369123816490 + (2 * s * sum + exponent * 1.90821492927058770002e-10);
}

inline double exact_logistic(double z) { return 1 / (1 + exact_exp(-z)); }

}  // namespace persea::curate
