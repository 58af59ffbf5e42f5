// What a corpus has on which side, which of its copies stay, and what it was made from.
#include <map>
#include <set>

#include "data/curation/decisions.h"
#include "data/curation/lab_for_test.h"
#include "data/curation/lookup.h"

namespace persea::curation {
namespace {

class Sides : public CuratedLab {
 protected:
  static constexpr const char* kSource = "[[source]]\nname = \"s\"\npath = \"t\"\n";

  // Words that no other seed has.
  static std::string words(uint64_t seed, int count) {
    Random random(seed, "words");
    std::string text;
    for (int i = 0; i < count; ++i) {
      if (i > 0) text += ' ';
      for (int k = 0; k < 7; ++k) text += static_cast<char>('a' + random.below(26));
    }
    return text;
  }
  // The sides on which documents lie whose texts begin alike.
  static std::map<std::string, std::set<bool>> sides(const Artifact& made, size_t bytes) {
    std::map<std::string, std::set<bool>> all;
    const auto reader = CorpusReader::open(made.path);
    EXPECT_TRUE(reader.ok());
    for (int64_t i = 0; reader && i < reader->documents(); ++i)
      all[std::string((*reader)[i].text.substr(0, bytes))].insert((*reader)[i].valid);
    return all;
  }
  static std::vector<DecisionLine> decisions(const Artifact& made) {
    std::vector<DecisionLine> all;
    auto reader = *DecisionReader::open(made.path);
    for (DecisionLine line; *reader.next(line);) all.push_back(line);
    return all;
  }
  static void expect_one_side(const std::map<std::string, std::set<bool>>& all) {
    std::set<bool> any;
    for (const auto& [text, both] : all) {
      EXPECT_EQ(both.size(), 1U) << text;
      any.insert(both.begin(), both.end());
    }
    EXPECT_EQ(any.size(), 2U) << "both sides have something";
  }
};

TEST_F(Sides, ATextThatComesTwiceLiesOnOneOfThem) {
  for (int i = 0; i < 4; ++i) put(fmt::format("t/{}.txt", i), words(i, 40));
  const Artifact made = curate(std::string(kSource) + "epochs = 2\n[split]\nvalid_fraction = 0.0001\n");
  expect_one_side(sides(made, 50));
  EXPECT_EQ(made.facts().at("documents"), 7) << "what is for validation comes once";
  EXPECT_EQ(read_json(made.file("funnel.json"))->at("sources")[0].at("mixed").at("documents"), 7);
}

TEST_F(Sides, NearDuplicatesThatStayLieOnOneOfThemInASmallCorpusToo) {
  for (int i = 0; i < 3; ++i)
    for (int copy = 0; copy < 4; ++copy)
      put(fmt::format("t/{}{}.txt", i, copy), words(i, 200) + fmt::format(" ending {}", copy));
  for (const char* fraction : {"0.0001", "0.5"})
    expect_one_side(sides(curate(std::string(kSource) + "[dedup]\nminhash = \"datatrove\"\nnear = \"keep\"\n" +
                                 "[split]\nvalid_fraction = " + fraction + "\n"),
                          50));
}

TEST_F(Sides, TextsThatCutsHaveMadeEqualLieOnOneOfThem) {
  const std::string span = words(1000, 200);
  put("t/0.txt", span + " " + words(1001, 10));
  for (int i = 1; i < 20; ++i) {
    put(fmt::format("t/a{:02}.txt", i), words(i, 30));
    put(fmt::format("t/b{:02}.txt", i), span + " " + words(i, 30));
    put(fmt::format("t/c{:02}.txt", i), words(2000 + i, 30));
  }
  const Artifact made =
      curate(std::string(kSource) +
             "[dedup]\nminhash = \"datatrove\"\nnear = \"keep\"\nspan_tokens = 50\n[split]\nvalid_fraction = 0.5\n");
  EXPECT_EQ(made.facts().at("documents"), 58);
  const auto all = sides(made, 200);
  EXPECT_EQ(all.size(), 39U);
  expect_one_side(all);
}

TEST_F(Sides, ACopyIsOneOfWhatStayed) {
  put("t/a.txt", words(1, 200));
  put("t/b.txt", words(1, 200) + " and more");
  put("t/c.txt", words(1, 200) + " and more");
  put("t/d.txt", words(2, 200));
  const auto lines = decisions(curate(std::string(kSource) + "[dedup]\nminhash = \"datatrove\"\n"));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].step, "minhash");
  EXPECT_EQ(lines[1].step, "exact");
  for (const DecisionLine& line : lines) EXPECT_EQ(line.of->file, "a.txt");
}

