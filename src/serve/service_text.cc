// The routes that write text: chats, completions and responses.
#include <algorithm>
#include <charconv>
#include <ctime>

#include "base/clock.h"
#include "serve/service.h"

namespace persea {

namespace {

constexpr size_t kMostEchoed = size_t{16} << 20;  // bytes of prompts in a reply

}  // namespace

struct Service::Writing {
  std::vector<std::vector<int32_t>> prompts = {};
  WritingOptions options = {};
  TextFormat format = {};
  std::vector<Tool> tools = {};
  ToolChoice choice = {};
  bool parallel_calls = true, chat = false;
  std::string prompt_field = {};  // where the prompt stands in the request
  std::unique_ptr<ReplyShape> shape = {};
};

ReplyFacts Service::facts_of(const http::Request& request, const ServedModel& model,
                             const WritingOptions& options) const {
  return {.id = bare_reply_id(request.id),
          .model = model.name(),
          .fingerprint = model.fingerprint(),
          .created = static_cast<int64_t>(std::time(nullptr)),
          .tokenizer = model.tokenizer(),
          .logprobs = options.logprobs,
          .stream_usage = options.stream_usage};
}

Deadline Service::deadline(const http::Request& request) const {
  double seconds = options_.request_seconds;
  if (const auto asked = request.header("X-Timeout-Seconds")) {
    double value = 0;
    const auto [end, error] = std::from_chars(asked->data(), asked->data() + asked->size(), value);
    if (error == std::errc() && end == asked->data() + asked->size() && value > 0) seconds = std::min(seconds, value);
  }
  return std::chrono::steady_clock::now() +
         std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(seconds));
}

void Service::chat(const http::Request& request, const http::Reply& reply, const Caller& caller) {
  auto parsed = parse_chat_request(request.body);
  if (const auto* error = std::get_if<ApiError>(&parsed)) return refuse(reply, caller, *error);
  auto& asked = std::get<ChatRequest>(parsed);
  ServedModel* model = model_of(asked.model, reply, caller);
  if (!model) return;
  Writing writing;
  writing.options = std::move(asked.options);
  writing.format = std::move(asked.format);
  writing.prompt_field = "messages";
  writing.shape = chat_shape(facts_of(request, *model, writing.options));
  write_chat(request, reply, caller, *model, asked.conversation, std::move(writing));
}

void Service::responses(const http::Request& request, const http::Reply& reply, const Caller& caller) {
  auto parsed = parse_responses_request(request.body);
  if (const auto* error = std::get_if<ApiError>(&parsed)) return refuse(reply, caller, *error);
  auto& asked = std::get<ResponsesRequest>(parsed);
  ServedModel* model = model_of(asked.model, reply, caller);
  if (!model) return;
  Writing writing;
  writing.options = std::move(asked.options);
  writing.format = std::move(asked.format);
  writing.prompt_field = "input";
  asked.echo["store"] = writing.options.store && options_.feedback;
  writing.shape = responses_shape(facts_of(request, *model, writing.options), std::move(asked.echo));
  write_chat(request, reply, caller, *model, asked.conversation, std::move(writing));
}

void Service::write_chat(const http::Request& request, const http::Reply& reply, const Caller& caller,
                         ServedModel& model, const Conversation& conversation, Writing writing) {
  auto prompt = model.chat().encode(conversation);
  if (!prompt) {
    return refuse(reply, caller,
                  {.message = fmt::format("{}: {}", writing.prompt_field, prompt.error().message),
                   .code = model.chat().can_chat() ? "invalid_conversation" : "no_chat_template",
                   .param = writing.prompt_field});
  }
  writing.prompts.push_back(std::move(*prompt));
  writing.chat = true;
  if (conversation.choice.kind != ToolChoice::Kind::none) writing.tools = conversation.tools;
  writing.choice = conversation.choice;
  writing.parallel_calls = conversation.parallel_calls;
  write(request, reply, caller, model, std::move(writing));
}

