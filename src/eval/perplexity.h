// How well a model foretells a text: the perplexity of token ids over pieces of equal length, counted as llama.cpp's
// llama-perplexity counts it, so that figures of both can be compared. Where the tokens come from is others' business.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "infer/decoder.h"

namespace persea {

struct PerplexityOptions {
  int64_t context = 512;  // tokens of a piece, at least 4
  // Stands in place of each piece's first token: what the model saw texts begin with.
  std::optional<int32_t> begin = {};
  KvPool::Format cache = KvPool::Format::f16;
};

struct Perplexity {
  int64_t pieces = 0, scored = 0;  // scored: tokens whose probability was asked for
  double loss = 0;                 // nats per scored token
  double loss_error = 0;           // its standard error, as if the tokens were independent

  double value() const;
  double error() const;  // standard error of value()
};

// Cuts `tokens` into pieces of `context`, one behind the other; what is left at the end does not count. In each piece,
// the tokens behind the first context / 2 + 1 are scored, given all of the piece before them: with less before it a
// token would say more about the length of the piece than about the model. `progress` hears after each pass how it
// stands. Fails where there is no whole piece, the model's context is shorter than one, or a token is none of its own.
Result<Perplexity> measure_perplexity(Decoder& decoder, std::span<const int32_t> tokens,
                                      const PerplexityOptions& options,
                                      const std::function<void(const Perplexity& so_far)>& progress = {});

}  // namespace persea
