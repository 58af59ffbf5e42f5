// The forward pass over a cache: prefill of many tokens and decoding of one, for one sequence or several at once. Token
// ids in, logits out; the same numbers as Model::logits up to rounding.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"
#include "infer/decoder_run.h"
#include "infer/decoder_weights.h"
#include "infer/device_pass.h"
#include "infer/kv_cache.h"

namespace persea {

class Decoder {
 public:
  // Runs where they lie; so must the caches.
  explicit Decoder(DecoderWeights weights);
  // Reads the model's weights where they lie; the model must not change while it runs.
  explicit Decoder(const Model& model) : Decoder(DecoderWeights::of(model)) {}

  const ModelConfig& config() const { return weights_.config; }
  const DecoderWeights& weights() const { return weights_; }

  // New tokens of one sequence, to be run behind those that its cache holds. Caches of one call differ; none is empty
  // of tokens.
  struct Piece {
    KvCache* cache;
    std::span<const int32_t> tokens;
    int64_t wanted = 1;       // logits after how many of them, the last ones
    float* hidden = nullptr;  // [dim]; where not null, the final hidden states of all of them are added to it, in order
    // [wanted]; where not null, the likeliest tokens are put here in place of their logits (kernels::Likeliest).
    int32_t* likeliest = nullptr;
  };
  // Runs all pieces and adds them to their caches; logits [sum of wanted without `likeliest`, vocab], in order. Fails,
  // with the caches' sizes as they were, where a token is not in the vocabulary, a sequence would outgrow the context
  // or its cache's pool has no room.
  Result<Tensor> forward(std::span<const Piece> pieces);

 private:
  using Run = DecoderRun;
  struct Scratch;  // activations of a pass
  void layers(std::span<const Run> runs, int64_t rows, const Scratch& scratch);
  // What is done to a row's q and k before they are turned and stored.
  void prepare(const DecoderWeights::Layer& layer, int64_t index, int64_t position, float* qkv) const;
  void attention(const DecoderWeights::Layer& layer, int64_t index, std::span<const Run> runs, int64_t rows,
                 const Scratch& scratch);
  static int64_t keep_read(std::span<const Run> runs, const Tensor& x);
  void run_on_cpu(std::span<const Run> runs, int64_t rows, const Scratch& scratch, const Tensor& last);
  void grow_rope(int64_t positions);

  DecoderWeights weights_;
  RopeTable rope_, still_;  // still_: that turns nothing, for layers without RoPE
  int64_t rope_positions_ = 0;
  std::unique_ptr<DevicePass> device_;  // of weights on a GPU
};

}  // namespace persea
