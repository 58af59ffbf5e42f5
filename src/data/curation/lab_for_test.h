// A small lab with a curated corpus of two sources, for tests of what looks into it. What is in them:
// - "essays" (CC0, with consent), a.jsonl: 40 good texts; line 3 is too short, line 5 has an e-mail address, line 41 is
// no JSON
// - "forum" (nothing said of it), b.jsonl: 12 good texts and, in lines 13 to 15, copies of lines 10, 11 and 10 of the
//   essays; notes.txt: one good text
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "data/curate_stage.h"
#include "ledger/scratch_for_test.h"

namespace persea::curation {

class CuratedLab : public testing::Test {
 protected:
  CuratedLab() {
    std::string a, b;
    for (int i = 1; i <= 40; ++i) {
      std::string text = i == 3 ? "Too short." : essay(i);
      if (i == 5) text += " Write to jane.doe@example.org today.";
      a += line_of(text);
    }
    for (int i = 1; i <= 12; ++i) b += line_of(essay(100 + i));
    for (const int copied : {10, 11, 10}) b += line_of(essay(copied));
    put("a/a.jsonl", a + "no json\n");
    put("b/b.jsonl", b);
    put("b/notes.txt", essay(200));
  }

  // Ten sentences of common words.
  static std::string essay(int seed) {
    static const std::vector<std::string> kWords = {"the",  "people", "of",   "that",  "town",  "have", "bread",
                                                    "with", "and",    "rain", "house", "ships", "good", "children"};
    Random random(static_cast<uint64_t>(seed), "essay");
    std::string text;
    for (int sentence = 0; sentence < 10; ++sentence) {
      const uint64_t words = 9 + random.below(4);
      for (uint64_t i = 0; i < words; ++i) text += (i > 0 ? " " : "") + kWords[random.below(kWords.size())];
      text += ".\n";
    }
    text.pop_back();
    return text;
  }
  static std::string line_of(const std::string& text) { return canonical_json({{"text", text}}) + "\n"; }
  void put(const fs::path& name, std::string_view bytes) {
    fs::create_directories((dir_.path() / name).parent_path());
    ASSERT_TRUE(write_file(dir_.path() / name, bytes).ok());
  }

  static std::string recipe(int min_words = 50, bool consented = false) {
    return fmt::format(R"(
[[source]]
name = "essays"
path = "a"
licence = "CC0"
consent = true
[[source]]
name = "forum"
path = "b"
[require]
consent = {}
[[rules]]
pack = "gopher-quality"
min_doc_words = {}
[pii]
[split]
valid_fraction = 0.1
)",
                       consented, min_words);
  }
  fs::path lab_path() const { return dir_.path() / "lab"; }
  Lab lab() const { return *Lab::open(lab_path()); }
  Artifact curate(const std::string& text = recipe()) {
    const auto read = Recipe::parse(text, "r.toml", dir_.path());
    EXPECT_TRUE(read.ok()) << read.error().message;
    Lab opened = lab();
    const auto ranks = Ranks::alone();
    const auto made = run_curate_stage(opened, *read, {1 << 28, true}, *ranks);
    EXPECT_TRUE(made.ok()) << made.error().message;
    return made->artifact;
  }

  TempDir dir_ = test_scratch();
};

}  // namespace persea::curation
