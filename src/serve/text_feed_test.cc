#include "serve/text_feed.h"

#include <condition_variable>
#include <thread>

#include "serve/service_for_test.h"

namespace persea {
namespace {

class TextFeedTest : public testing::Test {
 protected:
  // Each text writes some tokens; the ends are counted.
  void make(size_t texts, int64_t tokens_each = 1) {
    feed_.emplace(
        model_->scheduler(), std::vector<int64_t>(texts, tokens_each),
        [this](size_t index) {
          {
            const std::lock_guard lock(mutex_);
            most_ = std::max(most_, ++under_way_);
          }
          Request request;
          request.prompt = {static_cast<int32_t>(index % 200)};
          request.max_tokens = 3;
          request.on_end = [this, index](const RequestEnd&) {
            {
              const std::lock_guard lock(mutex_);
              ends_.push_back(index);
              --under_way_;
              if (ends_.size() == cancel_after_) feed_->cancel();
            }
            feed_->ended(index);
            changed_.notify_all();
          };
          return model_->scheduler().submit(std::move(request));
        },
        [this](size_t index, const RequestEnd& end) {
          const std::lock_guard lock(mutex_);
          lost_.push_back(index);
          reason_ = end.reason;
          changed_.notify_all();
        });
  }
  void wait(size_t texts) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(60), [&] { return ends_.size() + lost_.size() >= texts; });
    EXPECT_EQ(ends_.size() + lost_.size(), texts);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  size_t under_way_ = 0, most_ = 0, cancel_after_ = 0;
  std::vector<size_t> ends_, lost_;
  EndReason reason_ = EndReason::max_tokens;
  std::optional<TextFeed> feed_;  // outlives the scheduler's thread
  std::unique_ptr<ServedModel> model_ = tiny_model("m", tiny_text_model(chat_special_tokens()));
};

TEST_F(TextFeedTest, AllComeToTheirEndAFewAtATime) {
  make(200);
  EXPECT_FALSE(feed_->start());
  wait(200);
  EXPECT_TRUE(lost_.empty());
  EXPECT_LE(most_, TextFeed::kAtOnce);
  EXPECT_GT(most_, 1U);
  std::sort(ends_.begin(), ends_.end());
  EXPECT_EQ(std::unique(ends_.begin(), ends_.end()), ends_.end());
}

TEST_F(TextFeedTest, LongPromptsComeOneByOne) {
  make(5, TextFeed::kTokensAtOnce + 1);
  EXPECT_FALSE(feed_->start());
  wait(5);
  EXPECT_EQ(most_, 1U);
}

TEST_F(TextFeedTest, WhatHasNotBegunIsLostWithTheRequest) {
  make(500);
  cancel_after_ = 3;
  EXPECT_FALSE(feed_->start());
  wait(500);
  EXPECT_GT(lost_.size(), 300U);
  EXPECT_EQ(reason_, EndReason::cancelled);
}

TEST_F(TextFeedTest, ASchedulerThatEndsRefusesTheFirst) {
  model_->scheduler().drain();
  make(3);
  const auto refusal = feed_->start();
  ASSERT_TRUE(refusal.has_value());
  EXPECT_TRUE(refusal->ending);
  EXPECT_TRUE(lost_.empty() && ends_.empty());
}

}  // namespace
}  // namespace persea
