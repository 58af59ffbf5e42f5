#include "data/curation/deletion.h"

#include <set>

#include "data/curation/decisions.h"
#include "data/curation/lab_for_test.h"
#include "data/curation/lookup.h"

namespace persea::curation {
namespace {

class Deleting : public CuratedLab {
 protected:
  // Something made of others, as tokens and models are.
  static Artifact make(Lab& lab, const std::string& kind, std::vector<std::pair<std::string, std::string>> inputs) {
    const auto made = lab.run({kind, 1, {{"inputs", inputs.size()}}, std::move(inputs)},
                              [&](StageContext& context) { return write_file(context.out() / "data.bin", kind); });
    EXPECT_TRUE(made.ok()) << made.error().message;
    return made->artifact;
  }
  static std::set<std::string> ids(const std::vector<Artifact>& artifacts) {
    std::set<std::string> all;
    for (const Artifact& artifact : artifacts) all.insert(artifact.id);
    return all;
  }
};

TEST_F(Deleting, ACorpusWithoutASource) {
  const Artifact old = curate();
  Lab lab = this->lab();
  const auto result = run_deletion_stage(lab, old.id, "essays");
  ASSERT_TRUE(result.ok()) << result.error().message;
  const Artifact& made = result->stage.artifact;
  EXPECT_EQ(result->documents.documents, 39);
  EXPECT_EQ(result->lost_copies, 3) << "what went as a copy of an essay does not come back";
  const auto lookup = CorpusLookup::open(made.path), before = CorpusLookup::open(old.path);
  ASSERT_TRUE(lookup.ok() && before.ok());
  EXPECT_EQ(lookup->reader().documents(), 13);
  for (int64_t i = 0; i < lookup->reader().documents(); ++i) {
    EXPECT_EQ(lookup->origin(i).source, "forum");
    const auto there = before->by_id(to_hex(lookup->reader()[i].id));
    ASSERT_EQ(there.size(), 1U);
    EXPECT_EQ(before->reader()[there[0]].text, lookup->reader()[i].text);
    EXPECT_EQ(before->origin(there[0]).place, lookup->origin(i).place);
  }
  // Nothing of the source's texts is left in any file.
  const std::string gone = essay(7).substr(0, 40);
  for (const ArtifactFile& file : made.files()) {
    const auto bytes = read_file(made.file(file.path));
    ASSERT_TRUE(bytes.ok());
    EXPECT_EQ(bytes->find(gone), std::string::npos) << file.path;
    EXPECT_EQ(bytes->find("jane.doe"), std::string::npos) << file.path;
    EXPECT_EQ(bytes->find("Too short."), std::string::npos) << file.path;
  }
  const Json funnel = *read_json(made.file("funnel.json"));
  EXPECT_EQ(funnel.at("sources").size(), 1U);
  EXPECT_EQ(funnel.at("all").at("read").at("documents"), 16);
  EXPECT_NE(read_file(made.file("card.md"))->find("the source essays"), std::string::npos);
  EXPECT_TRUE(run_deletion_stage(lab, old.id, "essays")->stage.reused);
  // Again, of the other one: nothing would be left.
  EXPECT_FALSE(run_deletion_stage(lab, made.id, "forum").ok());
}

TEST_F(Deleting, FilesOfTheSameNameAreToldApart) {
  const std::string paid = essay(1) + " The council of Arden paid 1250 crowns. " + essay(2);
  std::string other = paid;
  other.replace(other.find("1250"), 4, "9310");
  put("one/data.jsonl", line_of(essay(3)) + line_of(essay(4) + " Write to jane.doe@example.org today."));
  put("two/data.jsonl", line_of(essay(5)) + line_of(essay(5)) + line_of(paid) + line_of(other) + line_of(essay(3)) +
                            line_of(essay(4) + " Write to jane.doe@example.org today."));
  const Artifact old = curate(
      "[[source]]\nname = \"one\"\npath = \"one\"\n[[source]]\nname = \"two\"\npath = \"two\"\n[pii]\n[dedup]\n"
      "altered = true\n");
  ASSERT_EQ(old.facts().at("altered_copies"), 1);
  Lab lab = this->lab();
  const auto result = run_deletion_stage(lab, old.id, "one");
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->lost_copies, 2) << "the second source's copy of its own text is none of the first";
  EXPECT_EQ(read_file(result->stage.artifact.file("altered.jsonl"))->size(),
            read_file(old.file("altered.jsonl"))->size());
}

TEST_F(Deleting, WhoHasSeenASource) {
  const Artifact old = curate();
  const Artifact without = curate(recipe(50, true));  // never read the forum
  Lab lab = this->lab();
  const Artifact tokenizer = make(lab, "tokenizer", {{"corpus", old.id}});
  const Artifact tokens = make(lab, "tokens", {{"corpus", old.id}, {"tokenizer", tokenizer.id}});
  const Artifact model = make(lab, "model", {{"tokens", tokens.id}});
  const Artifact report = make(lab, "report", {{"model", model.id}});
  const Artifact clean = make(lab, "tokens", {{"corpus", without.id}});
  const auto deleted = run_deletion_stage(lab, old.id, "forum");
  ASSERT_TRUE(deleted.ok());
  const Artifact after = make(lab, "model", {{"corpus", deleted->stage.artifact.id}});

  const auto seen = who_has_seen(lab, "forum");
  ASSERT_TRUE(seen.ok());
  ASSERT_EQ(seen->corpora.size(), 1U);
  EXPECT_EQ(seen->corpora[0].corpus.id, old.id);
  EXPECT_EQ(seen->corpora[0].documents.documents, 13);
  EXPECT_EQ(ids(seen->made), (std::set<std::string>{tokenizer.id, tokens.id, model.id, report.id}));
  EXPECT_EQ(seen->sources, (std::vector<std::string>{"essays", "forum"}));
  EXPECT_TRUE(who_has_seen(lab, "nobody")->corpora.empty());

  const auto purge = purge_source(lab, *seen, "forum", "asked to");
  ASSERT_TRUE(purge.ok()) << purge.error().message;
  EXPECT_EQ(std::set<std::string>(purge->removed.begin(), purge->removed.end()),
            (std::set<std::string>{old.id, tokens.id}));
  EXPECT_FALSE(fs::exists(old.path));
  EXPECT_FALSE(fs::exists(tokens.path));
  for (const Artifact& stays : {without, tokenizer, model, report, clean, after, deleted->stage.artifact})
    EXPECT_TRUE(lab.find(stays.id).ok()) << stays.id;
  EXPECT_TRUE(lab.verify()->damages.empty());
  const Artifact record = *lab.find(purge->record);
  const Json told = *read_json(record.file("deletion.json"));
  EXPECT_EQ(told.at("reason"), "asked to");
  EXPECT_EQ(told.at("removed").size(), 2U);
  EXPECT_EQ(told.at("removed")[1].at("content"), old.content());
  EXPECT_EQ(record.facts().at("models"), 1);
  // Whoever opens the lab anew finds the same, and the model still names what it was made from.
  Lab again = this->lab();
  EXPECT_FALSE(again.find(old.id).ok());
  EXPECT_FALSE(again.lineage(model.id)->nodes.at(tokens.id).artifact.has_value());
  EXPECT_FALSE(purge_source(again, *who_has_seen(again, "forum"), "forum", "").ok());
}

TEST_F(Deleting, WhatAStoppedStageHasLeftIsNotForgotten) {
  curate();
  Lab lab = this->lab();
  const auto seen = who_has_seen(lab, "forum");
  ASSERT_TRUE(seen.ok());
  fs::path left;
  const auto stopped = lab.run({"corpus", 1, {{"x", 1}}, {}}, [&](StageContext& context) -> Status {
    left = context.work();
    PERSEA_CHECK(write_file(context.work() / "part", "a text of the forum"));
    return fail("stopped");
  });
  ASSERT_FALSE(stopped.ok());
  const auto purge = purge_source(lab, *seen, "forum", "");
  ASSERT_FALSE(purge.ok());
  EXPECT_NE(purge.error().message.find(left.string() + ": a stage that was stopped has left text there"),
            std::string::npos)
      << purge.error().message;
  fs::remove_all(left);
  EXPECT_TRUE(purge_source(lab, *seen, "forum", "").ok());
}

TEST_F(Deleting, NothingGoesWhileAStageIsUnderWay) {
  const Artifact old = curate();
  Lab lab = this->lab();
  const auto seen = who_has_seen(lab, "forum");
  ASSERT_TRUE(seen.ok());
  const auto under_way = lab.run({"model", 1, {{"x", 1}}, {}}, [&](StageContext& context) -> Status {
    Lab other = this->lab();
    EXPECT_FALSE(other.remove(old.id).ok());
    EXPECT_FALSE(purge_source(other, *seen, "forum", "").ok());
    return write_file(context.out() / "x", "y");
  });
  ASSERT_TRUE(under_way.ok());
  EXPECT_TRUE(fs::exists(old.path));
  EXPECT_FALSE(lab.remove("corpus").ok()) << "whole ids only";
  EXPECT_TRUE(lab.remove(old.id).ok());
}

}  // namespace
}  // namespace persea::curation
