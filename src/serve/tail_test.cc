#include "serve/tail.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "ledger/scratch_for_test.h"

namespace persea {
namespace {

class TailTest : public testing::Test {
 protected:
  TailPart read(int64_t after, const std::string& file = "", size_t most = 1000) {
    auto part = read_tail(path_, after, file, most);
    EXPECT_TRUE(part.ok() && part->has_value()) << (part.ok() ? "no file" : part.error().message);
    return part.ok() && part->has_value() ? **part : TailPart();
  }
  void append(std::string_view text) {
    std::FILE* file = std::fopen(path_.c_str(), "a");
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
  }
  const TempDir scratch_ = test_scratch();
  const fs::path path_ = scratch_.path() / "metrics.jsonl";
};

TEST_F(TailTest, GoesOnWhereItStoodAndLeavesHalfLines) {
  EXPECT_FALSE(read_tail(path_, 0, "", 100)->has_value());
  append("one\ntwo\nthr");
  const TailPart first = read(0);
  EXPECT_EQ(first.lines, "one\ntwo\n");
  EXPECT_TRUE(first.from_start);
  EXPECT_FALSE(first.more);
  append("ee\n");
  const TailPart second = read(first.next, first.file);
  EXPECT_EQ(second.lines, "three\n");
  EXPECT_FALSE(second.from_start);
  const TailPart third = read(second.next, second.file);
  EXPECT_EQ(third.lines, "");
  EXPECT_EQ(third.next, second.next);
}

TEST_F(TailTest, BeginsAgainWhereTheFileIsAnother) {
  append("one\ntwo\nthree\n");
  const TailPart first = read(0);
  ASSERT_TRUE(write_file(path_, "one\ntwo\nthree\nfour\n").ok());  // a new file in place of the first
  const TailPart again = read(first.next, first.file);
  EXPECT_TRUE(again.from_start);
  EXPECT_EQ(again.lines, "one\ntwo\nthree\nfour\n");
  fs::resize_file(path_, 4);
  EXPECT_EQ(read(again.next, again.file).lines, "one\n");  // cut short
  EXPECT_TRUE(read(2, again.file).from_start);             // in the middle of a line
  EXPECT_TRUE(read(INT64_MAX, again.file).from_start);
}

TEST_F(TailTest, GivesWholeLinesInPartsOfItsSize) {
  append("aaaa\nbbbb\ncccc\n");
  const TailPart first = read(0, "", 12);
  EXPECT_EQ(first.lines, "aaaa\nbbbb\n");
  EXPECT_TRUE(first.more);
  EXPECT_EQ(read(first.next, first.file, 12).lines, "cccc\n");
  EXPECT_FALSE(read_tail(path_, 0, "", 3).ok());
}

TEST_F(TailTest, OpensNoLinksPipesOrFolders) {
  const fs::path other = scratch_.path() / "other";
  ASSERT_TRUE(write_file(other, "secret\n").ok());
  fs::create_symlink(other, path_);
  EXPECT_FALSE(read_tail(path_, 0, "", 100).ok());
  fs::remove(path_);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_FALSE(read_tail(path_, 0, "", 100).ok());
  EXPECT_FALSE(read_tail(scratch_.path(), 0, "", 100).ok());
}

TEST_F(TailTest, OnlyObjectsAreRows) {
  const Json rows = json_lines("{\"step\":1}\n[2]\nnonsense\n{\"step\":2}\n{\"st");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1].at("step"), 2);
  EXPECT_TRUE(json_lines("").empty());
}

}  // namespace
}  // namespace persea
