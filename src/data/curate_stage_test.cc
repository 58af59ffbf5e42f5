#include <algorithm>
#include <map>
#include <set>

#include "data/curate_stage_for_test.h"

namespace persea {
namespace {

TEST_F(CurateStage, EveryDroppedOrChangedDocumentHasItsReason) {
  const std::string good = text_of(1, 400);
  put("text/a.jsonl", line_of(good) + line_of("too short") + line_of(good) +
                          line_of(text_of(2, 300) + "Write to jane.doe@example.org today.") + "no json\n");
  const Artifact made = corpus(R"(
[[source]]
name = "mine"
path = "text"
[[rules]]
pack = "gopher-quality"
min_doc_words = 50
min_stop_words = 0
[pii]
)");
  ASSERT_EQ(texts(made).size(), 2);
  EXPECT_EQ(texts(made)[0], good);
  EXPECT_NE(texts(made)[1].find("Write to <EMAIL> today."), std::string::npos);
  std::map<std::string, Json> by_step;
  for (const Json& line : decisions(made)) by_step[line.at("step")] = line;
  ASSERT_EQ(by_step.size(), 4);
  EXPECT_EQ(by_step["gopher-quality"].at("reason"), "gopher_short_doc");
  EXPECT_EQ(by_step["gopher-quality"].at("figure"), 2);
  EXPECT_EQ(by_step["gopher-quality"].at("limit"), 50);
  EXPECT_EQ(by_step["gopher-quality"].at("place"), "line 2");
  EXPECT_EQ(by_step["exact"].at("place"), "line 3");
  EXPECT_EQ(by_step["exact"].at("of").at("place"), "line 1");
  EXPECT_EQ(by_step["pii"].at("verdict"), "change");
  const std::string excerpt = by_step["pii"].at("excerpt");
  const size_t begin = by_step["pii"].at("mark")[0], end = by_step["pii"].at("mark")[1];
  EXPECT_EQ(excerpt.substr(begin, end - begin), "jane.doe@example.org");
  EXPECT_EQ(by_step["read"].at("verdict"), "skip");
  const auto funnel = read_json(made.file("funnel.json"));
  EXPECT_EQ(funnel->at("all").at("read").at("documents"), 4);
  EXPECT_EQ(funnel->at("all").at("kept").at("documents"), 2);
}

// Sources with copies of each other, and what the steps have to say something about.
void write_sources(const std::function<void(const fs::path&, std::string_view)>& put) {
  for (int file = 0; file < 6; ++file) {
    std::string lines;
    for (int i = 0; i < 120; ++i) {
      const uint64_t number = 1000 * (file % 4) + i;  // the last two files are copies
      std::string text = text_of(number, 30 + static_cast<int>(number % 200));
      if (file >= 4) text += "and a word";
      if (i % 10 == 0) text += " call +49 30 901820 now";
      lines += line_of(text);
    }
    put(fmt::format("text/{}.jsonl", file), lines);
  }
}

constexpr std::string_view kAll = R"(
[[source]]
name = "first"
path = "text"
[[source]]
name = "second"
path = "more.txt"
weight = 0.5
[[rules]]
pack = "gopher-quality"
min_stop_words = 0
[pii]
[dedup]
minhash = "datatrove"
span_tokens = 20
[mix]
order = "shuffled"
)";

TEST_F(CurateStage, SameBytesUnderAnyThreadsAndMemory) {
  write_sources([&](const fs::path& name, std::string_view bytes) { put(name, bytes); });
  put("more.txt", text_of(77, 5000));
  set_threads(1);
  const std::string first = corpus(kAll, "one").id;
  set_threads(3);
  EXPECT_EQ(corpus(kAll, "three").id, first);
  EXPECT_EQ(corpus(kAll, "little", 64 << 20).id, first);
}

TEST_F(CurateStage, NearDuplicatesGoAndTheEarlierSourceIsPreferred) {
  const std::string text = text_of(5, 300);
  put("a.txt", "A beginning of its own. " + text);
  put("b.txt", text);
  put("c.txt", text_of(6, 300));
  const std::string recipe = R"(
[[source]]
name = "preferred"
path = "b.txt"
[[source]]
name = "other"
path = "a.txt"
[[source]]
name = "third"
path = "c.txt"
[dedup]
minhash = "datatrove"
)";
  const Artifact made = corpus(recipe);
  EXPECT_EQ(texts(made), (std::vector<std::string>{text, text_of(6, 300)}));
  ASSERT_EQ(decisions(made).size(), 1);
  EXPECT_EQ(decisions(made)[0].at("step"), "minhash");
  EXPECT_EQ(decisions(made)[0].at("source"), "other");
  EXPECT_EQ(decisions(made)[0].at("of").at("file"), "b.txt");
  EXPECT_EQ(decisions(made)[0].at("of").at("source"), "preferred");
}

