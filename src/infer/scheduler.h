// Many requests on one model: they wait in a fair queue, share each pass through the weights (continuous batching; long
// prompts in chunks, so that those who are already writing go on) and share the cache of the beginnings that they have
// in common. Token ids only: text, templates, stop strings and HTTP are the caller's.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "infer/decoder.h"
#include "infer/drafter.h"
#include "infer/sampler.h"
#include "infer/scheduler_stats.h"
#include "infer/token_constraint.h"

namespace persea {

struct SchedulerOptions {
  int64_t sequences = 64;      // that are in the works at once
  int64_t cache_tokens = 0;    // room of the cache, in tokens; 0: 8 contexts or what 2 GiB hold, the smaller of the two
  int64_t pass_tokens = 256;   // at most in one pass: bounds how long a prompt holds up those that write
  size_t waiting = 256;        // requests that wait; one more is refused
  bool share_prefixes = true;  // texts that begin alike share what the cache holds of it
  int64_t memory_at_start = 0;  // bytes of the cache's that are taken at the start: no request then waits for them
  KvPool::Format cache_format = KvPool::Format::f32;
  // Guesses at most `draft_tokens` tokens of how a text goes on, where few enough write that a pass has at most
  // `draft_rows` tokens with the guesses. No text changes by it. Belongs to one scheduler; null: no guesses.
  std::shared_ptr<Drafter> drafter = {};
  int64_t draft_tokens = 8, draft_rows = 12;
};

struct TokenEvent {
  int32_t token = -1;
  float logprob = 0;  // of the model's own distribution: before temperature, filters, penalties and constraint
  std::vector<std::pair<int32_t, float>> likeliest = {};  // as many as were asked for, the likeliest first
};

enum class EndReason { stop_token, max_tokens, context, constraint, cancelled, deadline, shutdown, failed };

struct RequestEnd {
  EndReason reason = EndReason::max_tokens;
  std::string error;  // of failed
  int64_t prompt_tokens = 0, reused_tokens = 0, written_tokens = 0;
  double waited_seconds = 0, first_token_seconds = 0, seconds = 0;  // the first two 0 where it did not come to that
};

using Deadline = std::chrono::steady_clock::time_point;

struct Request {
  std::vector<int32_t> prompt = {};
  int64_t max_tokens = 256;
  SamplerOptions sampler = {};
  std::vector<int32_t> stop = {};  // ids that end the text; not part of it
  bool logprobs = false;           // events tell their logprob: that costs a look at the whole vocabulary
  int64_t likeliest = 0;           // how many alternatives each event tells; any tell the logprob too
  std::shared_ptr<TokenConstraint> constraint = {};
  std::string client = {};  // the queue serves clients in turn
  Deadline deadline = Deadline::max();
  // Both are called on the scheduler's thread, must not block and must not throw; false ends the request (cancelled).
  // They may call the scheduler, but for drain().
  std::function<bool(const TokenEvent&)> on_token = {};
  std::function<void(const RequestEnd&)> on_end = {};  // exactly once for each request that submit() took
};

// A text that is read and not gone on with.
struct EmbeddingRequest {
  std::vector<int32_t> tokens = {};
  std::string client = {};
  Deadline deadline = Deadline::max();
  // As Request::on_end. The mean of the final hidden states, [dim], of length 1; empty where the request ended before
  // it had one, and end.reason, which else says nothing, says why.
  std::function<void(const RequestEnd& end, std::span<const float> embedding)> on_end = {};
};

class Scheduler {
 public:
  // Throws std::logic_error for options that are not positive.
  Scheduler(DecoderWeights weights, const SchedulerOptions& options);
  // The model's weights in place: it must not change.
  Scheduler(const Model& model, const SchedulerOptions& options) : Scheduler(DecoderWeights::of(model), options) {}
  ~Scheduler();  // ends what is left with EndReason::shutdown
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  struct Refusal {
    bool busy = false;    // the queue is full: try again after `retry_seconds`
    bool ending = false;  // drain() has been called: another server may take it
    double retry_seconds = 0;
    std::string why;  // for a person: the prompt is empty, too long for the context or the cache, ...
  };
  // An id, or why not. Thread-safe, as all here.
  std::variant<uint64_t, Refusal> submit(Request request);
  std::variant<uint64_t, Refusal> submit_embedding(EmbeddingRequest request);
  void cancel(uint64_t id);  // soon; on_end tells. Unknown ids are left alone
  void drain();              // takes nothing more, and returns when all that was taken has ended

  // The most tokens that a prompt and what is written after it may have: the context, or less where the cache is
  // smaller. A text that reaches it ends with EndReason::context.
  int64_t room() const;

  using Stats = SchedulerStats;
  Stats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace persea
