#include "text/grammar/regex.h"

#include <gtest/gtest.h>

#include <regex>

#include "base/random.h"
#include "text/grammar/characters.h"
#include "text/grammar/formats.h"

namespace persea::grammar {
namespace {

bool finds(std::string_view pattern, std::string_view text) {
  const auto language = pattern_language(pattern);
  EXPECT_TRUE(language.ok()) << pattern << ": " << language.error().message;
  return language.ok() && language->accepts(*json_spelling(text));
}

TEST(Regex, FindsWhatEcmaScriptFinds) {
  EXPECT_TRUE(finds("a+b", "xaab") && finds("^a+b$", "aab") && !finds("^a+b$", "xaab") && !finds("^a+b$", "aabb"));
  EXPECT_TRUE(finds("^(a|b$|^c)+$", "ab") && finds("^(a|b$|^c)+$", "ca") && !finds("^(a|b$|^c)+$", "ba"));
  EXPECT_TRUE(finds("^$", "") && !finds("^$", "a") && finds("", "anything") && !finds("a$b", "ab") &&
              !finds("a^b", "ab"));
  EXPECT_TRUE(finds("^.$", "\xc3\xa9") && finds("^.$", "\"") && !finds("^.$", "\n") && finds("^[^]$", "\n"));
  EXPECT_TRUE(finds("^\\S+\\s\\w{2,3}$", "\xc3\xa9 ab") && !finds("^\\s$", "x") && finds("^\\s$", "\xef\xbb\xbf"));
  EXPECT_TRUE(finds("^[\\d\\-a-c\\u{1F600}]+$", "1-b\xf0\x9f\x98\x80") &&
              finds("^\\ud83d\\ude00$", "\xf0\x9f\x98\x80"));
  EXPECT_TRUE(finds("^\\p{L}\\P{Letter}$",
                    "\xd0\x96"
                    "1") &&
              finds("^\\x41\\cA\\0$", std::string("A\x01\0", 3)));
  EXPECT_TRUE(finds("^(?:ab){2}?(?<name>c)$", "ababc") && finds("^\\/\\.\\\\$", "/.\\"));
  EXPECT_FALSE(finds("^\\d$", "\xd9\xa3"));  // an Arabic digit
}

TEST(Regex, SaysWhatItRefuses) {
  const auto error = [](std::string_view pattern) { return pattern_language(pattern).error().message; };
  EXPECT_EQ(error("(?=a)b"), "looking ahead or behind, (?=, is not supported");
  EXPECT_EQ(error("(?<!a)b"), "looking ahead or behind, (?<!, is not supported");
  EXPECT_EQ(error("(a)\\1"), "references to groups, \\1, are not supported");
  EXPECT_EQ(error("\\bword"), "\\b is not supported");
  EXPECT_EQ(error("(a"), "a group without its )");
  EXPECT_EQ(error("a)"), "an unmatched )");
  EXPECT_EQ(error("*a"), "nothing to repeat before *");
  EXPECT_EQ(error("a**"), "nothing to repeat before *");
  EXPECT_EQ(error("[b-a]"), "a range of characters that ends before it begins");
  EXPECT_EQ(error("\\p{Script=Greek}"), "the property \\p{Script=Greek} is not supported: only L and N are");
  EXPECT_EQ(error("\\a"), "the escape \\a has no meaning");
  for (const char* broken :
       {"[a", "\\", "a{2,1}", "a{", "a{x}", "\\x4", "\\ud800", "(?", "(?<", "\\u{110000}", "\\c1", "\xff"})
    EXPECT_FALSE(pattern_language(broken).ok()) << broken;
  EXPECT_FALSE(pattern_language(std::string(5000, '(') + std::string(5000, ')')).ok());
  EXPECT_FALSE(pattern_language("((((((a{100}){100}){100}){100}){100}){100})").ok());
}

// Random patterns over a small alphabet against the standard library's regular expressions.
std::string random_pattern(Random& random, int depth) {
  static const std::vector<std::string> kAtoms = {"a", "b", "c", ".", "[ab]", "[^a]", "\\d", "\\w", "1", "^", "$"};
  std::string out;
  for (uint64_t parts = 1 + random.below(3); parts > 0; --parts) {
    const bool group = depth > 0 && random.chance(0.4);
    const std::string atom = group ? "(?:" + random_pattern(random, depth - 1) + ")" : random.pick(kAtoms);
    out += atom;
    if (atom != "^" && atom != "$" && random.chance(0.3))
      out += random.pick(std::vector<std::string>{"*", "+", "?", "{2}", "{0,2}"});
  }
  return random.chance(0.3) ? out + "|" + random_pattern(random, 0) : out;
}

TEST(Regex, AgreesWithTheStandardLibrary) {
  Random random(7);
  for (int i = 0; i < 300; ++i) {
    const std::string pattern = random_pattern(random, 2);
    const std::regex standard(pattern);
    const auto ours = pattern_language(pattern);
    ASSERT_TRUE(ours.ok()) << pattern << ": " << ours.error().message;
    for (int j = 0; j < 30; ++j) {
      std::string text;
      for (uint64_t k = random.below(6); k > 0; --k) text += "abc1"[random.below(4)];
      EXPECT_EQ(ours->accepts(text), std::regex_search(text, standard)) << pattern << " in " << text;
    }
  }
}

TEST(Formats, AdmitOnlyWhatTheyMean) {
  const struct {
    std::string_view format;
    std::vector<std::string_view> yes, no;
  } cases[] = {
      {"date",
       {"2024-02-29", "1999-12-31", "2000-02-29"},
       {"2023-02-29", "1900-02-29", "2024-13-01", "2024-04-31", "0000-01-01"}},
      {"time", {"23:59:59Z", "00:00:00.123+05:30"}, {"24:00:00Z", "12:00:00", "12:60:00Z", "12:00:00.Z"}},
      {"date-time", {"2024-02-29T12:00:00Z"}, {"2024-02-29 12:00:00Z", "2024-02-29"}},
      {"duration", {"P1Y2M3D", "PT5M", "P4W", "P1DT12H"}, {"P", "PT", "P1W1D", "P1Y3D", "1D"}},
      {"uuid", {"123e4567-e89b-12d3-a456-426614174000"}, {"123e4567e89b12d3a456426614174000", ""}},
      {"email", {"a.b+c@example.org", "x@localhost"}, {"a@", "@b", ".a@b", "a..b@c", "a b@c"}},
      {"hostname", {"a", "xy-z.example.org"}, {"-a", "a-", "a..b", "", "a_b"}},
      {"ipv4", {"127.0.0.1", "255.255.255.0"}, {"256.0.0.1", "1.2.3", "01.2.3.4", "1.2.3.4.5"}},
      {"ipv6",
       {"::", "::1", "1:2:3:4:5:6:7:8", "fe80::1:2", "::ffff:1.2.3.4", "1::8", "1:2:3:4:5:6:7::"},
       {"", ":", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", ":1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7::8", "::1.2.3"}},
      {"uri",
       {"https://example.org:80/a?b=c#d", "mailto:a@b", "urn:isbn:1"},
       {"example.org", "//a/b", "http://a b", ":a"}},
      {"uri-reference", {"", "/a", "a/b", "//h/p", "#f", "?q", "https://a"}, {"\\a", "a b"}},
      {"json-pointer", {"", "/a/0", "/~0~1"}, {"a", "/~2"}},
      {"relative-json-pointer", {"0", "1/a", "2#"}, {"/a", "01", "-1"}},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.format);
    const auto language = format_language(one.format);
    ASSERT_TRUE(language.ok() && language->has_value());
    for (const auto text : one.yes) EXPECT_TRUE((*language)->accepts(*json_spelling(text))) << text;
    for (const auto text : one.no) EXPECT_FALSE((*language)->accepts(*json_spelling(text))) << text;
  }
  EXPECT_FALSE((*format_language("password")).has_value());
  EXPECT_EQ(format_language("iri").error().message, "the format \"iri\" is not supported");
}

}  // namespace
}  // namespace persea::grammar
