#include "ledger/lab.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <atomic>
#include <thread>

#include "base/hash.h"
#include "ledger/manifest.h"
#include "ledger/scratch_for_test.h"

namespace persea {
namespace {

class LabTest : public ::testing::Test {
 protected:
  LabTest() : dir_(test_scratch()) {}
  fs::path root() const { return dir_.path() / "lab"; }
  Lab open() const {
    auto lab = Lab::open(root());
    EXPECT_TRUE(lab.ok()) << lab.error().message;
    return std::move(*lab);
  }

  // A stage that writes `text` to text.txt, and the clock to a record.
  static Result<StageResult> make(Lab& lab, const std::string& kind, const std::string& text,
                                  std::vector<std::pair<std::string, std::string>> inputs = {}, bool reuse = true) {
    return lab.run({kind, 1, {{"text", text}}, std::move(inputs), reuse}, [&](StageContext& context) -> Status {
      PERSEA_CHECK(write_file(context.out() / "text.txt", text));
      fs::create_directory(context.out() / "log");
      PERSEA_CHECK(write_file(context.out() / "log" / "clock.txt", std::to_string(wall_seconds())));
      context.record("log/clock.txt");
      context.fact("characters", text.size());
      context.add_tokens(7);
      context.add_bytes(static_cast<int64_t>(text.size()));
      return {};
    });
  }
  static Artifact made(Lab& lab, const std::string& kind, const std::string& text,
                       std::vector<std::pair<std::string, std::string>> inputs = {}) {
    auto result = make(lab, kind, text, std::move(inputs));
    EXPECT_TRUE(result.ok()) << result.error().message;
    return std::move(result->artifact);
  }
  static void overwrite(const fs::path& path, std::string_view text) {
    fs::remove(path);
    ASSERT_TRUE(write_file(path, text).ok());
  }
  static std::vector<std::string> words(const Verification& verification) {
    std::vector<std::string> lines;
    for (const Damage& d : verification.damages)
      lines.push_back(d.file + ": " + d.problem.substr(0, d.problem.find(':')));
    return lines;
  }
  TempDir dir_;
};

TEST_F(LabTest, AStageBecomesAnArtifactAndIsReused) {
  Lab lab = open();
  const auto first = make(lab, "corpus", "hello");
  ASSERT_TRUE(first.ok()) << first.error().message;
  EXPECT_FALSE(first->reused);
  const Artifact& artifact = first->artifact;
  EXPECT_EQ(*read_file(artifact.file("text.txt")), "hello");
  EXPECT_EQ(artifact.path, root() / "artifacts" / artifact.id);
  EXPECT_TRUE(artifact.id.starts_with("corpus-"));
  EXPECT_EQ(artifact.facts().at("characters"), 5);
  EXPECT_EQ(artifact.cost().at("tokens"), 7);
  EXPECT_EQ(artifact.cost().at("bytes"), 5);
  EXPECT_GT(artifact.cost().at("wall_seconds").get<double>(), 0);
  ASSERT_EQ(artifact.files().size(), 2u);
  EXPECT_TRUE(artifact.files()[0].record);
  EXPECT_EQ(artifact.files()[1].sha256, sha256("hello"));
  EXPECT_TRUE(fs::is_empty(root() / "tmp"));
  EXPECT_TRUE(fs::is_empty(root() / "work"));

  const auto second = make(lab, "corpus", "hello");
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE(second->reused);
  EXPECT_EQ(second->artifact.manifest, artifact.manifest);
  Lab again = open();
  EXPECT_TRUE(make(again, "corpus", "hello")->reused);
  EXPECT_FALSE(make(again, "corpus", "other")->reused);
  EXPECT_FALSE(make(again, "notes", "hello")->reused);
}

TEST_F(LabTest, ExecutedAgainOnDemandItKeepsTheFirst) {
  Lab lab = open();
  const Artifact first = made(lab, "corpus", "hello");
  const auto second = make(lab, "corpus", "hello", {}, false);
  ASSERT_TRUE(second.ok()) << second.error().message;
  EXPECT_FALSE(second->reused);
  EXPECT_EQ(second->artifact.manifest, first.manifest);  // the record differed, the content did not
  EXPECT_TRUE(lab.verify()->damages.empty());
  EXPECT_TRUE(fs::is_empty(root() / "tmp"));
}

TEST_F(LabTest, OnlyTheContentOfInputsDecides) {
  Lab lab = open();
  const auto constant = [&](const std::string& seed) {  // other settings, the same content
    return lab.run({"corpus", 1, {{"seed", seed}}, {}}, [](StageContext& c) { return write_file(c.out() / "a", "x"); });
  };
  const auto one = constant("1"), two = constant("2");
  EXPECT_NE(one->artifact.id, two->artifact.id);
  const Artifact tokens = made(lab, "tokens", "t", {{"corpus", one->artifact.id}});
  EXPECT_TRUE(make(lab, "tokens", "t", {{"corpus", two->artifact.id}})->reused);
  EXPECT_FALSE(make(lab, "tokens", "t", {{"text", one->artifact.id}})->reused);
  EXPECT_EQ(tokens.inputs().at(0).content, one->artifact.content());
}

TEST_F(LabTest, AFailedStageLeavesItsScratchAndNothingElse) {
  Lab lab = open();
  const StageSpec spec{"model", 1, {{"steps", 3}}, {}};
  int executions = 0;
  const auto failed = lab.run(spec, [&](StageContext& c) -> Status {
    ++executions;
    PERSEA_CHECK(write_file(c.work() / "checkpoint", "step 2"));
    PERSEA_CHECK(write_file(c.out() / "half", "..."));
    return fail("out of luck");
  });
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().message, "out of luck");
  EXPECT_TRUE(fs::is_empty(root() / "tmp"));
  EXPECT_TRUE(fs::is_empty(root() / "artifacts"));
  ASSERT_EQ(lab.unfinished().size(), 1u);
  EXPECT_EQ(lab.unfinished()[0].kind, "model");
  EXPECT_EQ(lab.unfinished()[0].bytes, 6);
  EXPECT_FALSE(lab.unfinished()[0].running);

