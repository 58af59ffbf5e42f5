// One request in the works: its text, its part of the cache, and how logits become its next tokens. It knows no queue,
// no pass and no other request.
#pragma once

#include <optional>

#include "infer/scheduler.h"

namespace persea {

struct Job {
  using Clock = std::chrono::steady_clock;

  Job(Request request_given, const ModelConfig& config, const std::shared_ptr<KvPool>& pool, int64_t room);
  Job(EmbeddingRequest request_given, const ModelConfig& config, const std::shared_ptr<KvPool>& pool, int64_t room);

  bool embeds() const { return !hidden.empty(); }
  int64_t size() const { return static_cast<int64_t>(text.size()); }
  int64_t left() const { return size() - cache.size(); }  // tokens of the text that have yet to be run
  std::span<const int32_t> in_cache() const { return std::span(text).first(static_cast<size_t>(cache.size())); }
  // All that another text's cache may give it: the last token has to run, for its logits.
  std::span<const int32_t> reusable() const { return std::span(text).first(text.size() - 1); }
  // Tokens that both texts begin with.
  int64_t common(const Job& other) const;

  // Whether all that is wanted of logits is the likeliest token.
  bool greedy() const { return greedy_; }
  // Takes the tokens that follow from `rows` rows of logits, or of a greedy text from `choices`, after the last token
  // of the text and after each of `drafts`: as many as go the way that the drafts went. Adds to `events`, and sets
  // `ending` where the text ends after them. The cache may then hold drafts that the text has not. Touches nothing but
  // this job.
  void write(const float* logits, int64_t rows);
  // How many tokens more may be guessed: the text may come no further.
  int64_t draftable() const;
  // The sum of hidden states, made a vector of length 1.
  std::span<const float> embedding();

  uint64_t id = 0;
  std::string client;
  Deadline deadline;
  std::vector<int32_t> text;  // the prompt, and what has been written
  size_t prompt_tokens;
  int64_t room, vocab;
  KvCache cache;
  Request request;  // without its prompt
  std::optional<Sampler> sampler;
  std::function<void(const RequestEnd&, std::span<const float>)> on_embedding;
  std::vector<float> hidden;  // [dim] of an embedding: the sum so far

  // Of the pass that is being made:
  std::vector<int32_t> run;      // tokens: of the text, then drafts
  std::vector<int32_t> drafts;   // what may come next, to be looked at in the same pass
  std::vector<int32_t> choices;  // of a greedy text: the likeliest token after each that is looked at
  int64_t accepted = 0;          // of the drafts
  std::vector<TokenEvent> events;
  std::optional<EndReason> ending;

  RequestEnd end;
  bool admitted = false;  // has been in the works
  bool put_back = false;  // and had to leave them: what it runs now it has run before
  int64_t boldness = 0;   // drafts that are worth a look, going by the last ones; 0: nothing is known
  bool awaited = false;   // others wait for what it computes of a prompt that they share
  Clock::time_point submitted = Clock::now(), started, last_token;

 private:
  Result<int32_t> choose(std::span<const float> logits);
  bool next(Result<int32_t> token, std::span<const float> logits);
  void tell(int32_t token, std::span<const float> logits);
  bool greedy_ = false;
  std::vector<uint64_t> allowed_;
};

// Why these tokens, of which there may be `most`, can never be served, if so. `room`: see Scheduler::room().
std::optional<Scheduler::Refusal> refusal_of(const std::vector<int32_t>& tokens, int64_t most, int64_t room,
                                             const ModelConfig& config);

}  // namespace persea
