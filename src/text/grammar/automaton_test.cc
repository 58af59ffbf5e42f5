#include "text/grammar/automaton.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "text/grammar/characters.h"
#include "text/grammar/expression.h"
#include "text/unicode.h"

namespace persea::grammar {
namespace {

Expression random_expression(Random& random, int depth) {
  if (depth == 0 || random.chance(0.3)) return text(std::string(1 + random.below(2), "abc"[random.below(3)]));
  std::vector<Expression> parts;
  for (uint64_t n = 1 + random.below(3); n > 0; --n) parts.push_back(random_expression(random, depth - 1));
  switch (random.below(3)) {
    case 0:
      return sequence(std::move(parts));
    case 1:
      return choice(std::move(parts));
    default:
      return repeat(std::move(parts[0]), static_cast<uint32_t>(random.below(2)), random.chance(0.5) ? kNoLimit : 2);
  }
}

TEST(Automaton, CalculatesWithLanguages) {
  Random random(11);
  for (int i = 0; i < 200; ++i) {
    const Dfa a = *compiled(random_expression(random, 3)), b = *compiled(random_expression(random, 3));
    const Dfa both = *intersection(a, b), without = *difference(a, b);
    bool any_both = false, any_without = false;
    for (int j = 0; j < 60; ++j) {
      std::string text;
      for (uint64_t n = random.below(7); n > 0; --n) text += "abc"[random.below(3)];
      const bool in_a = a.accepts(text), in_b = b.accepts(text);
      ASSERT_EQ(both.accepts(text), in_a && in_b) << text;
      ASSERT_EQ(without.accepts(text), in_a && !in_b) << text;
      any_both = any_both || (in_a && in_b), any_without = any_without || (in_a && !in_b);
    }
    ASSERT_FALSE(any_both && both.nothing());
    ASSERT_FALSE(any_without && without.nothing());
    ASSERT_TRUE(difference(both, a)->nothing());
    ASSERT_TRUE(intersection(without, b)->nothing());
    ASSERT_TRUE(difference(a, a)->nothing());
  }
}

TEST(Automaton, HasFewStatesWhenMinimized) {
  // (a|b)* in a roundabout way is one state.
  EXPECT_EQ(compiled(repeat(choice({text("a"), text("b"), text("ab"), repeat(text("ba"), 0, 3)}), 0, kNoLimit))
                ->states.size(),
            1u);
  EXPECT_FALSE(compiled(repeat(text("abcdefgh"), 0, 200000)).ok());
  EXPECT_TRUE(compiled(choice({}))->nothing());
  EXPECT_TRUE(compiled(sequence({}))->accepts(""));
}

TEST(Characters, AreWrittenInEveryWayAndNoOther) {
  CharacterSet set;
  set.add('"', '/');
  set.add(0, 0x1f);
  set.add(0xd000, 0xe010);  // the surrogates in it are no characters
  set.add(0xfff0, 0x10405);
  const Dfa utf8 = one_character(set, Spelling::utf8), json = one_character(set, Spelling::json),
            freely = one_character(set, Spelling::json_freely);
  for (uint32_t c = 0; c < 0x10600; ++c) {
    if (c >= 0xd800 && c < 0xe000) continue;
    std::string text;
    unicode::append_utf8(c, text);
    const bool in = set.contains(c);
    ASSERT_EQ(utf8.accepts(text), in) << c;
    ASSERT_EQ(json.accepts(*json_spelling(text)), in) << c;
    ASSERT_EQ(freely.accepts(*json_spelling(text)), in) << c;
    std::string escape = fmt::format("\\u{:04X}", c);
    if (c > 0xffff)
      escape = fmt::format("\\u{:04x}\\u{:04X}", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 1023));
    ASSERT_EQ(freely.accepts(escape), in) << escape;
    ASSERT_FALSE(c > 0x20 && json.accepts(escape)) << escape;
  }
  EXPECT_FALSE(utf8.accepts("\xed\xa0\x80") || utf8.accepts("\xc0\xa0") || utf8.accepts(""));
  EXPECT_FALSE(freely.accepts("\\ud800") || freely.accepts("\\udc00") || freely.accepts("\"") || freely.accepts("\n"));
  EXPECT_TRUE(freely.accepts("\\/") && !json.accepts("\\/"));
}

}  // namespace
}  // namespace persea::grammar