  const auto done = lab.run(spec, [&](StageContext& c) -> Status {
    ++executions;
    PERSEA_TRY(const std::string checkpoint, read_file(c.work() / "checkpoint"));
    EXPECT_TRUE(lab.unfinished().at(0).running);
    c.add_prior_cost({100, 200, {}});
    return write_file(c.out() / "model", checkpoint + ", step 3");
  });
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(executions, 2);
  EXPECT_GT(done->artifact.cost().at("wall_seconds").get<double>(), 100);
  EXPECT_GT(done->artifact.cost().at("cpu_seconds").get<double>(), 200);
  EXPECT_TRUE(lab.unfinished().empty());
}

TEST_F(LabTest, AThrowingStageLeavesNothingInTmp) {
  Lab lab = open();
  EXPECT_THROW((void)lab.run({"model", 1, Json::object(), {}},
                             [&](StageContext& c) -> Status {
                               PERSEA_CHECK(write_file(c.out() / "half", "..."));
                               throw std::logic_error("misuse");
                             }),
               std::logic_error);
  EXPECT_TRUE(fs::is_empty(root() / "tmp"));
  EXPECT_TRUE(fs::is_empty(root() / "artifacts"));
}

TEST_F(LabTest, MisuseThrowsAndOddFilesAreRefused) {
  Lab lab = open();
  const auto nothing = [](StageContext&) { return Status(); };
  EXPECT_THROW((void)lab.run({"No Kind", 1, Json::object(), {}}, nothing), std::logic_error);
  EXPECT_THROW((void)lab.run({"model", 1, Json::array(), {}}, nothing), std::logic_error);
  EXPECT_THROW((void)lab.run({"model", 1, Json::object(), {}},
                             [](StageContext& c) {
                               (void)c.input("corpus");
                               return Status();
                             }),
               std::logic_error);
  EXPECT_THROW((void)lab.run({"model", 1, Json::object(), {}},
                             [](StageContext& c) {
                               c.record("nothing");
                               return Status();
                             }),
               std::logic_error);
  const auto link = lab.run({"model", 1, Json::object(), {}}, [](StageContext& c) {
    fs::create_symlink("/etc/passwd", c.out() / "link");
    return Status();
  });
  EXPECT_NE(link.error().message.find("no links"), std::string::npos);
  const auto taken = lab.run({"model", 1, Json::object(), {}},
                             [](StageContext& c) { return write_file(c.out() / "manifest.json", "{}"); });
  EXPECT_FALSE(taken.ok());
  EXPECT_TRUE(fs::is_empty(root() / "artifacts"));
}

TEST_F(LabTest, FindsByIdKindAndBeginning) {
  Lab lab = open();
  EXPECT_NE(lab.find("corpus").error().message.find("still empty"), std::string::npos);
  const Artifact one = made(lab, "corpus", "1");
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  const Artifact two = made(lab, "corpus", "2");
  EXPECT_EQ(lab.find(one.id)->id, one.id);
  EXPECT_EQ(lab.find("corpus")->id, two.id);
  EXPECT_EQ(lab.find(one.id.substr(0, one.id.size() - 1))->id, one.id);
  EXPECT_EQ(lab.find(one.id.substr(7, 6))->id, one.id);
  EXPECT_NE(lab.find("corpus-").error().message.find("2 artifacts"), std::string::npos);
  EXPECT_NE(lab.find("corpsu").error().message.find("did you mean corpus"), std::string::npos);
  EXPECT_FALSE(lab.find("").ok());
  EXPECT_FALSE(lab.find("../artifacts").ok());
  const auto all = lab.list();
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ(all->at(0).id, one.id);
}

TEST_F(LabTest, LineageGoesBackToTheSources) {
  Lab lab = open();
  const Artifact corpus = made(lab, "corpus", "c");
  const Artifact vocabulary = made(lab, "tokenizer", "v", {{"corpus", corpus.id}});
  const Artifact tokens = made(lab, "tokens", "t", {{"corpus", corpus.id}, {"tokenizer", vocabulary.id}});
  const Artifact model = made(lab, "model", "m", {{"tokens", tokens.id}});
  const auto lineage = lab.lineage("model");
  ASSERT_TRUE(lineage.ok());
  EXPECT_EQ(lineage->root, model.id);
  EXPECT_EQ(lineage->nodes.size(), 4u);
  EXPECT_EQ(lineage->nodes.at(tokens.id).inputs.size(), 2u);
  EXPECT_EQ(*lab.made_from(corpus.id), (std::vector<std::string>{vocabulary.id, tokens.id}));
  fs::remove_all(corpus.path);
  EXPECT_FALSE(lab.lineage(model.id)->nodes.at(corpus.id).artifact);
  EXPECT_FALSE(lab.lineage(model.id)->nodes.at(corpus.id).problem.empty());
}

TEST_F(LabTest, VerifyNamesWhatIsDamagedMissingOrExtra) {
  Lab lab = open();
  const Artifact artifact = made(lab, "corpus", "hello");
  const Artifact whole = made(lab, "corpus", "whole");
  auto verified = lab.verify();
  ASSERT_TRUE(verified.ok());
  EXPECT_EQ(verified->artifacts, 2);
  EXPECT_EQ(verified->files, 4);
  EXPECT_TRUE(verified->damages.empty());

  overwrite(artifact.file("text.txt"), "hellO");
  overwrite(artifact.file("extra"), "");
  fs::remove(artifact.file("log/clock.txt"));
  fs::create_directory(root() / "artifacts" / "stranger");
  verified = lab.verify();
  EXPECT_EQ(words(*verified), (std::vector<std::string>{
                                  "extra: extra", "log/clock.txt: missing", "text.txt: altered",
                                  "manifest.json: " + (root() / "artifacts/stranger").string() + "/manifest.json"}));
  EXPECT_TRUE(lab.verify(whole.id)->damages.empty());
  EXPECT_EQ(lab.verify(artifact.id)->damages.size(), 3u);

  overwrite(artifact.file("text.txt"), "hello there");
  EXPECT_NE(lab.verify(artifact.id)->damages.at(2).problem.find("11 bytes instead of 5"), std::string::npos);
  fs::remove(artifact.file("text.txt"));
  fs::create_symlink("/etc/passwd", artifact.file("text.txt"));
  EXPECT_NE(lab.verify(artifact.id)->damages.at(2).problem.find("not a regular file"), std::string::npos);
  fs::remove_all(artifact.path);
  EXPECT_NE(lab.verify()->damages.at(0).problem.find("missing"), std::string::npos);
}

TEST_F(LabTest, AnAlteredManifestIsNeverTrusted) {
  Lab lab = open();
  const Artifact artifact = made(lab, "corpus", "hello");
  const fs::path path = artifact.file("manifest.json");
  const std::string text = *read_file(path);
  std::string altered = text;
  altered.replace(altered.find("\"characters\": 5"), 15, "\"characters\": 6");
  overwrite(path, altered);
  EXPECT_NE(lab.find("corpus").error().message.find("its digest does not fit"), std::string::npos);
  EXPECT_EQ(lab.verify()->damages.at(0).file, "manifest.json");
  std::vector<Damage> damages;
  EXPECT_TRUE(lab.list(&damages)->empty());
  EXPECT_EQ(damages.size(), 1u);
  EXPECT_FALSE(make(lab, "tokens", "t", {{"corpus", artifact.id}}).ok());

  // With a digest that fits: the index remembers another.
  overwrite(path, seal_manifest(Json::parse(altered)).dump());
  EXPECT_NE(lab.find("corpus").error().message.find("the index recorded"), std::string::npos);

  // Executed again, the stage puts a whole one in its place.
  const auto again = make(lab, "corpus", "hello");
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_FALSE(again->reused);
  EXPECT_EQ(again->artifact.id, artifact.id);
  EXPECT_TRUE(lab.verify()->damages.empty());
  EXPECT_TRUE(make(lab, "corpus", "hello")->reused);
  EXPECT_TRUE(fs::is_empty(root() / "tmp"));
}

TEST_F(LabTest, ADamagedArtifactIsNotReusedAndNoInput) {
  Lab lab = open();
  const Artifact artifact = made(lab, "corpus", "hello");
  overwrite(artifact.file("text.txt"), "");
  const auto refused = make(lab, "tokens", "t", {{"corpus", artifact.id}});
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("text.txt: altered: 0 bytes instead of 5"), std::string::npos);
  EXPECT_FALSE(make(lab, "corpus", "hello")->reused);
  EXPECT_TRUE(make(lab, "tokens", "t", {{"corpus", artifact.id}}).ok());
  EXPECT_FALSE(make(lab, "tokens", "t", {{"corpus", "corpus-0123456789"}}).ok());
}

