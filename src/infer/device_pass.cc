#include "infer/device_pass.h"

#include <algorithm>
#include <bit>

#include "kernels/launch.h"
#include "kernels/logits.h"
#include "kernels/packed_product.h"
#include "kernels/row_bias.h"
#include "kernels/rows.h"

namespace persea {
namespace {

using kernels::launch, kernels::PagedAttention, kernels::RoundedProduct, kernels::RoundedRows, kernels::RoundRows;

constexpr int64_t kPartials = 16 << 20;  // floats: attention's results of splits, where a row needs no more

int64_t up_to_power(int64_t value) { return static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(value))); }

// The first row of the results that are logits, or choices.
int64_t first_row(std::span<const DecoderRun> runs, bool chosen) {
  const auto run = std::find_if(runs.begin(), runs.end(), [&](const DecoderRun& r) { return r.chosen == chosen; });
  return run == runs.end() ? 0 : run->logits;
}

Tensor on_gpu(Shape shape, DType dtype = DType::f32) { return Tensor(std::move(shape), dtype, cuda_device); }

}  // namespace

DevicePass::DevicePass(DecoderWeights weights) : weights_(std::move(weights)) {
  const ModelConfig& c = weights_.config;
  const int64_t gates = c.activation == Activation::swiglu ? 2 : 1;
  int64_t widest = 0;
  const auto room_for = [&](const WeightMatrix& matrix) {
    widest = std::max(widest, rounded(kPassRows, matrix).count());
  };
  for (const DecoderWeights::Layer& layer : weights_.layers)
    for (const WeightMatrix* matrix : {&layer.qkv, &layer.o, &layer.up, &layer.down}) room_for(*matrix);
  room_for(weights_.head);
  x_ = on_gpu({kPassRows, c.dim});
  qkv_ = on_gpu({kPassRows, c.qkv_rows()});
  up_ = on_gpu({kPassRows, gates * c.hidden});
  rounded_ = on_gpu({widest}, DType::bf16);
  logits_ = on_gpu({kRecordedRows, c.vocab});
  choices_ = on_gpu({kRecordedRows}, DType::i32);
  const int64_t row = PagedAttention::partials_for(c.heads, c.head_dim, up_to_power(KvPool::pages_for(c.context)));
  partials_ = on_gpu({std::max(row, std::min(kPartials, kPassRows * row))});
}

void DevicePass::grow_rope(int64_t positions) {
  if (positions <= rope_positions_) return;
  rope_positions_ = std::min(std::max({positions, 2 * rope_positions_, int64_t{512}}), weights_.config.context);
  const RopeTable table = rope_table(weights_.config, rope_positions_);
  steps_.clear();  // they read the old one
  rope_ = {table.cos.to(cuda_device), table.sin.to(cuda_device)};
}

DevicePass::Inputs DevicePass::inputs(std::byte* block) const {
  auto* numbers = reinterpret_cast<int32_t*>(block);
  return {numbers, numbers + kPassRows, numbers + 2 * kPassRows, numbers + 3 * kPassRows,
          reinterpret_cast<std::byte**>(numbers + 4 * kPassRows)};
}

// Rows from `rows` to `padded` hold no token.
void DevicePass::place(std::span<const DecoderRun> runs, int64_t rows, int64_t padded, int64_t table_pages) {
  const auto tables = static_cast<int64_t>(runs.size()) * table_pages;
  const int64_t bytes = 4 * kPassRows * int64_t{sizeof(int32_t)} + tables * int64_t{sizeof(std::byte*)};
  if (!inputs_.defined() || inputs_.bytes() < bytes) {
    steps_.clear();  // they read the old place
    inputs_ = on_gpu({up_to_power(bytes)}, DType::u8);
  }
  staging_.resize(static_cast<size_t>(bytes));
  const Inputs in = inputs(staging_.data());
  for (size_t i = 0; i < runs.size(); ++i) {
    const DecoderRun& run = runs[i];
    for (int64_t j = 0; j < run.count(); ++j) {
      const int64_t row = run.row + j;
      in.tokens[row] = run.tokens[static_cast<size_t>(j)];
      in.positions[row] = static_cast<int32_t>(run.past + j);
      in.tables[row] = static_cast<int32_t>(i);
    }
    // The cache may have pages for later passes, too.
    const int64_t pages = std::min(static_cast<int64_t>(run.cache->pages().size()), table_pages);
    std::copy_n(run.cache->block(0).pages, pages, in.pages + static_cast<int64_t>(i) * table_pages);
  }
  for (int64_t row = rows; row < padded; ++row)
    in.tokens[row] = in.positions[row] = -1, in.tables[row] = 0, in.read[row] = static_cast<int32_t>(row);
  int32_t* read = in.read;
  for (const bool chosen : {false, true})
    for (const DecoderRun& run : runs)
      for (int64_t j = run.count() - run.wanted; run.chosen == chosen && j < run.count(); ++j)
        *read++ = static_cast<int32_t>(run.row + j);
  cuda::copy(cuda::Copy::to_device, inputs_.raw(), staging_.data(), bytes);
}

RoundedRows DevicePass::rounded(int64_t rows, const WeightMatrix& matrix) const {
  Bf16* const at = rounded_.defined() ? rounded_.data<Bf16>() : nullptr;
  return {rows, matrix.columns(), RoundedProduct::parts_for(matrix.view().type), at};
}

void DevicePass::multiply(const WeightMatrix& matrix, const RoundedRows& x, const Tensor& y, bool accumulate) const {
  launch(RoundedProduct{matrix.view(), x, y.data(), accumulate}, cuda_device);
}

