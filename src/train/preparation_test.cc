#include "train/preparation.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace persea {
namespace {

class PreparationTest : public testing::Test {
 protected:
  PreparationTest() : temp_(*TempDir::create(fs::temp_directory_path(), "preparation")) {
    recipe_.tokenizer.vocab = 400;
    recipe_.use_text(temp_.path());
  }
  void put(const fs::path& name, const std::string& text) {
    fs::create_directories((temp_.path() / name).parent_path());
    ASSERT_TRUE(write_file(temp_.path() / name, text).ok());
  }
  static std::string text(int repeats) {
    std::string all;
    for (int i = 0; i < repeats; ++i)
      all += "The quick brown fox jumps over the lazy dog, and number " + std::to_string(i) + " follows. ";
    return all;
  }

  TempDir temp_;
  Recipe recipe_;
};

TEST_F(PreparationTest, OneSmallDocumentIsEnough) {
  const std::string one = text(100);
  put("a.txt", one);
  const auto found = estimate_preparation(recipe_);
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(found->text_bytes, static_cast<int64_t>(one.size()));
  EXPECT_GT(found->tokens, static_cast<int64_t>(one.size()) / 20);
  EXPECT_LT(found->tokens, static_cast<int64_t>(one.size()));
}

TEST_F(PreparationTest, CountsWhatARunReads) {
  put("a.txt", text(50));
  put("deep/b.txt", text(50));
  const int64_t seen = estimate_preparation(recipe_)->text_bytes;
  EXPECT_NEAR(static_cast<double>(seen), 2.0 * static_cast<double>(text(50).size()), 8);
  put(".git/object", text(500));
  put(".hidden.txt", text(500));
  EXPECT_EQ(estimate_preparation(recipe_)->text_bytes, seen);
}

TEST_F(PreparationTest, SaysWhatIsMissing) {
  recipe_.use_text(temp_.path() / "nowhere");
  const auto found = estimate_preparation(recipe_);
  ASSERT_FALSE(found.ok());
  EXPECT_NE(found.error().message.find("no such file or folder"), std::string::npos) << found.error().message;
}

}  // namespace
}  // namespace persea
