#include "train/checkpoint.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <thread>

#include "base/file.h"
#include "comm/thread_ranks.h"
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
  const auto alone = Ranks::alone();
  CheckpointStore store(
      temp_.path(), [](int64_t step) { return step % 10 == 0; }, *alone);
  const NamedTensors loaded = tensors_of(0);
  EXPECT_FALSE(store.load(whole_tensors(loaded))->has_value());
  for (const int64_t step : {0, 10, 20, 30})
    ASSERT_TRUE(store.save(step, {{"at", step}}, whole_tensors(tensors_of(step))).ok());
  EXPECT_FALSE(fs::exists(path("checkpoint-00000010")));
  EXPECT_TRUE(fs::exists(path("checkpoint-00000020")));
  EXPECT_EQ((*store.load(whole_tensors(loaded)))->step, 30);

  fs::resize_file(path("checkpoint-00000030"), 100);
  auto fallen_back = store.load(whole_tensors(loaded));
  ASSERT_TRUE(fallen_back.ok());
  EXPECT_EQ((*fallen_back)->step, 20);
  EXPECT_EQ((*fallen_back)->state, Json({{"at", 20}}));
  EXPECT_EQ(values(loaded), values(tensors_of(20)));

  fs::resize_file(path("checkpoint-00000020"), 10);
  const auto none = store.load(whole_tensors(loaded));
  ASSERT_FALSE(none.ok());
  EXPECT_NE(none.error().message.find("no whole checkpoint is left"), std::string::npos);
}

TEST_F(CheckpointTest, AnInterruptedRunsCheckpointIsForResumingOnly) {
  const auto alone = Ranks::alone();
  CheckpointStore store(
      temp_.path(), [](int64_t step) { return step % 10 == 0; }, *alone);
  const NamedTensors loaded = tensors_of(0);
  for (const int64_t step : {0, 10, 17}) ASSERT_TRUE(store.save(step, {}, whole_tensors(tensors_of(step))).ok());
  EXPECT_EQ((*store.load(whole_tensors(loaded)))->step, 17);
  EXPECT_EQ((*store.load(whole_tensors(loaded), true))->step, 10);
  ASSERT_TRUE(store.save(20, {}, whole_tensors(tensors_of(20))).ok());
  EXPECT_FALSE(fs::exists(path("checkpoint-00000017")));
  EXPECT_TRUE(fs::exists(path("checkpoint-00000010")));
  store.drop_after(10);
  EXPECT_EQ((*store.load(whole_tensors(loaded)))->step, 10);
}

// Parts of a tensor of which each lies on one rank.
ShardedTensors parts_of(const NamedTensors& tensors, int rank, int ranks) {
  ShardedTensors all;
  for (const auto& [name, tensor] : tensors) {
    ShardedTensor sharded{name, DType::f32, tensor.shape(), {}};
    const Tensor flat = tensor.reshape({tensor.count()});
    for (int part = 0; part < 2 * ranks; ++part) {
      const int64_t begin = tensor.count() * part / (2 * ranks), end = tensor.count() * (part + 1) / (2 * ranks);
      const int owner = part * 5 % ranks;
      sharded.parts.push_back({begin, end, owner, owner == rank ? flat.slice(begin, end).clone() : Tensor()});
    }
    all.push_back(std::move(sharded));
  }
  return all;
}

TEST_F(CheckpointTest, RanksMakeTheFileThatOneMakesAndAnyNumberReadsIt) {
  Tensor large({3000, 1001});  // several messages
  for (int64_t i = 0; i < large.count(); ++i) large.data()[i] = static_cast<float>(i);
  NamedTensors saved = tensors_of(1);
  saved.emplace_back("large", large);
  ASSERT_TRUE(write_checkpoint(path("alone"), {{"step", 3}}, saved).ok());
  const std::string expected = *read_file(path("alone"));
  for (const int count : {2, 3}) {
    const std::string name = fmt::format("of{}", count);
    const auto all = thread_ranks(count);
    std::vector<std::thread> threads;
    for (int rank = 0; rank < count; ++rank) {
      threads.emplace_back([&, rank] {
        const Status written = write_checkpoint(path(name), {{"step", 3}}, parts_of(saved, rank, count), *all[rank]);
        EXPECT_TRUE(written.ok());
        NamedTensors empty = tensors_of(0);
        empty.emplace_back("large", Tensor::zeros(large.shape()));
        const ShardedTensors mine = parts_of(empty, rank, count), theirs = parts_of(saved, rank, count);
        ASSERT_TRUE(read_checkpoint(path("alone"), mine, true).ok());
        for (size_t i = 0; i < mine.size(); ++i) {
          for (size_t part = 0; part < mine[i].parts.size(); ++part) {
            const Tensor &a = mine[i].parts[part].local, &b = theirs[i].parts[part].local;
            if (a.defined()) {
              EXPECT_EQ(std::memcmp(a.raw(), b.raw(), static_cast<size_t>(a.bytes())), 0);
            }
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(*read_file(path(name)), expected);
  }
}

TEST_F(CheckpointTest, EveryRankHearsThatAFileCannotBeWritten) {
  const auto all = thread_ranks(2);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < 2; ++rank) {
    threads.emplace_back([&, rank] {
      const Status written = write_checkpoint(path("no/such/folder"), {}, parts_of(tensors_of(1), rank, 2), *all[rank]);
      ASSERT_FALSE(written.ok());
      EXPECT_NE(written.error().message.find("no/such/folder"), std::string::npos) << written.error().message;
    });
  }
  for (std::thread& thread : threads) thread.join();
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
