#include "cli/slurm/log_tail.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"

namespace persea::slurm {
namespace {

class LogTailTest : public ::testing::Test {
 protected:
  LogTailTest() : dir_(std::move(*TempDir::create(fs::temp_directory_path(), "tail"))), path_(dir_.path() / "log") {}
  void append(const std::string& text) { std::ofstream(path_, std::ios::app) << text; }
  TempDir dir_;
  fs::path path_;
};

TEST_F(LogTailTest, GivesWhatIsNew) {
  LogTail tail(path_);
  EXPECT_EQ(*tail.more(), "");  // not there yet
  append("one\n");
  EXPECT_EQ(*tail.more(), "one\n");
  EXPECT_EQ(*tail.more(), "");
  append("tw");
  append("o\n");
  EXPECT_EQ(*tail.more(), "two\n");
}

TEST_F(LogTailTest, AFileThatIsCutOrReplacedIsReadAnew) {
  LogTail tail(path_);
  append("one two three\n");
  EXPECT_EQ(*tail.more(), "one two three\n");
  std::ofstream(path_, std::ios::trunc) << "four\n";
  EXPECT_EQ(*tail.more(), "four\n");
  ASSERT_TRUE(write_file(path_, "another file, and a longer one\n").ok());
  EXPECT_EQ(*tail.more(), "another file, and a longer one\n");
  fs::remove(path_);
  EXPECT_EQ(*tail.more(), "");
}

TEST_F(LogTailTest, MuchComesInParts) {
  LogTail tail(path_);
  append(std::string(3000000, 'x'));
  size_t bytes = 0, parts = 0;
  for (std::string part = *tail.more(); !part.empty(); part = *tail.more()) {
    EXPECT_LE(part.size(), 1u << 20);
    bytes += part.size();
    ++parts;
  }
  EXPECT_EQ(bytes, 3000000u);
  EXPECT_EQ(parts, 3u);
}

}  // namespace
}  // namespace persea::slurm
