#include "serve/lab_view.h"

#include <gtest/gtest.h>

#include <set>

#include "ledger/scratch_for_test.h"

namespace persea {
namespace {

class LabViewTest : public testing::Test {
 protected:
  std::string make(const std::string& kind, int number, std::vector<std::pair<std::string, std::string>> inputs = {}) {
    const auto made =
        lab_.run({kind, 1, {{"number", number}}, std::move(inputs)}, [&](StageContext& context) -> Status {
          context.fact("number", number);
          context.fact("long", std::string(1000, 'x'));
          PERSEA_CHECK(write_file(context.out() / "data.bin", std::to_string(number)));
          if (kind != "model") return {};
          context.record("metrics.jsonl");
          return write_file(context.out() / "metrics.jsonl", "{\"step\":1,\"loss\":3.5}\n{\"step\":2,\"loss\":2.5}\n");
        });
    EXPECT_TRUE(made.ok()) << made.error().message;
    return made->artifact.id;
  }
  static Json good(const LabView::Shown& shown) {
    const auto* error = std::get_if<http::ApiError>(&shown);
    EXPECT_EQ(error, nullptr) << error->message;
    return error ? Json() : std::get<Json>(shown);
  }
  static int status(const LabView::Shown& shown) {
    const auto* error = std::get_if<http::ApiError>(&shown);
    return error ? error->status : 200;
  }

