#include "infer/fair_queue.h"

#include <gtest/gtest.h>

#include <compare>

namespace persea {
namespace {

struct Time {  // as much of a time_point as the queue uses
  int at;
  static Time max() { return {1000}; }
  auto operator<=>(const Time&) const = default;
};
struct Item {
  uint64_t id;
  std::string client;
  Time deadline = Time::max();
};

std::vector<uint64_t> drain(FairQueue<Item>& queue) {
  std::vector<uint64_t> ids;
  while (auto item = queue.pop()) ids.push_back(item->id);
  return ids;
}

TEST(FairQueue, ServesClientsInTurn) {
  FairQueue<Item> queue;
  uint64_t id = 0;
  for (const char* client : {"a", "a", "a", "b", "c", "b"}) queue.push(std::make_unique<Item>(Item{++id, client}));
  EXPECT_EQ(queue.size(), 6U);
  EXPECT_EQ(queue.pop()->id, 1U);
  queue.push(std::make_unique<Item>(Item{7, "d"}));
  EXPECT_EQ(drain(queue), (std::vector<uint64_t>{4, 5, 2, 7, 6, 3}));
  EXPECT_EQ(queue.size(), 0U);
  EXPECT_EQ(queue.pop(), nullptr);
}

TEST(FairQueue, GivesOneOutByItsId) {
  FairQueue<Item> queue;
  for (uint64_t id : {1, 2, 3}) queue.push(std::make_unique<Item>(Item{id, id == 2 ? "b" : "a"}));
  EXPECT_EQ(queue.take(9), nullptr);
  EXPECT_EQ(queue.take(2)->id, 2U);
  EXPECT_EQ(queue.take(1)->id, 1U);
  EXPECT_EQ(queue.size(), 1U);
  EXPECT_EQ(drain(queue), (std::vector<uint64_t>{3}));
}

TEST(FairQueue, GivesThoseOutWhoseTimeIsOver) {
  FairQueue<Item> queue;
  uint64_t id = 0;
  for (const int deadline : {5, 9, 3, 1000, 5}) {
    ++id;
    queue.push(std::make_unique<Item>(Item{id, id % 2 ? "a" : "b", {deadline}}));
  }
  EXPECT_TRUE(queue.take_expired({2}).empty());
  const auto expired = queue.take_expired({5});
  ASSERT_EQ(expired.size(), 3U);
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(queue.take_expired({9}).at(0)->id, 2U);
  EXPECT_EQ(drain(queue), (std::vector<uint64_t>{4}));
}

}  // namespace
}  // namespace persea