TEST_F(LabTest, TheIndexComesBackFromTheDirectories) {
  std::string corpus, tokens;
  {
    Lab lab = open();
    corpus = made(lab, "corpus", "c").id;
    tokens = made(lab, "tokens", "t", {{"corpus", corpus}}).id;
  }
  fs::remove(root() / "lab.db");
  {
    Lab lab = open();
    EXPECT_EQ(lab.list()->size(), 2u);
    EXPECT_EQ(*lab.made_from(corpus), std::vector<std::string>{tokens});
    EXPECT_TRUE(make(lab, "tokens", "t", {{"corpus", corpus}})->reused);
    ASSERT_TRUE(lab.rebuild_index().ok());
    EXPECT_EQ(lab.list()->size(), 2u);
    fs::remove(root() / "lab.db");  // under the feet of an open lab, its -wal and -shm stay behind
  }
  EXPECT_EQ(open().list()->size(), 2u);
  fs::remove_all(root() / "artifacts" / corpus);
  EXPECT_EQ(open().list()->size(), 1u);
  ASSERT_TRUE(write_file(root() / "lab.db", std::string(8192, '?')).ok());
  EXPECT_NE(Lab::open(root()).error().message.find("damaged, or no database"), std::string::npos);
}

TEST_F(LabTest, OpensOnlyLabs) {
  EXPECT_NE(Lab::open_existing(root()).error().message.find("no lab here"), std::string::npos);
  EXPECT_FALSE(fs::exists(root()));
  ASSERT_TRUE(write_file(dir_.path() / "thing", "x").ok());
  EXPECT_NE(Lab::open(dir_.path()).error().message.find("holds other things"), std::string::npos);
  EXPECT_NE(Lab::open(dir_.path() / "thing").error().message.find("is a file"), std::string::npos);
  fs::create_directory(root());
  EXPECT_TRUE(Lab::open(root()).ok());
  EXPECT_TRUE(Lab::open_existing(root()).ok());
}

