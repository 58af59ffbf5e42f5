// Attention over a paged cache after "Flash-Decoding" (Dao et al. 2023): a block for a split of a row's positions and
// the query heads of a key/value head, each of its warps for a page, each of a warp's lanes for a position of it (for
// scores) and then for columns (of values). Splits are put together on the way to the next product's rows.
#include <algorithm>
#include <stdexcept>

#include "kernels/cuda/paged.h"
#include "kernels/cuda/round_each.h"

namespace persea::kernels {
namespace cuda {
namespace {

constexpr int kWarps = 4;
constexpr int64_t kPage = CacheBlock::kPage, kSplit = PagedAttention::kSplit;
constexpr float kUnseen = -1e30F;

// Rows [row0, row0 + rows) of a PagedAttention.
struct Splits {
  PagedRows rows;
  int64_t window, chunk, row0, splits;
  float *values, *numbers;  // [rows, heads, splits, head_dim]; [.., 2]: the largest score and the sum of the weights

  __device__ int64_t first_seen(int64_t position) const { return CachedAttention::first_seen(position, window, chunk); }
  __device__ int64_t index(int64_t row, int64_t head, int64_t split) const {
    return ((row - row0) * rows.heads + head) * splits + split;
  }
};

template <int Queries, int Width>
struct AttendShared {
  float q[Queries][32 * Width], weights[kWarps][Queries][kPage], out[kWarps][Queries][32 * Width];
  float largest[kWarps][Queries], sums[kWarps][Queries];
};

// Scores of a page's positions and their weights, relative to the largest; 32 lanes, 32 positions.
template <CacheFormat Format, int Queries, int Width>
__device__ void weigh(const PagedHead<Format>& page, bool seen, AttendShared<Queries, Width>& s) {
  const int lane = static_cast<int>(threadIdx.x % 32), warp = static_cast<int>(threadIdx.x / 32);
  float scores[Queries] = {};
  if (seen) {
    const auto* key = page.key(lane);
#pragma unroll 8
    for (int i = 0; i < page.head_dim; ++i) {
      const float number = CacheNumber<Format>::load(key[i * CacheBlock::kTile]);
#pragma unroll
      for (int n = 0; n < Queries; ++n) scores[n] += s.q[n][i] * number;
    }
  }
  const float key_scale = PagedHead<Format>::kScaled && seen ? page.key_scales[lane] : 1;
  const float value_scale = PagedHead<Format>::kScaled && seen ? page.value_scales[lane] : 1;
#pragma unroll
  for (int n = 0; n < Queries; ++n) {
    const float score = seen ? scores[n] * key_scale : kUnseen, largest = warp_largest(score);
    const float weight = seen ? expf(score - largest) : 0, sum = warp_sum(weight);
    s.weights[warp][n][lane] = weight * value_scale;
    if (lane == 0) s.largest[warp][n] = largest, s.sums[warp][n] = sum;
  }
  __syncwarp();
}

// out = weights times values of the positions [begin, end) of a page.
template <CacheFormat Format, int Queries, int Width>
__device__ void mix(const PagedHead<Format>& page, int begin, int end, AttendShared<Queries, Width>& s) {
  const int lane = static_cast<int>(threadIdx.x % 32), warp = static_cast<int>(threadIdx.x / 32);
  float sums[Queries][Width] = {};
#pragma unroll 8
  for (int place = begin; place < end; ++place) {
    const auto* value = page.value(place);
#pragma unroll
    for (int w = 0; w < Width; ++w) {
      const float number = lane + 32 * w < page.head_dim ? CacheNumber<Format>::load(value[lane + 32 * w]) : 0;
#pragma unroll
      for (int n = 0; n < Queries; ++n) sums[n][w] += s.weights[warp][n][place] * number;
    }
  }
#pragma unroll
  for (int n = 0; n < Queries; ++n)
#pragma unroll
    for (int w = 0; w < Width; ++w) s.out[warp][n][lane + 32 * w] = sums[n][w];
}

template <CacheFormat Format, int Queries, int Width>
__global__ void __launch_bounds__(32 * kWarps) attend_split(Splits a) {
  auto& s = *dynamic_shared<AttendShared<Queries, Width>>();
  const PagedRows& r = a.rows;
  const int64_t row = a.row0 + blockIdx.z, split = blockIdx.x, position = r.positions[row];
  if (position < 0 || split * kSplit > position) return;
  const int64_t first = a.first_seen(position);
  if ((split + 1) * kSplit <= first) return;
  const int64_t group = r.heads / r.kv_heads, shares = (group + Queries - 1) / Queries;
  const int64_t kv_head = blockIdx.y / shares, query0 = blockIdx.y % shares * Queries;  // of the group
  const float* q = r.qkv + row * r.columns() + (kv_head * group + query0) * r.head_dim;
  const float scale = 1 / sqrtf(static_cast<float>(r.head_dim));
  for (int i = static_cast<int>(threadIdx.x); i < Queries * 32 * Width; i += 32 * kWarps) {
    const int n = i / (32 * Width), column = i % (32 * Width);
    s.q[n][column] = query0 + n < group && column < r.head_dim ? q[n * r.head_dim + column] * scale : 0;
  }
  __syncthreads();

  const int lane = static_cast<int>(threadIdx.x % 32), warp = static_cast<int>(threadIdx.x / 32);
  const int64_t begin = split * kSplit + warp * kPage, end = smaller(begin + kPage, position + 1);
  if (begin < end && end > first) {
    const PagedHead<Format> page(r, row, begin / kPage, kv_head);
    weigh(page, begin + lane >= first && begin + lane < end, s);
    mix(page, static_cast<int>(larger(first - begin, int64_t{0})), static_cast<int>(end - begin), s);
  } else if (lane < Queries) {
    s.largest[warp][lane] = kUnseen;
    s.sums[warp][lane] = 0;
  }
  __syncthreads();

  for (int i = static_cast<int>(threadIdx.x); i < Queries * 32 * Width; i += 32 * kWarps) {
    const int n = i / (32 * Width), column = i % (32 * Width);
    if (query0 + n >= group || column >= r.head_dim) continue;
    float largest = kUnseen, sum = 0, value = 0;
    for (int w = 0; w < kWarps; ++w) largest = larger(largest, s.largest[w][n]);
    for (int w = 0; w < kWarps; ++w) {
      if (s.sums[w][n] == 0) continue;  // its page is not seen: nothing lies there
      const float factor = expf(s.largest[w][n] - largest);
      sum += factor * s.sums[w][n];
      value += factor * s.out[w][n][column];
    }
    const int64_t at = a.index(row, kv_head * group + query0 + n, split);
    a.values[at * r.head_dim + column] = value;
    if (column == 0) a.numbers[2 * at] = largest, a.numbers[2 * at + 1] = sum;
  }
}

// A row's result out of its splits'.
struct Combined {
  Splits a;
  __device__ float prepare(int64_t) const { return 0; }
  __device__ float operator()(int64_t i, int64_t column, float) const {
    const int64_t row = a.row0 + i, position = a.rows.positions[row];
    if (position < 0) return 0;
    const int64_t head = column / a.rows.head_dim, first = a.first_seen(position) / kSplit, last = position / kSplit;
    float largest = kUnseen, sum = 0, value = 0;
    for (int64_t split = first; split <= last; ++split)
      largest = larger(largest, a.numbers[2 * a.index(row, head, split)]);
    for (int64_t split = first; split <= last; ++split) {
      const int64_t at = a.index(row, head, split);
      const float factor = expf(a.numbers[2 * at] - largest);
      sum += factor * a.numbers[2 * at + 1];
      value += factor * a.values[at * a.rows.head_dim + column % a.rows.head_dim];
    }
    return value / sum;
  }
};

template <CacheFormat Format, int Width>
void attend(const Splits& a, unsigned rows) {
  const int64_t group = a.rows.heads / a.rows.kv_heads;
  const auto with = [&]<int Queries>() {
    const auto heads = static_cast<unsigned>(a.rows.kv_heads * ((group + Queries - 1) / Queries));
    start(attend_split<Format, Queries, Width>, dim3{static_cast<unsigned>(a.splits), heads, rows}, 32 * kWarps,
          sizeof(AttendShared<Queries, Width>), a);
  };
  if (group == 1) return with.template operator()<1>();
  if (group <= 4 || Width > 4) return with.template operator()<4>();
  with.template operator()<8>();
}

template <CacheFormat Format>
void attend(const Splits& a, unsigned rows) {
  if (a.rows.head_dim <= 64) return attend<Format, 2>(a, rows);
  if (a.rows.head_dim <= 128) return attend<Format, 4>(a, rows);
  if (a.rows.head_dim <= PagedRows::kMostHeadDim) return attend<Format, 8>(a, rows);
  throw std::logic_error("paged_attention: on a GPU a head has at most 256 numbers");
}

}  // namespace
}  // namespace cuda

void PagedAttention::cuda(const PagedAttention& k) {
  const PagedRows& r = k.rows;
  const int64_t each = partials_for(r.heads, r.head_dim, r.table_pages), together = k.partial_count / each;
  if (together < 1) throw std::logic_error("paged_attention: no room for a row's results");
  for (int64_t row = 0; row < r.rows; row += together) {
    const int64_t now = std::min(together, r.rows - row), splits = PagedAttention::splits(r.table_pages);
    const cuda::Splits a{
        r, k.window, k.chunk, row, splits, k.partials, k.partials + now * r.heads * splits * r.head_dim};
    cuda::with_cache_format(r.format,
                            [&]<CacheFormat Format>() { cuda::attend<Format>(a, static_cast<unsigned>(now)); });
    RoundedRows out = k.out;
    out.data += row * out.pitch();
    cuda::round_each(cuda::Combined{a}, out, now);
  }
}

}  // namespace persea::kernels
