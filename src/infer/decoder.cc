#include "infer/decoder.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/threads.h"
#include "infer/shared_rows.h"
#include "kernels/cached_attention.h"
#include "kernels/logits.h"
#include "kernels/rows.h"

namespace persea {
namespace {

int64_t rows_worth_waking(int64_t columns) {
  constexpr int64_t kNumbers = 8192;
  return std::max<int64_t>(1, kNumbers / columns);
}

// fn(row) for each row, on any thread as many at a time as are worth waking it.
template <class Fn>
void each_row(int64_t rows, int64_t columns, const Fn& fn) {
  const int64_t some = rows_worth_waking(columns);
  pool().parallel_for((rows + some - 1) / some, [&](int64_t block) {
    for (int64_t row = block * some; row < std::min(rows, (block + 1) * some); ++row) fn(row);
  });
}

void norm(int64_t rows, const Tensor& x, const Tensor& gain, double eps, const Tensor& y) {
  kernels::RmsNorm::cpu({rows, gain.count(), x.data(), gain.data(), static_cast<float>(eps), y.data()});
}

}  // namespace

Decoder::Decoder(DecoderWeights weights) : weights_(std::move(weights)) {
  if (weights_.device != cpu_device) device_ = std::make_unique<DevicePass>(weights_);
}

// `normed` also takes the attention's result: its width is the larger of the two.
struct Decoder::Scratch {
  Tensor x, normed, qkv, up, hidden;
  Scratch(const ModelConfig& c, int64_t rows)
      : x({rows, c.dim}),
        normed({rows, std::max(c.dim, c.heads * c.head_dim)}),
        qkv({rows, c.qkv_rows()}),
        up({rows, (c.activation == Activation::swiglu ? 2 : 1) * widest(c)}),
        hidden({rows, widest(c)}) {}
  static int64_t widest(const ModelConfig& c) {
    return c.llama4 ? std::max(c.hidden, c.llama4->expert_hidden) : c.hidden;
  }
};

void Decoder::grow_rope(int64_t positions) {
  if (positions <= rope_positions_) return;
  rope_positions_ = std::min(std::max({positions, 2 * rope_positions_, int64_t{512}}), config().context);
  rope_ = rope_table(config(), rope_positions_);
  if (!config().llama4) return;
  still_ = {Tensor(rope_.cos.shape()), Tensor(rope_.sin.shape())};
  std::fill(still_.cos.span().begin(), still_.cos.span().end(), 1.0F);
  still_.sin.zero();
}

void Decoder::prepare(const DecoderWeights::Layer& layer, int64_t index, int64_t position, float* qkv) const {
  const ModelConfig& c = config();
  float *q = qkv, *k = q + c.heads * c.head_dim;
  const auto eps = static_cast<float>(c.norm_eps);
  // A turn leaves a root mean square as it is: Llama 4's norm, which has no gains, may come before it too.
  if (c.qk_norm || (c.llama4 && c.llama4->qk_norm && c.turned(index))) {
    const float *q_gain = c.qk_norm ? layer.q_norm.data() : nullptr,
                *k_gain = c.qk_norm ? layer.k_norm.data() : nullptr;
    kernels::RmsNorm::cpu_rows({c.heads, c.head_dim, q, q_gain, eps, q}, 0, c.heads);
    kernels::RmsNorm::cpu_rows({c.kv_heads, c.head_dim, k, k_gain, eps, k}, 0, c.kv_heads);
  }
  if (c.llama4 && c.llama4->temperature_scale > 0 && !c.turned(index)) {
    const double passed = std::floor(static_cast<double>(position + 1) / c.llama4->temperature_floor);
    const auto factor = static_cast<float>(1 + c.llama4->temperature_scale * std::log1p(passed));
    for (float* x = q; x < k; ++x) *x *= factor;
  }
}

// Leaves the attention's results in `normed`: of all rows, or behind the last layer of those that are read, without
// gaps.
void Decoder::attention(const DecoderWeights::Layer& layer, int64_t index, std::span<const Run> runs, int64_t rows,
                        const Scratch& s) {
  const ModelConfig& c = config();
  const RopeTable& rope = c.turned(index) ? rope_ : still_;
  const bool is_last = index + 1 == c.layers;
  std::vector<kernels::CachedAttention> stores, work;      // of each run
  std::vector<int64_t> first_row = {0}, first_item = {0};  // likewise
  int64_t cost = 0, longest = 0, out = 0;                  // of the scores, and of the costliest run's; rows of results
  for (const Run& run : runs) {
    stores.push_back({.rows = run.count(),
                      .past = run.past,
                      .heads = c.heads,
                      .kv_heads = c.kv_heads,
                      .head_dim = c.head_dim,
                      .qkv = s.qkv.data() + run.row * c.qkv_rows(),
                      .cos = rope.cos.data(),
                      .sin = rope.sin.data(),
                      .cache = run.cache->block(index),
                      .out = nullptr,
                      .window = c.window,
                      .chunk = c.llama4 && c.turned(index) ? c.llama4->chunk : 0});
    kernels::CachedAttention a = stores.back().from(is_last ? run.count() - run.read() : 0);
    a.out = s.normed.data() + out * c.heads * c.head_dim;
    out += a.rows;
    work.push_back(a);
    first_row.push_back(first_row.back() + run.count());
    first_item.push_back(first_item.back() + a.items());
    const int64_t own = a.rows * (a.past + a.rows) * c.heads * c.head_dim;
    cost += own;
    longest = std::max(longest, own);
  }
  const auto run_of = [](const std::vector<int64_t>& first, int64_t i) {
    return static_cast<size_t>(std::upper_bound(first.begin(), first.end(), i) - first.begin() - 1);
  };
  const auto store = [&](int64_t begin, int64_t end) {  // rows
    while (begin < end) {
      const size_t run = run_of(first_row, begin);
      const int64_t first = begin - first_row[run], last = std::min(end, first_row[run + 1]) - first_row[run];
      for (int64_t row = first; row < last; ++row)
        prepare(layer, index, stores[run].past + row, s.qkv.data() + (first_row[run] + row) * c.qkv_rows());
      kernels::CachedAttention::cpu_store(stores[run], first, last);
      begin = first_row[run] + last;
    }
  };
  const auto item = [&](int64_t i) {
    const size_t run = run_of(first_item, i);
    kernels::CachedAttention::cpu_item(work[run], i - first_item[run]);
  };
  // Other threads are woken only for what takes longer than waking them.
  constexpr int64_t kAttendAlone = 8192, kItemsTogether = 16, kRowsTogether = 16;
  const int64_t share = 2 * pool().threads();
  const int64_t together = std::max(rows_worth_waking(c.qkv_rows()), std::min(rows / share, kRowsTogether));
  pool().parallel_for((rows + together - 1) / together,
                      [&](int64_t block) { store(block * together, std::min(rows, (block + 1) * together)); });
  if (cost <= kAttendAlone) {
    for (int64_t i = 0; i < first_item.back(); ++i) item(i);
  } else {  // neighbours lie behind each other in memory: a thread takes several, unless that were too much for one
    const int64_t items = first_item.back();
    const int64_t some = longest * share <= cost ? std::clamp<int64_t>(items / share, 1, kItemsTogether) : 1;
    pool().parallel_for((items + some - 1) / some, [&](int64_t block) {
      for (int64_t i = block * some; i < std::min(items, (block + 1) * some); ++i) item(i);
    });
  }
}

// Moves the rows that are read to the front; how many these are.
int64_t Decoder::keep_read(std::span<const Run> runs, const Tensor& x) {
  const int64_t columns = x.columns();
  int64_t kept = 0;
  for (const Run& run : runs) {
    const float* from = x.data() + (run.row + run.count() - run.read()) * columns;
    float* to = x.data() + kept * columns;
    if (to != from) std::copy_n(from, run.read() * columns, to);
    kept += run.read();
  }
  return kept;
}

// Leaves in `x` the rows that are read, without gaps.
void Decoder::layers(std::span<const Run> runs, int64_t rows, const Scratch& s) {
  const ModelConfig& c = config();
  for (int64_t i = 0; i < c.layers; ++i) {
    const DecoderWeights::Layer& layer = weights_.layers[static_cast<size_t>(i)];
    norm(rows, s.x, layer.attention_norm, c.norm_eps, s.normed);
    const WeightMatrix& after = i + 1 < c.layers ? weights_.layers[static_cast<size_t>(i + 1)].qkv : weights_.head;
    if (c.qkv_bias)
      for (int64_t r = 0; r < rows; ++r)
        std::copy_n(layer.qkv_bias.data(), c.qkv_rows(), s.qkv.data() + r * c.qkv_rows());
    layer.qkv.multiply(rows, s.normed.data(), s.qkv.data(), c.qkv_bias, &layer.o);
    attention(layer, i, runs, rows, s);
    if (i + 1 == c.layers && (rows = keep_read(runs, s.x)) == 0) return;
    layer.o.multiply(rows, s.normed.data(), s.x.data(), true, &layer.up);
    norm(rows, s.x, layer.mlp_norm, c.norm_eps, s.normed);
    layer.up.multiply(rows, s.normed.data(), s.up.data(), false, &layer.down);
    if (c.activation == Activation::swiglu) {
      kernels::SwiGlu::cpu({rows, c.hidden_of(i), s.up.data(), s.hidden.data()});
    } else {
      kernels::ReluSquared::cpu({rows, c.hidden_of(i), s.up.data(), s.hidden.data()});
    }
    layer.down.multiply(rows, s.hidden.data(), s.x.data(), true, &after);
    if (!layer.experts.none()) layer.experts.add(rows, s.normed.data(), s.x.data());
  }
}

void Decoder::run_on_cpu(std::span<const Run> runs, int64_t rows, const Scratch& scratch, const Tensor& last) {
  const ModelConfig& c = config();
  std::vector<int32_t> tokens;  // of the rows
  for (const Run& run : runs) tokens.insert(tokens.end(), run.tokens.begin(), run.tokens.end());
  each_row(rows, c.dim, [&](int64_t row) {
    weights_.embedding.row(tokens[static_cast<size_t>(row)], scratch.x.data() + row * c.dim);
  });
  layers(runs, rows, scratch);
  const float* read = scratch.x.data();
  for (const Run& run : runs) {
    std::copy_n(read + (run.read() - run.wanted) * c.dim, run.wanted * c.dim, last.data() + run.logits * c.dim);
    if (run.hidden) {
      kernels::RmsNorm::cpu(
          {run.count(), c.dim, read, weights_.norm.data(), static_cast<float>(c.norm_eps), scratch.normed.data()});
      run.add_hidden(scratch.normed.data(), c.dim);
    }
    read += run.read() * c.dim;
  }
}

Result<Tensor> Decoder::forward(std::span<const Piece> pieces) {
  const ModelConfig& c = config();
  int64_t total = 0, longest = 0, wanted = 0, told = 0;  // told: of those that are wanted, whose logits are
  for (const Piece& piece : pieces) {
    if (piece.cache->device() != weights_.device)
      throw std::logic_error("Decoder::forward: a cache that lies on another device than the weights");
    if (piece.tokens.empty()) throw std::logic_error("Decoder::forward: a piece without tokens");
    const auto count = static_cast<int64_t>(piece.tokens.size());
    if (piece.wanted < 0 || piece.wanted > count) throw std::logic_error("Decoder::forward: more logits than tokens");
    if (piece.cache->size() + count > c.context) {
      return fail("the text has {} tokens; the model's context holds {}: shorten it", piece.cache->size() + count,
                  c.context);
    }
    for (const int32_t token : piece.tokens) {
      if (token < 0 || token >= c.vocab) {
        return fail("token {} is not among the model's {}: model and tokenizer do not belong together", token, c.vocab);
      }
    }
    total += count;
    wanted += piece.wanted;
    told += piece.likeliest ? 0 : piece.wanted;
    longest = std::max(longest, piece.cache->size() + count);
  }
  for (const Piece& piece : pieces) {
    const int64_t size = piece.cache->size() + static_cast<int64_t>(piece.tokens.size());
    if (!piece.cache->reserve(size)) return fail("the cache has no room for a text of {} tokens", size);
  }
  if (!device_) grow_rope(longest);

  // Rows of logits: those that are told, then those to choose from, unless the GPU does that, which it cannot before a
  // cap: two may be equals behind it.
  const bool chosen_there = device_ && c.logit_soft_cap == 0;
  const int64_t rows_here = chosen_there ? told : wanted;
  const Shape room = {shared_rows(rows_here), c.vocab};
  const Tensor logits = (device_ && rows_here > 0 ? Tensor::pinned(room) : Tensor(room)).slice(0, rows_here);
  std::vector<int32_t> choices(static_cast<size_t>(wanted - told));
  const Scratch scratch(c, device_ ? 0 : std::min(shared_rows(total), kPassRows));
  const Tensor last({device_ ? 0 : shared_rows(wanted), c.dim});
  std::vector<Run> runs;
  int64_t rows = 0;
  const auto pass = [&] {
    if (device_)
      device_->run(runs, rows, logits.data(), choices.data());
    else
      run_on_cpu(runs, rows, scratch, last);
    for (const Run& run : runs) run.cache->set_size(run.past + run.count());
    runs.clear();
    rows = 0;
  };
  int64_t told_row = 0, chosen_row = chosen_there ? 0 : told;
  for (const Piece& piece : pieces) {
    int64_t& row = piece.likeliest ? chosen_row : told_row;
    std::span<const int32_t> rest = piece.tokens;
    int64_t past = piece.cache->size();
    while (!rest.empty()) {
      const auto left = static_cast<int64_t>(rest.size()), take = std::min(left, kPassRows - rows);
      const int64_t now = std::max<int64_t>(0, piece.wanted - (left - take));  // of these, have their logits wanted
      const int64_t here = std::min(now, take);
      runs.push_back({piece.cache, rest.first(static_cast<size_t>(take)), rows, past, here, row, piece.hidden,
                      chosen_there && piece.likeliest});
      row += here;
      rest = rest.subspan(static_cast<size_t>(take));
      past += take;
      rows += take;
      if (rows == kPassRows) pass();
    }
  }
  if (rows > 0) pass();

  if (wanted == 0) return logits;
  if (!device_) {
    norm(wanted, last, weights_.norm, c.norm_eps, last);
    weights_.head.multiply(wanted, last.data(), logits.data(), false, &weights_.layers.front().qkv);
  }
  if (c.logit_soft_cap > 0) {
    const auto cap = static_cast<float>(c.logit_soft_cap);
    for (float& logit : logits.span()) logit = cap * std::tanh(logit / cap);
  }
  if (!chosen_there) kernels::Likeliest::cpu({wanted - told, c.vocab, logits.data() + told * c.vocab, choices.data()});
  const int32_t* choice = choices.data();
  for (const Piece& piece : pieces)
    if (piece.likeliest) {
      std::copy_n(choice, piece.wanted, piece.likeliest);
      choice += piece.wanted;
    }
  return logits.slice(0, told);
}

}  // namespace persea
