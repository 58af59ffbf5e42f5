#include "store/database.h"

#include <gtest/gtest.h>

#include <limits>
#include <thread>

#include "base/file.h"

namespace persea {
namespace {

class DatabaseTest : public ::testing::Test {
 protected:
  DatabaseTest() : dir_(std::move(*TempDir::create(fs::temp_directory_path(), "store"))) {}
  fs::path path() const { return dir_.path() / "test.db"; }
  Database open() const {
    auto db = Database::open_sqlite(path());
    EXPECT_TRUE(db.ok()) << db.error().message;
    return std::move(*db);
  }
  TempDir dir_;
};

const std::vector<Migration> kSchema = {
    {1, {"create table thing (name text primary key, count bigint, weight double precision)"}},
    {2, {"alter table thing add column note text", "create index thing_by_count on thing (count)"}},
};

TEST_F(DatabaseTest, TypedRowsComeBackAsTheyWentIn) {
  Database db = open();
  ASSERT_TRUE(db.migrate("test", kSchema).ok());
  const std::string odd = "quote ' \" ; -- \xc3\xa4 \xe2\x82\xac\nline";
  const int64_t large = std::numeric_limits<int64_t>::max();
  const auto changed = db.execute("insert into thing (name, count, weight, note) values (:n, :c, :w, :o)", odd, large,
                                  0.1, std::optional<std::string>());
  ASSERT_TRUE(changed.ok()) << changed.error().message;
  EXPECT_EQ(*changed, 1);
  const auto rows = db.query<std::string, int64_t, double, std::optional<std::string>>(
      "select name, count, weight, note from thing where name = :name", odd);
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_EQ((*rows)[0], std::make_tuple(odd, large, 0.1, std::optional<std::string>()));
  const auto count = db.query<int64_t>("select count(*) from thing");
  EXPECT_EQ(std::get<0>(count->at(0)), 1);
  EXPECT_TRUE(db.query<int64_t>("select count from thing where count < :c", 5)->empty());
}

TEST_F(DatabaseTest, NullInAColumnThatCannotBeNullIsAnError) {
  Database db = open();
  const auto rows = db.query<int64_t>("select null");
  ASSERT_FALSE(rows.ok());
  EXPECT_NE(rows.error().message.find("column 1 is null"), std::string::npos);
}

TEST_F(DatabaseTest, ErrorsAreOneLineThatNamesTheFile) {
  Database db = open();
  const auto bad = db.execute("insert into\n nothing values (1)");
  ASSERT_FALSE(bad.ok());
  EXPECT_TRUE(bad.error().message.starts_with(path().string()));
  EXPECT_EQ(bad.error().message.find('\n'), std::string::npos);
}

TEST_F(DatabaseTest, AFailedTransactionIsUndoneWhole) {
  Database db = open();
  ASSERT_TRUE(db.migrate("test", kSchema).ok());
  const auto insert = [&](const char* name) { return db.execute("insert into thing (name) values (:n)", name); };
  const Status failed = db.transaction([&]() -> Status {
    PERSEA_CHECK(insert("a"));
    PERSEA_CHECK(insert("a"));  // the key is taken
    return {};
  });
  EXPECT_FALSE(failed.ok());
  EXPECT_THROW((void)db.transaction([&]() -> Status {
    (void)insert("b");
    throw std::runtime_error("out");
  }),
               std::runtime_error);
  EXPECT_EQ(std::get<0>(db.query<int64_t>("select count(*) from thing")->at(0)), 0);
  ASSERT_TRUE(db.transaction([&]() -> Status {
                  PERSEA_CHECK(insert("c"));
                  return {};
                }).ok());
  EXPECT_EQ(std::get<0>(db.query<int64_t>("select count(*) from thing")->at(0)), 1);
  EXPECT_THROW((void)db.transaction([&] { return db.transaction([] { return Status(); }); }), std::logic_error);
}

TEST_F(DatabaseTest, MigrationsRunOnceAndInOrder) {
  {
    Database db = open();
    ASSERT_TRUE(db.migrate("test", std::span(kSchema).first(1)).ok());
    ASSERT_TRUE(db.execute("insert into thing (name) values ('old')").ok());
  }
  Database db = open();
  ASSERT_TRUE(db.migrate("test", kSchema).ok());
  ASSERT_TRUE(db.migrate("test", kSchema).ok());
  EXPECT_EQ(db.query<std::string>("select name from thing where note is null")->size(), 1u);
  EXPECT_EQ(std::get<0>(db.query<int64_t>("select count(*) from schema_migration")->at(0)), 2);
  const Status newer = db.migrate("test", std::span(kSchema).first(1));
  ASSERT_FALSE(newer.ok());
  EXPECT_NE(newer.error().message.find("newer version"), std::string::npos);
}

TEST_F(DatabaseTest, AFailedMigrationLeavesTheSchemaBefore) {
  Database db = open();
  std::vector<Migration> broken = kSchema;
  broken[1].statements.push_back("create nonsense");
  ASSERT_FALSE(db.migrate("test", broken).ok());
  ASSERT_TRUE(db.migrate("test", kSchema).ok());
}

TEST_F(DatabaseTest, WritersOfOneFileWaitForEachOther) {
  constexpr int kWriters = 4, kEach = 25;
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      Database db = open();  // all at once, on a file that is not there yet
      const Status migrated = db.migrate("test", kSchema);
      EXPECT_TRUE(migrated.ok()) << migrated.error().message;
      for (int i = 0; i < kEach; ++i) {
        // Reads before it writes: without the early lock this is where SQLite would refuse to go on.
        const Status done = db.transaction([&]() -> Status {
          PERSEA_TRY(auto count, db.query<int64_t>("select count(*) from thing"));
          PERSEA_CHECK(db.execute("insert into thing (name, count) values (:n, :c)", std::to_string(w * kEach + i),
                                  std::get<0>(count[0])));
          return {};
        });
        EXPECT_TRUE(done.ok()) << done.error().message;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  Database db = open();
  EXPECT_EQ(std::get<0>(db.query<int64_t>("select count(distinct count) from thing")->at(0)), kWriters * kEach);
}

TEST_F(DatabaseTest, OneConnectionServesManyThreads) {
  Database db = open();
  ASSERT_TRUE(db.migrate("test", kSchema).ok());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(db.transaction([&]() -> Status {
                        PERSEA_CHECK(db.execute("insert into thing (name) values (:n)", std::to_string(t * 10 + i)));
                        return {};
                      }).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::get<0>(db.query<int64_t>("select count(*) from thing")->at(0)), 40);
}

TEST_F(DatabaseTest, AFileThatIsNoDatabaseIsRefused) {
  ASSERT_TRUE(write_file(path(), std::string(4096, 'x')).ok());
  const auto db = Database::open_sqlite(path());
  ASSERT_FALSE(db.ok());
  EXPECT_NE(db.error().message.find("damaged, or no database"), std::string::npos) << db.error().message;
}

TEST_F(DatabaseTest, AMissingFolderIsNamed) {
  const auto db = Database::open_sqlite(dir_.path() / "no" / "test.db");
  ASSERT_FALSE(db.ok());
  EXPECT_NE(db.error().message.find("no/test.db"), std::string::npos) << db.error().message;
}

TEST_F(DatabaseTest, OddPathsWork) {
  for (const char* name : {"two words", "a=b", "a = b c", "x'y", "q\"r"}) {
    const fs::path folder = dir_.path() / name;
    fs::create_directory(folder);
    auto db = Database::open_sqlite(folder / "lab.db");
    ASSERT_TRUE(db.ok()) << db.error().message;
    EXPECT_TRUE(db->execute("create table t (x bigint)").ok());
    EXPECT_TRUE(fs::exists(folder / "lab.db")) << name;
  }
}

}  // namespace
}  // namespace persea
