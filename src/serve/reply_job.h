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
#include "serve/text_feed.h"
#include "serve/tool_calls.h"

namespace persea {

// What came of a job, for metrics, quotas and the record.
struct JobOutcome {
  int status = 200;  // of the reply; 499 where nobody was left to read it
  // "": nothing went wrong. "client_gone", "slow_reader" (cut off, as it did not read), or the code of the error that
  // the client was told; the first of these that happened.
  std::string error = {};
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
  Constraints::Maker constraint;
  std::string client = {};  // whose turn in the queue it is
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::unique_ptr<ReplyShape> shape = {};
  http::Fields headers = {};  // of the reply

  std::function<void(const JobOutcome&)> on_done;  // exactly once
};

class ReplyJob : public std::enable_shared_from_this<ReplyJob> {
 public:
  // Submits, and returns; the rest happens on the scheduler's thread, but for what takes long, which `work` does. That
  // outlives the jobs.
  static void start(JobSpec spec, const http::Reply& reply, http::Workers& work);

  ReplyJob(JobSpec spec, const http::Reply& reply, http::Workers& work);  // start()'s

 private:
  using Clock = std::chrono::steady_clock;

  // A choice's own; touched under mutex_.
  struct Choice {
    Choice(ChoiceText t, std::optional<ToolCallReader> c) : text(std::move(t)), calls(std::move(c)) {}
    ChoiceText text;
    std::optional<ToolCallReader> calls;
    Answer answer;
    std::shared_ptr<TextConstraint> constraint;
    bool ended = false;
  };

  bool submit();
  std::variant<uint64_t, Scheduler::Refusal> submit_one(size_t index);
  void refuse(const Scheduler::Refusal& refusal);
  void open();
  bool on_token(size_t index, const TokenEvent& event);
  void on_end(size_t index, const RequestEnd& end);
  bool take_token(size_t index, const TokenEvent& event);
  void take_end(size_t index, const RequestEnd& end);
  void leave(const char* why);
  void take_piece(size_t index, ChoiceText::Piece piece, bool last);
  bool flush();
  void finish();
  void send_whole();
  void tell();

  JobSpec spec_;
  const http::Reply reply_;
  http::Workers& work_;
  const Clock::time_point began_ = Clock::now();

  std::mutex mutex_;
  std::vector<Choice> choices_;
  bool opened_ = false;
  std::vector<std::function<void()>> early_;  // what came before the stream was open
  std::optional<http::Stream> stream_;
  std::string unsent_;
  bool gone_ = false;  // nobody reads any more
  std::optional<http::ApiError> error_;
  size_t left_ = 0;
  JobOutcome outcome_;

  WaitingRoom::Place place_;
  std::optional<TextFeed> feed_;
};

}  // namespace persea