void DevicePass::norm(const Tensor& gain, const RoundedRows& to, const int32_t* from) const {
  const auto eps = static_cast<float>(weights_.config.norm_eps);
  launch(RoundRows{RoundRows::Form::rms_norm, x_.data(), to, gain.data(), eps, from}, cuda_device);
}

void DevicePass::layer(const DecoderWeights::Layer& layer, const kernels::PagedRows& rows) const {
  const ModelConfig& c = weights_.config;
  const int64_t count = rows.rows;
  RoundedRows x = rounded(count, layer.qkv);
  norm(layer.attention_norm, x);
  multiply(layer.qkv, x, qkv_, false);
  if (c.qkv_bias)
    launch(kernels::RowBias{count, c.qkv_rows(), qkv_.data(), layer.qkv_bias.data(), qkv_.data()}, cuda_device);

  kernels::PagedStore store{rows, rope_.cos.data(), rope_.sin.data()};
  if (c.qk_norm)
    store.q_gain = layer.q_norm.data(), store.k_gain = layer.k_norm.data(), store.eps = static_cast<float>(c.norm_eps);
  launch(store, cuda_device);
  x = rounded(count, layer.o);
  launch(PagedAttention{rows, c.window, 0, partials_.data(), partials_.count(), x}, cuda_device);
  multiply(layer.o, x, x_, true);

  x = rounded(count, layer.up);
  norm(layer.mlp_norm, x);
  multiply(layer.up, x, up_, false);
  const auto form = c.activation == Activation::swiglu ? RoundRows::Form::swiglu : RoundRows::Form::relu_squared;
  x = rounded(count, layer.down);
  launch(RoundRows{form, up_.data(), x}, cuda_device);
  multiply(layer.down, x, x_, true);
}

void DevicePass::layers(int64_t rows, int64_t table_pages, KvPool::Format format) const {
  const ModelConfig& c = weights_.config;
  const Inputs in = inputs(inputs_.raw());
  launch(kernels::UnpackRows{weights_.embedding.view(), rows, in.tokens, x_.data()}, cuda_device);
  const int64_t layer_bytes = c.kv_heads * kernels::CacheBlock::head_bytes(c.head_dim, format);
  for (int64_t i = 0; i < c.layers; ++i)
    layer(weights_.layers[static_cast<size_t>(i)], {rows, c.heads, c.kv_heads, c.head_dim, qkv_.data(), in.positions,
                                                    in.tables, in.pages, table_pages, i * layer_bytes, format});
}

void DevicePass::head(int64_t rows, const int32_t* from) const {
  const RoundedRows x = rounded(rows, weights_.head);
  norm(weights_.norm, x, from);
  multiply(weights_.head, x, logits_, false);
}

void DevicePass::run(std::span<const DecoderRun> runs, int64_t rows, float* logits, int32_t* choices) {
  const int64_t vocab = weights_.config.vocab;
  int64_t longest = 0, wanted = 0, told = 0;  // told: rows whose logits are wanted
  bool all = rows <= kRecordedRows;           // rows are looked at
  for (const DecoderRun& run : runs) {
    longest = std::max(longest, run.past + run.count());
    wanted += run.wanted;
    told += run.chosen ? 0 : run.wanted;
    all = all && run.wanted == run.count() && !run.hidden;
  }
  const KvPool::Format format = runs.front().cache->block(0).format;
  if (format != format_) steps_.clear();
  format_ = format;
  grow_rope(longest);
  constexpr int64_t kPagesOfSplit = PagedAttention::kSplit / KvPool::kTokens;
  const int64_t table_pages = up_to_power(std::max(KvPool::pages_for(longest), kPagesOfSplit));
  const int64_t padded = all ? up_to_power(rows) : rows;
  place(runs, rows, padded, table_pages);
  logits += first_row(runs, false) * vocab, choices += first_row(runs, true);
  // What is wanted of rows [first, first + count) of those that are read, whose logits are there.
  const auto fetch = [&](int64_t first, int64_t count) {
    const int64_t tell = std::clamp<int64_t>(told - first, 0, count), choose = count - tell;
    if (choose > 0) {
      launch(kernels::Likeliest{choose, vocab, logits_.data() + tell * vocab, choices_.data<int32_t>()}, cuda_device);
      cuda::copy(cuda::Copy::to_host, choices + first + tell - told, choices_.raw(), choose * int64_t{sizeof(int32_t)});
    }
    cuda::copy(cuda::Copy::to_host, logits + first * vocab, logits_.raw(), tell * vocab * int64_t{sizeof(float)});
  };
  const int32_t* const from = inputs(inputs_.raw()).read;

  if (all) {
    const auto work = [&] {
      layers(padded, table_pages, format);
      head(padded, from);
    };
    Step& step = steps_[{padded, table_pages}];
    if (!step.graph && step.times++ > 0) step.graph = std::make_unique<cuda::Graph>(work);
    if (step.graph)
      step.graph->launch();
    else
      work();
    return fetch(0, rows);
  }

  layers(rows, table_pages, format);
  for (int64_t first = 0; first < wanted; first += kRecordedRows) {
    const int64_t now = std::min(kRecordedRows, wanted - first);
    head(now, from + first);
    fetch(first, now);
  }
  for (const DecoderRun& run : runs) {
    if (!run.hidden) continue;
    const int64_t dim = weights_.config.dim;
    const Tensor states = on_gpu({run.count(), dim});
    launch(kernels::RmsNorm{run.count(), dim, x_.data() + run.row * dim, weights_.norm.data(),
                            static_cast<float>(weights_.config.norm_eps), states.data()},
           cuda_device);
    run.add_hidden(states.to(cpu_device).data(), dim);
  }
}

}  // namespace persea
