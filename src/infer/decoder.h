// The forward pass over a cache: prefill of many tokens and decoding of one, for one sequence or several at once. Token
// ids in, logits out; the same numbers as Model::logits up to rounding.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "infer/decoder_weights.h"
#include "infer/kv_cache.h"

namespace persea {

class Decoder {
 public:
  explicit Decoder(DecoderWeights weights) : weights_(std::move(weights)) {}
  // Reads the model's weights where they lie; the model must not change while it runs.
  explicit Decoder(const Model& model) : Decoder(DecoderWeights::of(model)) {}

  const ModelConfig& config() const { return weights_.config; }
  const DecoderWeights& weights() const { return weights_; }

  // New tokens of one sequence, to be run behind those that its cache holds. Caches of one call differ; none is empty
  // of tokens.
  struct Piece {
    KvCache* cache;
    std::span<const int32_t> tokens;
  };
  // Runs all pieces and adds them to their caches; logits [pieces, vocab] after the last token of each. Fails, with the
  // caches as they were, where a token is not in the vocabulary or a sequence would outgrow the context.
  Result<Tensor> forward(std::span<const Piece> pieces);

 private:
  struct Run;      // rows of one piece within a pass
  struct Scratch;  // activations of a pass
  void layers(std::span<const Run> runs, int64_t rows, const Scratch& scratch);
  void attention(const DecoderWeights::Layer& layer, int64_t index, std::span<const Run> runs, int64_t rows,
                 const Scratch& scratch);
  void grow_rope(int64_t positions);

  DecoderWeights weights_;
  RopeTable rope_;
  int64_t rope_positions_ = 0;
};

}  // namespace persea
