// One request for embeddings on its way: its texts are fed to the model's scheduler, and their vectors make the reply
// once all are there. It routes nothing and checks no key.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "http/reply.h"
#include "http/workers.h"
#include "serve/reply_job.h"
#include "serve/served_model.h"
#include "serve/text_feed.h"

namespace persea {

struct EmbeddingSpec {
  ServedModel* model = nullptr;
  std::vector<std::vector<int32_t>> inputs = {};  // none empty, none longer than the scheduler's room
  bool base64 = false;                            // vectors as text
  std::string client = {};                        // whose turn in the queue it is
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  http::Fields headers = {};  // of the reply

  std::function<void(const JobOutcome&)> on_done;  // exactly once, before the reply is out
};

class EmbeddingJob : public std::enable_shared_from_this<EmbeddingJob> {
 public:
  // Submits, and returns; the reply is made on `work`, which outlives the jobs.
  static void start(EmbeddingSpec spec, const http::Reply& reply, http::Workers& work);

  EmbeddingJob(EmbeddingSpec spec, const http::Reply& reply, http::Workers& work);  // start()'s

 private:
  bool submit();
  std::variant<uint64_t, Scheduler::Refusal> submit_one(size_t index);
  void take(size_t index, const RequestEnd& end, std::span<const float> vector);
  void refuse(const Scheduler::Refusal& refusal);
  void finish();
  void send(http::Response response);

  EmbeddingSpec spec_;
  const http::Reply reply_;
  http::Workers& work_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();

  std::mutex mutex_;  // guards all below, until none is left
  std::vector<std::vector<float>> vectors_;
  size_t left_;
  JobOutcome outcome_;
  std::optional<http::ApiError> error_;

  WaitingRoom::Place place_;
  std::optional<TextFeed> feed_;
};

}  // namespace persea