void Service::completions(const http::Request& request, const http::Reply& reply, const Caller& caller) {
  auto parsed = parse_completion_request(request.body);
  if (const auto* error = std::get_if<ApiError>(&parsed)) return refuse(reply, caller, *error);
  auto& asked = std::get<CompletionRequest>(parsed);
  ServedModel* model = model_of(asked.model, reply, caller);
  if (!model) return;
  Writing writing;
  writing.options = std::move(asked.options);
  writing.format = std::move(asked.format);
  writing.prompt_field = "prompt";
  const auto choices = static_cast<size_t>(writing.options.choices);
  std::vector<std::string> echoed;
  size_t echoes = 0;  // bytes
  for (const PromptInput& input : asked.prompts) {
    const auto* text = std::get_if<std::string>(&input);
    writing.prompts.push_back(text ? model->prompt(*text) : std::get<std::vector<int32_t>>(input));
    if (!asked.echo) continue;
    echoed.push_back(text ? *text : model->tokenizer().decode(writing.prompts.back()));
    echoes += echoed.back().size() * choices;
  }
  if (echoes > kMostEchoed) {
    return refuse(reply, caller,
                  {.message = fmt::format("echo: the prompts would be told {} times, {} bytes in all, more than {}",
                                          choices, echoes, kMostEchoed),
                   .code = "invalid_value",
                   .param = "echo"});
  }
  writing.shape = completion_shape(facts_of(request, *model, writing.options), std::move(echoed), choices);
  if (*writing.options.max_tokens > 0) return write(request, reply, caller, *model, std::move(writing));
  echo(request, reply, caller, *model, std::move(writing));
}

// Nothing is to be written: the prompts alone.
void Service::echo(const http::Request& request, const http::Reply& reply, const Caller& caller, ServedModel& model,
                   Writing writing) {
  if (writing.options.stream) {
    return refuse(
        reply, caller,
        {.message = "max_tokens: 0 leaves nothing to stream", .code = "invalid_value", .param = "max_tokens"});
  }
  if (const auto error = prompt_error(model, writing)) return refuse(reply, caller, *error);
  JobOutcome outcome;
  for (const auto& prompt : writing.prompts) outcome.usage.prompt += static_cast<int64_t>(prompt.size());
  Quotas::Place place;
  if (!admit(caller, {outcome.usage.prompt, cost(outcome.usage.prompt, 0)}, reply, place)) return;
  outcome.answers.assign(writing.prompts.size() * static_cast<size_t>(writing.options.choices), Answer{{}, "length"});
  recording(request, caller, model, writing.options.user, writing.options.store, place)(outcome);
  send(reply, caller, http::json_response(writing.shape->whole(outcome.answers, outcome.usage)));
}

// What is wrong with the prompts for this model.
std::optional<ApiError> Service::prompt_error(ServedModel& model, const Writing& writing) {
  const int64_t room = model.scheduler().room();
  for (const auto& prompt : writing.prompts) {
    const auto size = static_cast<int64_t>(prompt.size());
    if (prompt.empty()) {
      return ApiError{.message = fmt::format("{}: is empty: there is nothing to go on from", writing.prompt_field),
                      .code = "empty_prompt",
                      .param = writing.prompt_field};
    }
    if (size >= room) {
      return ApiError{.message = fmt::format("{}: has {} tokens, {} more than the {} that this model's context of {} "
                                             "takes with an answer: shorten it",
                                             writing.prompt_field, size, size - room + 1, room - 1, room),
                      .code = "context_length_exceeded",
                      .param = writing.prompt_field};
    }
    if (auto error = token_error(model, prompt, writing.prompt_field)) return error;
  }
  return std::nullopt;
}

std::optional<ApiError> Service::token_error(const ServedModel& model, const std::vector<int32_t>& tokens,
                                             const std::string& field) {
  for (const int32_t id : tokens) {
    if (id >= 0 && id < model.config().vocab) continue;
    return ApiError{
        .message = fmt::format("{}: the model has no token {}: its ids go to {}", field, id, model.config().vocab - 1),
        .code = "invalid_token",
        .param = field};
  }
  return std::nullopt;
}

