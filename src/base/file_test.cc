#include "base/file.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

namespace persea {
namespace {

class FileTest : public testing::Test {
 protected:
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& entry : fs::directory_iterator(dir_.path())) result.push_back(entry.path().filename());
    std::sort(result.begin(), result.end());
    return result;
  }
  TempDir dir_ = *TempDir::create(fs::temp_directory_path(), "file");
};

TEST_F(FileTest, WrittenIsRead) {
  const std::string text("a\0b\n", 4);
  ASSERT_TRUE(write_file(dir_.path() / "x", text));
  EXPECT_EQ(*read_file(dir_.path() / "x"), text);
  ASSERT_TRUE(write_file(dir_.path() / "x", "short"));
  EXPECT_EQ(*read_file(dir_.path() / "x"), "short");
  EXPECT_EQ(names(), std::vector<std::string>{"x"});
  EXPECT_FALSE(read_file("/proc/self/status")->empty());  // says size 0
}

TEST_F(FileTest, ErrorsNameTheFile) {
  for (const auto& error : {read_file(dir_.path() / "none").error(), read_file(dir_.path()).error(),
                            write_file(dir_.path() / "no/where", "x").error(), MappedFile::open(dir_.path()).error(),
                            FileWriter::create(dir_.path()).error()}) {
    EXPECT_TRUE(error.message.starts_with(dir_.path().string())) << error.message;
    EXPECT_EQ(error.message.find('\n'), std::string::npos);
  }
}

TEST_F(FileTest, MapsAndOutlivesTheName) {
  ASSERT_TRUE(write_file(dir_.path() / "x", "hello"));
  const MappedFile file = *MappedFile::open(dir_.path() / "x");
  const MappedFile copy = file;
  fs::remove(dir_.path() / "x");
  EXPECT_EQ(copy.text(), "hello");
  EXPECT_EQ(copy.bytes().size(), 5u);
  ASSERT_TRUE(write_file(dir_.path() / "empty", ""));
  EXPECT_EQ(MappedFile::open(dir_.path() / "empty")->text(), "");
}

TEST_F(FileTest, WriterKeepsOrderOverItsBuffer) {
  FileWriter writer = *FileWriter::create(dir_.path() / "x");
  std::string expected;
  for (const size_t size : {3, 700000, 600000, 3000000, 1}) {
    const std::string part(size, static_cast<char>('a' + size % 26));
    expected += part;
    ASSERT_TRUE(writer.write(part));
    EXPECT_EQ(writer.size(), expected.size());
  }
  ASSERT_TRUE(writer.finish());
  EXPECT_EQ(*read_file(dir_.path() / "x"), expected);
  EXPECT_THROW((void)writer.write("more"), std::logic_error);
}

TEST_F(FileTest, UnfinishedWriterLeavesNothing) {
  {
    FileWriter writer = *FileWriter::create(dir_.path() / "x");
    ASSERT_TRUE(writer.write("abc"));
  }
  EXPECT_TRUE(names().empty());
}

// A file-size limit stands for a full disk: write(2) fails in the same way.
TEST_F(FileTest, FullDiskIsAnErrorThatSticksAndLeavesTheOldContent) {
  ASSERT_TRUE(write_file(dir_.path() / "old", "old"));
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1 << 20, 1 << 20};
    setrlimit(RLIMIT_FSIZE, &limit);
    const std::string big(2 << 20, 'x');
    if (write_file(dir_.path() / "old", big)) _exit(1);
    auto writer = FileWriter::create(dir_.path() / "new");
    if (!writer || writer->write(big) || writer->write("x") || writer->finish()) _exit(2);
    writer = fail("gone");
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(*read_file(dir_.path() / "old"), "old");
  EXPECT_EQ(names(), std::vector<std::string>{"old"});
}

TEST_F(FileTest, TempDirIsRemovedUnlessReleased) {
  fs::path kept, gone;
  {
    TempDir a = *TempDir::create(dir_.path(), "a"), b = *TempDir::create(dir_.path(), "a");
    ASSERT_NE(a.path(), b.path());
    ASSERT_TRUE(write_file(b.path() / "x", "x"));
    gone = b.path();
    kept = a.release();
  }
  EXPECT_TRUE(fs::exists(kept));
  EXPECT_FALSE(fs::exists(gone));
  EXPECT_FALSE(TempDir::create(dir_.path() / "none", "a"));
}

}  // namespace
}  // namespace persea
