// One request for text on its way: its choices are submitted to the model's scheduler, their tokens become text and the
// reply or its stream, and what it has come to is told at the end. It ends early where the client goes, a stop string
// comes, or the reader is hopelessly slow. It routes nothing and checks no key.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "http/reply.h"
#include "http/workers.h"
#include "serve/reply_shape.h"
#include "serve/served_model.h"
#include "serve/tool_calls.h"

namespace persea {

// What came of a job, for metrics, quotas and the record.
struct JobOutcome {
  int status = 200;  // of the reply; 499 where the client went first
  TokenUsage usage = {};
  double seconds = 0, waited_seconds = 0, first_token_seconds = -1;  // -1: there was none
  std::vector<Answer> answers = {};
};

struct JobSpec {
  ServedModel* model = nullptr;
  std::vector<std::vector<int32_t>> prompts = {};  // none empty; each is answered `choices` times
  WritingOptions options = {};
  std::vector<Tool> tools = {};  // those that may be called
  bool parallel_calls = true;
  bool chat = false;  // stop and kept tokens of the model's chats
  // Made for each choice; nothing: free.
  std::function<std::shared_ptr<TokenConstraint>()> constraint;
  std::string client = {};  // whose turn in the queue it is
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::unique_ptr<ReplyShape> shape = {};
  http::Fields headers = {};  // of the reply

  std::function<void(const JobOutcome&)> on_done;  // exactly once
};

// Threads that do what the scheduler's must not: `work` computes, `late` waits for readers that are behind. They
// outlive the jobs.
struct JobThreads {
  http::Workers &work, &late;
};

class ReplyJob : public std::enable_shared_from_this<ReplyJob> {
 public:
  // Submits, and returns; the rest happens on the scheduler's thread.
  static void start(JobSpec spec, const http::Reply& reply, JobThreads threads);

  ReplyJob(JobSpec spec, const http::Reply& reply, JobThreads threads);  // start()'s

 private:
  using Clock = std::chrono::steady_clock;

  // A choice's own; touched under mutex_.
  struct Choice {
    Choice(ChoiceText t, std::optional<ToolCallReader> c) : text(std::move(t)), calls(std::move(c)) {}
    ChoiceText text;
    std::optional<ToolCallReader> calls;
    Answer answer;
    bool ended = false;
  };

  bool submit();
  void open();
  bool on_token(size_t index, const TokenEvent& event);
  void on_end(size_t index, const RequestEnd& end);
  bool take_token(size_t index, const TokenEvent& event);
  void take_end(size_t index, const RequestEnd& end);
  void take_piece(size_t index, ChoiceText::Piece piece, bool last);
  bool flush();
  void finish();
  void send_whole();
  void tell();
  void cancel_all();

  JobSpec spec_;
  const http::Reply reply_;
  const JobThreads threads_;
  const Clock::time_point began_ = Clock::now();

  std::mutex mutex_;
  std::vector<Choice> choices_;
  bool opened_ = false;
  std::vector<std::function<void()>> early_;  // what came before the stream was open
  std::optional<http::Stream> stream_;
  std::string unsent_;
  bool gone_ = false;
  std::optional<http::ApiError> error_;
  size_t left_ = 0;
  JobOutcome outcome_;

  std::mutex ids_mutex_;
  std::vector<uint64_t> ids_;
};

// A refusal of the scheduler as a reply: 429 with Retry-After, or 400.
http::Response refusal_response(const Scheduler::Refusal& refusal);

}  // namespace persea
