#include "serve/quotas.h"

#include <gtest/gtest.h>

namespace persea {
namespace {

using namespace std::chrono_literals;

class QuotasTest : public testing::Test {
 protected:
  std::string admit(const ApiKey& key, int64_t tokens, double cost = 0) {
    auto admitted = quotas_.admit(key, {tokens, cost});
    if (const auto* refusal = std::get_if<Quotas::Refusal>(&admitted)) {
      return fmt::format("{} {:.0f}", refusal->code, refusal->retry_seconds);
    }
    places_.push_back(std::move(std::get<Quotas::Place>(admitted)));
    return "in";
  }
  static ApiKey key(int64_t tokens, int64_t at_once, std::optional<double> spend = {}) {
    ApiKey key;
    key.id = "k", key.tokens_per_minute = tokens, key.at_once = at_once, key.spend = spend;
    return key;
  }
  std::chrono::steady_clock::time_point now_ = std::chrono::steady_clock::now();
  Quotas quotas_{[this] { return now_; }};
  std::vector<Quotas::Place> places_;
};

TEST_F(QuotasTest, RequestsAtOnce) {
  EXPECT_EQ(admit(key(0, 2), 1), "in");
  EXPECT_EQ(admit(key(0, 2), 1), "in");
  EXPECT_EQ(admit(key(0, 2), 1), "rate_limit_exceeded 1");
  places_.pop_back();
  EXPECT_EQ(admit(key(0, 2), 1), "in");
  places_.back().settle({});
  EXPECT_EQ(admit(key(0, 2), 1), "in") << "it has ended, though it is still held";
}

TEST_F(QuotasTest, TokensAMinute) {
  EXPECT_EQ(admit(key(600, 0), 500), "in");
  places_.back().settle({500, 0});
  EXPECT_EQ(admit(key(600, 0), 200), "rate_limit_exceeded 10") << "100 are left, 10 come each second";
  now_ += 10s;
  EXPECT_EQ(admit(key(600, 0), 200), "in");
  places_.back().settle({800, 0});
  EXPECT_EQ(admit(key(600, 0), 60), "rate_limit_exceeded 66") << "what was used beyond is missing later";
  now_ += 1h;
  EXPECT_EQ(admit(key(600, 0), 5000), "in") << "more than a minute's at once, when all are there";
}

TEST_F(QuotasTest, ManyAtOnceGetNoMoreTokensThanOneAfterTheOther) {
  int in = 0;
  for (int i = 0; i < 50; ++i) in += static_cast<int>(admit(key(600, 0), 100) == "in");
  EXPECT_EQ(in, 6) << "each may use 100 of 600";
  EXPECT_EQ(admit(key(600, 0), 100), "rate_limit_exceeded 10");
  for (const auto& place : places_) place.settle({10, 0});
  EXPECT_EQ(admit(key(600, 0), 540), "in") << "they have used 60";
  EXPECT_EQ(admit(key(600, 0), 1), "rate_limit_exceeded 0");
  places_.pop_back();  // it has come to nothing
  EXPECT_EQ(admit(key(600, 0), 540), "in");
  places_.clear();
  now_ += 1h;
  EXPECT_EQ(admit(key(600, 0), 60000), "in");
  EXPECT_EQ(admit(key(600, 0), 600), "rate_limit_exceeded 60") << "much may come back before an hour and more is over";
}

TEST_F(QuotasTest, Spending) {
  ApiKey own = key(0, 0, 1.0);
  own.spent = 0.4;
  EXPECT_EQ(admit(own, 1), "in");
  places_.back().settle({1, 0.6});
  EXPECT_EQ(admit(own, 1), "insufficient_quota -1") << "though the record does not know it yet";
  own.spent = 1.0;
  own.spend = 1.5;
  EXPECT_EQ(admit(own, 1, 0.5), "in") << "what the record knows is not counted twice";
}

TEST_F(QuotasTest, ManyAtOnceSpendNoMoreThanThereIs) {
  const ApiKey own = key(0, 0, 1.0);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(admit(own, 1, 0.25), "in");
  EXPECT_EQ(admit(own, 1, 0.25), "rate_limit_exceeded 1") << "the others may spend all of it";
  for (const auto& place : places_) place.settle({1, 0.125});
  EXPECT_EQ(admit(own, 1, 0.75), "insufficient_quota -1") << "0.5 are left";
  EXPECT_EQ(admit(own, 1, 0.5), "in");
}

}  // namespace
}  // namespace persea
