#include <gtest/gtest.h>

#include <optional>

#include "base/file.h"
#include "ledger/scratch_for_test.h"
#include "serve/key_store.h"
#include "serve/reply_store.h"

namespace persea {
namespace {

class StoreTest : public testing::Test {
 protected:
  const TempDir scratch_ = test_scratch();
  Database database_ = *Database::open_sqlite(scratch_.path() / "service.db");
  KeyStore keys_ = *KeyStore::open(database_);
  ReplyStore replies_ = *ReplyStore::open(database_);

  std::string files() const {
    std::string all;
    for (const auto& entry : fs::directory_iterator(scratch_.path())) all += *read_file(entry.path());
    return all;
  }
  static ReplyRecord reply(std::string id, ReplyOwner owner, std::optional<std::string> request = {}) {
    return {.id = std::move(id),
            .created = "2026-01-01T00:00:00Z",
            .owner = std::move(owner),
            .key = "k",
            .endpoint = "/v1/x",
            .model = "m",
            .digest = "d",
            .artifact = "model-1",
            .prompt_tokens = 3,
            .status = 200,
            .seconds = 0.5,
            .request_sha256 = "a",
            .reply_sha256 = "b",
            .request = std::move(request)};
  }
};

TEST_F(StoreTest, KeysAreShownOnceAndKnownAgain) {
  EXPECT_FALSE(*keys_.any());
  const auto made = keys_.add(
      {.name = "laptop", .user = "ann", .scopes = {"embed"}, .tokens_per_minute = 5, .at_once = 2, .spend = 1.5});
  ASSERT_TRUE(made.ok()) << made.error().message;
  EXPECT_TRUE(*keys_.any());
  EXPECT_TRUE(made->key.starts_with("psk_" + made->id + "_"));
  const auto found = keys_.find(made->key);
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_EQ((*found)->user, "ann");
  EXPECT_EQ((*found)->scopes, std::set<std::string>{"embed"});
  EXPECT_EQ((*found)->tokens_per_minute, 5);
  EXPECT_EQ((*found)->spend, 1.5);
  std::string other = made->key;
  other.back() = other.back() == 'A' ? 'B' : 'A';
  for (const std::string& wrong :
       {other, made->key + "A", made->key.substr(0, made->key.size() - 1), made->id, std::string("psk_"),
        std::string("psk__"), std::string(5000, 'x'), "psk_" + made->id + "_"}) {
    EXPECT_FALSE(keys_.find(wrong)->has_value()) << wrong;
  }
  EXPECT_EQ(files().find(made->key.substr(17)), std::string::npos) << "the secret is in no file";
  ASSERT_TRUE(keys_.charge(made->id, 0.25).ok());
  EXPECT_EQ((*keys_.find(made->key))->spent, 0.25);
  ASSERT_TRUE(keys_.revoke(made->id).ok());
  EXPECT_FALSE(keys_.find(made->key)->has_value());
  EXPECT_FALSE(keys_.revoke(made->id).ok());
  EXPECT_TRUE(keys_.list()->at(0).revoked.has_value());
  EXPECT_TRUE(*keys_.any());
}

TEST_F(StoreTest, KeysAreRefusedWithAReason) {
  EXPECT_NE(keys_.add({.name = "x", .user = "u", .scopes = {"generat"}}).error().message.find("generate"),
            std::string::npos);
  EXPECT_FALSE(keys_.add({.name = "", .user = "u"}).ok());
  EXPECT_FALSE(keys_.add({.name = "a\nb", .user = "u"}).ok());
  EXPECT_FALSE(keys_.add({.name = "a", .user = "u", .scopes = {}}).ok());
  EXPECT_FALSE(keys_.add({.name = "a", .user = "u", .at_once = -1}).ok());
}

TEST_F(StoreTest, FeedbackBecomesAFactAndIsForgotten) {
  const std::string secret = "a very recognisable sentence about marmalade";
  ASSERT_TRUE(
      replies_.add({reply("1", {"ann", "eve"}, secret), reply("2", {"ann", "bob"}, secret), reply("3", {"zoe"})}).ok());
  EXPECT_EQ((*replies_.find("chatcmpl-1"))->model, "m");
  EXPECT_FALSE(replies_.find("9")->has_value());
  ASSERT_TRUE(replies_.say({.reply = "resp_1", .owner = {"ann"}, .rating = -1, .edit = "better", .comment = {}}).ok());
  EXPECT_FALSE(replies_.say({.reply = "1", .owner = {"zoe"}, .rating = 1}).ok()) << "not hers";
  ASSERT_TRUE(replies_.say({.reply = "1", .owner = {"ann"}, .rating = 1, .edit = secret}).ok());
  const auto facts = replies_.preferences();
  ASSERT_TRUE(facts.ok()) << facts.error().message;
  ASSERT_EQ(facts->size(), 1U) << "the second word on a reply takes the place of the first";
  EXPECT_EQ(facts->at(0).rating, 1);
  EXPECT_EQ(facts->at(0).request, secret);
  EXPECT_NE(files().find("marmalade"), std::string::npos);

  const auto some = replies_.forget({"ann", "eve"});
  ASSERT_TRUE(some.ok()) << some.error().message;
  EXPECT_EQ(some->replies, 1);
  EXPECT_EQ(some->feedback, 1);
  EXPECT_TRUE(replies_.find("2")->has_value());
  EXPECT_EQ(replies_.forget({"ann", ""})->replies, 1);
  EXPECT_EQ(files().find("marmalade"), std::string::npos) << "gone from the disk too";
  EXPECT_TRUE(replies_.find("3")->has_value());
  ASSERT_TRUE(replies_.audit("ann", "key-add", "x").ok());
  EXPECT_EQ(replies_.audit_log(10)->at(0).action, "key-add");
}

// A file as it was before replies told their errors.
TEST_F(StoreTest, OldRecordsAreRead) {
  Database old = *Database::open_sqlite(scratch_.path() / "old.db");
  ReplyStore store = *ReplyStore::open(old);
  ASSERT_TRUE(store.add({reply("1", {"ann"})}).ok());
  ASSERT_TRUE(old.execute("alter table reply drop column error").ok());
  ASSERT_TRUE(old.execute("delete from schema_migration where component = 'replies' and version = 2").ok());
  store = *ReplyStore::open(old);
  EXPECT_EQ((*store.find("1"))->error, "");
}

}  // namespace
}  // namespace persea
