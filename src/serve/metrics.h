// What the service counts for Prometheus: requests and their time by endpoint, and for each model what its scheduler
// tells. It stores nothing and serves nothing by itself.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "infer/scheduler.h"
#include "serve/recorder.h"

namespace persea {

class Metrics {
 public:
  Metrics();
  ~Metrics();

  // `stats` is asked each time that the figures are.
  void watch(const std::string& model, std::function<Scheduler::Stats()> stats);
  void watch(const Recorder& recorder);  // which outlives this one's last text()
  void request(std::string_view endpoint, int status, double seconds);
  void connections(size_t count);

  std::string text() const;  // in Prometheus' text format
  static constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace persea
