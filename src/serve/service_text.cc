// The routes that write text: chats, completions and responses.
#include <algorithm>
#include <charconv>
#include <ctime>

#include "base/clock.h"
#include "base/hash.h"
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
  if (!admit(caller, outcome.usage.prompt, reply, place)) return;
  outcome.answers.assign(writing.prompts.size() * static_cast<size_t>(writing.options.choices), Answer{{}, "length"});
  record(request, caller, model, writing.options.user, writing.options.store, outcome);
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
    for (const int32_t id : prompt) {
      if (id >= 0 && id < model.config().vocab) continue;
      return ApiError{.message = fmt::format("{}: the model has no token {}: its ids go to {}", writing.prompt_field,
                                             id, model.config().vocab - 1),
                      .code = "invalid_token",
                      .param = writing.prompt_field};
    }
  }
  return std::nullopt;
}

void Service::write(const http::Request& request, const http::Reply& reply, const Caller& caller, ServedModel& model,
                    Writing writing) {
  if (const auto error = prompt_error(model, writing)) return refuse(reply, caller, *error);
  int64_t tokens = 0;
  for (const auto& prompt : writing.prompts) tokens += static_cast<int64_t>(prompt.size());
  Quotas::Place place;
  if (!admit(caller, tokens, reply, place)) return;
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
  spec.on_done = [this, request, caller, &model, user = spec.options.user, store = spec.options.store,
                  place](const JobOutcome& outcome) { record(request, caller, model, user, store, outcome); };
  ReplyJob::start(std::move(spec), reply, {work_, late_});
}

void Service::record(const http::Request& request, const Caller& caller, const ServedModel& model,
                     const std::string& end_user, bool store, const JobOutcome& outcome) {
  Json texts = Json::array();
  for (const Answer& answer : outcome.answers) {
    Json one = {{"text", answer.text}, {"finish_reason", answer.finish}};
    for (const ToolCall& call : answer.calls) {
      one["tool_calls"].push_back({{"name", call.name}, {"arguments", call.arguments}});
    }
    texts.push_back(std::move(one));
  }
  const std::string reply = canonical_json(texts);
  const bool keep = store && options_.feedback;
  const TokenUsage& usage = outcome.usage;
  const double cost = (static_cast<double>(usage.prompt) * options_.prompt_price +
                       static_cast<double>(usage.written) * options_.written_price) /
                      1e6;
  if (caller.key) {
    quotas_.wrote(caller.key->id, usage.written);
    quotas_.spent(caller.key->id, cost);
  }
  recorder_->add({.id = bare_reply_id(request.id),
                  .created = timestamp(),
                  .owner = {caller.user, end_user},
                  .key = caller.key ? caller.key->id : "",
                  .endpoint = request.path,
                  .model = model.name(),
                  .digest = model.digest(),
                  .artifact = model.artifact(),
                  .prompt_tokens = usage.prompt,
                  .cached_tokens = usage.cached,
                  .written_tokens = usage.written,
                  .status = outcome.status,
                  .seconds = outcome.seconds,
                  .request_sha256 = sha256(request.body),
                  .reply_sha256 = sha256(reply),
                  .request = keep ? std::optional(request.body) : std::nullopt,
                  .reply = keep ? std::optional(reply) : std::nullopt},
                 cost);
}

}  // namespace persea