TEST_F(CurateStage, NearDuplicatesThatStayLieOnOneSideOfTheSplit) {
  std::string lines;
  for (int i = 0; i < 60; ++i)
    for (int copy = 0; copy < 4; ++copy) lines += line_of(text_of(i, 200) + fmt::format("ending {}", copy));
  put("a.jsonl", lines);
  const Artifact made = corpus(R"(
[[source]]
name = "s"
path = "a.jsonl"
[dedup]
minhash = "datatrove"
near = "keep"
[split]
valid_fraction = 0.3
)");
  const auto reader = CorpusReader::open(made.path);
  ASSERT_TRUE(reader.ok());
  ASSERT_EQ(reader->documents(), 240);
  std::map<std::string, std::set<bool>> sides;
  int64_t valid = 0;
  for (int64_t i = 0; i < 240; ++i) {
    const auto document = (*reader)[i];
    sides[std::string(document.text.substr(0, 40))].insert(document.valid);
    valid += document.valid ? 1 : 0;
  }
  EXPECT_EQ(sides.size(), 60);
  for (const auto& [text, both] : sides) EXPECT_EQ(both.size(), 1) << text;
  EXPECT_GT(valid, 20);
  EXPECT_LT(valid, 140);
}

TEST_F(CurateStage, OnlyConsentedSourcesAreReadWhereTheRecipeDemandsIt) {
  put("a.txt", text_of(1, 100));
  put("b.txt", text_of(2, 100));
  const std::string sources = R"(
[[source]]
name = "yes"
path = "a.txt"
consent = true
licence = "CC0-1.0"
[[source]]
name = "no"
path = "b.txt"
[require]
)";
  const Artifact made = corpus(sources + "consent = true\n");
  const auto funnel = read_json(made.file("funnel.json"));
  EXPECT_EQ(funnel->at("left_out"), Json::parse(R"([{"name": "no", "reason": "no consent"}])"));
  EXPECT_EQ(funnel->at("sources")[1].at("counts").at("read").at("documents"), 0);
  EXPECT_NE(run(sources + "licences = [\"MIT\"]\n").error().message.find("no source has what [require] demands"),
            std::string::npos);
}

TEST_F(CurateStage, ContaminatedDocumentsGo) {
  const std::string question =
      "Which river of the old kingdom carried the seven painted barges to the harbour of Anselm?";
  put("tests.jsonl",
      canonical_json({{"question", question}, {"choices", {"the Tamber", "the Ousel"}}, {"answer", "the Ousel"}}) +
          "\n");
  put("a.jsonl", line_of(text_of(1, 200)) + line_of(text_of(2, 100) + " " + question + " " + text_of(3, 100)) +
                     line_of(text_of(4, 200)));
  const std::string source =
      "[[source]]\nname = \"s\"\npath = \"a.jsonl\"\n[decontaminate]\ntexts = [\"tests.jsonl\"]\n";
  for (const char* mode : {"aligned", "nemo"}) {
    const Artifact made = corpus(source + fmt::format("mode = \"{}\"\n", mode));
    ASSERT_EQ(decisions(made).size(), 1) << mode;
    EXPECT_EQ(decisions(made)[0].at("step"), "decontaminate");
    EXPECT_EQ(decisions(made)[0].at("place"), "line 2");
  }
}

