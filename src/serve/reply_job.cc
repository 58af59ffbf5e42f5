#include "serve/reply_job.h"

#include <cmath>
#include <utility>

#include "serve/tool_calls.h"

namespace persea {
namespace {

// What may wait in a job beyond what the connection holds: a reader that is farther behind does not read.
constexpr size_t kMostUnsent = 8 << 20;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

const char* finish_of(EndReason reason) {
  return reason == EndReason::max_tokens || reason == EndReason::context ? "length" : "stop";
}

// Why there is no answer; nothing where the end is one that an answer may have.
std::optional<http::ApiError> error_of(const RequestEnd& end) {
  switch (end.reason) {
    case EndReason::deadline:
      return http::ApiError{.status = 504,
                            .message = "the request ran into its time limit: ask for fewer tokens, or later",
                            .code = "deadline_exceeded"};
    case EndReason::shutdown:
      return http::ApiError{
          .status = 503, .message = "the server is shutting down: try again soon", .code = "shutting_down"};
    case EndReason::failed:
      return http::ApiError{.status = 500, .message = end.error, .code = "generation_failed"};
    default:
      return std::nullopt;
  }
}

}  // namespace

http::Response refusal_response(const Scheduler::Refusal& refusal) {
  if (!refusal.busy && !refusal.ending) {
    return http::error_response({.message = refusal.why, .code = "invalid_prompt"});
  }
  http::Response response = http::error_response(
      refusal.ending ? http::ApiError{.status = 503, .message = "the server is shutting down", .code = "shutting_down"}
                     : http::ApiError{.status = 429, .message = refusal.why, .code = "busy"});
  response.headers.push_back(
      {"Retry-After", std::to_string(std::max(1L, std::lround(std::ceil(refusal.retry_seconds))))});
  return response;
}

void ReplyJob::start(JobSpec spec, const http::Reply& reply, JobThreads threads) {
  const auto job = std::make_shared<ReplyJob>(std::move(spec), reply, threads);
  if (!job->submit()) return;
  reply.on_gone([weak = std::weak_ptr<ReplyJob>(job)] {
    if (const auto self = weak.lock()) self->cancel_all();
  });
  job->open();
}

ReplyJob::ReplyJob(JobSpec spec, const http::Reply& reply, JobThreads threads)
    : spec_(std::move(spec)), reply_(reply), threads_(threads) {
  const ServedModel& model = *spec_.model;
  const size_t count = spec_.prompts.size() * static_cast<size_t>(spec_.options.choices);
  choices_.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    choices_.emplace_back(
        ChoiceText(model.tokenizer(), spec_.options.stop,
                   spec_.chat ? model.chat().kept_tokens() : std::vector<int32_t>(), spec_.options.logprobs),
        spec_.tools.empty() ? std::nullopt : std::optional(ToolCallReader(model.chat().call_format(), spec_.tools)));
  }
  left_ = count;
}

bool ReplyJob::submit() {
  const ServedModel& model = *spec_.model;
  for (size_t i = 0; i < choices_.size(); ++i) {
    const size_t copy = i % static_cast<size_t>(spec_.options.choices);
    Request request;
    request.prompt = spec_.prompts[i / static_cast<size_t>(spec_.options.choices)];
    request.max_tokens = spec_.options.max_tokens.value_or(model.config().context);
    request.sampler = spec_.options.sampler;
    request.sampler.seed += copy;  // choices differ, and the first is what it would be alone
    request.stop = spec_.chat ? model.chat().stop_tokens() : model.end_tokens();
    request.likeliest = spec_.options.likeliest;
    request.logprobs = spec_.options.logprobs;
    if (spec_.constraint) request.constraint = spec_.constraint();
    request.client = spec_.client;
    request.deadline = spec_.deadline;
    request.on_token = [self = shared_from_this(), i](const TokenEvent& event) { return self->on_token(i, event); };
    request.on_end = [self = shared_from_this(), i](const RequestEnd& end) { self->on_end(i, end); };
    const auto submitted = spec_.model->scheduler().submit(std::move(request));
    if (const auto* refusal = std::get_if<Scheduler::Refusal>(&submitted)) {
      cancel_all();
      http::Response response = refusal_response(*refusal);
      outcome_.status = response.status;
      response.headers.insert(response.headers.end(), spec_.headers.begin(), spec_.headers.end());
      reply_.send(std::move(response));
      outcome_.seconds = seconds_since(began_);
      tell();
      return false;
    }
    const std::lock_guard lock(ids_mutex_);
    ids_.push_back(std::get<uint64_t>(submitted));
  }
  return true;
}

void ReplyJob::open() {
  bool cancel = false;
  {
    const std::lock_guard lock(mutex_);
    if (spec_.options.stream) {
      http::Response head{.content_type = "text/event-stream; charset=utf-8", .headers = spec_.headers};
      head.headers.push_back({"Cache-Control", "no-store"});
      head.headers.push_back({"X-Accel-Buffering", "no"});
      stream_ = reply_.stream(head);
      spec_.shape->begin(unsent_);
      (void)flush();
    }
    opened_ = true;
    for (const auto& event : early_) event();
    early_.clear();
    for (const Choice& choice : choices_) cancel = cancel || (choice.text.stopped() && !choice.ended);
  }
  // What came early may have ended a choice; its tokens from now on are refused one by one, so nothing is lost by
  // waiting for the next of them.
  if (cancel && choices_.size() == 1) cancel_all();
}

void ReplyJob::cancel_all() {
  std::vector<uint64_t> ids;
  {
    const std::lock_guard lock(ids_mutex_);
    ids = ids_;
  }
  for (const uint64_t id : ids) spec_.model->scheduler().cancel(id);
}

