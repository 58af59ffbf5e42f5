#include "serve/recorder.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "base/hash.h"
#include "ledger/scratch_for_test.h"
#include "serve/service_store.h"

namespace persea {
namespace {

using namespace std::chrono_literals;

class RecorderTest : public testing::Test {
 protected:
  const TempDir scratch_ = test_scratch();
  ServiceStore store_ = *ServiceStore::open(scratch_.path());
  const std::string key_ = store_.keys.add({.name = "n", .user = "u"})->id;

  Recorder::Entry entry(int id, std::string body = "{}", double cost = 0.5) {
    Recorder::Entry one{
        .reply = {.id = std::to_string(id), .owner = {"u"}, .key = key_}, .cost = cost, .request = std::move(body)};
    one.answers.emplace_back().text = "said";
    return one;
  }
  double spent() { return store_.keys.list()->at(0).spent; }
};

// Has the replies' database to itself until release().
class BusyDisk {
 public:
  explicit BusyDisk(Database& database)
      : thread_([this, &database] {
          (void)database.transaction([this]() -> Status {
            begun_.set_value();
            released_.get_future().wait();
            return {};
          });
        }) {
    begun_.get_future().wait();
  }
  ~BusyDisk() { release(); }
  void release() {
    if (!thread_.joinable()) return;
    released_.set_value();
    thread_.join();
  }

 private:
  std::promise<void> begun_, released_;
  std::thread thread_;
};

TEST_F(RecorderTest, WritesAllAndCharges) {
  Recorder recorder(store_.replies, store_.charges);
  for (int i = 0; i < 50; ++i) recorder.add(entry(i));
  recorder.flush();
  const auto found = store_.replies.find("49");
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_EQ((*found)->request_sha256, sha256("{}"));
  EXPECT_EQ((*found)->reply_sha256, sha256(R"([{"finish_reason":"","text":"said"}])"));
  EXPECT_FALSE((*found)->request || (*found)->reply) << "content is kept only where that was asked for";
  EXPECT_EQ(spent(), 25);
  EXPECT_EQ(recorder.stats().written, 50U);
  Recorder::Entry kept = entry(50, "marmalade");
  kept.keep_content = true;
  recorder.add(std::move(kept));
  recorder.flush();
  EXPECT_EQ((*store_.replies.find("50"))->request, "marmalade");
}

TEST_F(RecorderTest, FlushDoesNotWaitForQuiet) {
  Recorder recorder(store_.replies, store_.charges);
  std::atomic<bool> stop = false;
  std::atomic<int> added = 0;
  std::thread load([&] {
    while (!stop) {
      recorder.add(entry(added++));
      std::this_thread::sleep_for(50us);
    }
  });
  while (added < 10) std::this_thread::yield();
  const auto flushed = std::async(std::launch::async, [&] {
    for (int i = 0; i < 3; ++i) recorder.flush();
  });
  EXPECT_EQ(flushed.wait_for(30s), std::future_status::ready);
  EXPECT_TRUE(store_.replies.find("9")->has_value());
  stop = true;
  load.join();
}

TEST_F(RecorderTest, WhatWaitsHasABoundInBytesAndWhatIsDroppedIsCounted) {
  Recorder recorder(store_.replies, store_.charges, 100 << 10);
  {
    BusyDisk disk(*store_.reply_database);
    recorder.add(entry(0));
    while (recorder.stats().waiting > 0) std::this_thread::yield();  // the recorder waits for the disk
    for (int i = 1; i <= 30; ++i) recorder.add(entry(i, std::string(9 << 10, 'x')));
    const Recorder::Stats stats = recorder.stats();
    EXPECT_EQ(stats.waiting, 9U) << "of ten kilobytes each";
    EXPECT_LE(stats.waiting_bytes, 100U << 10);
    EXPECT_EQ(stats.dropped, 21U);
  }
  recorder.flush();
  EXPECT_EQ(recorder.stats().written, 10U);
  EXPECT_EQ(recorder.stats().waiting_bytes, 0U);
  EXPECT_EQ(spent(), 15.5) << "also what was not recorded is paid";
  recorder.add(entry(40, std::string(200 << 10, 'x')));  // alone it may be larger
  recorder.flush();
  EXPECT_TRUE(store_.replies.find("40")->has_value());
}

TEST_F(RecorderTest, WhatCannotBeWrittenIsCountedAndPaidLater) {
  Recorder recorder(store_.replies, store_.charges);
  ASSERT_TRUE(store_.reply_database->execute("alter table reply rename to away").ok());
  ASSERT_TRUE(store_.reply_database->execute("alter table api_key rename to keys_away").ok());
  recorder.add(entry(1));
  recorder.flush();
  EXPECT_EQ(recorder.stats().failed, 1U);
  ASSERT_TRUE(store_.reply_database->execute("alter table away rename to reply").ok());
  ASSERT_TRUE(store_.reply_database->execute("alter table keys_away rename to api_key").ok());
  recorder.add(entry(2));
  recorder.flush();
  EXPECT_EQ(recorder.stats().written, 1U);
  EXPECT_EQ(spent(), 1);
}

// Who asks whether a key is good does not wait for a disk that writes.
TEST_F(RecorderTest, KeysAreFoundWhileTheRecordIsBeingWritten) {
  const auto made = store_.keys.add({.name = "m", .user = "u"});
  BusyDisk disk(*store_.reply_database);
  auto found = std::async(std::launch::async, [&] { return store_.keys.find(made->key); });
  ASSERT_EQ(found.wait_for(20s), std::future_status::ready);
  EXPECT_TRUE(found.get()->has_value());
  disk.release();
}

}  // namespace
}  // namespace persea
