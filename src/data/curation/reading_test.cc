#include "data/curation/reading.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "ledger/scratch_for_test.h"

namespace persea::curation {
namespace {

constexpr std::string_view kRecipe = R"(
[[source]]
name = "s"
path = "text"
[dedup]
minhash = "datatrove"
)";

class CurationReading : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(dir_.path() / "text");
    for (int file = 0; file < 3; ++file) {
      std::string lines;
      for (int i = 0; i < 300; ++i)
        lines += canonical_json({{"text", fmt::format("document {} of file {} with some more words", i, file)}}) + "\n";
      ASSERT_TRUE(write_file(dir_.path() / "text" / fmt::format("{}.jsonl", file), lines).ok());
    }
    auto recipe = Recipe::parse(kRecipe, "r.toml", dir_.path());
    ASSERT_TRUE(recipe.ok());
    recipe_ = std::move(*recipe);
    auto plan = make_plan(recipe_);
    ASSERT_TRUE(plan.ok());
    plan_ = std::move(*plan);
  }

  // What is in the parts after rank `rank` of `ranks` has done its share.
  Status read(const fs::path& folder, int rank = 0, int ranks = 1) {
    PERSEA_TRY(const Judge judge, Judge::create({}, recipe_.dedup));
    fs::create_directories(dir_.path() / folder);
    Reading reading{recipe_, plan_, judge, dir_.path() / folder, rank, ranks};
    reading.part_bytes = 4096;
    return read_parts(reading);
  }
  std::vector<std::string> parts(const fs::path& folder) {
    std::vector<std::string> bytes;
    const auto paths = list_parts(plan_, dir_.path() / folder);
    EXPECT_TRUE(paths.ok()) << paths.error().message;
    for (size_t i = 0; paths && i < paths->size(); ++i) bytes.push_back(*read_file((*paths)[i]));
    return bytes;
  }

  TempDir dir_ = test_scratch();
  Recipe recipe_;
  Plan plan_;
};

TEST_F(CurationReading, OnlyPartsThatAreNotThereAreMade) {
  ASSERT_TRUE(read("whole").ok());
  const auto whole = parts("whole");
  ASSERT_GT(whole.size(), 5);
  ASSERT_TRUE(read("again").ok());
  const auto paths = list_parts(plan_, dir_.path() / "again");
  const auto untouched = fs::last_write_time((*paths)[1]);
  fs::remove((*paths)[2]);
  ASSERT_TRUE(read("again").ok());
  EXPECT_EQ(parts("again"), whole);
  EXPECT_EQ(fs::last_write_time((*paths)[1]), untouched);
  // Killed before the unit came to its end.
  fs::remove(dir_.path() / "again" / "unit-000000.end");
  fs::remove(paths->back());
  ASSERT_TRUE(read("again").ok());
  EXPECT_EQ(parts("again"), whole);
}

TEST_F(CurationReading, RanksShareTheParts) {
  ASSERT_TRUE(read("whole").ok());
  // Each small file a unit, and one that is large enough to be shared.
  plan_.units = {{0, 1, 100}, {1, 1, kUnitBytes + 1}, {2, 1, 100}};
  ASSERT_TRUE(read("alone").ok());
  for (const int rank : {2, 0, 1}) {
    EXPECT_EQ(list_parts(plan_, dir_.path() / "shared").ok(), false);
    ASSERT_TRUE(read("shared", rank, 3).ok());
  }
  EXPECT_EQ(parts("shared"), parts("alone"));
  // Another number of ranks goes on with what these have left.
  fs::remove((*list_parts(plan_, dir_.path() / "shared"))[3]);
  for (const int rank : {0, 1}) ASSERT_TRUE(read("shared", rank, 2).ok());
  EXPECT_EQ(parts("shared"), parts("alone"));
}

TEST_F(CurationReading, APartHasABoundOfDocumentsToo) {
  std::string lines;
  for (int i = 0; i < 140000; ++i) lines += "{\"text\":\"a\"}\n";
  ASSERT_TRUE(write_file(dir_.path() / "text" / "many.jsonl", lines).ok());
  plan_ = *make_plan(recipe_);
  const Judge judge = *Judge::create({}, recipe_.dedup);
  fs::create_directories(dir_.path() / "many");
  ASSERT_TRUE(read_parts({recipe_, plan_, judge, dir_.path() / "many"}).ok());
  const auto paths = list_parts(plan_, dir_.path() / "many");
  ASSERT_EQ(paths->size(), 2);
  EXPECT_LE(PartReader::open((*paths)[0])->entries().size(), (1 << 17) + (1 << 14));
}

TEST_F(CurationReading, ADamagedPartIsToldOf) {
  ASSERT_TRUE(read("whole").ok());
  const auto paths = list_parts(plan_, dir_.path() / "whole");
  const std::string bytes = *read_file((*paths)[0]);
  for (const size_t size : {size_t{0}, size_t{10}, bytes.size() - 1}) {
    ASSERT_TRUE(write_file((*paths)[0], bytes.substr(0, size)).ok());
    EXPECT_FALSE(PartReader::open((*paths)[0]).ok()) << size;
  }
}

}  // namespace
}  // namespace persea::curation
