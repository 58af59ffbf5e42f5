#include "infer/decoder.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "base/threads.h"
#include "kernels/cached_attention.h"
#include "kernels/rows.h"

namespace persea {
namespace {

constexpr int64_t kPassRows = 512;  // tokens in a pass: bounds the activations' memory

void norm(int64_t rows, const Tensor& x, const Tensor& gain, double eps, const Tensor& y) {
  kernels::RmsNorm::cpu({rows, gain.count(), x.data(), gain.data(), static_cast<float>(eps), y.data()});
}

}  // namespace

struct Decoder::Run {
  KvCache* cache;
  std::span<const int32_t> tokens;
  int64_t row;   // of the first of them in this pass
  int64_t past;  // tokens of the sequence before them
  int64_t last;  // the piece whose last token is among them, or -1
};

// `normed` also takes the attention's result: its width is the larger of the two.
struct Decoder::Scratch {
  Tensor x, normed, qkv, up, hidden;
  Scratch(const ModelConfig& c, int64_t rows)
      : x({rows, c.dim}),
        normed({rows, std::max(c.dim, c.heads * c.head_dim)}),
        qkv({rows, c.qkv_rows()}),
        up({rows, c.up_rows()}),
        hidden({rows, c.hidden}) {}
};

void Decoder::grow_rope(int64_t positions) {
  if (positions <= rope_positions_) return;
  rope_positions_ = std::min(std::max({positions, 2 * rope_positions_, int64_t{512}}), config().context);
  rope_ = rope_table(config(), rope_positions_);
}

void Decoder::attention(const DecoderWeights::Layer& layer, int64_t index, std::span<const Run> runs, int64_t rows,
                        const Scratch& s) {
  const ModelConfig& c = config();
  if (c.qk_norm) {
    for (int64_t r = 0; r < rows; ++r) {
      float* q = s.qkv.data() + r * c.qkv_rows();
      float* k = q + c.heads * c.head_dim;
      const auto eps = static_cast<float>(c.norm_eps);
      kernels::RmsNorm::cpu_rows({c.heads, c.head_dim, q, layer.q_norm.data(), eps, q}, 0, c.heads);
      kernels::RmsNorm::cpu_rows({c.kv_heads, c.head_dim, k, layer.k_norm.data(), eps, k}, 0, c.kv_heads);
    }
  }
  std::vector<kernels::CachedAttention> work;
  std::vector<int64_t> first = {0};  // item of each run
  for (const Run& run : runs) {
    work.push_back({.rows = static_cast<int64_t>(run.tokens.size()),
                    .past = run.past,
                    .heads = c.heads,
                    .kv_heads = c.kv_heads,
                    .head_dim = c.head_dim,
                    .qkv = s.qkv.data() + run.row * c.qkv_rows(),
                    .cos = rope_.cos.data(),
                    .sin = rope_.sin.data(),
                    .cache = run.cache->block(index),
                    .out = s.normed.data() + run.row * c.heads * c.head_dim});
    for (int64_t r = 0; r < work.back().rows; ++r) kernels::CachedAttention::cpu_store(work.back(), r);
    first.push_back(first.back() + work.back().items());
  }
  const auto item = [&](int64_t i) {
    const auto run = std::upper_bound(first.begin(), first.end(), i) - first.begin() - 1;
    kernels::CachedAttention::cpu_item(work[static_cast<size_t>(run)], i - first[static_cast<size_t>(run)]);
  };
  int64_t cost = 0;  // of the scores, to tell whether other threads are worth waking
  for (const kernels::CachedAttention& a : work) cost += a.rows * (a.past + a.rows) * c.heads * c.head_dim;
  constexpr int64_t kAlone = 65536;
  if (cost <= kAlone) {
    for (int64_t i = 0; i < first.back(); ++i) item(i);
  } else {
    pool().parallel_for(first.back(), item);
  }
}

void Decoder::layers(std::span<const Run> runs, int64_t rows, const Scratch& s) {
  const ModelConfig& c = config();
  for (int64_t i = 0; i < c.layers; ++i) {
    const DecoderWeights::Layer& layer = weights_.layers[static_cast<size_t>(i)];
    norm(rows, s.x, layer.attention_norm, c.norm_eps, s.normed);
    layer.qkv.multiply(rows, s.normed.data(), s.qkv.data(), false);
    attention(layer, i, runs, rows, s);
    layer.o.multiply(rows, s.normed.data(), s.x.data(), true);
    norm(rows, s.x, layer.mlp_norm, c.norm_eps, s.normed);
    layer.up.multiply(rows, s.normed.data(), s.up.data(), false);
    if (c.activation == Activation::swiglu) {
      kernels::SwiGlu::cpu({rows, c.hidden, s.up.data(), s.hidden.data()});
    } else {
      kernels::ReluSquared::cpu({rows, c.hidden, s.up.data(), s.hidden.data()});
    }
    layer.down.multiply(rows, s.hidden.data(), s.x.data(), true);
  }
}

Result<Tensor> Decoder::forward(std::span<const Piece> pieces) {
  const ModelConfig& c = config();
  int64_t total = 0, longest = 0;
  for (const Piece& piece : pieces) {
    if (piece.tokens.empty()) throw std::logic_error("Decoder::forward: a piece without tokens");
    const auto count = static_cast<int64_t>(piece.tokens.size());
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
    longest = std::max(longest, piece.cache->size() + count);
  }
  grow_rope(longest);

  const Scratch scratch(c, std::min(total, kPassRows));
  const auto count = static_cast<int64_t>(pieces.size());
  Tensor last({count, c.dim});
  std::vector<Run> runs;
  int64_t rows = 0;
  const auto pass = [&] {
    for (const Run& run : runs) {
      run.cache->reserve(run.past + static_cast<int64_t>(run.tokens.size()));
      for (size_t t = 0; t < run.tokens.size(); ++t)
        weights_.embedding.row(run.tokens[t], scratch.x.data() + (run.row + static_cast<int64_t>(t)) * c.dim);
    }
    layers(runs, rows, scratch);
    for (const Run& run : runs) {
      run.cache->set_size(run.past + static_cast<int64_t>(run.tokens.size()));
      if (run.last < 0) continue;
      const float* row = scratch.x.data() + (run.row + static_cast<int64_t>(run.tokens.size()) - 1) * c.dim;
      std::memcpy(last.data() + run.last * c.dim, row, static_cast<size_t>(c.dim) * sizeof(float));
    }
    runs.clear();
    rows = 0;
  };
  for (int64_t p = 0; p < count; ++p) {
    std::span<const int32_t> rest = pieces[static_cast<size_t>(p)].tokens;
    int64_t past = pieces[static_cast<size_t>(p)].cache->size();
    while (!rest.empty()) {
      const auto take = std::min<int64_t>(static_cast<int64_t>(rest.size()), kPassRows - rows);
      const bool ends = take == static_cast<int64_t>(rest.size());
      runs.push_back(
          {pieces[static_cast<size_t>(p)].cache, rest.first(static_cast<size_t>(take)), rows, past, ends ? p : -1});
      rest = rest.subspan(static_cast<size_t>(take));
      past += take;
      rows += take;
      if (rows == kPassRows) pass();
    }
  }
  if (rows > 0) pass();

  Tensor logits({count, c.vocab});
  norm(count, last, weights_.norm, c.norm_eps, last);
  weights_.head.multiply(count, last.data(), logits.data(), false);
  if (c.logit_soft_cap > 0) {
    const auto cap = static_cast<float>(c.logit_soft_cap);
    for (float& logit : logits.span()) logit = cap * std::tanh(logit / cap);
  }
  return logits;
}

}  // namespace persea
