#include "infer/scheduler_job.h"

#include <algorithm>
#include <cmath>

namespace persea {

Job::Job(Request request_given, const ModelConfig& config, const std::shared_ptr<KvPool>& pool, int64_t room_given)
    : client(std::move(request_given.client)),
      deadline(request_given.deadline),
      text(std::move(request_given.prompt)),
      prompt_tokens(text.size()),
      room(room_given),
      vocab(config.vocab),
      cache(pool, config.context),
      request(std::move(request_given)),
      sampler(request.sampler),
      greedy_(sampler->greedy() && !request.constraint && !request.logprobs && request.likeliest <= 0) {
  if (request.constraint) allowed_.resize(static_cast<size_t>(vocab + 63) / 64);
}

Job::Job(EmbeddingRequest request_given, const ModelConfig& config, const std::shared_ptr<KvPool>& pool,
         int64_t room_given)
    : client(std::move(request_given.client)),
      deadline(request_given.deadline),
      text(std::move(request_given.tokens)),
      prompt_tokens(text.size()),
      room(room_given),
      vocab(config.vocab),
      cache(pool, config.context),
      on_embedding(std::move(request_given.on_end)),
      hidden(static_cast<size_t>(config.dim), 0.0F) {}

int64_t Job::common(const Job& other) const {
  return std::mismatch(text.begin(), text.end(), other.text.begin(), other.text.end()).first - text.begin();
}

void Job::tell(int32_t token, std::span<const float> logits) {
  TokenEvent& event = events.emplace_back();
  event.token = token;
  if (!request.logprobs && request.likeliest <= 0) return;
  const double sum = log_sum(logits);
  event.logprob = static_cast<float>(logits[static_cast<size_t>(token)] - sum);
  if (request.likeliest > 0) event.likeliest = likeliest(logits, request.likeliest, sum);
}

Result<int32_t> Job::choose(std::span<const float> logits) {
  if (request.constraint) {
    std::fill(allowed_.begin(), allowed_.end(), 0);
    request.constraint->allowed(allowed_);
  }
  return sampler->sample(logits, text, prompt_tokens, allowed_);
}

// One token more; false where the text ends, after it or without it.
bool Job::next(Result<int32_t> token, std::span<const float> logits) {
  if (!token) {
    ending = EndReason::failed;
    end.error = token.error().message;
    return false;
  }
  if (*token < 0) {
    ending = EndReason::constraint;
    return false;
  }
  if (std::find(request.stop.begin(), request.stop.end(), *token) != request.stop.end()) {
    ending = EndReason::stop_token;
    return false;
  }
  tell(*token, logits);
  text.push_back(*token);
  if (request.constraint) request.constraint->accept(*token);
  if (size() - static_cast<int64_t>(prompt_tokens) >= request.max_tokens) {
    ending = EndReason::max_tokens;
  } else if (size() > room) {  // the last token of all needs no place in the cache
    ending = EndReason::context;
  }
  return !ending;
}

void Job::write(const float* logits, int64_t rows) {
  accepted = 0;
  for (int64_t r = 0; r < rows; ++r) {
    const std::span<const float> row(logits + (greedy() ? 0 : r * vocab), static_cast<size_t>(greedy() ? 0 : vocab));
    if (!next(greedy() ? finite_choice(choices[static_cast<size_t>(r)]) : choose(row), row)) break;
    if (r == static_cast<int64_t>(drafts.size()) || text.back() != drafts[static_cast<size_t>(r)]) break;
    ++accepted;
  }
}

// The token after the last guess needs no guess, and no place.
int64_t Job::draftable() const {
  const int64_t written = size() - static_cast<int64_t>(prompt_tokens);
  return std::min(request.max_tokens - written - 1, room - size());
}

std::span<const float> Job::embedding() {
  double square = 0;
  for (const float value : hidden) square += static_cast<double>(value) * value;
  const auto factor = static_cast<float>(square > 0 ? 1 / std::sqrt(square) : 0);
  for (float& value : hidden) value *= factor;
  return hidden;
}

std::optional<Scheduler::Refusal> refusal_of(const std::vector<int32_t>& tokens, int64_t most, int64_t room,
                                             const ModelConfig& config) {
  if (tokens.empty()) return Scheduler::Refusal{.why = "the prompt is empty: there is nothing to go on from"};
  if (static_cast<int64_t>(tokens.size()) > most) {
    const bool by_cache = room < config.context;
    return Scheduler::Refusal{.why = fmt::format("the prompt has {} tokens, {} too many: {}", tokens.size(),
                                                 static_cast<int64_t>(tokens.size()) - most,
                                                 by_cache ? fmt::format("the server's cache holds {}", room)
                                                          : fmt::format("the model's context holds {}", room))};
  }
  for (const int32_t token : tokens) {
    if (token < 0 || token >= config.vocab) {
      return Scheduler::Refusal{.why = fmt::format("token {} is not among the model's {}", token, config.vocab)};
    }
  }
  return std::nullopt;
}

}  // namespace persea
