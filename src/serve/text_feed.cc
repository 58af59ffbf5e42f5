#include "serve/text_feed.h"

#include <utility>

namespace persea {

TextFeed::TextFeed(Scheduler& scheduler, std::vector<int64_t> tokens, Submit submit, Lost lost)
    : scheduler_(scheduler), tokens_(std::move(tokens)), submit_(std::move(submit)), lost_(std::move(lost)) {}

std::optional<Scheduler::Refusal> TextFeed::start() {
  {
    const std::lock_guard lock(mutex_);
    next_ = under_way_ = 1;
    tokens_under_way_ = tokens_.at(0);
  }
  Scheduler::Refusal refusal;
  if (!hand_over(0, refusal)) return refusal;
  go_on();
  return std::nullopt;
}

// Without the lock: the scheduler's thread may be ending a text of this request, which it tells with a lock of its own.
bool TextFeed::hand_over(size_t index, Scheduler::Refusal& refusal) {
  auto submitted = submit_(index);
  if (auto* why = std::get_if<Scheduler::Refusal>(&submitted)) {
    refusal = std::move(*why);
    return false;
  }
  const uint64_t id = std::get<uint64_t>(submitted);
  bool late = false;
  {
    const std::lock_guard lock(mutex_);
    ids_[index] = id;
    late = cancelled_;
  }
  if (late) scheduler_.cancel(id);
  return true;
}

void TextFeed::go_on() {
  std::vector<size_t> lost;
  RequestEnd end;
  while (lost.empty()) {
    size_t index = 0;
    {
      const std::lock_guard lock(mutex_);
      if (cancelled_) {
        end.reason = EndReason::cancelled;
        give_up(lost);
        break;
      }
      if (next_ == tokens_.size()) return;
      const int64_t more = tokens_[next_];
      const bool fits = under_way_ < kAtOnce && tokens_under_way_ + more <= kTokensAtOnce;
      if (under_way_ > 0 && !fits) return;
      index = next_++;
      ++under_way_;
      tokens_under_way_ += more;
    }
    Scheduler::Refusal refusal;
    if (hand_over(index, refusal)) continue;
    const std::lock_guard lock(mutex_);
    --under_way_;
    tokens_under_way_ -= tokens_[index];
    end.reason = refusal.ending ? EndReason::shutdown : EndReason::failed;
    end.error = refusal.why;
    lost.push_back(index);
    give_up(lost);
  }
  for (const size_t index : lost) lost_(index, end);
}

// All that was not handed over yet.
void TextFeed::give_up(std::vector<size_t>& lost) {
  while (next_ < tokens_.size()) lost.push_back(next_++);
}

void TextFeed::ended(size_t index) {
  {
    const std::lock_guard lock(mutex_);
    --under_way_;
    tokens_under_way_ -= tokens_[index];
    ids_.erase(index);
  }
  go_on();
}

void TextFeed::cancel() {
  std::vector<uint64_t> ids;
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    for (const auto& [index, id] : ids_) ids.push_back(id);
  }
  for (const uint64_t id : ids) scheduler_.cancel(id);
}

}  // namespace persea
