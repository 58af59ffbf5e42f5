// Vocabularies of GGUF files, with texts and the ids that the libraries they come from give for them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "base/file.h"
#include "nn/gguf.h"
#include "text/tokenizer_gguf.h"

namespace persea {
namespace {

fs::path vocabularies() {
  const char* root = std::getenv("PERSEA_SHARED");
  return (root ? fs::path(root) : fs::path(PERSEA_SOURCE_DIR) / "../shared") / "data/tokenizer/llama.cpp";
}

class VocabularySlow : public testing::TestWithParam<const char*> {};

TEST_P(VocabularySlow, GivesTheIdsOfItsLibrary) {
  const fs::path path = vocabularies() / fmt::format("ggml-vocab-{}.gguf", GetParam());
  if (!fs::exists(path)) GTEST_SKIP() << "the shared data is not there (PERSEA_SHARED)";
  const auto file = Gguf::open(path);
  ASSERT_TRUE(file.ok()) << file.error().message;
  const auto tokenizer = tokenizer_from_gguf(file->metadata(), path.string());
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  const auto written = gguf_from_tokenizer(*tokenizer);
  ASSERT_TRUE(written.ok()) << written.error().message;
  const auto again = tokenizer_from_gguf({written->begin(), written->end()}, "again");
  ASSERT_TRUE(again.ok()) << again.error().message;

  constexpr std::string_view kBetween = "\n__ggml_vocab_test__\n";
  const std::string texts = *read_file(path.string() + ".inp");
  std::istringstream lines(*read_file(path.string() + ".out"));
  size_t cases = 0;
  for (size_t at = 0; at < texts.size(); ++cases) {
    const size_t end = std::min(texts.find(kBetween, at), texts.size());
    const std::string text = texts.substr(at, end - at);
    at = end + kBetween.size();
    std::string line;
    std::getline(lines, line);
    std::istringstream numbers(line);
    std::vector<int32_t> wanted;
    for (int32_t id = 0; numbers >> id;) wanted.push_back(id);
    EXPECT_EQ(tokenizer->encode(text), wanted) << cases << ": " << text;
    EXPECT_EQ(again->encode(text), wanted) << cases << ": " << text;
    EXPECT_EQ(tokenizer->decode(wanted), text);
  }
  EXPECT_GT(cases, 40U);
}

INSTANTIATE_TEST_SUITE_P(Files, VocabularySlow, testing::Values("phi-3", "gpt-2"));

TEST(Vocabulary, OthersAreRefusedByName) {
  for (const char* name : {"falcon", "mpt", "bert"}) {
    const std::string file = name == std::string("bert") ? "bert-bge" : name;
    const fs::path path = vocabularies() / fmt::format("ggml-vocab-{}.gguf", file);
    if (!fs::exists(path)) GTEST_SKIP() << "the shared data is not there (PERSEA_SHARED)";
    const auto tokenizer = tokenizer_from_gguf(Gguf::open(path)->metadata(), path.string());
    ASSERT_FALSE(tokenizer.ok());
    EXPECT_NE(tokenizer.error().message.find(fmt::format("\"{}\"", name)), std::string::npos)
        << tokenizer.error().message;
  }
}

}  // namespace
}  // namespace persea