TEST_F(CurateStage, SpansThatComeAgainAreCut) {
  const std::string span = text_of(9, 120);
  put("a.jsonl", line_of(text_of(1, 200) + "\n" + span) + line_of(span + "\n" + text_of(2, 200)));
  const Artifact made = corpus(
      "[[source]]\nname = \"s\"\npath = \"a.jsonl\"\n[dedup]\nspan_tokens = 50\n[split]\nvalid_fraction = 0.5\n");
  const auto kept = texts(made);
  ASSERT_EQ(kept.size(), 2);
  EXPECT_NE(kept[0].find(span.substr(0, 200)), std::string::npos);
  EXPECT_EQ(kept[1].find(span.substr(0, 200)), std::string::npos);
  EXPECT_EQ(decisions(made).at(0).at("cuts")[0].at("reason"), "repeated span");
}

TEST_F(CurateStage, CopiesWithOtherNumbersAreListedAndLieOnOneSide) {
  std::string lines;
  for (int i = 0; i < 30; ++i) {
    lines += line_of(text_of(i, 80) + "The council of Arden paid 1250 crowns. " + text_of(100 + i, 80));
    lines += line_of(text_of(i, 80) + "The council of Arden paid 9310 crowns. " + text_of(100 + i, 80));
  }
  put("a.jsonl", lines);
  const Artifact made =
      corpus("[[source]]\nname = \"s\"\npath = \"a.jsonl\"\n[dedup]\naltered = true\n[split]\nvalid_fraction = 0.4\n");
  EXPECT_EQ(made.facts().at("altered_copies"), 30);
  const auto text = read_file(made.file("altered.jsonl"));
  const auto line = parse_json(std::string_view(*text).substr(0, text->find('\n')), "altered");
  EXPECT_EQ(line->at("original").at("place"), "line 1");
  EXPECT_EQ(line->at("copy").at("place"), "line 2");
  EXPECT_EQ(line->at("differences")[0].at("original"), "1250");
  EXPECT_EQ(line->at("differences")[0].at("copy"), "9310");
  const auto reader = CorpusReader::open(made.path);
  ASSERT_EQ(reader->documents(), 60);
  for (int64_t i = 0; i < 60; i += 2) EXPECT_EQ((*reader)[i].valid, (*reader)[i + 1].valid);
}

TEST_F(CurateStage, WeightsAndEpochsMixTheSources) {
  std::string large, small;
  for (int i = 0; i < 400; ++i) large += line_of(text_of(i, 100));
  for (int i = 0; i < 40; ++i) small += line_of(text_of(10000 + i, 100));
  put("large.jsonl", large);
  put("small.jsonl", small);
  const Artifact made = corpus(R"(
[[source]]
name = "large"
path = "large.jsonl"
[[source]]
name = "small"
path = "small.jsonl"
weight = 3
epochs = 3
)");
  const auto funnel = read_json(made.file("funnel.json"));
  EXPECT_EQ(funnel->at("sources")[0].at("mixed").at("documents"), 400);
  const int64_t mixed = funnel->at("sources")[1].at("mixed").at("documents");
  EXPECT_GT(mixed, 110);  // three times, but for what lies in the validation part
  EXPECT_LE(mixed, 120);
  std::map<std::string, int> copies;
  for (const std::string& text : texts(made, false)) ++copies[text];
  for (const auto& [text, count] : copies) EXPECT_TRUE(count == 1 || count == 3) << text.substr(0, 20);
}

TEST_F(CurateStage, NothingLeftIsAnErrorThatSaysWhatToDo) {
  put("a.txt", "short");
  const auto made = run("[[source]]\nname = \"s\"\npath = \"a.txt\"\n[[rules]]\npack = \"gopher-quality\"\n");
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().message.find("nothing is left of 1 documents: gopher-quality dropped 1 for"),
            std::string::npos)
      << made.error().message;
  EXPECT_NE(run("[[source]]\nname = \"s\"\npath = \"b.txt\"\n").error().message.find("there is no such file"),
            std::string::npos);
}

}  // namespace
}  // namespace persea
