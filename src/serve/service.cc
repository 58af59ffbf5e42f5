#include "serve/service.h"

#include <algorithm>

#include "base/log.h"
#include "serve/page.h"

namespace persea {
namespace {

constexpr const char* kOpen = "open";

bool is_json(const http::Request& request) {
  const auto type = request.header("Content-Type");
  if (!type) return false;
  std::string_view name = type->substr(0, type->find(';'));
  while (name.ends_with(' ')) name.remove_suffix(1);
  return http::same_letters(name, "application/json");
}

}  // namespace

const std::vector<ServiceRoute>& service_routes() {
  static const std::vector<ServiceRoute> kRoutes = {
      {"POST", "/v1/chat/completions", "generate", "chat"},
      {"POST", "/v1/completions", "generate", "completions"},
      {"POST", "/v1/responses", "generate", "responses"},
      {"POST", "/v1/embeddings", "embed", "embeddings"},
      {"GET", "/v1/models", "", "models"},
      {"GET", "/v1/models/{model...}", "", "one_model"},
      {"POST", "/tokenize", "", "tokenize"},
      {"POST", "/detokenize", "", "detokenize"},
      {"POST", "/feedback", "feedback", "feedback"},
      {"DELETE", "/my-data", "feedback", "forget"},
      {"GET", "/trace/{reply}", "trace", "trace"},
      {"GET", "/lab/artifacts", "lab", "lab_artifacts"},
      {"GET", "/lab/artifacts/{artifact}", "lab", "lab_artifact"},
      {"GET", "/lab/artifacts/{artifact}/lineage", "lab", "lab_lineage"},
      {"GET", "/lab/artifacts/{artifact}/funnel", "lab", "lab_funnel"},
      {"GET", "/lab/artifacts/{artifact}/decisions", "lab", "lab_decisions"},
      {"GET", "/lab/artifacts/{artifact}/clusters", "lab", "lab_clusters"},
      {"GET", "/lab/runs", "lab", "lab_runs"},
      {"GET", "/lab/runs/{run}/metrics", "lab", "lab_metrics"},
      {"GET", "/about", kOpen, "about"},
      {"GET", "/health", kOpen, "health"},
      {"GET", "/metrics", "metrics", "metrics"},
      {"GET", "/openapi.json", kOpen, "description"},
      {"GET", "/", kOpen, "front"},
  };
  return kRoutes;
}

Service::Service(ServiceOptions options, std::vector<std::unique_ptr<ServedModel>> models, const ServiceStore& store,
                 Lab* lab)
    : options_(std::move(options)),
      replies_(store.replies),
      keys_(store.keys),
      lab_(lab),
      recorder_(std::make_unique<Recorder>(store.replies, store.charges)),
      work_(2),
      models_(std::move(models)) {
  for (const auto& model : models_) {
    metrics_.watch(model->name(), [&scheduler = model->scheduler(), &room = model->waiting_room()] {
      Scheduler::Stats stats = scheduler.stats();
      stats.refused += room.refused();
      return stats;
    });
  }
  metrics_.watch(*recorder_);
}

// What the schedulers end is told by work_, which uses the models.
Service::~Service() {
  for (const auto& model : models_) model->stop();
  work_.stop();
}

void Service::finish() {
  for (const auto& model : models_) model->scheduler().drain();
  work_.stop();
  recorder_->flush();
}

http::Router Service::router() {
  static const std::map<std::string, Handler> kHandlers = {
      {"chat", &Service::chat},
      {"completions", &Service::completions},
      {"responses", &Service::responses},
      {"embeddings", &Service::embeddings},
      {"models", &Service::models},
      {"one_model", &Service::one_model},
      {"tokenize", &Service::tokenize},
      {"detokenize", &Service::detokenize},
      {"feedback", &Service::feedback},
      {"forget", &Service::forget},
      {"trace", &Service::trace},
      {"health", &Service::health},
      {"metrics", &Service::metrics},
      {"description", &Service::description},
      {"front", &Service::front},
      {"about", &Service::about},
      {"lab_artifacts", &Service::lab_artifacts},
      {"lab_artifact", &Service::lab_artifact},
      {"lab_lineage", &Service::lab_lineage},
      {"lab_funnel", &Service::lab_funnel},
      {"lab_decisions", &Service::lab_decisions},
      {"lab_clusters", &Service::lab_clusters},
      {"lab_runs", &Service::lab_runs},
      {"lab_metrics", &Service::lab_metrics},
  };
  http::Router router;
  std::map<std::string, std::string> methods;                 // by pattern
  http::add_static_files(router, page_files(), kPagePolicy);  // "/" too, where there is a page
  for (const ServiceRoute& route : service_routes()) {
    if (route.name == "front" && !page_files().empty()) continue;
    router.add(route.method, route.pattern, guarded(route, kHandlers.at(route.name)));
    std::string& all = methods[route.pattern];
    all += (all.empty() ? "" : ", ") + route.method;
  }
  if (options_.allow_origins.empty()) return router;
  // A browser asks before it lets another origin's page send JSON or a key.
  for (const auto& [pattern, allowed] : methods) {
    router.add("OPTIONS", pattern, [this, allowed = allowed](const http::Request& request, const http::Reply& reply) {
      http::Fields headers = origin_headers(request);
      headers.push_back({"Allow", allowed});
      headers.push_back({"Access-Control-Allow-Methods", allowed});
      headers.push_back({"Access-Control-Allow-Headers", "Authorization, Content-Type, X-Timeout-Seconds"});
      headers.push_back({"Access-Control-Max-Age", "600"});
      reply.send({.status = 204, .headers = std::move(headers)});
    });
  }
  return router;
}

http::Fields Service::origin_headers(const http::Request& request) const {
  const auto origin = request.header("Origin");
  if (!origin || options_.allow_origins.empty()) return {};
  const auto fits = [&](const std::string& allowed) { return allowed == "*" || allowed == *origin; };
  if (std::none_of(options_.allow_origins.begin(), options_.allow_origins.end(), fits)) return {};
  return {{"Access-Control-Allow-Origin", std::string(*origin)},
          {"Access-Control-Expose-Headers", "X-Request-Id, Retry-After"},
          {"Vary", "Origin"}};
}

http::Handler Service::guarded(const ServiceRoute& route, Handler handler) {
  return [this, route, handler](const http::Request& request, const http::Reply& reply) {
    if (const auto caller = let_in(request, reply, route)) (this->*handler)(request, reply, *caller);
  };
}

std::optional<Caller> Service::let_in(const http::Request& request, const http::Reply& reply,
                                      const ServiceRoute& route) {
  Caller caller{.key = {}, .turn = request.remote, .headers = origin_headers(request)};
  const auto refused = [&](const ApiError& error) {
    refuse(reply, caller, error);
    return std::optional<Caller>();
  };
  if (const auto token = http::bearer_token(request); token && route.scope != kOpen) {
    auto key = keys_.find(*token);
    if (!key) {
      log_warning("keys cannot be read: {}", key.error().message);
      return refused({.status = 503, .message = "keys cannot be checked at the moment", .code = "keys_unavailable"});
    }
    caller.key = std::move(*key);  // where none is asked for, a wrong one is as good as none: clients insist on one
  }
  if (route.scope != kOpen && asks_for_keys()) {
    if (!caller.key) {
      return refused(
          {.status = 401,
           .message = http::bearer_token(request)
                          ? "this API key is not known here, or revoked: persea key list shows those that are"
                          : "an API key is needed: send \"Authorization: Bearer KEY\" (persea key add makes one)",
           .code = "invalid_api_key",
           .type = "authentication_error"});
    }
    if (!route.scope.empty() && !caller.key->scopes.contains(route.scope)) {
      return refused({.status = 403,
                      .message = fmt::format("this API key does not have the scope \"{}\"", route.scope),
                      .code = "missing_scope"});
    }
  }
  if (caller.key) caller.user = caller.turn = caller.key->user;
  // Pages of other origins can send forms and plain text here without asking, but no JSON.
  if (request.method == "POST" && !is_json(request)) {
    return refused({.status = 415,
                    .message = "send JSON, with \"Content-Type: application/json\"",
                    .code = "unsupported_media_type"});
  }
  return caller;
}

// From the first key on, also where that is made while this runs; what cannot be known is asked for.
bool Service::asks_for_keys() {
  if (options_.require_key || has_keys_) return true;
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  constexpr std::chrono::steady_clock::duration kBetweenLooks = std::chrono::seconds(1);
  auto due = next_look_.load();
  if (now < due || !next_look_.compare_exchange_strong(due, now + kBetweenLooks)) return false;
  const auto any = keys_.any();
  if (!any) log_warning("keys cannot be read: {}", any.error().message);
  has_keys_ = !any || *any;
  return has_keys_;
}

void Service::send(const http::Reply& reply, const Caller& caller, http::Response response) {
  response.headers.insert(response.headers.end(), caller.headers.begin(), caller.headers.end());
  reply.send(std::move(response));
}

void Service::refuse(const http::Reply& reply, const Caller& caller, const ApiError& error) {
  http::Response response = http::error_response(error);
  if (error.status == 401) response.headers.push_back({"WWW-Authenticate", "Bearer"});
  send(reply, caller, std::move(response));
}

ServedModel* Service::model_of(const std::string& name, const http::Reply& reply, const Caller& caller) {
  if (name.empty() && models_.size() == 1) return models_[0].get();
  std::vector<std::string> names;
  for (const auto& model : models_) {
    if (model->name() == name) return model.get();
    names.push_back(model->name());
  }
  if (name.empty()) {
    refuse(reply, caller,
           {.message = "model: is missing; /v1/models lists those that are served",
            .code = "missing_required_parameter",
            .param = "model"});
    return nullptr;
  }
  const std::string near = nearest(name, names);
  refuse(reply, caller,
         {.status = 404,
          .message = near.empty() ? fmt::format("there is no model \"{}\" here: /v1/models lists those there are", name)
                                  : fmt::format("there is no model \"{}\" here: did you mean {}?", name, near),
          .code = "model_not_found",
          .param = "model"});
  return nullptr;
}

bool Service::admit(const Caller& caller, const Quotas::Use& most, const http::Reply& reply, Quotas::Place& place) {
  if (!caller.key) return true;
  auto admitted = quotas_.admit(*caller.key, most);
  if (auto* granted = std::get_if<Quotas::Place>(&admitted)) {
    place = std::move(*granted);
    return true;
  }
  const auto& refusal = std::get<Quotas::Refusal>(admitted);
  http::Response response =
      http::error_response({.status = 429, .message = refusal.why, .code = refusal.code, .type = refusal.code});
  if (refusal.retry_seconds >= 0) {
    response.headers.push_back({"Retry-After", std::to_string(static_cast<int64_t>(refusal.retry_seconds) + 1)});
  }
  send(reply, caller, std::move(response));
  return false;
}

void Service::count(const http::Access& access) {
  std::string_view endpoint = "other";  // paths that nobody serves are endless
  size_t longest = 0;
  for (const ServiceRoute& route : service_routes()) {
    const size_t name = route.pattern.find('{');
    const size_t tail = name == route.pattern.npos ? name : route.pattern.find('}', name) + 1;
    const bool fits = name == route.pattern.npos
                          ? access.path == route.pattern
                          : access.path.starts_with(route.pattern.substr(0, name)) && access.path.size() > name &&
                                access.path.ends_with(route.pattern.substr(tail));
    if (!fits || route.pattern.size() <= longest) continue;
    endpoint = route.pattern;
    longest = route.pattern.size();
  }
  metrics_.request(endpoint, access.status == 0 ? 499 : access.status, access.seconds);
}

}  // namespace persea
