#include "base/log.h"

#include <gtest/gtest.h>

#include "base/progress.h"

namespace persea {
namespace {

TEST(Log, GoesToStandardErrorByLevel) {
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  log_info("read {} files", 3);
  log_warning("{}", "odd {}");
  log_debug("hidden");
  set_log_level(LogLevel::error);
  log_info("hidden");
  set_log_level(LogLevel::info);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "read 3 files\nwarning: odd {}\n");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

TEST(Progress, OffATerminalIsOneLineAtTheEnd) {
  testing::internal::CaptureStderr();
  {
    Progress progress("read", 10);
    for (int i = 0; i < 10; ++i) progress.update(i, "fast");
    progress.finish("10 files");
  }
  { Progress quiet("quiet", 10, true); }
  const std::string shown = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(shown.starts_with("read · ")) << shown;
  EXPECT_TRUE(shown.ends_with(" · 10 files\n")) << shown;
  EXPECT_EQ(std::count(shown.begin(), shown.end(), '\n'), 1);
}

}  // namespace
}  // namespace persea
