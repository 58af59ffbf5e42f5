// The JSON-Schema-Test-Suite (draft 2020-12), where the shared data is there: no instance that the suite calls invalid
// is ever accepted. Which valid ones are not, and why, is told in docs/formats/json-schema.md; their number is held
// here so that it does not grow unseen.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>

#include "base/file.h"
#include "text/grammar/json_text.h"
#include "text/grammar_for_test.h"
#include "text/json_schema.h"

namespace persea {
namespace {

// The files of a tar archive.
std::map<std::string, std::string> unpacked(const std::string& tar) {
  std::map<std::string, std::string> files;
  for (size_t at = 0; at + 512 <= tar.size() && tar[at] != '\0';) {
    const std::string name(tar.c_str() + at);
    const size_t size = std::stoul(tar.substr(at + 124, 11), nullptr, 8);
    if (tar[at + 156] == '0') files[name] = tar.substr(at + 512, size);
    at += 512 + (size + 511) / 512 * 512;
  }
  return files;
}

// Compact, keys as they stand.
std::string compact(const nlohmann::ordered_json& value) { return value.dump(); }

TEST(JsonSchemaSuiteSlow, NothingInvalidIsAccepted) {
  const char* root = std::getenv("PERSEA_SHARED");
  const fs::path path = (root ? fs::path(root) : fs::path(PERSEA_SOURCE_DIR) / "../shared") /
                        "data/json/JSON-Schema-Test-Suite-2020-12.tar";
  if (!fs::exists(path)) GTEST_SKIP() << "the shared data is not there (PERSEA_SHARED)";
  const auto vocabulary = vocabulary_for_test();
  int schemas = 0, refused = 0, valid = 0, accepted = 0, invalid = 0, wrong = 0;
  const bool verbose = std::getenv("PERSEA_SUITE_LIST") != nullptr;
  for (const auto& [name, text] : unpacked(*read_file(path))) {
    if (!name.ends_with(".json")) continue;
    const auto groups = nlohmann::ordered_json::parse(text);
    for (const auto& group : groups) {
      ++schemas;
      const std::string where = name + ": " + group.at("description").get<std::string>();
      const auto grammar = grammar_from_json_schema(compact(group.at("schema")), "schema");
      const GrammarForTest test = grammar ? GrammarForTest(*grammar, vocabulary) : GrammarForTest(Grammar::literal(""));
      const std::string problem = grammar ? test.problem : grammar.error().message;
      const bool nothing = problem.ends_with("matches no text at all");
      if (!problem.empty() && !nothing) {
        ++refused;
        if (verbose) fmt::print("refused: {}: {}\n", where, problem);
        continue;
      }
      for (const auto& one : group.at("tests")) {
        const std::string instance = compact(one.at("data"));
        const bool matches = !nothing && test.matches(instance), is_valid = one.at("valid");
        (is_valid ? valid : invalid) += 1;
        if (is_valid && matches) ++accepted;
        if (!is_valid && matches) {
          ++wrong;
          ADD_FAILURE() << where << ": accepts " << instance;
        }
        if (is_valid && !matches && verbose)
          fmt::print("not accepted: {}: {}: {}\n", where, one.at("description").get<std::string>(), instance);
      }
    }
  }
  fmt::print("{} schemas, {} refused; {} of {} valid instances accepted, {} of {} invalid ones\n", schemas, refused,
             accepted, valid, wrong, invalid);
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(schemas, 400);
}

}  // namespace
}  // namespace persea