TEST_F(Sides, NamesOfFilesAreAnyBytes) {
  put("t/caf\xe9.txt", words(1, 40));
  put("t/\xff\xfe.bin", std::string(100, '\0'));
  put("t/good.txt", words(2, 40));
  const Artifact made = curate(kSource);
  EXPECT_EQ(made.facts().at("documents"), 2);
  const auto lookup = CorpusLookup::open(made.path);
  ASSERT_TRUE(lookup.ok()) << lookup.error().message;
  EXPECT_EQ(lookup->origin(0).file, "caf\xef\xbf\xbd.txt");
  ASSERT_EQ(decisions(made).size(), 1U);
}

TEST_F(Sides, WhatIsNoFileIsNamed) {
  put("t/good.txt", words(1, 40));
  put("elsewhere/other.txt", words(2, 40));
  fs::create_directory_symlink(dir_.path() / "elsewhere", dir_.path() / "t/link");
  fs::create_symlink(dir_.path() / "nowhere", dir_.path() / "t/lost.txt");
  fs::create_symlink(dir_.path() / "elsewhere/other.txt", dir_.path() / "t/other.txt");
  const Artifact made = curate(kSource);
  EXPECT_EQ(made.facts().at("documents"), 2);
  const auto lines = decisions(made);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].file, "link");
  EXPECT_EQ(lines[0].reason, "is a link to a folder, which is not followed: name that folder itself");
  EXPECT_EQ(lines[1].file, "lost.txt");
  EXPECT_EQ(lines[1].reason, "is a link that leads nowhere");
}

TEST_F(Sides, TestsOfTheLabAreLookedForToo) {
  const std::string question =
      "Which river of the old kingdom carried the seven painted barges to the harbour of Anselm?";
  put("t/a.txt", words(1, 40));
  put("t/b.txt", words(2, 40) + " " + question + " " + words(3, 40));
  put("t/c.txt", words(4, 40));
  put("test.jsonl", "{\"question\": \"Who wrote the long letter about the winter in the mountains of Karst?\"}\n");
  const std::string looked = std::string(kSource) + "[decontaminate]\ntexts = [\"test.jsonl\"]\n";
  EXPECT_EQ(curate(looked).facts().at("documents"), 3);
  {
    Lab opened = lab();
    ASSERT_TRUE(
        opened
            .run({"task", 1, Json::object(), {}},
                 [&](StageContext& context) {
                   return write_file(context.out() / "items.jsonl", canonical_json({{"question", question}}) + "\n");
                 })
            .ok());
  }
  for (const std::string& recipe : {looked, std::string(kSource) + "[decontaminate]\n"}) {
    const Artifact made = curate(recipe);
    EXPECT_EQ(made.facts().at("documents"), 2);
    ASSERT_EQ(made.inputs().size(), 1U);
    EXPECT_EQ(made.inputs()[0].role, "task");
    ASSERT_EQ(decisions(made).size(), 1U);
    EXPECT_EQ(decisions(made)[0].file, "b.txt");
  }
}

TEST_F(Sides, AModelThatDropsNothingIsNotAsked) {
  put("t/a.txt", words(1, 40));
  put("model", "weights");
  const auto recipe = Recipe::parse(std::string(kSource) + "[perplexity]\nmodel = \"model\"\n", "r.toml", dir_.path());
  ASSERT_TRUE(recipe.ok());
  Lab opened = lab();
  const auto ranks = Ranks::alone();
  const ScorerFactory none = [](const fs::path&, const Json&) {
    return Result<std::unique_ptr<curate::TextScorer>>(fail("was asked"));
  };
  const auto made = run_curate_stage(opened, *recipe, {1 << 28, true, none}, *ranks);
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().message.find("r.toml:4: [perplexity]: without `least` and `most` no text is dropped"),
            std::string::npos)
      << made.error().message;
}

}  // namespace
}  // namespace persea::curation
