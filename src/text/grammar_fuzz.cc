// A grammar in GBNF of any content: it is an error in words or a machine whose masks agree with what it accepts. Behind
// a zero byte the input has the text to follow.
#include <algorithm>
#include <cstdlib>

#include "text/gbnf.h"
#include "text/grammar_matcher.h"
#include "text/vocabulary_for_test.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace persea;  // NOLINT(google-build-using-namespace)
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view source = input.substr(0, input.find('\0'));
  const auto grammar = grammar_from_gbnf(source, "input");
  if (!grammar) {
    if (grammar.error().message.empty()) std::abort();
    return 0;
  }
  const auto compiled = grammar->compile("input");
  if (!compiled) {
    if (compiled.error().message.empty()) std::abort();
    return 0;
  }
  const auto vocabulary = vocabulary_for_test({"ab", "))"});
  GrammarMatcher matcher(std::make_shared<const GrammarVocabulary>(*compiled, vocabulary), {});
  std::vector<uint64_t> bits(vocabulary->words());
  for (const char c :
       source.size() < size ? input.substr(source.size() + 1).substr(0, 200) : std::string_view("aab)")) {
    matcher.allowed(bits);
    const auto byte = static_cast<unsigned char>(c);
    const bool allowed = bits[byte / 64] >> (byte % 64) & 1;
    if (!matcher.complete() && std::count(bits.begin(), bits.end(), 0) == static_cast<ptrdiff_t>(bits.size()) &&
        !matcher.failed())
      std::abort();  // a dead end
    if (matcher.accept(static_cast<int32_t>(byte)) != allowed) std::abort();
    if (!allowed) break;
  }
  return 0;
}
