// Writing on from a prompt, token by token, and greedily for many prompts at once. Token ids only: text, templates and
// stop strings are the caller's.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "infer/decoder.h"
#include "infer/sampler.h"

namespace persea {

struct GenerateOptions {
  int64_t max_tokens = 256;
  SamplerOptions sampler;
  std::vector<int32_t> stop = {};  // ids that end the text; not part of it
};

enum class StopReason { stop_token, max_tokens, context, cancelled };

struct Generation {
  std::vector<int32_t> tokens;  // what was written, without the prompt and the stop token
  StopReason reason = StopReason::max_tokens;
};

// One sequence's cache and the tokens in it. A prompt that begins as the last one did (a chat) costs only its new end.
class Session {
 public:
  explicit Session(Decoder& decoder) : decoder_(decoder), cache_(decoder.config(), decoder.weights().device) {}

  // Called with each token; returning false ends the generation (cancelled).
  using Sink = std::function<bool(int32_t token)>;

  // Fails where the prompt is empty, does not leave room for a token in the context, or holds ids that the model does
  // not know. Where the context fills up on the way, the text ends there (StopReason::context).
  Result<Generation> generate(std::span<const int32_t> prompt, const GenerateOptions& options, const Sink& sink = {});

  int64_t reused() const { return reused_; }  // tokens of the last prompt that were in the cache already

 private:
  Decoder& decoder_;
  KvCache cache_;
  std::vector<int32_t> tokens_;  // those in the cache
  int64_t reused_ = 0;
};

// Greedy continuations of all prompts, many of them in each pass: for asking hundreds of short questions in seconds.
Result<std::vector<Generation>> generate_greedy(Decoder& decoder, const std::vector<std::vector<int32_t>>& prompts,
                                                int64_t max_tokens, std::span<const int32_t> stop);

}  // namespace persea
