// What is left after a program was killed at some instant, after two programs at once, and on a disk that is full.
// The programs are this test program again, started with a part to play (LabPart.DISABLED_Play), because a fork of a
// program with threads may do little.
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "base/log.h"
#include "base/random.h"
#include "ledger/lab.h"
#include "ledger/scratch_for_test.h"

extern char** environ;

namespace persea {
namespace {

constexpr int kFiles = 4;

// Stage `number`: a few files whose bytes follow from the number.
Result<StageResult> make(Lab& lab, int number) {
  return lab.run({"thing", 1, {{"number", number}}, {}}, [&](StageContext& context) -> Status {
    for (int f = 0; f < kFiles; ++f) {
      fs::create_directories(context.out() / std::to_string(f));
      PERSEA_CHECK(write_file(context.out() / std::to_string(f) / "data", std::string(5000, 'a' + (number + f) % 26)));
    }
    return {};
  });
}

// The parts. Each runs in a process of its own, in the lab that PERSEA_TEST_LAB names.
TEST(LabPart, DISABLED_Play) {
  set_log_level(LogLevel::warning);
  const std::string part = std::getenv("PERSEA_TEST_PART");
  const fs::path root = std::getenv("PERSEA_TEST_LAB");
  auto lab = Lab::open(root);
  ASSERT_TRUE(lab.ok()) << lab.error().message;
  if (part == "many") {
    for (int i = std::atoi(std::getenv("PERSEA_TEST_FROM"));; ++i) {  // until it is killed
      const auto result = make(*lab, i);
      ASSERT_TRUE(result.ok()) << result.error().message;
    }
  } else if (part == "die-in-stage") {
    (void)lab->run({"model", 1, Json::object(), {}}, [&](StageContext& context) -> Status {
      PERSEA_CHECK(write_file(context.work() / "checkpoint", "step 5"));
      PERSEA_CHECK(write_file(context.out() / "half", "half"));
      raise(SIGKILL);
      return {};
    });
  } else if (part == "slow-stage") {
    (void)lab->run({"model", 1, Json::object(), {}}, [&](StageContext& context) -> Status {
      PERSEA_CHECK(write_file(context.out() / "model", "by the other"));
      PERSEA_CHECK(write_file(root.parent_path() / "begun", ""));
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      return {};
    });
  }
}

class LabCrashTest : public ::testing::Test {
 protected:
  LabCrashTest() : dir_(test_scratch()) {}
  fs::path root() const { return dir_.path() / "lab"; }

