// The kernels of decoding on a GPU, against the CPU's and plain loops. Skipped where there is no GPU.
#include <algorithm>
#include <array>
#include <limits>

#include "kernels/cached_attention.h"
#include "kernels/devices_for_test.h"
#include "kernels/launch.h"
#include "kernels/logits.h"
#include "kernels/packed_for_test.h"
#include "kernels/packed_product.h"
#include "kernels/paged_attention.h"
#include "kernels/rows.h"

namespace persea::kernels {
namespace {

// Rows as a GPU's product takes them, and what the sums of their parts are.
struct Rounded {
  RoundedRows rows;
  Tensor storage;
  Rounded(int64_t count, int64_t columns, int parts) : rows{count, columns, parts, nullptr} {
    storage = Tensor({rows.count()}, DType::bf16, cuda_device);
    rows.data = storage.data<Bf16>();
  }
  Tensor sums() const {  // [rows, columns]; what fills rows up has to be 0
    const Tensor here = storage.to(cpu_device), sums = Tensor::zeros({rows.rows, rows.columns});
    for (int64_t i = 0; i < here.count(); ++i) {
      const float value = from_bf16(here.data<Bf16>()[i].bits);
      const int64_t row = i / rows.pitch() % rows.rows, column = i % rows.pitch();
      if (column >= rows.columns)
        EXPECT_EQ(value, 0) << row;
      else
        sums.data()[row * rows.columns + column] += value;
    }
    return sums;
  }
};

constexpr double kRounding[] = {0, 0x1p-9, 0x1p-17, 2e-7};  // of so many parts

TEST_F(OnAGpu, RowsRoundedToSums) {
  using Form = RoundRows::Form;
  Random random(11);
  const int64_t all = 5, columns = 70;
  const std::vector<int32_t> chosen = {4, 0, 0};
  const Tensor from = Tensor::from<int32_t>(chosen, {3}).to(cuda_device);
  const Tensor gain = normal_tensor({columns}, random), gain_there = gain.to(cuda_device);
  for (const Form form : {Form::plain, Form::rms_norm, Form::swiglu, Form::relu_squared}) {
    const int64_t width = form == Form::swiglu ? 2 * columns : columns;
    const Tensor x = normal_tensor({all, width}, random), there = x.to(cuda_device), wanted({all, columns});
    if (form == Form::plain) wanted.copy_from(x);
    if (form == Form::rms_norm) RmsNorm::cpu({all, columns, x.data(), gain.data(), 0.01F, wanted.data()});
    if (form == Form::swiglu) SwiGlu::cpu({all, columns, x.data(), wanted.data()});
    if (form == Form::relu_squared) ReluSquared::cpu({all, columns, x.data(), wanted.data()});
    for (int parts = 1; parts <= 3; ++parts) {
      const Rounded whole(all, columns, parts), some(3, columns, parts);
      launch(RoundRows{form, there.data(), whole.rows, gain_there.data(), 0.01F}, cuda_device);
      launch(RoundRows{form, there.data(), some.rows, gain_there.data(), 0.01F, from.data<int32_t>()}, cuda_device);
      const Tensor sums = whole.sums(), picked = some.sums();
      EXPECT_LT(relative_error(wanted, sums), kRounding[parts]) << static_cast<int>(form) << ", parts " << parts;
      for (size_t i = 0; i < chosen.size(); ++i) {
        const float* row = picked.data() + static_cast<int64_t>(i) * columns;
        EXPECT_TRUE(std::equal(row, row + columns, sums.data() + chosen[i] * columns)) << static_cast<int>(form);
      }
    }
  }
}

TEST_F(OnAGpu, ProductsOfRoundedRows) {
  Random random(12);
  for (const WeightType type : kWeightTypes) {
    const bool blocks = type == WeightType::q8 || type == WeightType::q4;
    for (const auto& [m, n, odd_k] : std::vector<std::array<int64_t, 3>>{
             {1, 1, 1}, {2, 33, 50}, {5, 40, 96}, {31, 100, 33}, {32, 64, 128}, {33, 31, 300}, {70, 130, 416}}) {
      const int64_t k = blocks ? (odd_k + 31) / 32 * 32 : odd_k;
      const PackedSample sample(type, n, k, random);
      const Tensor x = normal_tensor({m, k}, random), before = normal_tensor({m, n}, random);
      const Tensor x_there = x.to(cuda_device), weights = sample.storage.to(cuda_device);
      const Rounded rounded(m, k, RoundedProduct::parts_for(type));
      launch(RoundRows{RoundRows::Form::plain, x_there.data(), rounded.rows}, cuda_device);
      const Tensor seen = rounded.sums();
      for (const bool accumulate : {false, true}) {
        const Tensor y = before.clone().to(cuda_device);
        launch(RoundedProduct{{type, n, k, weights.raw()}, rounded.rows, y.data(), accumulate}, cuda_device);
        const Tensor got = y.to(cpu_device);
        for (int64_t c = 0; c < n; ++c) {
          const std::vector<float> w = row_of(sample, c);
          for (int64_t r = 0; r < m; ++r) {
            double sum = accumulate ? before.data()[r * n + c] : 0, size = std::abs(sum);
            for (int64_t i = 0; i < k; ++i) {
              const double term = double{seen.data()[r * k + i]} * w[static_cast<size_t>(i)];
              sum += term, size += std::abs(term);
            }
            ASSERT_NEAR(got.data()[r * n + c], sum, (type == WeightType::f16 ? 2e-5 : 3e-6) * size + 1e-6)
                << "type " << static_cast<int>(type) << ": " << m << " " << n << " " << k << " at " << r << " " << c;
          }
        }
      }
    }
  }
}

struct Attention {
  int64_t heads, kv_heads, head_dim, window;
  CacheFormat format;
  bool norms = false;
  int64_t columns() const { return (heads + 2 * kv_heads) * head_dim; }
};

// Two texts that a pass runs together: `rows` new tokens of each behind `past` others.
struct Text {
  int64_t past, rows;
};
constexpr Text kTexts[] = {{147, 3}, {0, 40}};
constexpr int64_t kRows = 43, kPages = 8, kOffset = 192;  // of all; of a text; of a page, before the layer's first head
constexpr float kEps = 0.01F;

// The page tables of both texts, whose pages lie in another order.
std::vector<std::byte*> tables_of(const Tensor& memory) {
  const int64_t bytes = memory.bytes() / (2 * kPages);
  std::vector<std::byte*> tables;
  for (int64_t text = 0; text < 2; ++text)
    for (int64_t page = 0; page < kPages; ++page)
      tables.push_back(memory.raw() + (2 * kPages - 1 - 2 * page - text) * bytes);
  return tables;
}

struct Turns {
  Tensor cos, sin;  // [positions, head_dim / 2]
};

// The CPU's attention of both texts' new rows of qkv [kRows, columns]; `stores`: puts them into the cache before.
Tensor attend(const Attention& a, const Tensor& memory, const Tensor& qkv, const Turns& turns, bool stores) {
  const std::vector<std::byte*> tables = tables_of(memory);
  const Tensor out({kRows, a.heads * a.head_dim});
  int64_t row = 0;
  for (const Text& text : kTexts) {
    const CacheBlock cache{tables.data() + (&text - kTexts) * kPages, kOffset, a.format};
    const CachedAttention attention{text.rows,
                                    text.past,
                                    a.heads,
                                    a.kv_heads,
                                    a.head_dim,
                                    qkv.data() + row * a.columns(),
                                    turns.cos.data(),
                                    turns.sin.data(),
                                    cache,
                                    out.data() + row * out.columns(),
                                    a.window};
    if (stores) CachedAttention::cpu_store(attention, 0, text.rows);
    for (int64_t i = 0; i < attention.items(); ++i) CachedAttention::cpu_item(attention, i);
    row += text.rows;
  }
  return out;
}

// What the pass is told of its rows, on the GPU; the last holds no token.
struct Told {
  Tensor positions, tables, pages;
  explicit Told(const Tensor& memory) {
    std::vector<int32_t> at, whose;
    for (const Text& text : kTexts)
      for (int64_t i = 0; i < text.rows; ++i) {
        at.push_back(static_cast<int32_t>(text.past + i));
        whose.push_back(static_cast<int32_t>(&text - kTexts));
      }
    at.push_back(-1), whose.push_back(0);
    const std::vector<std::byte*> table = tables_of(memory);
    const auto* bytes = reinterpret_cast<const uint8_t*>(table.data());
    const size_t count = table.size() * sizeof(std::byte*);
    positions = Tensor::from<int32_t>(at, {kRows + 1}).to(cuda_device);
    tables = Tensor::from<int32_t>(whose, {kRows + 1}).to(cuda_device);
    pages = Tensor::from<uint8_t>({bytes, count}, {static_cast<int64_t>(count)}).to(cuda_device);
  }
  PagedRows rows(const Attention& a, const Tensor& qkv) const {
    return {kRows + 1,
            a.heads,
            a.kv_heads,
            a.head_dim,
            qkv.data(),
            positions.data<int32_t>(),
            tables.data<int32_t>(),
            reinterpret_cast<std::byte* const*>(pages.raw()),
            kPages,
            kOffset,
            a.format};
  }
};

void expect_the_cpus_attention(const Attention& a, Random& random) {
  const int64_t head_bytes = CacheBlock::head_bytes(a.head_dim, a.format);
  const int64_t page = (kOffset + a.kv_heads * head_bytes + 63) / 64 * 64;
  Tensor memory({2 * kPages * page}, DType::u8);
  std::fill_n(memory.data<uint8_t>(), memory.count(), uint8_t{0xff});  // whatever lies there must not matter
  Turns turns{Tensor({150, a.head_dim / 2}), Tensor({150, a.head_dim / 2})};
  for (int64_t i = 0; i < turns.cos.count(); ++i) {
    const double angle = random.normal();
    turns.cos.data()[i] = static_cast<float>(std::cos(angle)),
    turns.sin.data()[i] = static_cast<float>(std::sin(angle));
  }
  const Tensor before = normal_tensor({kTexts[0].past, a.columns()}, random);
  const std::vector<std::byte*> tables = tables_of(memory);
  CachedAttention::cpu_store({kTexts[0].past, 0, a.heads, a.kv_heads, a.head_dim, before.data(), turns.cos.data(),
                              turns.sin.data(), CacheBlock{tables.data(), kOffset, a.format}, nullptr},
                             0, kTexts[0].past);
  const Tensor rows = normal_tensor({kRows + 1, a.columns()}, random);
  const Tensor q_gain = normal_tensor({a.head_dim}, random), k_gain = normal_tensor({a.head_dim}, random);

  // The GPU stores what the CPU does, and turns q as it does.
  const Tensor stored = memory.to(cuda_device), turned = rows.to(cuda_device);
  const Told there(stored);
  const Turns turns_there{turns.cos.to(cuda_device), turns.sin.to(cuda_device)};
  const Tensor q_there = q_gain.to(cuda_device), k_there = k_gain.to(cuda_device);
  PagedStore store{there.rows(a, turned), turns_there.cos.data(), turns_there.sin.data()};
  if (a.norms) store.q_gain = q_there.data(), store.k_gain = k_there.data(), store.eps = kEps;
  launch(store, cuda_device);
  const Tensor qkv = rows.clone();
  for (int64_t row = 0; a.norms && row < kRows; ++row) {
    float *q = qkv.data() + row * a.columns(), *k = q + a.heads * a.head_dim;
    RmsNorm::cpu_rows({a.heads, a.head_dim, q, q_gain.data(), kEps, q}, 0, a.heads);
    RmsNorm::cpu_rows({a.kv_heads, a.head_dim, k, k_gain.data(), kEps, k}, 0, a.kv_heads);
  }
  const Tensor wanted = attend(a, memory, qkv, turns, true), back = turned.to(cpu_device);
  for (int64_t row = 0; row < kRows; ++row)
    for (int64_t i = 0; i < a.heads * a.head_dim; ++i)
      ASSERT_NEAR(back.data()[row * a.columns() + i], qkv.data()[row * a.columns() + i], 1e-5) << row;
  EXPECT_TRUE(std::equal(back.data() + kRows * a.columns(), back.data() + back.count(),
                         rows.data() + kRows * a.columns()));  // the row without a token
  // Numbers that lie between two of a cache of fewer bits may go either way.
  const double rounding = a.format == CacheFormat::f32 ? 1e-5 : a.format == CacheFormat::f16 ? 5e-4 : 1e-2;
  EXPECT_LT(relative_error(wanted, attend(a, stored.to(cpu_device), qkv, turns, false)), rounding);

  // And it attends as the CPU does to what the CPU has stored.
  const Tensor pages = memory.to(cuda_device), q = qkv.to(cuda_device);
  const Told same(pages);
  const int64_t room = PagedAttention::partials_for(a.heads, a.head_dim, kPages);
  for (const int64_t rows_at_once : {1, 44}) {
    const Tensor partials({rows_at_once * room}, DType::f32, cuda_device);
    const Rounded out(kRows + 1, a.heads * a.head_dim, 3);
    launch(PagedAttention{same.rows(a, q), a.window, 0, partials.data(), partials.count(), out.rows}, cuda_device);
    EXPECT_LT(relative_error(wanted, out.sums().slice(0, kRows)), 1e-5) << rows_at_once;
  }
}

TEST_F(OnAGpu, AttentionOverPages) {
  Random random(13);
  for (const CacheFormat format : {CacheFormat::f32, CacheFormat::f16, CacheFormat::q8})
    for (const Attention& a : {Attention{1, 1, 2, 0, format}, Attention{4, 2, 6, 0, format, true},
                               Attention{6, 1, 64, 37, format}, Attention{2, 2, 150, 0, format}}) {
      SCOPED_TRACE(testing::Message() << "format " << static_cast<int>(format) << ", heads of " << a.head_dim);
      expect_the_cpus_attention(a, random);
    }
}

TEST(Likeliest, IsTheLowestOfEqualsAndAFiniteNumber) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  Random random(14);
  std::vector<Device> devices = {cpu_device};
  if (cuda::present()) devices.push_back(cuda_device);
  for (const int64_t columns : {1, 7, 1000, 3001}) {
    const Tensor x = normal_tensor({6, columns}, random);
    std::vector<int32_t> wanted;
    for (int64_t row = 0; row < 6; ++row) {
      float* at = x.data() + row * columns;
      if (row == 1) std::fill_n(at, columns, 2.0F);         // equals
      if (row == 2) at[columns - 1] = at[columns / 2] = 9;  // of which the first
      if (row == 3) std::fill_n(at, columns, nan);          // no number
      if (row == 4) at[columns / 3] = inf;                  // no finite one
      if (row == 5) std::fill_n(at, columns - 1, nan), at[columns - 1] = -3;
      wanted.push_back(static_cast<int32_t>(std::max_element(at, at + columns) - at));
    }
    wanted[3] = wanted[4] = -1, wanted[5] = static_cast<int32_t>(columns - 1);
    for (const Device device : devices) {
      const Tensor there = x.to(device), tokens({6}, DType::i32, device);
      launch(Likeliest{6, columns, there.data(), tokens.data<int32_t>()}, device);
      const Tensor got = tokens.to(cpu_device);
      EXPECT_EQ(std::vector<int32_t>(got.span<int32_t>().begin(), got.span<int32_t>().end()), wanted) << columns;
    }
  }
}

}  // namespace
}  // namespace persea::kernels
