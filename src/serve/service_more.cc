// The routes beside those that write text: embeddings, tokens, models, feedback, traces, figures.
#include "serve/embedding_job.h"
#include "serve/openapi.h"
#include "serve/service.h"
#include "text/unicode.h"

namespace persea {
namespace {

constexpr std::string_view kFront = R"(<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Persea</title></head>
<body>
<h1>Persea</h1>
<p>This is a server of language models. It speaks the API that OpenAI's clients know, under <code>/v1</code>.
It was built without its chat page (<code>-DPERSEA_PAGE=OFF</code>).</p>
<ul>
<li><a href="/v1/models">/v1/models</a>: the models that are served</li>
<li><a href="/openapi.json">/openapi.json</a>: the description of the API</li>
<li><a href="/health">/health</a>: whether it is well</li>
</ul>
</body>
</html>
)";

Json model_json(const ServedModel& model) {
  return {{"id", model.name()},
          {"object", "model"},
          {"created", model.created()},
          {"owned_by", "persea"},
          {"max_model_len", model.config().context},
          {"persea",
           {{"digest", model.digest()},
            {"artifact", model.artifact().empty() ? Json() : Json(model.artifact())},
            {"parameters", model.config().parameters()},
            {"weights", weight_name(model.weights())},
            {"device", device_name(model.device())},
            {"chat", model.chat().can_chat()}}}};
}

}  // namespace

void Service::embeddings(const http::Request& request, const http::Reply& reply, const Caller& caller) {
  auto parsed = parse_embeddings_request(request.body);
  if (const auto* error = std::get_if<ApiError>(&parsed)) return refuse(reply, caller, *error);
  const auto& asked = std::get<EmbeddingsRequest>(parsed);
  ServedModel* model = model_of(asked.model, reply, caller);
  if (!model) return;
  EmbeddingSpec spec;
  Quotas::Use most;
  for (size_t i = 0; i < asked.inputs.size(); ++i) {
    const auto* text = std::get_if<std::string>(&asked.inputs[i]);
    spec.inputs.push_back(text ? model->tokenizer().encode(*text) : std::get<std::vector<int32_t>>(asked.inputs[i]));
    const auto size = static_cast<int64_t>(spec.inputs.back().size()), room = model->scheduler().room();
    const std::string field = asked.inputs.size() == 1 ? "input" : fmt::format("input[{}]", i);
    if (size == 0) {
      return refuse(reply, caller, {.message = field + ": is empty", .code = "invalid_value", .param = field});
    }
    if (size > room) {
      return refuse(reply, caller,
                    {.message = fmt::format("{}: has {} tokens, {} more than the model's context of {}: shorten it",
                                            field, size, size - room, room),
                     .code = "context_length_exceeded",
                     .param = field});
    }
    if (const auto error = token_error(*model, spec.inputs.back(), field)) return refuse(reply, caller, *error);
    most.tokens += size;
  }
  most.cost = cost(most.tokens, 0);
  Quotas::Place place;
  if (!admit(caller, most, reply, place)) return;
  spec.model = model;
  spec.base64 = asked.base64;
  spec.client = caller.turn;
  spec.deadline = deadline(request);
  spec.headers = caller.headers;
  spec.on_done = recording(request, caller, *model, asked.user, false, place);
  EmbeddingJob::start(std::move(spec), reply, work_);
}

void Service::tokenize(const http::Request& request, const http::Reply& reply, const Caller& caller) {
  const auto parsed = parse_tokenize_request(request.body);
  if (const auto* error = std::get_if<ApiError>(&parsed)) return refuse(reply, caller, *error);
  const auto& asked = std::get<TokenizeRequest>(parsed);
  const ServedModel* model = model_of(asked.model, reply, caller);
  if (!model) return;
  std::vector<int32_t> tokens;
  if (asked.conversation) {
    auto prompt = model->chat().encode(*asked.conversation);
    if (!prompt) {
      return refuse(reply, caller,
                    {.message = prompt.error().message, .code = "invalid_conversation", .param = "messages"});
    }
    tokens = std::move(*prompt);
  } else {
    tokens = asked.add_special ? model->prompt(asked.text) : model->tokenizer().encode_with_specials(asked.text);
  }
  send(reply, caller,
       http::json_response({{"tokens", tokens}, {"count", tokens.size()}, {"max_model_len", model->config().context}}));
}

void Service::detokenize(const http::Request& request, const http::Reply& reply, const Caller& caller) {
  const auto parsed = parse_detokenize_request(request.body);
  if (const auto* error = std::get_if<ApiError>(&parsed)) return refuse(reply, caller, *error);
  const auto& asked = std::get<DetokenizeRequest>(parsed);
  const ServedModel* model = model_of(asked.model, reply, caller);
  if (!model) return;
  const std::string text = unicode::to_valid_utf8(model->tokenizer().decode(asked.tokens));
  send(reply, caller, http::json_response({{"prompt", text}, {"content", text}}));
}

