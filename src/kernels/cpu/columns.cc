#include "kernels/columns.h"

#include <cstring>

#include "kernels/rows.h"

namespace persea::kernels {

void CopyColumns::cpu(const CopyColumns& k) {
  const float* from = k.from.f32();
  float* to = k.to.f32();
  for (int64_t r = 0; r < k.rows; ++r)
    std::memcpy(to + r * k.to_stride, from + r * k.from_stride, static_cast<size_t>(k.columns) * sizeof(float));
}

void Transpose::cpu(const Transpose& k) {
  for (int64_t r = 0; r < k.rows; ++r)
    for (int64_t c = 0; c < k.columns; ++c) k.y[c * k.rows + r] = k.x[r * k.columns + c];
}

void Sum::cpu(const Sum& k) {
  double sum = 0;
  for (int64_t i = 0; i < k.count; ++i) sum += static_cast<double>(k.x[i]);
  *k.y = static_cast<float>(sum * static_cast<double>(*k.factor));
}

void ScaleBy::cpu(const ScaleBy& k) {
  if (*k.factor != 1) Axpby::cpu({k.count, *k.factor, k.x, 0, k.x});
}

}  // namespace persea::kernels
