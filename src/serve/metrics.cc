#include "serve/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>

namespace persea {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

const prometheus::Histogram::BucketBoundaries kSeconds = {0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                          0.5,   1,     2.5,  5,     10,   30,  120};

constexpr std::array<const char*, 8> kEnds = {"stop_token", "max_tokens", "context",  "constraint",
                                              "cancelled",  "deadline",   "shutdown", "failed"};

struct Family {
  MetricFamily family;
  Family(const char* name, const char* help, MetricType type) {
    family.name = name;
    family.help = help;
    family.type = type;
  }
  ClientMetric& metric(const std::string& model, const std::string& label = {}, const std::string& value = {}) {
    ClientMetric& metric = family.metric.emplace_back();
    if (!model.empty()) metric.label.push_back({"model", model});
    if (!label.empty()) metric.label.push_back({label, value});
    return metric;
  }
  void number(double value, const std::string& model, const std::string& label = {}, const std::string& of = {}) {
    ClientMetric& one = metric(model, label, of);
    (family.type == MetricType::Counter ? one.counter.value : one.gauge.value) = value;
  }
  void histogram(const Histogram& values, const std::string& model) {
    ClientMetric& one = metric(model);
    uint64_t count = 0;
    for (size_t i = 0; i < values.counts.size(); ++i) {
      count += values.counts[i];
      one.histogram.bucket.push_back(
          {count, i < Histogram::kBounds.size() ? Histogram::kBounds[i] : std::numeric_limits<double>::infinity()});
    }
    one.histogram.sample_count = count;
    one.histogram.sample_sum = values.sum;
  }
};

}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests = prometheus::BuildCounter()
                                                          .Name("persea_http_requests_total")
                                                          .Help("Requests by endpoint and status")
                                                          .Register(registry);
  prometheus::Family<prometheus::Histogram>& seconds = prometheus::BuildHistogram()
                                                           .Name("persea_http_request_seconds")
                                                           .Help("From a request's arrival to its reply's end")
                                                           .Register(registry);
  prometheus::Gauge& open = prometheus::BuildGauge()
                                .Name("persea_http_connections")
                                .Help("Connections that are open")
                                .Register(registry)
                                .Add({});
  std::vector<std::pair<std::string, std::function<Scheduler::Stats()>>> models;
  const Recorder* recorder = nullptr;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::watch(const std::string& model, std::function<Scheduler::Stats()> stats) {
  impl_->models.emplace_back(model, std::move(stats));
}

void Metrics::watch(const Recorder& recorder) { impl_->recorder = &recorder; }

void Metrics::request(std::string_view endpoint, int status, double seconds) {
  impl_->requests.Add({{"endpoint", std::string(endpoint)}, {"status", std::to_string(status)}}).Increment();
  impl_->seconds.Add({{"endpoint", std::string(endpoint)}}, kSeconds).Observe(seconds);
}

void Metrics::connections(size_t count) { impl_->open.Set(static_cast<double>(count)); }

std::string Metrics::text() const {
  constexpr auto kCounter = MetricType::Counter, kGauge = MetricType::Gauge;
  Family waiting("persea_requests_waiting", "Requests that wait for their turn", kGauge);
  Family running("persea_requests_running", "Requests that are being answered", kGauge);
  Family used("persea_cache_tokens_used", "Tokens that the cache holds", kGauge);
  Family room("persea_cache_tokens", "Tokens that the cache can hold", kGauge);
  Family ended("persea_generations_total", "Texts by how they ended", kCounter);
  Family refused("persea_generations_refused_total", "Texts that were not begun", kCounter);
  Family prompts("persea_prompt_tokens_total", "Tokens of prompts", kCounter);
  Family reused("persea_prompt_tokens_cached_total", "Tokens of prompts that were in the cache already", kCounter);
  Family written("persea_written_tokens_total", "Tokens that were written", kCounter);
  Family passes("persea_passes_total", "Passes through the weights", kCounter);
  Family rows("persea_pass_tokens_total", "Tokens in these passes", kCounter);
  Family drafted("persea_draft_tokens_total", "Tokens that were guessed ahead", kCounter);
  Family accepted("persea_draft_tokens_accepted_total", "Guessed tokens that came true", kCounter);
  Family put_back("persea_sequences_put_back_total", "Times that a text made room in the cache for older ones",
                  kCounter);
  Family waited("persea_queue_seconds", "Time in the queue", MetricType::Histogram);
  Family first("persea_first_token_seconds", "Time to the first token", MetricType::Histogram);
  Family gap("persea_token_gap_seconds", "Time between two tokens of a text", MetricType::Histogram);
  Family whole("persea_generation_seconds", "Time of a whole text", MetricType::Histogram);
  for (const auto& [model, ask] : impl_->models) {
    const Scheduler::Stats stats = ask();
    const auto number = [](auto value) { return static_cast<double>(value); };
    waiting.number(number(stats.waiting), model);
    running.number(number(stats.running), model);
    used.number(number(stats.cache_tokens_used), model);
    room.number(number(stats.cache_tokens), model);
    for (size_t i = 0; i < kEnds.size(); ++i) ended.number(number(stats.ended.at(i)), model, "end", kEnds.at(i));
    refused.number(number(stats.refused), model);
    prompts.number(number(stats.prompt_tokens), model);
    reused.number(number(stats.reused_tokens), model);
    written.number(number(stats.written_tokens), model);
    passes.number(number(stats.passes), model);
    rows.number(number(stats.pass_tokens), model);
    drafted.number(number(stats.drafted), model);
    accepted.number(number(stats.accepted), model);
    put_back.number(number(stats.put_back), model);
    waited.histogram(stats.waited, model);
    first.histogram(stats.first_token, model);
    gap.histogram(stats.gap, model);
    whole.histogram(stats.whole, model);
  }
  Family records("persea_records_total", "Replies by what became of their record", kCounter);
  Family unwritten("persea_records_waiting", "Records that wait for the disk", kGauge);
  Family bytes("persea_records_waiting_bytes", "Bytes of these", kGauge);
  if (impl_->recorder) {
    const Recorder::Stats stats = impl_->recorder->stats();
    records.number(static_cast<double>(stats.written), "", "record", "written");
    records.number(static_cast<double>(stats.dropped), "", "record", "dropped");
    records.number(static_cast<double>(stats.failed), "", "record", "failed");
    unwritten.number(static_cast<double>(stats.waiting), "");
    bytes.number(static_cast<double>(stats.waiting_bytes), "");
  }
  std::vector<MetricFamily> families = impl_->registry.Collect();
  for (Family* family :
       {&waiting, &running,  &used,     &room,   &ended, &refused, &prompts, &reused,  &written,   &passes, &rows,
        &drafted, &accepted, &put_back, &waited, &first, &gap,     &whole,   &records, &unwritten, &bytes}) {
    families.push_back(std::move(family->family));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace persea
