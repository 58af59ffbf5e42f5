#include "serve/embedding_job.h"

#include <sodium.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "serve/text_end.h"

namespace persea {
namespace {

std::string base64(const std::vector<float>& values) {
  static_assert(std::endian::native == std::endian::little, "the API's floats have their low bytes first");
  const size_t bytes = values.size() * sizeof(float);
  std::string text(sodium_base64_encoded_len(bytes, sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(values.data()), bytes,
                    sodium_base64_VARIANT_ORIGINAL);
  text.resize(std::strlen(text.c_str()));
  return text;
}

}  // namespace

void EmbeddingJob::start(EmbeddingSpec spec, const http::Reply& reply, http::Workers& work) {
  const auto job = std::make_shared<EmbeddingJob>(std::move(spec), reply, work);
  if (!job->submit()) return;
  reply.on_gone([weak = std::weak_ptr<EmbeddingJob>(job)] {
    if (const auto self = weak.lock()) self->feed_->cancel();
  });
}

EmbeddingJob::EmbeddingJob(EmbeddingSpec spec, const http::Reply& reply, http::Workers& work)
    : spec_(std::move(spec)), reply_(reply), work_(work), vectors_(spec_.inputs.size()), left_(spec_.inputs.size()) {}

bool EmbeddingJob::submit() {
  auto entered = spec_.model->waiting_room().enter(spec_.client);
  if (const auto* refusal = std::get_if<Scheduler::Refusal>(&entered)) {
    refuse(*refusal);
    return false;
  }
  place_ = std::get<WaitingRoom::Place>(entered);
  std::vector<int64_t> tokens;
  for (const auto& input : spec_.inputs) tokens.push_back(static_cast<int64_t>(input.size()));
  feed_.emplace(
      spec_.model->scheduler(), std::move(tokens), [this](size_t index) { return submit_one(index); },
      [this](size_t index, const RequestEnd& end) { take(index, end, {}); });
  if (const auto refusal = feed_->start()) {
    refuse(*refusal);
    return false;
  }
  return true;
}

std::variant<uint64_t, Scheduler::Refusal> EmbeddingJob::submit_one(size_t index) {
  EmbeddingRequest one;
  one.tokens = std::move(spec_.inputs[index]);
  one.client = spec_.client;
  one.deadline = spec_.deadline;
  one.on_end = [self = shared_from_this(), index](const RequestEnd& end, std::span<const float> vector) {
    if (vector.empty()) self->feed_->cancel();  // without it there is no reply: the others need not begin
    self->take(index, end, vector);
    self->feed_->ended(index);
  };
  return spec_.model->scheduler().submit_embedding(std::move(one));
}

// The first text that has no vector decides what is told.
void EmbeddingJob::take(size_t index, const RequestEnd& end, std::span<const float> vector) {
  const std::lock_guard lock(mutex_);
  vectors_[index].assign(vector.begin(), vector.end());
  outcome_.usage.prompt += end.prompt_tokens;
  outcome_.usage.cached += end.reused_tokens;
  outcome_.waited_seconds = std::max(outcome_.waited_seconds, end.waited_seconds);
  if (vector.empty() && outcome_.error.empty()) {
    error_ = error_of(end);
    outcome_.status = error_ ? error_->status : 499;
    outcome_.error = error_ ? error_->code : "client_gone";
  }
  if (--left_ == 0) work_.post([self = shared_from_this()] { self->finish(); });
}

void EmbeddingJob::refuse(const Scheduler::Refusal& refusal) {
  http::Response response = refusal_response(refusal);
  outcome_.status = response.status;
  outcome_.error = refusal.busy ? "busy" : refusal.ending ? "shutting_down" : "invalid_prompt";
  send(std::move(response));
}

void EmbeddingJob::finish() {
  const std::lock_guard lock(mutex_);
  if (error_) {
    http::Response response = http::error_response(*error_);
    if (error_->status == 503) response.headers.push_back({"Retry-After", "1"});
    return send(std::move(response));
  }
  if (!outcome_.error.empty()) return send({});  // nobody is left to read it
  Json data = Json::array();
  for (size_t i = 0; i < vectors_.size(); ++i) {
    const std::vector<float>& vector = vectors_[i];
    data.push_back(
        {{"object", "embedding"}, {"index", i}, {"embedding", spec_.base64 ? Json(base64(vector)) : Json(vector)}});
  }
  const int64_t tokens = outcome_.usage.prompt;
  send(http::json_response({{"object", "list"},
                            {"data", std::move(data)},
                            {"model", spec_.model->name()},
                            {"usage", {{"prompt_tokens", tokens}, {"total_tokens", tokens}}}}));
}

// Told before the reply is out, so that whoever has read it finds it counted and recorded.
void EmbeddingJob::send(http::Response response) {
  outcome_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  place_.reset();
  if (const auto on_done = std::exchange(spec_.on_done, {})) on_done(outcome_);
  response.headers.insert(response.headers.end(), spec_.headers.begin(), spec_.headers.end());
  reply_.send(std::move(response));
}

}  // namespace persea
