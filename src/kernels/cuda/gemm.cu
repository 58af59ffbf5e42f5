// The matrix product by whom it is fastest: cuBLASLt where it is installed, else the project's own kernel.
#include "kernels/gemm.h"

#include <stdexcept>

#include "kernels/cuda/device_math.h"
#include "kernels/cuda/instructions.h"
#include "kernels/cuda/product.h"
#include "kernels/cuda/to_bf16.h"
#include "kernels/round.h"
#include "tensor/cuda.h"

namespace persea::kernels {
namespace cuda {
namespace {

// Two neighbours of a row.
template <class T>
struct RoundPair {
  int64_t columns, stride, pitch;
  const T* from;
  uint32_t* to;
  __device__ void operator()(int64_t i) const {
    const int64_t row = i / (pitch / 2), column = i % (pitch / 2) * 2;
    const T* x = from + row * stride + column;
    to[i] = pack_bf16(column < columns ? to_f32(x[0]) : 0, column + 1 < columns ? to_f32(x[1]) : 0);
  }
};

struct RoundBody {
  Round k;
  __device__ void operator()(int64_t i) const { k.to[i].bits = Round::element(k.x[i], k.stochastic, k.seed, i); }
};

}  // namespace

Rounded to_bf16_rows(ConstNumbers from, int64_t rows, int64_t columns, int64_t stride) {
  const int64_t pitch = (columns + 7) / 8 * 8;
  Rounded out{Tensor({rows, pitch}, DType::bf16, cuda_device), pitch};
  with_storage(1, {from}, [&]<class T, int>() {
    each(rows * pitch / 2, RoundPair<T>{columns, stride, pitch, static_cast<const T*>(from.at),
                                        reinterpret_cast<uint32_t*>(out.elements.raw())});
  });
  return out;
}

}  // namespace cuda

void Gemm::cuda(const Gemm& g) {
  if ((g.a.row_stride != 1 && g.a.column_stride != 1) || (g.b.row_stride != 1 && g.b.column_stride != 1))
    throw std::logic_error("gemm: a matrix needs a stride of 1");
  if (g.before || g.after) throw std::logic_error("gemm: hooks are the CPU's");
  if (g.m <= 0 || g.n <= 0) return;
  if (g.addend && g.ldc != g.n) throw std::logic_error("gemm: an addend goes with rows without gaps");
  if (g.addend && g.addend.dtype != g.c.dtype) throw std::logic_error("gemm: an addend is of C's type");
  const ConstNumbers to_add = g.accumulate && !g.addend ? ConstNumbers(g.c) : g.addend;
  const bool fp8 = is_fp8(g.a.data.dtype);
  if (fp8 != is_fp8(g.b.data.dtype) || (g.precision == Precision::fp8 && !fp8))
    throw std::logic_error("gemm: factors of fp8 go together, as RoundFp8 makes them");
  const bool bf16 =
      fp8 || g.precision == Precision::bf16 || g.a.data.dtype == DType::bf16 || g.b.data.dtype == DType::bf16;
  const cuda::Factors factors{g.m, g.n, g.k, g.a, g.b, g.c, g.ldc, to_add, bf16};
  if (g.k <= 0 || !cuda::library_product(factors)) cuda::own_product(factors);
}

void Round::cuda(const Round& k) { cuda::each(k.count, cuda::RoundBody{k}); }

}  // namespace persea::kernels
