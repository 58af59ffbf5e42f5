#include "text/grammar/languages.h"

#include "text/grammar/characters.h"
#include "text/grammar/expression.h"
#include "text/grammar/formats.h"
#include "text/grammar/regex.h"

namespace persea::grammar {
namespace {

Result<DfaPtr> shared(Result<Dfa> made) {
  if (!made) return made.error();
  return DfaPtr(std::make_shared<const Dfa>(std::move(*made)));
}

Expression any_character() { return language(one_character(CharacterSet::all(), Spelling::json)); }

}  // namespace

Languages::Languages() : any_(*shared(compiled(repeat(any_character(), 0, kNoLimit)))) {}

Result<DfaPtr> Languages::pattern(std::string_view pattern) {
  if (const auto it = patterns_.find(pattern); it != patterns_.end()) return it->second;
  PERSEA_TRY(DfaPtr made, shared(pattern_language(pattern)));
  return patterns_[std::string(pattern)] = std::move(made);
}

Result<DfaPtr> Languages::format(std::string_view name) {
  if (const auto it = formats_.find(name); it != formats_.end()) return it->second;
  PERSEA_TRY(std::optional<Dfa> made, format_language(name));
  return formats_[std::string(name)] = made ? std::make_shared<const Dfa>(std::move(*made)) : nullptr;
}

Result<DfaPtr> Languages::length(uint32_t least, uint32_t most) {
  if (least == 0 && most == kNoLimit) return any_;
  const std::pair key(least, most);
  if (const auto it = lengths_.find(key); it != lengths_.end()) return it->second;
  if (most < least) return shared(compiled(choice({})));
  PERSEA_TRY(DfaPtr made, shared(compiled(repeat(any_character(), least, most))));
  return lengths_[key] = std::move(made);
}

Result<DfaPtr> Languages::just(std::string_view text) {
  const auto spelled = json_spelling(text);
  if (!spelled) return fail("a string that is not UTF-8");
  return shared(compiled(grammar::text(*spelled)));
}

}  // namespace persea::grammar
