#include "serve/openapi.h"

#include "serve/service.h"

namespace persea {
namespace {

Json of_type(const char* type, const char* what) { return {{"type", {type, "null"}}, {"description", what}}; }
Json text(const char* what) { return of_type("string", what); }
Json flag(const char* what) { return of_type("boolean", what); }
Json object(const char* what) { return of_type("object", what); }
Json list(const char* what) { return of_type("array", what); }
Json number(const char* what, double low, double high) {
  Json json = of_type("number", what);
  json["minimum"] = low;
  json["maximum"] = high;
  return json;
}
Json whole(const char* what, int64_t low) {
  Json json = of_type("integer", what);
  json["minimum"] = low;
  return json;
}
Json word(const char* what, const std::vector<std::string>& words) {
  Json json = of_type("string", what);
  json["enum"] = words;
  json["enum"].push_back(nullptr);
  return json;
}
// A text, a list of texts, of token ids, or of lists of these.
Json prompts(const char* what) { return {{"type", {"string", "array"}}, {"description", what}}; }

// What the requests for text have in common.
Json writing() {
  return {{"model", text("A name of /v1/models; not needed where one model is served")},
          {"temperature", number("0: always the likeliest token", 0, 2)},
          {"top_p", number("Choose among the likeliest tokens that make up this probability", 0, 1)},
          {"top_k", whole("Choose among so many of the likeliest tokens; 0 or -1: all", -1)},
          {"min_p", number("Leave out tokens less likely than this part of the likeliest", 0, 1)},
          {"presence_penalty", number("Taken off tokens that were written before", -2, 2)},
          {"frequency_penalty", number("Taken off tokens as often as they were written", -2, 2)},
          {"repetition_penalty", number("Above 1: what stands in the prompt or text becomes less likely", 0.01, 100)},
          {"logit_bias", object("Token id to what is added to its logit, -100 to 100")},
          {"seed", of_type("integer", "The same seed writes the same text")},
          {"stop", {{"type", {"string", "array", "null"}}, {"description", "Texts that end the answer; up to 16"}}},
          {"stream", flag("Send the answer as server-sent events, as it is written")},
          {"stream_options", object("{\"include_usage\": true}: a last event tells the usage")},
          {"user", text("Whom the client speaks for: data is deleted by it")},
          {"store", flag("Keep the content, where the server takes feedback")}};
}

Json with(Json properties, const Json& more) {
  properties.update(more);
  return properties;
}

Json chat_request() {
  return {{"required", {"messages"}},
          {"properties",
           with(writing(),
                {{"messages",
                  list("{\"role\": system, developer, user, assistant or tool, \"content\": text or text parts}")},
                 {"max_tokens", whole("Tokens to write at most", 1)},
                 {"max_completion_tokens", whole("The same", 1)},
                 {"n", whole("Answers; up to 128", 1)},
                 {"logprobs", flag("Tell the logarithm of each token's probability")},
                 {"top_logprobs", whole("With logprobs: so many alternatives to each token, up to 20", 0)},
                 {"tools", list("{\"type\": \"function\", \"function\": {\"name\", \"description\", \"parameters\"}}")},
                 {"tool_choice",
                  {{"type", {"string", "object", "null"}}, {"description", "auto, none, required, or a function"}}},
                 {"parallel_tool_calls", flag("Whether one answer may call several functions")},
                 {"response_format", object("text, json_object or json_schema")},
                 {"grammar", text("A grammar in GBNF that the answer follows")},
                 {"reasoning_effort", text("Handed to the model's template")},
                 {"chat_template_kwargs", object("More variables for the model's template")}})}};
}

Json completion_request() {
  return {{"required", {"prompt"}},
          {"properties",
           with(writing(), {{"prompt", prompts("What to go on from")},
                            {"max_tokens", whole("Tokens to write at most; 16 where it is missing", 0)},
                            {"n", whole("Answers to each prompt; up to 128", 1)},
                            {"best_of", whole("Has to equal n", 1)},
                            {"echo", flag("Put the prompt before the text")},
                            {"logprobs", whole("Tell tokens' logprobs and so many alternatives, up to 20", 0)},
                            {"response_format", object("text, json_object or json_schema")},
                            {"grammar", text("A grammar in GBNF that the text follows")}})}};
}

Json responses_request() {
  return {{"required", {"input"}},
          {"properties",
           with(writing(),
                {{"input",
                  {{"type", {"string", "array"}}, {"description", "A text, or messages, calls and their outputs"}}},
                 {"instructions", text("What the model is told first")},
                 {"max_output_tokens", whole("Tokens to write at most", 1)},
                 {"text", object("{\"format\": {\"type\": text, json_object or json_schema}}")},
                 {"tools", list("{\"type\": \"function\", \"name\", \"description\", \"parameters\"}")},
                 {"tool_choice",
                  {{"type", {"string", "object", "null"}}, {"description", "auto, none, required, or a function"}}},
                 {"parallel_tool_calls", flag("Whether one answer may call several functions")},
                 {"truncation", word("Nothing is cut off silently", {"disabled"})}})}};
}

struct Description {
  const char *summary, *reply;
  Json request;  // null where there is no body
};

Description described(const std::string& name) {
  const Json model = text("A name of /v1/models; not needed where one model is served");
  if (name == "chat") return {"Answer a conversation", "A chat.completion, or its chunks as events", chat_request()};
  if (name == "completions")
    return {"Write on from a prompt", "A text_completion, or its chunks as events", completion_request()};
  if (name == "responses")
    return {"Answer an input", "A response, or the events that build it up", responses_request()};
  if (name == "embeddings") {
    return {"Vectors of texts",
            "A list of vectors of unit length",
            {{"required", {"input"}},
             {"properties",
              {{"model", model},
               {"input", prompts("A text, texts, token ids, or lists of token ids")},
               {"encoding_format", word("How the vectors are written", {"float", "base64"})},
               {"user", text("Whom the client speaks for")}}}}};
  }
  if (name == "tokenize") {
    return {"The tokens of a text or conversation",
            "tokens, count and max_model_len",
            {{"properties",
              {{"model", model},
               {"prompt", text("A text")},
               {"content", text("The same")},
               {"messages", list("Instead: a conversation, as a chat would have it")},
               {"add_special_tokens", flag("Begin as a prompt does")}}}}};
  }
  if (name == "detokenize") {
    return {"The text of tokens",
            "prompt and, the same, content",
            {{"required", {"tokens"}}, {"properties", {{"model", model}, {"tokens", list("Token ids")}}}}};
  }
  if (name == "feedback") {
    return {"Say whether a reply was good, or how it should have been",
            "What was stored",
            {{"required", {"id"}},
             {"properties",
              {{"id", text("The reply's id")},
               {"rating", word("Whether it was good", {"none", "up", "down"})},
               {"edit", text("What it should have said")},
               {"comment", text("Anything else")}}}}};
  }
  if (name == "models") return {"The models that are served", "A list of models", nullptr};
  if (name == "one_model") return {"One model", "The model", nullptr};
  if (name == "forget")
    return {"Delete all that is kept of this key's user, or of one that it speaks for (?user=NAME)",
            "How much was deleted", nullptr};
  if (name == "trace")
    return {"Where a reply comes from", "The model's digest, its artifact and what that was made from", nullptr};
  if (name == "lab_artifacts")
    return {"The lab's artifacts, newest first", "A list, its next page and counts", nullptr};
  if (name == "lab_artifact") return {"One artifact", "Its manifest and what was made from it", nullptr};
  if (name == "lab_lineage") return {"What an artifact was made from, and what from it", "Nodes and inputs", nullptr};
  if (name == "lab_funnel")
    return {"What a curated corpus was made of, and what each step dropped", "Counts in all and by source", nullptr};
  if (name == "lab_decisions")
    return {"Decisions on documents of a curated corpus, drawn by lot", "A list with excerpts", nullptr};
  if (name == "lab_clusters")
    return {"Documents of a curated corpus with the most copies, and altered copies", "Clusters", nullptr};
  if (name == "lab_runs") return {"Stages that were begun and not finished", "A list", nullptr};
  if (name == "lab_metrics")
    return {"The metrics of an artifact or of a stage under way, from a place on", "Rows and the next place", nullptr};
  if (name == "about") return {"What this server offers", "version, keys, feedback and lab", nullptr};
  if (name == "health") return {"Whether the server is well", "status and models", nullptr};
  if (name == "metrics") return {"Figures for Prometheus", "Prometheus' text format", nullptr};
  if (name == "description") return {"This description", "OpenAPI 3.1", nullptr};
  return {"A page to chat with the models and to look at the lab", "HTML", nullptr};
}

// The fields of a route's query, and their types.
std::vector<std::pair<std::string, std::string>> query_of(const std::string& name) {
  if (name == "forget") return {{"user", "string"}};
  if (name == "lab_artifacts") return {{"kind", "string"}, {"before", "string"}, {"limit", "integer"}};
  if (name == "lab_decisions")
    return {{"step", "string"},    {"reason", "string"}, {"source", "string"},
            {"verdict", "string"}, {"limit", "integer"}, {"seed", "integer"}};
  if (name == "lab_clusters") return {{"step", "string"}, {"limit", "integer"}};
  if (name == "lab_metrics") return {{"after", "integer"}, {"file", "string"}};
  return {};
}

const char* reply_type(const std::string& name) {
  return name == "metrics" ? "text/plain" : name == "front" ? "text/html" : "application/json";
}

}  // namespace

Json openapi() {
  Json paths = Json::object();
  for (const ServiceRoute& route : service_routes()) {
    const Description description = described(route.name);
    Json operation = {{"operationId", route.name}, {"summary", description.summary}};
    std::string path = route.pattern;
    if (const size_t name = path.find('{'); name != path.npos) {
      if (const size_t dots = path.find("..."); dots != path.npos) path.erase(dots, 3);
      operation["parameters"].push_back({{"name", path.substr(name + 1, path.find('}') - name - 1)},
                                         {"in", "path"},
                                         {"required", true},
                                         {"schema", {{"type", "string"}}}});
    }
    for (const auto& [field, type] : query_of(route.name)) {
      operation["parameters"].push_back(
          {{"name", field}, {"in", "query"}, {"required", false}, {"schema", {{"type", type}}}});
    }
    if (!description.request.is_null()) {
      Json schema = description.request;
      schema["type"] = "object";
      operation["requestBody"] = {{"required", true}, {"content", {{"application/json", {{"schema", schema}}}}}};
    }
    operation["responses"] = {
        {"200", {{"description", description.reply}, {"content", {{reply_type(route.name), Json::object()}}}}},
        {"default",
         {{"description", "What is wrong"},
          {"content", {{"application/json", {{"schema", {{"$ref", "#/components/schemas/Error"}}}}}}}}}};
    if (route.scope == "open") operation["security"] = Json::array();
    std::string method;
    for (const char c : route.method) method += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    paths[path][method] = std::move(operation);
  }
  const Json nullable_text = {{"type", {"string", "null"}}};
  return {
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "Persea"},
        {"version", PERSEA_VERSION},
        {"description",
         "Language models of a lab, as OpenAI's clients know them. Fields that are not described here are ignored."}}},
      {"paths", std::move(paths)},
      {"security", Json::array({{{"key", Json::array()}}})},
      {"components",
       {{"securitySchemes", {{"key", {{"type", "http"}, {"scheme", "bearer"}}}}},
        {"schemas",
         {{"Error",
           {{"type", "object"},
            {"required", {"error"}},
            {"properties",
             {{"error",
               {{"type", "object"},
                {"properties",
                 {{"message", {{"type", "string"}}},
                  {"type", {{"type", "string"}}},
                  {"param", nullable_text},
                  {"code", nullable_text}}}}}}}}}}}}}};
}

}  // namespace persea
