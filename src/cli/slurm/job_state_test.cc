#include "cli/slurm/job_state.h"

#include <gtest/gtest.h>

namespace persea::slurm {
namespace {

std::string described(std::string_view line) {
  const auto state = parse_squeue(line);
  return state ? describe(*state) : "-";
}

TEST(JobState, LinesOfSqueue) {
  EXPECT_EQ(described("PENDING|0|0|N/A||Resources|\n"), "pending (Resources)");
  EXPECT_EQ(described("PENDING|1|0|2026-11-23T06:05:57||BeginTime|"),
            "pending (BeginTime), expected to start 2026-11-23T06:05:57");
  EXPECT_EQ(described("RUNNING|0|0|2026-11-23T06:05:47|n[1-2]|None|"), "running on n[1-2]");
  EXPECT_EQ(described("COMPLETED|0|0|2026-11-23T06:05:47|n1|None|"), "completed");
  EXPECT_EQ(described("FAILED|0|768|2026-11-23T06:05:47|n1|NonZeroExitCode|"), "failed with exit status 3");
  EXPECT_EQ(described("FAILED|0|3:0|2026-11-23T06:05:47|n1|NonZeroExitCode|"), "failed with exit status 3");
  EXPECT_EQ(described("CANCELLED|0|9|2026-11-23T06:05:47|n1|None|"), "cancelled, ended by signal 9");
  EXPECT_EQ(described("NODE_FAIL|0|0|N/A|n1|None|"), "node fail");
  EXPECT_EQ(described("CLUSTER: a\nRUNNING|2|0|N/A|n1|None|"), "running on n1");
}

TEST(JobState, WhatIsNoLineOfSqueueIsNothing) {
  for (const char* line : {"", "\n\n", "PENDING", "PENDING|0|0", "running|0|0|||", "RUNNING|-1|0|||", "RUNNING|x|0|||",
                           "RUNNING|0|99:900|||", "RUNNING|99999999999999999999|0|||", "|0|0|||"})
    EXPECT_EQ(described(line), "-") << line;
}

TEST(JobState, TextIsBoundedAndPrintable) {
  const auto state = parse_squeue("PENDING|0|0|N/A||\x1b[2J" + std::string(5000, 'x') + "|");
  ASSERT_TRUE(state);
  EXPECT_EQ(state->reason.size(), 200u);
  EXPECT_EQ(state->reason.substr(0, 4), "?[2J");
}

TEST(JobState, StatusIsZeroOnlyForWhatIsDone) {
  EXPECT_EQ(parse_squeue("COMPLETED|0|0||||")->status(), 0);
  EXPECT_EQ(parse_squeue("CANCELLED|0|0||||")->status(), 1);
  EXPECT_EQ(parse_squeue("TIMEOUT|0|0||||")->status(), 1);
  EXPECT_EQ(parse_squeue("FAILED|0|512||||")->status(), 2);
  EXPECT_EQ(parse_squeue("FAILED|0|9||||")->status(), 137);
  EXPECT_FALSE(parse_squeue("COMPLETING|0|0||||")->ended());
  EXPECT_FALSE(parse_squeue("REQUEUED|0|0||||")->ended());
  EXPECT_TRUE(parse_squeue("OUT_OF_MEMORY|0|0||||")->ended());
}

TEST(JobState, LinesOfSacct) {
  EXPECT_EQ(parse_sacct("COMPLETED|0:0\n")->status(), 0);
  EXPECT_EQ(parse_sacct("CANCELLED by 1000|0:15")->name, "CANCELLED");
  EXPECT_EQ(parse_sacct("CANCELLED by 1000|0:15")->status(), 128 + 15);
  EXPECT_FALSE(parse_sacct("Slurm accounting storage is disabled"));
  EXPECT_FALSE(parse_sacct(""));
}

TEST(JobState, Ids) {
  EXPECT_EQ(parse_job_id("12\n"), (JobId{12, ""}));
  EXPECT_EQ(parse_job_id("12;west\n"), (JobId{12, "west"}));
  EXPECT_EQ(parse_job_id("a word ahead\n12"), (JobId{12, ""}));
  for (const char* text : {"", "0", "-3", "x", "99999999999", "12;-M all", "12;a b"})
    EXPECT_FALSE(parse_job_id(text)) << text;
}

}  // namespace
}  // namespace persea::slurm
