#include "serve/reply_job.h"

#include <utility>

#include "serve/text_end.h"
#include "serve/tool_calls.h"

namespace persea {
namespace {

// What may wait in a job beyond what the connection holds: a reader that is farther behind does not read.
constexpr size_t kMostUnsent = 8 << 20;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

void ReplyJob::start(JobSpec spec, const http::Reply& reply, http::Workers& work) {
  const auto job = std::make_shared<ReplyJob>(std::move(spec), reply, work);
  if (!job->submit()) return;
  reply.on_gone([weak = std::weak_ptr<ReplyJob>(job)] {
    if (const auto self = weak.lock()) self->feed_->cancel();
  });
  job->open();
}

ReplyJob::ReplyJob(JobSpec spec, const http::Reply& reply, http::Workers& work)
    : spec_(std::move(spec)), reply_(reply), work_(work) {
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
  auto entered = spec_.model->waiting_room().enter(spec_.client);
  if (const auto* refusal = std::get_if<Scheduler::Refusal>(&entered)) {
    refuse(*refusal);
    return false;
  }
  place_ = std::get<WaitingRoom::Place>(entered);
  std::vector<int64_t> tokens;
  for (size_t i = 0; i < choices_.size(); ++i) {
    tokens.push_back(static_cast<int64_t>(spec_.prompts[i / static_cast<size_t>(spec_.options.choices)].size()));
  }
  feed_.emplace(
      spec_.model->scheduler(), std::move(tokens), [this](size_t index) { return submit_one(index); },
      [this](size_t index, const RequestEnd& end) {
        const std::lock_guard lock(mutex_);
        if (opened_) return take_end(index, end);
        early_.emplace_back([this, index, end] { take_end(index, end); });
      });
  if (const auto refusal = feed_->start()) {
    refuse(*refusal);
    return false;
  }
  return true;
}

std::variant<uint64_t, Scheduler::Refusal> ReplyJob::submit_one(size_t index) {
  const ServedModel& model = *spec_.model;
  const auto choices = static_cast<size_t>(spec_.options.choices);
  Request request;
  request.prompt = spec_.prompts[index / choices];
  request.max_tokens = spec_.options.max_tokens.value_or(model.config().context);
  request.sampler = spec_.options.sampler;
  request.sampler.seed += index % choices;  // choices differ, and the first is what it would be alone
  request.stop = spec_.chat ? model.chat().stop_tokens() : model.end_tokens();
  request.likeliest = spec_.options.likeliest;
  request.logprobs = spec_.options.logprobs;
  if (spec_.constraint) request.constraint = choices_[index].constraint = spec_.constraint();
  request.client = spec_.client;
  request.deadline = spec_.deadline;
  request.on_token = [self = shared_from_this(), index](const TokenEvent& event) {
    return self->on_token(index, event);
  };
  request.on_end = [self = shared_from_this(), index](const RequestEnd& end) { self->on_end(index, end); };
  return spec_.model->scheduler().submit(std::move(request));
}

void ReplyJob::refuse(const Scheduler::Refusal& refusal) {
  http::Response response = refusal_response(refusal);
  outcome_.status = response.status;
  outcome_.error = refusal.busy ? "busy" : refusal.ending ? "shutting_down" : "invalid_prompt";
  outcome_.seconds = seconds_since(began_);
  tell();
  response.headers.insert(response.headers.end(), spec_.headers.begin(), spec_.headers.end());
  reply_.send(std::move(response));
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
  if (cancel && choices_.size() == 1) feed_->cancel();
}

bool ReplyJob::on_token(size_t index, const TokenEvent& event) {
  const std::lock_guard lock(mutex_);
  if (opened_) return take_token(index, event);
  early_.emplace_back([this, index, event] { (void)take_token(index, event); });
  return true;
}

void ReplyJob::on_end(size_t index, const RequestEnd& end) {
  bool given_up = false;
  {
    const std::lock_guard lock(mutex_);
    if (opened_) {
      take_end(index, end);
    } else {
      early_.emplace_back([this, index, end] { take_end(index, end); });
    }
    given_up = gone_ || error_;
  }
  if (given_up) feed_->cancel();  // what has not begun need not
  feed_->ended(index);
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
      leave("client_gone");
      return false;
    case http::Stream::Sent::full:
      if (unsent_.size() <= kMostUnsent) return true;
      leave("slow_reader");
      stream_->abort();
      return false;
  }
  return false;
}

// Nobody reads any more; unless it is an error that has ended the reply.
void ReplyJob::leave(const char* why) {
  if (gone_ || error_) return;
  gone_ = true;
  outcome_.status = 499;
  outcome_.error = why;
}

void ReplyJob::take_end(size_t index, const RequestEnd& end) {
  Choice& choice = choices_[index];
  choice.ended = true;
  const bool first = index % static_cast<size_t>(spec_.options.choices) == 0;  // of its prompt
  if (first) {
    outcome_.usage.prompt += end.prompt_tokens;
    outcome_.usage.cached += end.reused_tokens;
  }
  outcome_.usage.written += end.written_tokens;
  outcome_.waited_seconds = std::max(outcome_.waited_seconds, end.waited_seconds);
  // The first cause is the one that is told: after it, the other choices end as they can.
  if (auto error = error_of(end); error && !gone_ && !error_) {
    outcome_.status = error->status;
    outcome_.error = error->code;
    error_ = std::move(error);
  }
  if (end.reason == EndReason::cancelled && !choice.text.stopped() && choice.answer.finish.empty()) {
    leave("client_gone");
  }
  if (!error_ && !gone_) {
    if (!choice.text.stopped()) take_piece(index, choice.text.finish(), true);
    if (choice.text.stopped() && choice.calls) take_piece(index, {}, true);
    const bool whole = !choice.constraint || choice.constraint->whole();
    choice.answer.finish = !choice.answer.calls.empty() ? "tool_calls"
                           : choice.text.stopped()      ? "stop"
                                                        : finish_of(end.reason, whole);
    if (stream_) {
      spec_.shape->end(index, choice.answer.finish, unsent_);
      (void)flush();
    }
  }
  choice.constraint.reset();
  if (--left_ == 0) finish();
}

// Told before the reply is out, so that whoever has read it finds it counted and recorded.
void ReplyJob::tell() {
  place_.reset();
  if (const auto on_done = std::exchange(spec_.on_done, {})) on_done(outcome_);
}

void ReplyJob::finish() {
  outcome_.seconds = seconds_since(began_);
  for (Choice& choice : choices_) outcome_.answers.push_back(std::move(choice.answer));
  if (!stream_) return work_.post([self = shared_from_this()] { self->send_whole(); });
  tell();
  if (gone_) return stream_->end();
  if (error_) {
    spec_.shape->failed(*error_, unsent_);
  } else {
    spec_.shape->done(outcome_.usage, unsent_);
  }
  stream_->end(std::move(unsent_));
}

void ReplyJob::send_whole() {
  const std::lock_guard lock(mutex_);
  tell();
  if (gone_) return;  // nobody is left to read it
  http::Response response = error_ ? http::error_response(*error_)
                                   : http::json_response(spec_.shape->whole(outcome_.answers, outcome_.usage));
  response.headers = spec_.headers;
  if (error_ && error_->status == 503) response.headers.push_back({"Retry-After", "1"});
  reply_.send(std::move(response));
}

}  // namespace persea
