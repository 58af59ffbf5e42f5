// persea data as a person and as a program see it, on a small curated lab.
#include "cli/data.h"

#include <algorithm>

#include "cli/data_verbs.h"
#include "data/curation/lab_for_test.h"

namespace persea {
namespace {

class DataVerb : public curation::CuratedLab {
 protected:
  struct Outcome {
    int status;
    std::string out, err;
  };
  Outcome run(std::vector<std::string> words, bool json = false) {
    CliContext context;
    context.lab = lab_path().string();
    context.json = json;
    VerbAction action;
    CLI::App app("test", "persea");
    add_data(app, context, action);
    words.insert(words.begin(), "data");
    std::reverse(words.begin(), words.end());  // as CLI11 wants them
    app.parse(words);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int status = action();
    return {status, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
  }
  static void expect(const Outcome& outcome, const std::vector<std::string>& parts) {
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    for (const std::string& part : parts)
      EXPECT_NE(outcome.out.find(part), std::string::npos) << part << " in\n" << outcome.out;
  }
};

TEST_F(DataVerb, StatsSampleAndClusters) {
  const Artifact corpus = curate();
  expect(run({"stats"}), {corpus.id, "- gopher-quality", "gopher_short_doc", "kept", "52 documents", "pii",
                          "is no JSON", "essays  CC0      yes", "█"});
  expect(run({"stats", "--source", "forum"}), {"source forum", "duplicate"});
  EXPECT_EQ(Json::parse(run({"stats"}, true).out).at("counts").at("read").at("documents"), 56);
  EXPECT_NE(run({"stats", "--source", "form"}).err.find("did you mean forum?"), std::string::npos);

  expect(run({"sample", "--step", "gopher-quality"}),
         {"a.jsonl, line 3", "dropped by gopher-quality: gopher_short_doc: 2 (limit 50)", "⟦Too short.⟧"});
  expect(run({"sample", "--verdict", "change"}), {"email (1 cut, 20 B)", "⟦jane.doe@example.org⟧ today."});
  expect(run({"sample", "--kept", "--source", "forum", "-n", "3"}), {"source forum", "for "});
  expect(run({"sample", "--step", "nothing"}), {"No decision"});
  EXPECT_EQ(Json::parse(run({"sample", "-n", "2"}, true).out).at("decisions").size(), 2U);

  expect(run({"clusters"}),
         {"2 documents have copies that went: 3 copies", "2 copies of a.jsonl, line 10", "b.jsonl, line 13"});
  EXPECT_EQ(Json::parse(run({"clusters", "-n", "1"}, true).out).at("largest").size(), 1U);
}

TEST_F(DataVerb, WhyADocumentIsThereOrNot) {
  const Artifact corpus = curate();
  expect(run({"why", "a.jsonl:line 3"}),
         {"a.jsonl, line 3", "licence CC0, consent yes", "gopher_short_doc", "not in the corpus"});
  expect(run({"why", "notes.txt"}), {"source forum", "in the corpus: document", "as it was read"});
  put("copy.txt", essay(10) + "\n");
  expect(run({"why", "--text-file", (dir_.path() / "copy.txt").string()}),
         {"b.jsonl, line 13", "a copy of a.jsonl, line 10", "2 left out as copies of it"});
  const Json told = Json::parse(run({"why", "a.jsonl:line 5"}, true).out);
  EXPECT_EQ(told.at("found")[0].at("decisions")[0].at("step"), "pii");
  EXPECT_EQ(told.at("found")[0].at("in_corpus").size(), 1U);
  const Outcome none = run({"why", "b.json"});
  EXPECT_EQ(none.status, 1);
  EXPECT_NE(none.err.find("never read such a document: did you mean b.jsonl?"), std::string::npos) << none.err;
  put("new.txt", "nobody read this");
  EXPECT_NE(
      run({"why", "--text-file", (dir_.path() / "new.txt").string()}).err.find(corpus.id + " never read this text"),
      std::string::npos);
  EXPECT_EQ(run({"why"}).status, 1);
}

TEST_F(DataVerb, DiffAndCard) {
  const Artifact a = curate(), b = curate(recipe(50, true));
  expect(run({"diff", a.id, b.id}),
         {"in both: 39 documents", "only in " + a.id + ": 13 documents", "not read", "require.consent"});
  expect(run({"diff", a.id, b.id, "--list"}), {"notes.txt  not read"});
  EXPECT_EQ(Json::parse(run({"diff", b.id, a.id}, true).out).at("only_b").at("documents"), 13);
  expect(run({"card", a.id}), {"# Data card: " + a.id, "| essays | CC0 | yes |"});
  const std::string out = (dir_.path() / "card.md").string();
  EXPECT_EQ(run({"card", a.id, "--out", out}).out, out + "\n");
  EXPECT_EQ(*read_file(out), run({"card", a.id}).out);
}

TEST_F(DataVerb, DeleteBySource) {
  const Artifact old = curate();
  EXPECT_NE(run({"delete", "forums"}).err.find("did you mean forum?"), std::string::npos);
  expect(run({"delete", "forum"}),
         {old.id + "  13 documents", "made from these", "nothing", "13 documents,", "corpus-"});
  EXPECT_TRUE(fs::exists(old.path));
  const Outcome unsure = run({"delete", "forum", "--purge"}, true);
  EXPECT_EQ(unsure.status, 1);
  EXPECT_NE(unsure.err.find("say --yes too"), std::string::npos) << unsure.err;
  const Json told = Json::parse(run({"delete", "forum", "--purge", "--yes", "--reason", "asked to"}, true).out);
  EXPECT_EQ(told.at("removed"), Json({old.id}));
  EXPECT_FALSE(fs::exists(old.path));
  expect(run({"stats"}), {told.at("id").get<std::string>(), "essays"});
  expect(run({"card"}), {"Deleted from it after it was curated, with all texts: the source forum."});
}

TEST_F(DataVerb, WhatWasNotCuratedSaysSo) {
  {
    Lab opened = lab();
    ASSERT_TRUE(opened
                    .run({"corpus", 1, {{"x", 1}}, {}},
                         [](StageContext& context) { return write_file(context.out() / "text.bin", "x"); })
                    .ok());
  }
  EXPECT_NE(run({"stats"}).err.find("only a corpus of persea curate keeps what was decided"), std::string::npos);
  EXPECT_EQ(run({"sample"}).status, 1);
  EXPECT_EQ(run({"stats", "corpse"}).status, 1);
}

TEST(DataText, ExcerptsObeyNobody) {
  EXPECT_EQ(excerpt_text("a\x1b[2Jb\nc", 0, 0, 2), "  a [2Jb\n  c\n");
  EXPECT_EQ(excerpt_text("one two", 4, 7, 0), "one ⟦two⟧\n");
  EXPECT_EQ(excerpt_text("a\n\nb", 0, 4, 0), "⟦a⏎⟧\n⟦⏎⟧\n⟦b⟧\n");
  EXPECT_EQ(one_line("a\nb"), "a b");
  EXPECT_EQ(bar(1, 2, 4), "██");
  EXPECT_EQ(bar(1, 1000, 4), "▏");
  EXPECT_EQ(bar(0, 0, 4), "");
  EXPECT_EQ(percent(1, 100000), "<0.1%");
}

}  // namespace
}  // namespace persea
