// The texts of one request on their way into a scheduler: a few at a time, the next ones when some have ended, so that
// a request with a thousand texts waits in itself and not in everybody's queue, and holds no more of them in memory
// than are written at once. It makes nothing of what is written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

#include "infer/scheduler.h"

namespace persea {

class TextFeed {
 public:
  // Hands text `index` to the scheduler: its id, or why not. Its end has to come to ended().
  using Submit = std::function<std::variant<uint64_t, Scheduler::Refusal>(size_t index)>;
  // Told of each text that will not be handed over any more, since the request was cancelled or the scheduler has
  // refused one after the first.
  using Lost = std::function<void(size_t index, const RequestEnd& end)>;

  // `tokens`: of each text's prompt.
  TextFeed(Scheduler& scheduler, std::vector<int64_t> tokens, Submit submit, Lost lost);

  // Hands over the first texts. The refusal of the very first: then there is nothing under way, and nobody is told of
  // any text.
  std::optional<Scheduler::Refusal> start();
  void ended(size_t index);  // that text has ended: goes on
  void cancel();             // those under way, and the others are lost

  static constexpr size_t kAtOnce = 64;                       // texts
  static constexpr int64_t kTokensAtOnce = int64_t{1} << 20;  // of their prompts; one text may have more

 private:
  bool hand_over(size_t index, Scheduler::Refusal& refusal);
  void go_on();
  void give_up(std::vector<size_t>& lost);

  Scheduler& scheduler_;
  const std::vector<int64_t> tokens_;
  const Submit submit_;
  const Lost lost_;

  std::mutex mutex_;                // guards all below
  std::map<size_t, uint64_t> ids_;  // of those under way
  size_t next_ = 0, under_way_ = 0;
  int64_t tokens_under_way_ = 0;
  bool cancelled_ = false;
};

}  // namespace persea
