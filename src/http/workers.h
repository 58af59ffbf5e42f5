// Threads that run handlers, so that none of them can hold up the network. Jobs run in the order they came; each
// connection has one at most, which bounds the queue. It knows nothing of requests.
#pragma once

#include <functional>
#include <memory>

namespace persea::http {

class Workers {
 public:
  explicit Workers(int threads);
  ~Workers();  // as stop()
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void post(std::function<void()> job);  // what it throws is logged; after stop() it is dropped
  void stop();                           // runs what was posted, and returns when the last job has

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace persea::http
