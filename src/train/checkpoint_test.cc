#include "train/checkpoint.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "train/metrics.h"

namespace persea {
namespace {

NamedTensors tensors_of(float value) {
  Tensor a({3, 5}), b({7});
  for (float& x : a.span()) x = value++;
  for (float& x : b.span()) x = -value++;
  return {{"a", a}, {"b", b}};
}

std::vector<float> values(const NamedTensors& tensors) {
  std::vector<float> all;
  for (const auto& [name, tensor] : tensors) all.insert(all.end(), tensor.span().begin(), tensor.span().end());
  return all;
}

class CheckpointTest : public testing::Test {
 protected:
  TempDir temp_ = *TempDir::create(fs::temp_directory_path(), "persea-checkpoint");
  fs::path path(std::string_view name) const { return temp_.path() / name; }
};

TEST_F(CheckpointTest, GivesBackWhatItWasGiven) {
  const NamedTensors saved = tensors_of(1);
  const Json state = {{"step", 12}, {"loss", 0.1 + 0.2}};
  ASSERT_TRUE(write_checkpoint(path("c"), state, saved).ok());
  const NamedTensors loaded = tensors_of(100);
  const auto read = read_checkpoint(path("c"), loaded);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, state);
  EXPECT_EQ(values(loaded), values(saved));
}

// Without the durability of write_file, which would take a minute here.
void put(const fs::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

TEST_F(CheckpointTest, AnyAlteredOrMissingByteIsSeen) {
  ASSERT_TRUE(write_checkpoint(path("c"), {{"step", 1}}, tensors_of(1)).ok());
  const std::string whole = *read_file(path("c"));
  const NamedTensors loaded = tensors_of(100);
  const auto before = values(loaded);
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string altered = whole;
    altered[i] ^= 1;
    put(path("d"), altered);
    EXPECT_FALSE(read_checkpoint(path("d"), loaded).ok()) << i;
    put(path("d"), whole.substr(0, i));
    EXPECT_FALSE(read_checkpoint(path("d"), loaded).ok()) << i;
  }
  put(path("d"), whole + "x");
  EXPECT_FALSE(read_checkpoint(path("d"), loaded).ok());
  EXPECT_FALSE(read_checkpoint(path("missing"), loaded).ok());
  EXPECT_EQ(values(loaded), before);
}

TEST_F(CheckpointTest, RefusesAnotherModel) {
  ASSERT_TRUE(write_checkpoint(path("c"), {}, tensors_of(1)).ok());
  const NamedTensors other = {{"a", Tensor({5, 3})}, {"b", Tensor({7})}};
  const auto read = read_checkpoint(path("c"), other);
  ASSERT_FALSE(read.ok());
  EXPECT_NE(read.error().message.find("of another model: holds a [3, 5], not a [5, 3]"), std::string::npos)
      << read.error().message;
}

TEST_F(CheckpointTest, StoreKeepsTwoAndFallsBackFromADamagedOne) {
  CheckpointStore store(temp_.path(), [](int64_t step) { return step % 10 == 0; });
  const NamedTensors loaded = tensors_of(0);
  EXPECT_FALSE(store.load(loaded)->has_value());
  for (const int64_t step : {0, 10, 20, 30}) ASSERT_TRUE(store.save(step, {{"at", step}}, tensors_of(step)).ok());
  EXPECT_FALSE(fs::exists(path("checkpoint-00000010")));
  EXPECT_TRUE(fs::exists(path("checkpoint-00000020")));
  EXPECT_EQ((*store.load(loaded))->step, 30);

  fs::resize_file(path("checkpoint-00000030"), 100);
  auto fallen_back = store.load(loaded);
  ASSERT_TRUE(fallen_back.ok());
  EXPECT_EQ((*fallen_back)->step, 20);
  EXPECT_EQ((*fallen_back)->state, Json({{"at", 20}}));
  EXPECT_EQ(values(loaded), values(tensors_of(20)));

  fs::resize_file(path("checkpoint-00000020"), 10);
  const auto none = store.load(loaded);
  ASSERT_FALSE(none.ok());
  EXPECT_NE(none.error().message.find("no whole checkpoint is left"), std::string::npos);
}

TEST_F(CheckpointTest, AnInterruptedRunsCheckpointIsForResumingOnly) {
  CheckpointStore store(temp_.path(), [](int64_t step) { return step % 10 == 0; });
  const NamedTensors loaded = tensors_of(0);
  for (const int64_t step : {0, 10, 17}) ASSERT_TRUE(store.save(step, {}, tensors_of(step)).ok());
  EXPECT_EQ((*store.load(loaded))->step, 17);
  EXPECT_EQ((*store.load(loaded, true))->step, 10);
  ASSERT_TRUE(store.save(20, {}, tensors_of(20)).ok());
  EXPECT_FALSE(fs::exists(path("checkpoint-00000017")));
  EXPECT_TRUE(fs::exists(path("checkpoint-00000010")));
  store.drop_after(10);
  EXPECT_EQ((*store.load(loaded))->step, 10);
}

TEST_F(CheckpointTest, MetricsAreCutOffAfterTheCheckpoint) {
  const fs::path file = path("metrics.jsonl");
  {
    auto writer = MetricsWriter::open(file, 0);
    ASSERT_TRUE(writer.ok());
    for (int step = 0; step < 5; ++step)
      ASSERT_TRUE(writer->append({{"step", step}, {"tokens", 10 * step}, {"loss", 1.5}}).ok());
  }
  ASSERT_TRUE(write_file(file, *read_file(file) + "{\"step\":5,\"lo").ok());  // a kill in the middle of a line
  EXPECT_EQ(read_metrics(file)->size(), 5);
  auto writer = MetricsWriter::open(file, 20);
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE(writer->append({{"step", 3}, {"tokens", 30}}).ok());
  const auto lines = read_metrics(file);
  ASSERT_EQ(lines->size(), 4);
  EXPECT_EQ((*lines)[2], Json({{"step", 2}, {"tokens", 20}, {"loss", 1.5}}));
  EXPECT_EQ((*lines)[3], Json({{"step", 3}, {"tokens", 30}}));
}

}  // namespace
}  // namespace persea
