#include "cli/serve.h"

#include <arpa/inet.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "cli/model_option.h"
#include "http/server.h"
#include "ledger/lab.h"
#include "serve/service.h"
#include "serve/service_store.h"
#include "train/interrupt.h"

namespace persea {
namespace {

struct Options {
  std::vector<std::string> models;
  std::string weights = "file", cache = "auto", draft, device = "auto";
  bool no_chat = false;
  double grace = 600;
  uint16_t port = 8080;
  http::ServerOptions http;
  ServiceOptions service;
  SchedulerOptions scheduling;
};

bool is_loopback(const std::string& host) {
  in_addr address{};
  if (inet_pton(AF_INET, host.c_str(), &address) == 1) return (ntohl(address.s_addr) >> 24) == 127;
  return host == "localhost" || host == "::1";
}

// "NAME=MODEL" or "MODEL": what requests call it, and where it is.
Result<ModelSource> source_of(const CliContext& context, Lab& lab, const std::string& argument) {
  const size_t equals = argument.find('=');
  const bool named = equals != std::string::npos && equals > 0 && argument.find('/') > equals;
  PERSEA_TRY(const ModelPlace place, find_model(context, named ? argument.substr(equals + 1) : argument));
  ModelSource source{.name = place.name, .path = place.path};
  if (const auto artifact = lab.find(place.name)) {
    source.artifact = artifact->id;
  } else {
    std::error_code error;
    const auto path = std::filesystem::weakly_canonical(place.path, error);
    source.name = std::filesystem::is_directory(path, error) ? path.filename().string() : path.stem().string();
  }
  if (named) source.name = argument.substr(0, equals);
  return source;
}

Result<ServingOptions> serving_options(const CliContext& context, const Options& options) {
  ServingOptions serving{.scheduling = options.scheduling, .chat = !options.no_chat};
  PERSEA_TRY(serving.device, kernels::device_choice_from(options.device));
  if (options.weights != "file") {
    PERSEA_TRY(serving.weights, weight_type_from(options.weights));
  }
  if (options.cache != "auto") {
    PERSEA_TRY(serving.cache, cache_format_from(options.cache));
  }
  if (options.draft == "lookup") {
    serving.draft.kind = DraftSource::Kind::lookup;
  } else if (!options.draft.empty()) {
    PERSEA_TRY(ModelPlace place, find_model(context, options.draft));
    serving.draft = {DraftSource::Kind::model, std::move(place.path)};
  }
  return serving;
}

Result<std::vector<std::unique_ptr<ServedModel>>> load(const CliContext& context, Lab& lab, const Options& options) {
  PERSEA_TRY(ServingOptions serving, serving_options(context, options));
  std::vector<std::string> wanted = options.models;
  if (wanted.empty()) wanted.emplace_back();  // the newest
  // Caches' memory that is taken at once; the rest as it is used.
  serving.scheduling.memory_at_start =
      std::min(int64_t{2} << 30, usable_memory() / 8 / static_cast<int64_t>(wanted.size()));
  std::vector<std::unique_ptr<ServedModel>> models;
  for (const std::string& argument : wanted) {
    PERSEA_TRY(const ModelSource source, source_of(context, lab, argument));
    for (const auto& other : models) {
      if (other->name() != source.name) continue;
      return fail("two models would be called {}: name one of them, as in small={}", source.name, argument);
    }
    PERSEA_TRY(auto model, ServedModel::load(source, serving));
    if (!context.quiet && !context.json) {
      log_info("{}: {} parameters, {}, {}context {} tokens{}", model->name(),
               format_count(static_cast<double>(model->config().parameters())), weight_name(model->weights()),
               model->device() == cpu_device ? "" : "on the GPU, ", model->config().context,
               model->chat().can_chat() ? "" : ", no chat template: completions only");
    }
    models.push_back(std::move(model));
  }
  return models;
}

// One line a request, written by a thread of its own: the network must not wait for a terminal or a pipe.
class AccessLog {
 public:
  AccessLog(bool json, bool quiet) : json_(json), quiet_(quiet) {}
  void add(const http::Access& access) {
    if (quiet_ || waiting_ >= kMostWaiting) return;
    ++waiting_;
    writer_.post([this, access] {
      write(access);
      --waiting_;
    });
  }