  pid_t start(const std::string& part, int from = 0) const {
    setenv("PERSEA_TEST_PART", part.c_str(), 1);
    setenv("PERSEA_TEST_FROM", std::to_string(from).c_str(), 1);
    setenv("PERSEA_TEST_LAB", root().c_str(), 1);
    const char* argv[] = {"/proc/self/exe", "--gtest_filter=LabPart.DISABLED_Play", "--gtest_also_run_disabled_tests",
                          "--gtest_brief=1", nullptr};
    pid_t pid = 0;
    EXPECT_EQ(posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr, const_cast<char**>(argv), environ), 0);
    return pid;
  }
  static int wait_for(pid_t pid) {
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    return status;
  }
  // The lab as the next program finds it: every artifact whole, the index equal to the directories, tmp/ empty.
  void expect_whole() const {
    auto lab = Lab::open(root());
    ASSERT_TRUE(lab.ok()) << lab.error().message;
    const auto verified = lab->verify();
    ASSERT_TRUE(verified.ok()) << verified.error().message;
    for (const Damage& d : verified->damages) ADD_FAILURE() << d.artifact << "/" << d.file << ": " << d.problem;
    const auto all = lab->list();
    ASSERT_TRUE(all.ok());
    const auto directories = std::distance(fs::directory_iterator(root() / "artifacts"), fs::directory_iterator());
    EXPECT_EQ(static_cast<long>(all->size()), directories);
    for (const Artifact& artifact : *all) {
      EXPECT_TRUE(artifact.kind != "thing" || artifact.files().size() == size_t{kFiles}) << artifact.id;
    }
    EXPECT_TRUE(fs::is_empty(root() / "tmp"));
  }
  TempDir dir_;
};

TEST_F(LabCrashTest, KilledInAStageItGoesOnFromItsScratch) {
  const int status = wait_for(start("die-in-stage"));
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_FALSE(fs::is_empty(root() / "tmp"));
  auto lab = Lab::open(root());
  ASSERT_TRUE(lab.ok());
  EXPECT_TRUE(fs::is_empty(root() / "tmp"));
  EXPECT_TRUE(lab->list()->empty());
  EXPECT_EQ(lab->unfinished().size(), 1u);
  const auto result = lab->run({"model", 1, Json::object(), {}}, [&](StageContext& context) -> Status {
    EXPECT_TRUE(fs::is_empty(context.out()));
    PERSEA_TRY(const std::string checkpoint, read_file(context.work() / "checkpoint"));
    return write_file(context.out() / "model", checkpoint);
  });
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(*read_file(result->artifact.file("model")), "step 5");
  expect_whole();
}

TEST_F(LabCrashTest, TheSecondProgramWaitsForTheFirstAndReuses) {
  const pid_t other = start("slow-stage");
  for (int i = 0; i < 5000 && !fs::exists(dir_.path() / "begun"); ++i) usleep(1000);
  ASSERT_TRUE(fs::exists(dir_.path() / "begun"));
  auto lab = Lab::open(root());  // must leave the other's tmp/ alone
  ASSERT_TRUE(lab.ok());
  EXPECT_FALSE(fs::is_empty(root() / "tmp"));
  EXPECT_TRUE(lab->unfinished().at(0).running);
  const auto result = lab->run({"model", 1, Json::object(), {}}, [&](StageContext& context) -> Status {
    return write_file(context.out() / "model", "by me");
  });
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_TRUE(result->reused);
  EXPECT_EQ(*read_file(result->artifact.file("model")), "by the other");
  EXPECT_EQ(wait_for(other), 0);
  expect_whole();
}

TEST_F(LabCrashTest, TheSecondProgramTakesOverFromADeadOne) {
  const pid_t other = start("slow-stage");
  for (int i = 0; i < 5000 && !fs::exists(dir_.path() / "begun"); ++i) usleep(1000);
  std::thread killer([&] {
    usleep(30000);
    kill(other, SIGKILL);
    wait_for(other);
  });
  auto lab = Lab::open(root());
  ASSERT_TRUE(lab.ok());
  const auto result = lab->run({"model", 1, Json::object(), {}}, [&](StageContext& context) -> Status {
    return write_file(context.out() / "model", "by me");
  });
  killer.join();
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(*read_file(result->artifact.file("model")), "by me");
  expect_whole();
}

TEST_F(LabCrashTest, TwoProgramsShareALab) {
  const pid_t one = start("many"), two = start("many");
  usleep(50000);
  kill(one, SIGKILL);
  EXPECT_TRUE(WIFSIGNALED(wait_for(one)));
  auto lab = Lab::open(root());
  ASSERT_TRUE(lab.ok());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(make(*lab, i).ok());
  kill(two, SIGKILL);
  EXPECT_TRUE(WIFSIGNALED(wait_for(two)));
  expect_whole();
}

TEST_F(LabCrashTest, AFullDiskLosesNothing) {
  fs::create_directory(root());
  if (mount("tmpfs", root().c_str(), "tmpfs", 0, "size=4m") != 0)
    GTEST_SKIP() << "no right to mount a small file system";
  struct Unmount {
    fs::path path;
    ~Unmount() { umount2(path.c_str(), MNT_DETACH); }
  } const unmount{root()};
  const auto fill = [&](uintmax_t leave) {
    std::FILE* ballast = std::fopen((root() / "ballast").c_str(), "w");
    const uintmax_t free = fs::space(root()).available;
    const std::string block(4096, 'b');
    for (uintmax_t used = leave; used + block.size() <= free; used += block.size()) {
      if (std::fwrite(block.data(), 1, block.size(), ballast) != block.size()) break;
    }
    std::fclose(ballast);
  };
  int failures = 0, successes = 0;
  { ASSERT_TRUE(Lab::open(root()).ok()); }
  for (int pages = 0; pages < 40; pages += 2) {
    fill(pages * 4096);
    {
      auto lab = Lab::open(root());
      auto result = lab.ok() ? make(*lab, pages) : Result<StageResult>(lab.error());
      if (result.ok()) {
        ++successes;
      } else {
        ++failures;
        const std::string& message = result.error().message;
        EXPECT_EQ(message.find('\n'), std::string::npos);
        EXPECT_TRUE(message.find("No space left") != std::string::npos || message.find("full") != std::string::npos)
            << message;
        EXPECT_TRUE(!lab.ok() || fs::is_empty(root() / "tmp")) << pages;
      }
    }
    fs::remove(root() / "ballast");
    expect_whole();
    auto lab = Lab::open(root());
    ASSERT_TRUE(lab.ok());
    EXPECT_TRUE(make(*lab, pages).ok());
  }
  EXPECT_GT(failures, 3);
  EXPECT_GT(successes, 3);
}

TEST_F(LabCrashTest, KilledAtAnyInstantItIsWholeSlow) {
  Random random(7, "instants");
  for (int round = 0; round < 40 && !HasFailure(); ++round) {
    const pid_t pid = start("many", round * 1000);
    usleep(static_cast<useconds_t>(10000 + random.below(60000)));
    kill(pid, SIGKILL);
    EXPECT_TRUE(WIFSIGNALED(wait_for(pid)));
    expect_whole();
  }
}

}  // namespace
}  // namespace persea
