// A JSON Schema of any content: it is an error in words, or a grammar under which a walk that takes the first byte that
// may come writes JSON.
#include <cstdlib>

#include "text/grammar_matcher.h"
#include "text/json_schema.h"
#include "text/vocabulary_for_test.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace persea;  // NOLINT(google-build-using-namespace)
  const auto grammar = grammar_from_json_schema({reinterpret_cast<const char*>(data), size}, "input");
  if (!grammar) {
    if (grammar.error().message.empty() || grammar.error().message.find('\n') != std::string::npos) std::abort();
    return 0;
  }
  const auto compiled = grammar->compile("input");
  if (!compiled) {
    if (compiled.error().message.empty()) std::abort();
    return 0;
  }
  const auto vocabulary = vocabulary_for_test();
  GrammarMatcher matcher(std::make_shared<const GrammarVocabulary>(*compiled, vocabulary), {});
  std::vector<uint64_t> bits(vocabulary->words());
  std::string text;
  uint64_t turn = size;
  while (!matcher.finished() && text.size() < 300) {
    matcher.allowed(bits);
    std::string may;
    for (size_t byte = 0; byte < 256; ++byte) {
      if (bits[byte / 64] >> (byte % 64) & 1) may += static_cast<char>(byte);
    }
    if (may.empty()) std::abort();  // a dead end
    turn = turn * 6364136223846793005 + 1442695040888963407;
    text += may[(turn >> 33) % may.size()];
    if (!matcher.accept(std::string_view(text).substr(text.size() - 1))) std::abort();
  }
  if (matcher.finished() && !matcher.complete()) std::abort();
  if (matcher.complete() && !parse_json(text, "text")) std::abort();
  return 0;
}
