#include "data/curation/decisions.h"

#include <gtest/gtest.h>

namespace persea::curation {
namespace {

constexpr const char* kDrop =
    R"({"bytes":9,"excerpt":"a \"step\":\"c4\" b","figure":3.5,"file":"f.txt","id":"00ff","limit":5.25,"mark":[2,4],)"
    R"("place":"line 1","reason":"too_short","source":"s","step":"gopher","verdict":"drop"})";
constexpr const char* kChange =
    R"({"bytes":7,"cuts":[{"bytes":4,"count":2,"reason":"email"}],"excerpt":"x","file":"f.txt","id":"01","mark":[0,9],)"
    R"("place":"","source":"s","step":"pii","verdict":"change"})";
constexpr const char* kCopy =
    R"({"bytes":7,"excerpt":"x","file":"g","id":"02","mark":[0,0],"of":{"file":"f.txt","id":"00ff","place":"line 1","source":"s"},)"
    R"("place":"","reason":"duplicate","source":"t","step":"exact","verdict":"drop"})";
constexpr const char* kSkip =
    R"({"file":"p.png","place":"","reason":"is a PNG image","source":"s","step":"read","verdict":"skip"})";

std::string all() { return std::string(kDrop) + "\n" + kChange + "\n\n" + kCopy + "\n" + kSkip; }

std::vector<DecisionLine> read(DecisionReader reader) {
  std::vector<DecisionLine> lines;
  DecisionLine line;
  while (true) {
    const auto more = reader.next(line);
    EXPECT_TRUE(more.ok()) << more.error().message;
    if (!more || !*more) return lines;
    lines.push_back(line);
  }
}

TEST(Decisions, AreReadBackAsTheyWereWritten) {
  const std::string text = all();
  const auto lines = read(DecisionReader::parse(text, "d"));
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0].figure, 3.5);
  EXPECT_EQ(lines[0].limit, 5.25);
  EXPECT_EQ(lines[0].excerpt.substr(lines[0].mark_begin, lines[0].mark_end - lines[0].mark_begin), "\"s");
  EXPECT_EQ(lines[1].reasons(), "email");
  EXPECT_EQ(lines[1].mark_end, 1U) << "a mark is held to its excerpt";
  ASSERT_TRUE(lines[2].of.has_value());
  EXPECT_EQ(lines[2].of->place, "line 1");
  EXPECT_EQ(canonical_json(lines[2].json()), kCopy);
  EXPECT_EQ(lines[3].verdict, "skip");
  EXPECT_TRUE(lines[3].id.empty());
  EXPECT_EQ(canonical_json(lines[0].json()), kDrop);
}

TEST(Decisions, DemandsLookAtFieldsNotAtTexts) {
  const std::string text = all();
  DecisionReader of_c4 = DecisionReader::parse(text, "d");
  of_c4.demand(says("step", "c4"));
  EXPECT_TRUE(read(std::move(of_c4)).empty()) << "an excerpt that looks like a field is none";
  DecisionReader drops = DecisionReader::parse(text, "d");
  drops.demand(says("verdict", "drop"));
  drops.demand_any({says("step", "exact"), says("step", "read")});
  const auto lines = read(std::move(drops));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].step, "exact");
  EXPECT_EQ(says("file", "a\"b\n"), R"("file":"a\"b\n")");
  EXPECT_EQ(says_beginning("id", "00"), R"("id":"00)");
}

TEST(Decisions, WhatIsNoneIsNamedByItsLine) {
  for (const std::string bad :
       {"{}", "[]", "nothing", R"({"source":1,"step":"a","verdict":"drop"})",
        R"({"source":"s","step":"","verdict":"drop"})", R"({"source":"s","step":"a","verdict":"drop","mark":[1]})",
        R"({"source":"s","step":"a","verdict":"drop","mark":[-1,2]})",
        R"({"source":"s","step":"a","verdict":"change","cuts":{}})",
        R"({"source":"s","step":"a","verdict":"drop","of":"x"})",
        R"({"source":"s","step":"a","verdict":"drop","of":{"file":"f"}})"}) {
    const std::string text = std::string(kSkip) + "\n" + bad + "\n";
    DecisionReader reader = DecisionReader::parse(text, "d");
    DecisionLine line;
    EXPECT_TRUE(reader.next(line).ok());
    const auto more = reader.next(line);
    ASSERT_FALSE(more.ok()) << bad;
    EXPECT_TRUE(more.error().message.starts_with("d:2")) << more.error().message;
  }
}

TEST(Decisions, AFolderWithoutThemSaysWhatItIs) {
  const auto reader = DecisionReader::open("/nowhere/corpus-1");
  ASSERT_FALSE(reader.ok());
  EXPECT_EQ(reader.error().message, "corpus-1: holds no decisions: only a corpus of persea curate does");
}

}  // namespace
}  // namespace persea::curation
