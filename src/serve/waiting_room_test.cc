#include "serve/waiting_room.h"

#include <gtest/gtest.h>

#include <vector>

namespace persea {
namespace {

class WaitingRoomTest : public testing::Test {
 protected:
  bool enter(const std::string& client) {
    auto entered = room_.enter(client);
    if (const auto* refusal = std::get_if<Scheduler::Refusal>(&entered)) {
      EXPECT_TRUE(refusal->busy);
      EXPECT_GE(refusal->retry_seconds, 1);
      return false;
    }
    inside_.push_back(std::get<WaitingRoom::Place>(entered));
    return true;
  }
  int enter(const std::string& client, int times) {
    int in = 0;
    for (int i = 0; i < times; ++i) in += static_cast<int>(enter(client));
    return in;
  }
  WaitingRoom room_{10};
  std::vector<WaitingRoom::Place> inside_;
};

TEST_F(WaitingRoomTest, HasABoundAndPlacesComeBack) {
  EXPECT_EQ(enter("a", 15), 10) << "all of it where nobody else comes";
  EXPECT_EQ(room_.refused(), 5U);
  inside_.pop_back();
  EXPECT_EQ(enter("a", 2), 1);
  inside_.clear();
  EXPECT_EQ(enter("b", 15), 10);
}

TEST_F(WaitingRoomTest, NobodyKeepsTheOthersOut) {
  EXPECT_EQ(enter("greedy", 1000), 10);
  EXPECT_EQ(enter("b", 1000), 5) << "its share of two";
  EXPECT_EQ(enter("c", 1000), 3) << "of three";
  EXPECT_EQ(enter("d", 1000), 2);
  EXPECT_EQ(enter("e", 1000), 0) << "twice the bound is all";
  inside_.erase(inside_.begin(), inside_.begin() + 10);
  EXPECT_FALSE(enter("b"));
  EXPECT_TRUE(enter("e"));
}

TEST_F(WaitingRoomTest, PlacesMayOutliveIt) {
  auto room = std::make_unique<WaitingRoom>(1);
  const auto place = std::get<WaitingRoom::Place>(room->enter("a"));
  room.reset();
}

}  // namespace
}  // namespace persea