void Service::models(const http::Request&, const http::Reply& reply, const Caller& caller) {
  Json list = Json::array();
  for (const auto& model : models_) list.push_back(model_json(*model));
  send(reply, caller, http::json_response({{"object", "list"}, {"data", std::move(list)}}));
}

void Service::one_model(const http::Request& request, const http::Reply& reply, const Caller& caller) {
  if (const ServedModel* model = model_of(request.parameter("model"), reply, caller)) {
    send(reply, caller, http::json_response(model_json(*model)));
  }
}

void Service::feedback(const http::Request& request, const http::Reply& reply, const Caller& caller) {
  if (!options_.feedback) {
    return refuse(reply, caller,
                  {.status = 404,
                   .message = "this server keeps no feedback: persea serve --feedback does",
                   .code = "feedback_off"});
  }
  Json object;
  if (const auto refusal = parse_body(request.body, object)) return refuse(reply, caller, *refusal);
  std::optional<ApiError> error;
  const FieldReader reader(object, "", error);
  Feedback said{.reply = reader.required_text("id"), .owner = {caller.user, {}}};
  const std::string rating = reader.word("rating", {"none", "up", "down"});
  said.rating = rating == "up" ? 1 : rating == "down" ? -1 : 0;
  if (reader.find("edit")) said.edit = reader.text("edit");
  if (reader.find("comment")) said.comment = reader.text("comment");
  if (said.rating == 0 && !said.edit && !said.comment) {
    reader.refuse("rating", "say \"up\" or \"down\", or send an edit or a comment", "missing_required_parameter");
  }
  if (error) return refuse(reply, caller, *error);
  recorder_->flush();  // the reply may be a moment old
  if (const Status status = replies_.say(said); !status) {
    return refuse(reply, caller,
                  {.status = 404, .message = status.error().message, .code = "reply_not_found", .param = "id"});
  }
  send(reply, caller, http::json_response({{"id", said.reply}, {"object", "feedback"}, {"stored", true}}));
}

void Service::forget(const http::Request& request, const http::Reply& reply, const Caller& caller) {
  const ReplyOwner owner{caller.user, std::string(request.query_value("user").value_or(""))};
  recorder_->flush();
  const auto deleted = replies_.forget(owner);
  if (!deleted) {
    return refuse(reply, caller, {.status = 500, .message = deleted.error().message, .code = "not_deleted"});
  }
  (void)replies_.audit(caller.user, "delete-data",
                       fmt::format("{} replies, {} feedback", deleted->replies, deleted->feedback));
  send(reply, caller,
       http::json_response({{"object", "deleted"}, {"replies", deleted->replies}, {"feedback", deleted->feedback}}));
}

void Service::trace(const http::Request& request, const http::Reply& reply, const Caller& caller) {
  recorder_->flush();
  const std::string& id = request.parameter("reply");
  const auto found = replies_.find(id);
  if (!found || !*found || (*found)->owner.user != caller.user) {
    return refuse(
        reply, caller,
        {.status = 404, .message = fmt::format("no reply \"{}\" is recorded here", id), .code = "reply_not_found"});
  }
  const ReplyRecord& record = **found;
  Json body = {{"id", record.id},
               {"created", record.created},
               {"endpoint", record.endpoint},
               {"model", record.model},
               {"digest", record.digest},
               {"artifact", record.artifact.empty() ? Json() : Json(record.artifact)},
               {"status", record.status},
               {"error", record.error.empty() ? Json() : Json(record.error)},
               {"request_sha256", record.request_sha256},
               {"reply_sha256", record.reply_sha256},
               {"lineage", Json::array()}};
  if (lab_ && !record.artifact.empty()) {
    const std::lock_guard lock(lab_mutex_);
    if (const auto lineage = lab_->lineage(record.artifact)) {
      for (const auto& [node_id, node] : lineage->nodes) {
        Json inputs = Json::array();
        for (const ArtifactInput& input : node.inputs) inputs.push_back({{"role", input.role}, {"id", input.id}});
        Json entry = {{"id", node_id}, {"inputs", std::move(inputs)}};
        if (node.artifact) {
          entry["kind"] = node.artifact->kind;
          entry["created"] = node.artifact->created();
          entry["content"] = node.artifact->content();
        }
        body["lineage"].push_back(std::move(entry));
      }
    }
  }
  send(reply, caller, http::json_response(body));
}

void Service::health(const http::Request&, const http::Reply& reply, const Caller& caller) {
  Json names = Json::array();
  for (const auto& model : models_) names.push_back(model->name());
  send(reply, caller, http::json_response({{"status", "ok"}, {"models", std::move(names)}}));
}

void Service::metrics(const http::Request&, const http::Reply& reply, const Caller& caller) {
  send(reply, caller, {.content_type = Metrics::kContentType, .body = metrics_.text()});
}

void Service::description(const http::Request&, const http::Reply& reply, const Caller& caller) {
  send(reply, caller, http::json_response(openapi()));
}

void Service::front(const http::Request&, const http::Reply& reply, const Caller& caller) {
  send(reply, caller,
       {.content_type = "text/html; charset=utf-8",
        .headers = {{"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"}},
        .fixed_body = kFront});
}

}  // namespace persea
