#include "eval/stop_strings.h"

#include <gtest/gtest.h>

namespace persea {
namespace {

// What is shown in all when `text` comes in pieces of `size` bytes.
std::string shown(std::string_view text, size_t size, const std::vector<std::string>& stops) {
  StopStrings filter(stops);
  std::string all;
  for (size_t i = 0; i < text.size(); i += size) all += filter.feed(text.substr(i, size));
  return all + filter.finish();
}

TEST(StopStrings, EndTheTextHoweverItComes) {
  for (size_t size = 1; size < 12; ++size) {
    EXPECT_EQ(shown("one\n\nUser: two", size, {"User:", "\n\n"}), "one");
    EXPECT_EQ(shown("aaab", size, {"aab"}), "a");
    EXPECT_EQ(shown("abab no abac", size, {"abac"}), "abab no ");
    EXPECT_EQ(shown("nothing of it", size, {"", "item"}), "nothing of it");
    EXPECT_EQ(shown("STOP", size, {"STOP"}), "");
  }
}

TEST(StopStrings, HoldBackNoMoreThanTheyMust) {
  StopStrings filter({"<end>"});
  EXPECT_EQ(filter.feed("a <"), "a ");
  EXPECT_EQ(filter.feed("en"), "");
  EXPECT_EQ(filter.feed("x"), "<enx");
  EXPECT_EQ(filter.feed("<end> more"), "");
  EXPECT_TRUE(filter.stopped());
  EXPECT_EQ(filter.feed("more"), "");
  EXPECT_EQ(filter.finish(), "");
}

}  // namespace
}  // namespace persea
