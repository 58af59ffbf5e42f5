// A folder of texts and the corpora that recipes make of them, for tests of the whole of curation.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "base/threads.h"
#include "data/corpus.h"
#include "data/curate_stage.h"
#include "ledger/scratch_for_test.h"

namespace persea {

// Sentences of made-up words, by a seed.
inline std::string text_of(uint64_t seed, int words) {
  Random random(seed, "text");
  std::string text;
  for (int i = 0; i < words; ++i) {
    const uint64_t length = 2 + random.below(7);
    for (uint64_t k = 0; k < length; ++k) text += static_cast<char>('a' + random.below(26));
    text += i % 12 == 11 ? ".\n" : " ";
  }
  return text;
}

inline std::string line_of(std::string_view text) { return canonical_json({{"text", text}}) + "\n"; }

class CurateStage : public testing::Test {
 protected:
  ~CurateStage() override { set_threads(threads_); }

  void put(const fs::path& name, std::string_view bytes) {
    fs::create_directories((dir_.path() / name).parent_path());
    ASSERT_TRUE(write_file(dir_.path() / name, bytes).ok());
  }
  Result<StageResult> run(std::string_view recipe, const fs::path& lab_name = "lab", int64_t memory = 1 << 30) {
    PERSEA_TRY(const auto read, curation::Recipe::parse(recipe, "r.toml", dir_.path()));
    PERSEA_TRY(Lab lab, Lab::open(dir_.path() / lab_name));
    const auto ranks = Ranks::alone();
    return run_curate_stage(lab, read, {memory, true}, *ranks);
  }
  // The corpus that this recipe has to give.
  Artifact corpus(std::string_view recipe, const fs::path& lab_name = "lab", int64_t memory = 1 << 30) {
    const auto made = run(recipe, lab_name, memory);
    EXPECT_TRUE(made.ok()) << made.error().message;
    return made ? made->artifact : Artifact();
  }
  static std::vector<std::string> texts(const Artifact& artifact, bool valid_too = true) {
    std::vector<std::string> all;
    const auto reader = CorpusReader::open(artifact.path);
    EXPECT_TRUE(reader.ok());
    for (int64_t i = 0; reader && i < reader->documents(); ++i)
      if (valid_too || !(*reader)[i].valid) all.emplace_back((*reader)[i].text);
    return all;
  }
  static std::vector<Json> decisions(const Artifact& artifact) {
    std::vector<Json> all;
    const auto text = read_file(artifact.file("decisions.jsonl"));
    std::string_view rest = text ? std::string_view(*text) : std::string_view();
    while (!rest.empty()) {
      const size_t end = rest.find('\n');
      all.push_back(*parse_json(rest.substr(0, end), "decisions"));
      rest.remove_prefix(end + 1);
    }
    return all;
  }

  TempDir dir_ = test_scratch();
  int threads_ = pool().threads();
};

}  // namespace persea