bool ReplyJob::on_token(size_t index, const TokenEvent& event) {
  const std::lock_guard lock(mutex_);
  if (opened_) return take_token(index, event);
  early_.emplace_back([this, index, event] { (void)take_token(index, event); });
  return true;
}

void ReplyJob::on_end(size_t index, const RequestEnd& end) {
  const std::lock_guard lock(mutex_);
  if (opened_) return take_end(index, end);
  early_.emplace_back([this, index, end] { take_end(index, end); });
}

bool ReplyJob::take_token(size_t index, const TokenEvent& event) {
  Choice& choice = choices_[index];
  if (outcome_.first_token_seconds < 0) outcome_.first_token_seconds = seconds_since(began_);
  if (gone_ || error_ || choice.text.stopped()) return false;
  if (choice.answer.finish == "tool_calls") return false;
  take_piece(index, choice.text.push(event), false);
  return !gone_ && !choice.text.stopped() && choice.answer.finish != "tool_calls";
}

void ReplyJob::take_piece(size_t index, ChoiceText::Piece piece, bool last) {
  Choice& choice = choices_[index];
  AnswerPiece shown{std::move(piece.text), std::move(piece.tokens), {}};
  if (choice.calls) {
    ToolCallReader::Found found = choice.calls->feed(shown.text);
    if (last) {
      ToolCallReader::Found rest = choice.calls->finish();
      found.text += rest.text;
      std::move(rest.calls.begin(), rest.calls.end(), std::back_inserter(found.calls));
    }
    if (!spec_.parallel_calls && choice.calls->calls() > 0) {
      if (choice.answer.calls.empty() && found.calls.size() > 1) found.calls.resize(1);
      choice.answer.finish = "tool_calls";
    }
    shown.text = std::move(found.text);
    shown.calls = std::move(found.calls);
  }
  if (shown.text.empty() && shown.tokens.empty() && shown.calls.empty()) return;
  if (stream_) {
    spec_.shape->piece(index, shown, unsent_);
    (void)flush();
    shown.tokens.clear();  // told, and not told again
  }
  choice.answer.text += shown.text;
  std::move(shown.tokens.begin(), shown.tokens.end(), std::back_inserter(choice.answer.tokens));
  std::move(shown.calls.begin(), shown.calls.end(), std::back_inserter(choice.answer.calls));
}

bool ReplyJob::flush() {
  if (!stream_ || unsent_.empty()) return true;
  switch (stream_->try_write(unsent_)) {
    case http::Stream::Sent::ok:
      unsent_.clear();
      return true;
    case http::Stream::Sent::gone:
      gone_ = true;
      return false;
    case http::Stream::Sent::full:
      if (unsent_.size() <= kMostUnsent) return true;
      gone_ = true;
      stream_->abort();
      return false;
  }
  return false;
}

void ReplyJob::take_end(size_t index, const RequestEnd& end) {
  Choice& choice = choices_[index];
  choice.ended = true;
  if (index % static_cast<size_t>(spec_.options.choices) == 0) outcome_.usage.prompt += end.prompt_tokens;
  outcome_.usage.cached += index % static_cast<size_t>(spec_.options.choices) == 0 ? end.reused_tokens : 0;
  outcome_.usage.written += end.written_tokens;
  outcome_.waited_seconds = std::max(outcome_.waited_seconds, end.waited_seconds);
  if (auto error = error_of(end); error && !error_) error_ = std::move(error);
  if (end.reason == EndReason::cancelled && !choice.text.stopped() && choice.answer.finish.empty()) gone_ = true;
  if (!error_ && !gone_) {
    if (!choice.text.stopped()) take_piece(index, choice.text.finish(), true);
    if (choice.text.stopped() && choice.calls) take_piece(index, {}, true);
    choice.answer.finish = !choice.answer.calls.empty() ? "tool_calls"
                           : choice.text.stopped()      ? "stop"
                                                        : finish_of(end.reason);
    if (stream_) {
      spec_.shape->end(index, choice.answer.finish, unsent_);
      (void)flush();
    }
  }
  if (--left_ == 0) finish();
}

// Told before the reply is out, so that whoever has read it finds it counted and recorded.
void ReplyJob::tell() {
  if (const auto on_done = std::exchange(spec_.on_done, {})) on_done(outcome_);
}

void ReplyJob::finish() {
  outcome_.seconds = seconds_since(began_);
  if (gone_ && !error_) {
    outcome_.status = 499;
  } else if (error_) {
    outcome_.status = error_->status;
  }
  for (Choice& choice : choices_) outcome_.answers.push_back(std::move(choice.answer));
  if (!stream_) return threads_.work.post([self = shared_from_this()] { self->send_whole(); });
  tell();
  if (error_) {
    spec_.shape->failed(*error_, unsent_);
  } else if (!gone_) {
    spec_.shape->done(outcome_.usage, unsent_);
  }
  (void)flush();
  if (unsent_.empty() || gone_) return stream_->end();
  threads_.late.post([stream = *stream_, rest = std::move(unsent_)] {
    if (stream.write(rest)) stream.end();
  });
}

void ReplyJob::send_whole() {
  const std::lock_guard lock(mutex_);
  tell();
  if (gone_ && !error_) return;  // nobody is left to read it
  http::Response response = error_ ? http::error_response(*error_)
                                   : http::json_response(spec_.shape->whole(outcome_.answers, outcome_.usage));
  response.headers = spec_.headers;
  if (error_ && error_->status == 503) response.headers.push_back({"Retry-After", "1"});
  reply_.send(std::move(response));
}

}  // namespace persea
