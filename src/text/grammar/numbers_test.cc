#include "text/grammar/numbers.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace persea::grammar {
namespace {

Decimal d(std::string_view text) {
  const auto value = Decimal::parse(text);
  EXPECT_TRUE(value.has_value()) << text;
  return *value;
}

TEST(Decimal, ComparesAndWrites) {
  EXPECT_EQ(d("1.50"), d("15e-1"));
  EXPECT_EQ(d("-0.0"), d("0"));
  EXPECT_LT(d("-2"), d("-1.5"));
  EXPECT_LT(d("9.99"), d("10"));
  EXPECT_LT(d("98249283749234923498293171823948729348710298301928330"),
            d("98249283749234923498293171823948729348710298301928331"));
  EXPECT_LT(d("0.00001"), d("0.0001"));
  EXPECT_TRUE(d("1e2").integer() && d("5.0").integer() && !d("1e-1").integer());
  EXPECT_EQ(d("1e2").text(), "100");
  EXPECT_EQ(d("-0.0250").text(), "-0.025");
  EXPECT_EQ(d("1.5e300").text(), "1.5e300");
  EXPECT_EQ(d("12e-100").text(), "1.2e-99");
  EXPECT_EQ(d("0").text(), "0");
  EXPECT_EQ(d("2.0").count(), 2u);
  EXPECT_EQ(d("2.5").count(), std::nullopt);
  for (const char* bad : {"", "-", "01", "1.", ".5", "1e", "1e999", "+1", "1 ", "0x1"})
    EXPECT_FALSE(Decimal::parse(bad).has_value()) << bad;
}

TEST(Decimal, Multiples) {
  EXPECT_TRUE(multiple_of(d("0.0075"), d("0.0001")) && !multiple_of(d("0.00751"), d("0.0001")));
  EXPECT_TRUE(multiple_of(d("4.5"), d("1.5")) && !multiple_of(d("35"), d("1.5")) && multiple_of(d("0"), d("7")));
  EXPECT_TRUE(multiple_of(d("-21"), d("7")) && multiple_of(d("1e30"), d("1000")));
}

TEST(Numbers, WithoutLimitsAreJson) {
  const Dfa any = *number_language({});
  for (const char* text : {"0", "-0", "12", "1.5", "-1.25e+10", "1E5", "0.001"}) EXPECT_TRUE(any.accepts(text)) << text;
  for (const char* text : {"", "01", "1.", ".5", "+1", "1e", "--1", "1e1000"}) EXPECT_FALSE(any.accepts(text)) << text;
  NumberLimits integer;
  integer.integer = true;
  const Dfa integers = *number_language(integer);
  EXPECT_TRUE(integers.accepts("123456789012345678"));
  EXPECT_FALSE(integers.accepts("1234567890123456789") || integers.accepts("1.0") || integers.accepts("1e2"));
}

// Random limits: the language is what the comparisons of Decimal say, number by number.
TEST(Numbers, LimitsHoldToTheLastDigit) {
  Random random(3);
  const auto number = [&] {
    std::string text = std::to_string(random.below(random.chance(0.5) ? 12 : 1300));
    if (random.chance(0.5)) text += "." + std::to_string(1 + random.below(random.chance(0.5) ? 9 : 200));
    return (random.chance(0.4) ? "-" : "") + text;
  };
  for (int i = 0; i < 60; ++i) {
    NumberLimits limits;
    limits.integer = random.chance(0.3);
    limits.not_integer = !limits.integer && random.chance(0.2);
    if (random.chance(0.7)) limits.at_least(d(number()), random.chance(0.5));
    if (random.chance(0.7)) limits.at_most(d(number()), random.chance(0.5));
    const std::vector<std::string> divisors = {"2", "7", "0.5", "0.01", "1.5", "30"};
    if (random.chance(0.3)) limits.multiples.push_back(d(random.pick(divisors)));
    if (random.chance(0.2)) limits.not_multiples.push_back(d(random.pick(divisors)));
    if (random.chance(0.3)) limits.not_equal.push_back(d(number()));
    if (!limits.lower && !limits.upper && limits.multiples.empty()) limits.at_least(d("-3.5"), true);
    const auto language = number_language(limits);
    ASSERT_TRUE(language.ok()) << language.error().message;
    std::vector<std::string> tries;
    for (int j = 0; j < 150; ++j) tries.push_back(number());
    for (const auto* bound : {&limits.lower, &limits.upper}) {
      if (*bound) tries.push_back((*bound)->value.text()), tries.push_back((*bound)->value.text() + "0");
    }
    for (std::string text : tries) {
      if (text == "-0") continue;
      const auto value = Decimal::parse(text);
      if (!value || (value->zero() && text[0] == '-')) continue;
      const bool fraction = text.find('.') != std::string::npos;
      bool fits = !(limits.integer && fraction) && !(limits.not_integer && value->integer());
      if (limits.lower)
        fits = fits && (*value > limits.lower->value || (*value == limits.lower->value && !limits.lower->exclusive));
      if (limits.upper)
        fits = fits && (*value < limits.upper->value || (*value == limits.upper->value && !limits.upper->exclusive));
      for (const Decimal& of : limits.multiples) fits = fits && multiple_of(*value, of);
      for (const Decimal& of : limits.not_multiples) fits = fits && !multiple_of(*value, of);
      for (const Decimal& other : limits.not_equal) fits = fits && *value != other;
      EXPECT_EQ(language->accepts(text), fits) << text << " of case " << i;
    }
  }
}

}  // namespace
}  // namespace persea::grammar