// The most that the prompts and what may be written after them come to.
Quotas::Use Service::most_of(ServedModel& model, const Writing& writing) const {
  const int64_t room = model.scheduler().room();
  int64_t prompts = 0, written = 0;
  for (const auto& prompt : writing.prompts) {
    const auto size = static_cast<int64_t>(prompt.size());
    prompts += size;
    written += writing.options.choices * std::min(writing.options.max_tokens.value_or(room), room - size);
  }
  return {prompts + written, cost(prompts, written)};
}

void Service::write(const http::Request& request, const http::Reply& reply, const Caller& caller, ServedModel& model,
                    Writing writing) {
  if (const auto error = prompt_error(model, writing)) return refuse(reply, caller, *error);
  Quotas::Place place;
  if (!admit(caller, most_of(model, writing), reply, place)) return;
  auto constraint =
      model.constraints().maker({.format = writing.format,
                                 .tools = writing.tools,
                                 .choice = writing.choice,
                                 .parallel_calls = writing.parallel_calls,
                                 .call_format = model.chat().call_format(),
                                 .end_tokens = writing.chat ? model.chat().stop_tokens() : model.end_tokens()});
  if (!constraint) {
    return refuse(reply, caller,
                  {.message = constraint.error().message,
                   .code = "invalid_schema",
                   .param = writing.format.kind == TextFormat::Kind::grammar ? "grammar"
                            : writing.format.kind == TextFormat::Kind::text  ? "tools"
                                                                             : "response_format"});
  }
  JobSpec spec;
  spec.model = &model;
  spec.prompts = std::move(writing.prompts);
  spec.options = std::move(writing.options);
  spec.tools = std::move(writing.tools);
  spec.parallel_calls = writing.parallel_calls;
  spec.chat = writing.chat;
  spec.constraint = std::move(*constraint);
  spec.client = caller.turn;
  spec.deadline = deadline(request);
  spec.shape = std::move(writing.shape);
  spec.headers = caller.headers;
  spec.on_done = recording(request, caller, model, spec.options.user, spec.options.store, place);
  ReplyJob::start(std::move(spec), reply, work_);
}

double Service::cost(int64_t prompt, int64_t written) const {
  constexpr double kPriced = 1e6;  // prices are of so many tokens
  return (static_cast<double>(prompt) * options_.prompt_price + static_cast<double>(written) * options_.written_price) /
         kPriced;
}

std::function<void(const JobOutcome&)> Service::recording(const http::Request& request, const Caller& caller,
                                                          const ServedModel& model, const std::string& end_user,
                                                          bool store, Quotas::Place place) {
  Recorder::Entry entry{.reply = {.id = bare_reply_id(request.id),
                                  .created = timestamp(),
                                  .owner = {caller.user, end_user},
                                  .key = caller.key ? caller.key->id : "",
                                  .endpoint = request.path,
                                  .model = model.name(),
                                  .digest = model.digest(),
                                  .artifact = model.artifact()},
                        .request = request.body,
                        .keep_content = store && options_.feedback};
  return [this, entry = std::move(entry), place = std::move(place)](const JobOutcome& outcome) mutable {
    const TokenUsage& usage = outcome.usage;
    entry.cost = cost(usage.prompt, usage.written);
    place.settle({usage.prompt + usage.written, entry.cost});
    entry.reply.prompt_tokens = usage.prompt;
    entry.reply.cached_tokens = usage.cached;
    entry.reply.written_tokens = usage.written;
    entry.reply.status = outcome.status;
    entry.reply.error = outcome.error;
    entry.reply.seconds = outcome.seconds;
    for (const Answer& answer : outcome.answers) {
      Answer& said = entry.answers.emplace_back();
      said.text = answer.text;
      said.calls = answer.calls;
      said.finish = answer.finish;
    }
    recorder_->add(std::move(entry));
  };
}

}  // namespace persea