TEST_F(LabTest, AFileThatCannotGrowIsOneLineAndNothingIsTakenForWhole) {
  // The limit on a file's size stands in for a full disk where no small file system can be mounted.
  Lab lab = open();
  made(lab, "corpus", "before");
  signal(SIGXFSZ, SIG_IGN);
  rlimit before{}, small{};
  getrlimit(RLIMIT_FSIZE, &before);
  small = {200000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const auto failed = make(lab, "corpus", std::string(400000, 'x'));
  setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(failed.ok());
  EXPECT_NE(failed.error().message.find("text.txt: cannot write: File too large"), std::string::npos);
  EXPECT_TRUE(fs::is_empty(root() / "tmp"));
  EXPECT_EQ(lab.list()->size(), 1u);
  EXPECT_TRUE(lab.verify()->damages.empty());
  EXPECT_TRUE(make(lab, "corpus", std::string(400000, 'x')).ok());
}

TEST_F(LabTest, ThreadsOfOneProgramExecuteAStageOnce) {
  Lab lab = open();
  std::atomic<int> executions{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      const auto result = lab.run({"corpus", 1, Json::object(), {}}, [&](StageContext& c) -> Status {
        ++executions;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        return write_file(c.out() / "a", "a");
      });
      EXPECT_TRUE(result.ok()) << result.error().message;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(executions, 1);
  EXPECT_EQ(lab.list()->size(), 1u);
}

}  // namespace
}  // namespace persea