 private:
  static constexpr int kMostWaiting = 10000;
  void write(const http::Access& access) const {
    if (json_) {
      const Json line = {{"time", timestamp()},     {"event", "request"},      {"request_id", access.request_id},
                         {"remote", access.remote}, {"method", access.method}, {"path", access.path},
                         {"status", access.status}, {"bytes", access.bytes},   {"seconds", access.seconds},
                         {"whole", access.whole}};
      fmt::print("{}\n", canonical_json(line));
      std::fflush(stdout);
    } else {
      log_info("{} {} {} {} {} {} B {:.3f} s{} {}", timestamp(), access.remote,
               access.method.empty() ? "-" : access.method, access.path.empty() ? "-" : access.path, access.status,
               access.bytes, access.seconds, access.whole ? "" : " (cut off)", access.request_id);
    }
  }
  const bool json_, quiet_;
  std::atomic<int> waiting_{0};
  http::Workers writer_{1};
};

// What a large request took goes back to the system when it is done: glibc would keep it, in each of the arenas that
// its threads have used.
void give_memory_back() {
  (void)mallopt(M_MMAP_THRESHOLD, 1 << 20);
  (void)mallopt(M_ARENA_MAX, 2);
}

int serve(const CliContext& context, Options options) {
  give_memory_back();
  options.http.port = options.port;
  const bool loopback = is_loopback(options.http.address);
  auto lab = Lab::open(context.lab);
  if (!lab) return report(lab.error());
  auto store = ServiceStore::open(lab->root());
  if (!store) return report(store.error());
  const auto keys = store->keys.list();
  if (!keys) return report(keys.error());
  const bool good_key = std::any_of(keys->begin(), keys->end(), [](const ApiKey& key) { return !key.revoked; });
  if (!loopback && !good_key) {
    return report(
        fail("{}: other machines would reach this server, and it has no API key: persea key add NAME makes "
             "one; --host 127.0.0.1 serves this machine alone",
             options.http.address));
  }
  if (!loopback && options.http.certificate.empty()) {
    log_warning("keys and texts will cross the network in the clear: --tls-cert and --tls-key encrypt them");
  }
  // Once there was a key, its revocation must not open the door.
  options.service.require_key = options.service.require_key || !loopback || !keys->empty();
  auto models = load(context, *lab, options);
  if (!models) return report(models.error());
  Json names = Json::array();
  for (const auto& model : *models) names.push_back(model->name());

  Service service(options.service, std::move(*models), *store, &*lab);
  AccessLog log(context.json, context.quiet);
  options.http.access_log = [&](const http::Access& access) {
    service.count(access);
    log.add(access);
  };
  options.http.on_connections = [&](size_t count) { service.connections(count); };
  auto server = http::Server::start(options.http, service.router());
  if (!server) return report(server.error());
  if (const Status status = store->replies.audit("local", "serve", server->url()); !status)
    return report(status.error());
  if (context.json) {
    fmt::print("{}\n", canonical_json({{"time", timestamp()},
                                       {"event", "listening"},
                                       {"url", server->url()},
                                       {"models", names},
                                       {"keys", options.service.require_key}}));
  } else {
    fmt::print("{}\n", server->url());
    if (!context.quiet) log_info("serving; Ctrl-C finishes what was accepted and stops, a second one stops at once");
  }
  std::fflush(stdout);

  {
    const InterruptGuard interrupt;
    while (!interrupt.interrupted()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (!context.quiet) log_info("stopping");
    server->stop(options.grace);
  }
  service.finish();
  return 0;
}

}  // namespace

void add_serve(CLI::App& app, CliContext& context, VerbAction& action) {
  CLI::App* verb = app.add_subcommand("serve", "Serve models by an OpenAI-compatible API over HTTP");
  const auto o = std::make_shared<Options>();
  verb->add_option("MODEL", o->models,
                   "Artifacts, model directories or .gguf files, each perhaps as NAME=MODEL; else the newest model");
  verb->add_option("--host", o->http.address, "Address to listen at; others than loopback need an API key")
      ->capture_default_str();
  verb->add_option("--port", o->port, "Port; 0 picks a free one")->capture_default_str();
  verb->add_option("--tls-cert", o->http.certificate, "Certificate (PEM) for HTTPS");
  verb->add_option("--tls-key", o->http.key, "Its private key (PEM)");
  verb->add_option("--allow-origin", o->service.allow_origins, "A web page's origin that may use the API; *: any");
  verb->add_option("--allow-host", o->http.hosts, "A name under which a loopback server may be reached too");
  verb->add_flag("--require-key", o->service.require_key, "Ask for API keys even if there are none yet");
  verb->add_option("--weights", o->weights, "Keep weights as the model's file does, or as f32, f16, bf16, q8 or q4")
      ->check(CLI::IsMember({"file", "f32", "f16", "bf16", "q8", "q4"}))
      ->capture_default_str();
  verb->add_option(
          "--cache", o->cache,
          "Keep what was read as f32, f16 or q8: fewer bits hold more texts. auto: f32 beside f32 weights, else f16")
      ->check(CLI::IsMember({"auto", "f32", "f16", "q8"}))
      ->capture_default_str();
  add_device_option(*verb, o->device, "a model");
  verb->add_option("--draft", o->draft,
                   "Guess ahead where few write: \"lookup\", from the text itself, or a smaller MODEL with the same "
                   "tokens; no text changes by it");
  verb->add_flag("--no-chat", o->no_chat, "Do without the models' chat templates");
  verb->add_option("--sequences", o->scheduling.sequences, "Texts that are written at once")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  verb->add_option("--cache-tokens", o->scheduling.cache_tokens, "Room of each model's cache, in tokens; 0: what fits")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 40))
      ->capture_default_str();
  verb->add_option("--waiting", o->scheduling.waiting, "Requests that may wait; more are refused with 429")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  verb->add_option("--request-seconds", o->service.request_seconds, "The longest that a request may take")
      ->check(CLI::Range(0.1, 1e6))
      ->capture_default_str();
  verb->add_option("--body-bytes", o->http.body_bytes, "The largest request")
      ->check(CLI::Range(size_t{1024}, size_t{1} << 30))
      ->capture_default_str();
  verb->add_option("--grace", o->grace, "Seconds to finish what was accepted, once told to stop")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  verb->add_option("--prompt-price", o->service.prompt_price, "Of a million prompt tokens, for keys' spending limits")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb->add_option("--written-price", o->service.written_price, "Of a million written tokens")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb->add_flag("--feedback", o->service.feedback,
                 "Take feedback on replies, and keep the content of requests that say \"store\": true");
  verb->footer(
      "Examples:\n"
      "  persea serve                                       the newest model, at http://127.0.0.1:8080\n"
      "  persea serve small=model.gguf big=~/models/Qwen3   two models by name\n"
      "  persea key add laptop && persea serve --host 0.0.0.0 --tls-cert c.pem --tls-key k.pem\n"
      "then:\n"
      "  curl localhost:8080/v1/chat/completions -H 'Content-Type: application/json' \\\n"
      "    -d '{\"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}'");
  verb->callback([&context, &action, o] { action = [&context, o] { return serve(context, *o); }; });
}

}  // namespace persea
