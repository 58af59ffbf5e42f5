// The service: models by name behind the routes of OpenAI's API and a few of its own, with keys, limits, a record and
// figures. It answers requests; listening, signals and options are the command's.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/router.h"
#include "http/server.h"
#include "http/workers.h"
#include "ledger/lab.h"
#include "serve/metrics.h"
#include "serve/quotas.h"
#include "serve/recorder.h"
#include "serve/reply_job.h"
#include "serve/requests.h"
#include "serve/served_model.h"
#include "serve/service_store.h"

namespace persea {

struct ServiceOptions {
  bool require_key = false;
  std::vector<std::string> allow_origins = {};  // of web pages that may use it; "*": any
  double request_seconds = 600;                 // the longest that a request may take
  double prompt_price = 0, written_price = 0;   // of a million tokens, for the spending limits of keys
  bool feedback = false;  // take what people say, and keep the content of requests with "store": true
};

// Who asks.
struct Caller {
  std::optional<ApiKey> key = {};
  std::string user = "local";
  std::string turn = {};      // its place in the queues: a key's user, else an address
  http::Fields headers = {};  // of every reply to it
};

// One route, as the router and the description of the API have it.
struct ServiceRoute {
  std::string method = {}, pattern = {};
  std::string scope = {};  // "": any key; "open": none
  std::string name = {};   // of its description in openapi.h
};
const std::vector<ServiceRoute>& service_routes();

class Service {
 public:
  // The store's databases outlive the service, as the lab does where there is one.
  Service(ServiceOptions options, std::vector<std::unique_ptr<ServedModel>> models, const ServiceStore& store,
          Lab* lab = nullptr);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  http::Router router();  // its handlers use the service: stop the server first
  // For the figures: what the server tells of requests and connections.
  void count(const http::Access& access);
  void connections(size_t count) { metrics_.connections(count); }
  // After the server has stopped: waits for what is left to be written down.
  void finish();

 private:
  using Handler = void (Service::*)(const http::Request&, const http::Reply&, const Caller&);
  struct Writing;  // a request for text as the three APIs have it in common

  http::Handler guarded(const ServiceRoute& route, Handler handler);
  std::optional<Caller> let_in(const http::Request& request, const http::Reply& reply, const ServiceRoute& route);
  http::Fields origin_headers(const http::Request& request) const;
  bool asks_for_keys();

  // service_text.cc
  void chat(const http::Request& request, const http::Reply& reply, const Caller& caller);
  void completions(const http::Request& request, const http::Reply& reply, const Caller& caller);
  void responses(const http::Request& request, const http::Reply& reply, const Caller& caller);
  void write_chat(const http::Request& request, const http::Reply& reply, const Caller& caller, ServedModel& model,
                  const Conversation& conversation, Writing writing);
  void write(const http::Request& request, const http::Reply& reply, const Caller& caller, ServedModel& model,
             Writing writing);
  void echo(const http::Request& request, const http::Reply& reply, const Caller& caller, ServedModel& model,
            Writing writing);
  static std::optional<ApiError> prompt_error(ServedModel& model, const Writing& writing);
  static std::optional<ApiError> token_error(const ServedModel& model, const std::vector<int32_t>& tokens,
                                             const std::string& field);
  Quotas::Use most_of(ServedModel& model, const Writing& writing) const;
  ReplyFacts facts_of(const http::Request& request, const ServedModel& model, const WritingOptions& options) const;
  // service_more.cc
  void embeddings(const http::Request& request, const http::Reply& reply, const Caller& caller);
  void tokenize(const http::Request& request, const http::Reply& reply, const Caller& caller);
  void detokenize(const http::Request& request, const http::Reply& reply, const Caller& caller);
  void models(const http::Request& request, const http::Reply& reply, const Caller& caller);
  void one_model(const http::Request& request, const http::Reply& reply, const Caller& caller);
  void feedback(const http::Request& request, const http::Reply& reply, const Caller& caller);
  void forget(const http::Request& request, const http::Reply& reply, const Caller& caller);
  void trace(const http::Request& request, const http::Reply& reply, const Caller& caller);
  void health(const http::Request& request, const http::Reply& reply, const Caller& caller);
  void metrics(const http::Request& request, const http::Reply& reply, const Caller& caller);
  void description(const http::Request& request, const http::Reply& reply, const Caller& caller);
  void front(const http::Request& request, const http::Reply& reply, const Caller& caller);
  // service_lab.cc
  void about(const http::Request& request, const http::Reply& reply, const Caller& caller);
  void lab_artifacts(const http::Request& request, const http::Reply& reply, const Caller& caller);
  void lab_artifact(const http::Request& request, const http::Reply& reply, const Caller& caller);
  void lab_lineage(const http::Request& request, const http::Reply& reply, const Caller& caller);
  void lab_funnel(const http::Request& request, const http::Reply& reply, const Caller& caller);
  void lab_decisions(const http::Request& request, const http::Reply& reply, const Caller& caller);
  void lab_clusters(const http::Request& request, const http::Reply& reply, const Caller& caller);
  void lab_runs(const http::Request& request, const http::Reply& reply, const Caller& caller);
  void lab_metrics(const http::Request& request, const http::Reply& reply, const Caller& caller);
  static void show(const http::Reply& reply, const Caller& caller, const std::variant<Json, http::ApiError>& shown);

  // The model, or nullptr where the reply has been sent.
  ServedModel* model_of(const std::string& name, const http::Reply& reply, const Caller& caller);
  // A place in the quotas; false where the reply has been sent.
  bool admit(const Caller& caller, const Quotas::Use& most, const http::Reply& reply, Quotas::Place& place);
  double cost(int64_t prompt, int64_t written) const;  // of so many tokens
  // Settles and records what a request has come to. To be called once at most; the request's body goes along.
  std::function<void(const JobOutcome&)> recording(const http::Request& request, const Caller& caller,
                                                   const ServedModel& model, const std::string& end_user, bool store,
                                                   Quotas::Place place);
  Deadline deadline(const http::Request& request) const;
  static void send(const http::Reply& reply, const Caller& caller, http::Response response);
  static void refuse(const http::Reply& reply, const Caller& caller, const ApiError& error);

  const ServiceOptions options_;
  ReplyStore replies_;
  KeyStore keys_;
  Lab* const lab_;
  std::mutex lab_mutex_;
  Quotas quotas_;
  Metrics metrics_;
  std::atomic<bool> has_keys_ = false;
  std::atomic<std::chrono::steady_clock::duration> next_look_ = std::chrono::steady_clock::duration::zero();
  std::unique_ptr<Recorder> recorder_;
  http::Workers work_;  // makes replies
  std::vector<std::unique_ptr<ServedModel>> models_;
};

}  // namespace persea
