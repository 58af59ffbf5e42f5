#include "eval/perplexity.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "base/threads.h"
#include "infer/sampler.h"

namespace persea {
namespace {

// Rows of a pass: enough for products at their fastest, few enough that a large vocabulary's logits fit in memory.
constexpr int64_t kMostRows = 2048, kFewestRows = 32, kMostLogits = int64_t{1} << 26;

// Sums over the scored tokens so far.
struct Sums {
  double losses = 0, squares = 0;
};

Perplexity summary(int64_t pieces, int64_t scored, const Sums& sums) {
  const auto n = static_cast<double>(scored);
  Perplexity result{pieces, scored, sums.losses / n, 0};
  const double variance = sums.squares / n - result.loss * result.loss;
  if (scored > 1 && variance > 0) result.loss_error = std::sqrt(variance / (n - 1));
  return result;
}

// Pieces that lie one behind the other, [count, context], run over a cache each.
Status add_pieces(Decoder& decoder, std::span<KvCache> caches, std::span<const int32_t> tokens, int64_t context,
                  int64_t chunk, Sums& sums) {
  const int64_t first = context / 2, fed = context - 1;  // what follows the last token is not known
  std::vector<double> losses;
  for (int64_t from = 0; from < fed; from += chunk) {
    const int64_t to = std::min(from + chunk, fed), scored_from = std::max(from, first),
                  wanted = std::max<int64_t>(0, to - scored_from);
    std::vector<Decoder::Piece> pieces(caches.size());
    for (size_t i = 0; i < caches.size(); ++i) {
      pieces[i].cache = &caches[i];
      pieces[i].tokens =
          tokens.subspan(i * static_cast<size_t>(context) + static_cast<size_t>(from), static_cast<size_t>(to - from));
      pieces[i].wanted = wanted;
    }
    PERSEA_TRY(const Tensor logits, decoder.forward(pieces));
    losses.resize(static_cast<size_t>(logits.rows()));
    pool().parallel_for(logits.rows(), [&](int64_t row) {
      const auto values =
          logits.span().subspan(static_cast<size_t>(row * logits.columns()), static_cast<size_t>(logits.columns()));
      const int32_t next = tokens[static_cast<size_t>(row / wanted * context + scored_from + row % wanted + 1)];
      losses[static_cast<size_t>(row)] = log_sum(values) - static_cast<double>(values[static_cast<size_t>(next)]);
    });
    for (const double loss : losses) sums.losses += loss, sums.squares += loss * loss;
  }
  return {};
}

}  // namespace

double Perplexity::value() const { return std::exp(loss); }

double Perplexity::error() const { return value() * loss_error; }

Result<Perplexity> measure_perplexity(Decoder& decoder, std::span<const int32_t> tokens,
                                      const PerplexityOptions& options,
                                      const std::function<void(const Perplexity&)>& progress) {
  const ModelConfig& config = decoder.config();
  const int64_t context = options.context;
  if (context < 4) return fail("pieces of {} tokens leave nothing to score: at least 4 are needed", context);
  if (context > config.context)
    return fail("pieces of {} tokens are longer than the model's context: {} at most", context, config.context);
  const auto count = static_cast<int64_t>(tokens.size()) / context;
  if (count == 0)
    return fail("the text has {} tokens, fewer than one piece of {}: a longer text or a shorter context is needed",
                tokens.size(), context);
  for (const int32_t token : tokens)  // those that are only foretold are looked up too
    if (token < 0 || token >= config.vocab)
      return fail("token {} is not in the model's vocabulary of {}", token, config.vocab);

  const int64_t rows = std::clamp(kMostLogits / config.vocab, kFewestRows, kMostRows),
                at_once = std::max<int64_t>(1, rows / context);
  const auto pages = std::make_shared<KvPool>(config, 0, options.cache, decoder.weights().device);
  std::vector<int32_t> group;
  Sums sums;
  Perplexity result;
  for (int64_t piece = 0; piece < count; piece += at_once) {
    const int64_t now = std::min(at_once, count - piece);
    const auto from = tokens.begin() + piece * context;
    group.assign(from, from + now * context);
    if (options.begin)
      for (int64_t i = 0; i < now; ++i) group[static_cast<size_t>(i * context)] = *options.begin;
    std::vector<KvCache> caches(static_cast<size_t>(now), KvCache(pages, config.context));
    PERSEA_CHECK(add_pieces(decoder, caches, group, context, std::min(context, rows), sums));
    result = summary(piece + now, (piece + now) * (context - context / 2 - 1), sums);
    if (progress) progress(result);
  }
  return result;
}

}  // namespace persea
