#include "cli/slurm/job_record.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

#include "base/file.h"

namespace persea::slurm {
namespace {

TEST(JobRecord, JobsSentAtOnceHaveFoldersOfTheirOwn) {
  const fs::path lab = fs::path(testing::TempDir()) / "jobs-sent-at-once";
  fs::remove_all(lab);
  const fs::path wanted = job_folder(lab, "2026-01-02T03:04:05Z", "small");
  EXPECT_EQ(wanted, lab / "jobs" / "20260102T030405Z-small");
  std::vector<fs::path> made(8);
  std::vector<std::thread> threads;
  for (fs::path& folder : made) {
    threads.emplace_back([&folder, &wanted] {
      const auto own = make_job_folder(wanted);
      if (own) folder = *own;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::set<fs::path>(made.begin(), made.end()).size(), made.size());
  for (const fs::path& folder : made) EXPECT_TRUE(fs::is_directory(folder)) << folder;
  fs::remove_all(lab);
}

TEST(JobRecord, AFolderThatCannotBeMadeIsNamed) {
  const fs::path file = fs::path(testing::TempDir()) / "jobs-in-a-file";
  ASSERT_TRUE(write_file(file, "").ok());
  const auto made = make_job_folder(file / "jobs" / "small");
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().message.find("jobs-in-a-file"), std::string::npos) << made.error().message;
  fs::remove(file);
}

}  // namespace
}  // namespace persea::slurm
