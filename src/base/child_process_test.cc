#include "base/child_process.h"

#include <gtest/gtest.h>

#include <csignal>

#include "base/clock.h"

namespace persea {
namespace {

TEST(ChildProcess, GivesStatusAndBothOutputs) {
  const auto child = run_child({"sh", "-c", "echo out; echo err >&2; exit 3"});
  ASSERT_TRUE(child.ok()) << child.error().message;
  EXPECT_EQ(child->status, 3);
  EXPECT_EQ(child->out, "out\n");
  EXPECT_EQ(child->err, "err\n");
}

TEST(ChildProcess, WordsPassNoShell) {
  const auto child = run_child({"printf", "%s|", "a b", "$HOME", "'; exit 1"});
  ASSERT_TRUE(child.ok()) << child.error().message;
  EXPECT_EQ(child->out, "a b|$HOME|'; exit 1|");
}

TEST(ChildProcess, ReadsNothing) {
  const auto child = run_child({"cat"});
  ASSERT_TRUE(child.ok()) << child.error().message;
  EXPECT_EQ(child->out, "");
}

TEST(ChildProcess, ASignalIsAStatus) {
  const auto child = run_child({"sh", "-c", "kill -USR1 $$"});
  ASSERT_TRUE(child.ok()) << child.error().message;
  EXPECT_EQ(child->status, 128 + SIGUSR1);
}

TEST(ChildProcess, OutputIsBoundedAndTheChildNotStopped) {
  const auto child = run_child({"sh", "-c", "head -c 3000000 /dev/zero; exit 5"}, {.bytes = 1000});
  ASSERT_TRUE(child.ok()) << child.error().message;
  EXPECT_EQ(child->out.size(), 1000u);
  EXPECT_EQ(child->status, 5);
}

TEST(ChildProcess, OneThatIsNotThereIsNamed) {
  const auto child = run_child({"persea-no-such-program"});
  ASSERT_FALSE(child.ok());
  EXPECT_EQ(child.error().message, "persea-no-such-program: is not found");
}

TEST(ChildProcess, OneThatDoesNotEndIsKilledWithItsChildren) {
  const double start = wall_seconds();
  const auto child = run_child({"sh", "-c", "sleep 60 & wait"}, {.seconds = 0.2});
  ASSERT_FALSE(child.ok());
  EXPECT_EQ(child.error().message, "sh: does not answer within 0 s");
  EXPECT_LT(wall_seconds() - start, 10);
}

}  // namespace
}  // namespace persea