  const TempDir scratch_ = test_scratch();
  Lab lab_ = *Lab::open(scratch_.path() / "lab");
  std::mutex mutex_;
  LabView view_{&lab_, mutex_};
};

// Of artifacts that were made in the same second any may come first.
TEST_F(LabViewTest, ListsInPagesNewestFirst) {
  std::set<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.insert(make("corpus", i));
  const std::string input = *ids.begin();
  const std::string made = make("model", 5, {{"corpus", input}});
  ids.insert(made);
  const Json first = good(view_.artifacts({{"limit", "4"}}));
  ASSERT_EQ(first.at("data").size(), 4U);
  EXPECT_EQ(first.at("kinds"), Json({{"corpus", 5}, {"model", 1}}));
  const Json rest = good(view_.artifacts({{"before", first.at("next")}, {"limit", "4"}}));
  ASSERT_EQ(rest.at("data").size(), 2U);
  EXPECT_TRUE(rest.at("next").is_null());
  std::string last = "9";
  for (const Json& page : {first, rest})
    for (const Json& artifact : page.at("data")) {
      EXPECT_EQ(ids.erase(artifact.at("id")), 1U) << artifact;
      EXPECT_LE(artifact.at("created").get<std::string>(), last);
      last = artifact.at("created");
      if (artifact.at("id") != made) continue;
      EXPECT_EQ(artifact.at("metrics"), true);
      EXPECT_EQ(artifact.at("facts"), Json({{"number", 5}}));  // what is long stays with the manifest
      EXPECT_EQ(artifact.at("inputs")[0].at("id"), input);
    }
  EXPECT_TRUE(ids.empty());
  EXPECT_EQ(good(view_.artifacts({{"kind", "model"}})).at("data").size(), 1U);
  EXPECT_TRUE(good(view_.artifacts({{"kind", "none"}})).at("data").empty());
  for (const char* limit : {"0", "201", "-1", "1e3", "x", "99999999999999999999"}) {
    EXPECT_EQ(status(view_.artifacts({{"limit", limit}})), 400) << limit;
  }
  EXPECT_EQ(status(view_.artifacts({{"before", "corpus-0"}})), 404);
}

TEST_F(LabViewTest, ADamagedArtifactIsNamed) {
  const std::string id = make("corpus", 1);
  fs::permissions(lab_.root() / "artifacts" / id / "manifest.json", fs::perms::owner_all);
  ASSERT_TRUE(write_file(lab_.root() / "artifacts" / id / "manifest.json", "{}").ok());
  const Json list = good(view_.artifacts({}));
  EXPECT_EQ(list.at("data")[0].at("id"), id);
  EXPECT_TRUE(list.at("data")[0].contains("problem"));
  EXPECT_EQ(status(view_.artifact(id)), 500);
  EXPECT_TRUE(good(view_.lineage(id)).at("nodes")[0].contains("problem"));
}

TEST_F(LabViewTest, LineageGoesBothWays) {
  const std::string corpus = make("corpus", 1), vocabulary = make("vocabulary", 2, {{"corpus", corpus}}),
                    model = make("model", 3, {{"corpus", corpus}, {"tokenizer", vocabulary}}),
                    report = make("report", 4, {{"model", model}});
  const Json lineage = good(view_.lineage(vocabulary));
  std::map<std::string, bool> made;
  for (const Json& node : lineage.at("nodes")) made[node.at("id")] = node.at("made");
  const std::map<std::string, bool> expected = {{corpus, false}, {vocabulary, false}, {model, true}, {report, true}};
  EXPECT_EQ(made, expected);
  const Json one = good(view_.artifact(corpus));
  const std::set<std::string> from_corpus = {vocabulary, model};
  EXPECT_EQ(one.at("made").get<std::set<std::string>>(), from_corpus);
  EXPECT_EQ(one.at("manifest").at("id"), corpus);
  EXPECT_EQ(status(view_.artifact("corpus")), 404);  // the whole id only
  EXPECT_EQ(status(view_.artifact(corpus.substr(0, corpus.size() - 1))), 404);
  EXPECT_EQ(status(view_.lineage("corpus")), 404);
}

TEST_F(LabViewTest, MetricsOfFinishedRunsAndOfThoseUnderWay) {
  const std::string model = make("model", 1);
  const Json whole = good(view_.metrics(model, {}));
  EXPECT_EQ(whole.at("rows").size(), 2U);
  EXPECT_EQ(whole.at("finished"), true);
  const http::Fields behind = {{"after", std::to_string(whole.at("next").get<int64_t>())}, {"file", whole.at("file")}};
  EXPECT_TRUE(good(view_.metrics(model, behind)).at("rows").empty());
  EXPECT_EQ(status(view_.metrics(model, {{"after", "-1"}})), 400);
  EXPECT_EQ(status(view_.metrics(make("corpus", 1), {})), 404);

  const auto failed = lab_.run({"model", 1, {{"number", 2}}, {}}, [&](StageContext& context) -> Status {
    PERSEA_CHECK(write_file(context.work() / "metrics.jsonl", "{\"step\":1,\"loss\":3.5}\n"));
    const Json runs = good(view_.runs());
    EXPECT_EQ(runs.at("data").size(), 1U);
    const Json& run = runs.at("data")[0];
    EXPECT_EQ(run.at("running"), true);
    EXPECT_EQ(run.at("metrics"), true);
    const Json part = good(view_.metrics(run.at("id").get<std::string>(), {}));
    EXPECT_EQ(part.at("rows").size(), 1U);
    EXPECT_EQ(part.at("finished"), false);
    return fail("stopped");
  });
  EXPECT_FALSE(failed.ok());
  EXPECT_EQ(good(view_.runs()).at("data")[0].at("running"), false);
  // What it becomes says what its stage was called.
  const std::string stage = good(view_.runs()).at("data")[0].at("id");
  EXPECT_EQ(good(view_.artifact(make("model", 2))).at("stage"), stage);
}

TEST_F(LabViewTest, NamesLeadNowhereElse) {
  (void)make("model", 1);
  ASSERT_TRUE(write_file(lab_.root() / "metrics.jsonl", "{\"step\":1}\n").ok());
  fs::create_directory(scratch_.path() / "outside-0a");
  ASSERT_TRUE(write_file(scratch_.path() / "outside-0a" / "metrics.jsonl", "{\"step\":1}\n").ok());
  fs::create_symlink(scratch_.path() / "outside-0a" / "metrics.jsonl", lab_.root() / "work" / "metrics.jsonl");
  for (const char* name : {"", ".", "..", "../..", "../../outside-0a", "/etc", "a/b-0", "model", "model-", "model-xyz",
                           "..-0a", "model-0a/..", "-0a", "Model-0a"}) {
    EXPECT_EQ(status(view_.metrics(name, {})), 404) << name;
    EXPECT_EQ(status(view_.artifact(name)), 404) << name;
    EXPECT_EQ(status(view_.lineage(name)), 404) << name;
  }
}

TEST_F(LabViewTest, WithoutALabThereIsNothing) {
  LabView none(nullptr, mutex_);
  EXPECT_EQ(status(none.artifacts({})), 404);
  EXPECT_EQ(status(none.artifact("model-0a")), 404);
  EXPECT_EQ(status(none.lineage("model-0a")), 404);
  EXPECT_EQ(status(none.runs()), 404);
  EXPECT_EQ(status(none.metrics("model-0a", {})), 404);
}

}  // namespace
}  // namespace persea
