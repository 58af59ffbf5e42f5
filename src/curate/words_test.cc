#include "curate/words.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "curate/char_flags.h"
#include "curate/text_parts.h"

namespace persea::curate {
namespace {

std::string joined(std::string_view text) {
  WordSplitter splitter;
  std::vector<Word> words;
  splitter.split(text, words);
  std::string all;
  for (const Word& word : words) {
    if (!all.empty()) all += '|';
    all += word.text;
  }
  return all;
}

std::vector<std::string_view> sentences(std::string_view text) {
  WordSplitter splitter;
  std::vector<std::string_view> found;
  splitter.split_sentences(text, found);
  return found;
}

uint64_t fnv(std::string_view bytes, uint64_t value = 0xcbf29ce484222325) {
  for (const char byte : bytes) value = (value ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return value;
}

// The checksums are those that bench/peers/make_char_flags.py prints.
TEST(CharFlags, AreThoseOfTheirSource) {
  uint64_t sum = fnv("");
  for (uint32_t c = 0; c < 0x110000; ++c) {
    const uint16_t flags = char_flags(c);
    const char bytes[] = {static_cast<char>(flags & 255), static_cast<char>(flags >> 8)};
    sum = fnv({bytes, 2}, sum);
    if (c < 0x80) {
      EXPECT_EQ(kAsciiFlags[c], flags);
    }
  }
  EXPECT_EQ(sum, 0x18b126316cf7c19fu);
  EXPECT_EQ(char_flags(0x110000), 0);
}

TEST(SpecialWords, AreThoseOfTheirSource) {
  std::vector<std::string> lines;
  for (const SpecialWord& word : SpecialWords::english().all()) {
    lines.push_back(word.text);
    for (int i = 0; i < word.count; ++i) lines.back() += "|" + std::to_string(word.parts[static_cast<size_t>(i)]);
    EXPECT_EQ(SpecialWords::english().find(word.text), &word);
  }
  std::sort(lines.begin(), lines.end());
  uint64_t sum = fnv("");
  for (const std::string& line : lines) sum = fnv(line, sum);
  EXPECT_EQ(lines.size(), 1343u);
  EXPECT_EQ(sum, 0x5534ec6a47b4cd58u);
  EXPECT_EQ(SpecialWords::english().find(""), nullptr);
  EXPECT_EQ(SpecialWords::english().find(std::string(64, 'a')), nullptr);
}

TEST(CharFlags, CharactersAreCountedAsTheyAreRead) {
  EXPECT_EQ(count_chars("\x80\x80\x80"), 3u);
  EXPECT_EQ(count_chars("abcdefgh\u00e9\xe2\x82 abcdefghijkl\xff"), 24u);
  EXPECT_EQ(count_chars(""), 0u);
}

TEST(Words, PunctuationIsCutOff) {
  EXPECT_EQ(joined("(Hello, world!)"), "(|Hello|,|world|!|)");
  EXPECT_EQ(joined("\u201cOne\u201d \u2014 two\u2026"), "\u201c|One|\u201d|\u2014|two|\u2026");
  EXPECT_EQ(joined("wait...what.. no."), "wait|...|what|..|no|.");
  EXPECT_EQ(joined(""), "");
  EXPECT_EQ(joined(" \n\t "), "");
}

TEST(Words, ContractionsAreCutInTheirOwnWay) {
  EXPECT_EQ(joined("I'm sure they can't've gone"), "I|'m|sure|they|ca|n't|'ve|gone");
  EXPECT_EQ(joined("can\u2019t cannot gonna"), "ca|n\u2019t|can|not|gon|na");
  EXPECT_EQ(joined("well its Ill shed"), "well|its|Ill|shed");  // common words, not contractions
  EXPECT_EQ(joined("John's rock'n'roll"), "John|'s|rock'n'roll");
  EXPECT_EQ(joined("11am 13am"), "11|am|13am");
}

TEST(Words, AbbreviationsStayWhole) {
  EXPECT_EQ(joined("Mr. Smith of N.Y. (e.g. a.m.)"), "Mr.|Smith|of|N.Y.|(|e.g.|a.m.|)");
  EXPECT_EQ(joined("the U.S. Army"), "the|U.S.|Army");
  EXPECT_EQ(joined("the USA. It"), "the|USA|.|It");
}

TEST(Words, SpecialWordsAreRejoinedInsideOfOthers) {
  EXPECT_EQ(joined("look:)"), "look|:)");
  EXPECT_EQ(joined("x/a."), "x|/|a.");
  EXPECT_EQ(joined("a ."), "a|.");  // with a space between they are two words
}

TEST(Words, MiddlesAreCutBetweenLetters) {
  EXPECT_EQ(joined("well-known a--b 5-a 1-2 a-1"), "well|-|known|a|--|b|5|-|a|1|-|2|a-1");
  EXPECT_EQ(joined("either/or a,b 1,000 end.Start end.start"), "either|/|or|a|,|b|1,000|end|.|Start|end.start");
  EXPECT_EQ(joined("x=y 2*3 -a"), "x|=|y|2|*|3|-a");
}

TEST(Words, UnitsAreCutBehindDigits) {
  EXPECT_EQ(joined("5km 10% 7\u20ac km 5kmx"), "5|km|10|%|7|\u20ac|km|5kmx");
  EXPECT_EQ(joined("US$5 A$3 +1 +a"), "US$|5|A$|3|+1|+|a");
}

TEST(Words, AddressesStayWhole) {
  EXPECT_EQ(joined("see http://example.com/a-b?c=d, me@example.org"),
            "see|http://example.com/a-b?c=d|,|me@example.org");
  EXPECT_EQ(joined("www.a-b.co.uk:8080/x-y"), "www.a-b.co.uk:8080/x-y");
  EXPECT_EQ(joined("8.8.8.8/a-b 10.0.0.1/a-b"), "8.8.8.8/a-b|10.0.0.1|/|a|-|b");  // a private one is no address
}

TEST(Words, OtherScriptsAndBrokenBytes) {
  EXPECT_EQ(joined("\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440!"),
            "\u041f\u0440\u0438\u0432\u0435\u0442|,|\u043c\u0438\u0440|!");
  EXPECT_EQ(joined("a\u00a0b\u2003c\u3000d"), "a|b|c|d");
  EXPECT_EQ(joined("\u65e5\u672c\u3002"), "\u65e5\u672c|\u3002");
  EXPECT_EQ(joined("\xff\xfe\xe2\x82"), "\xff|\xfe|\xe2\x82");  // U+FFFD is a symbol that is cut off
}

TEST(Words, KnowWhatTheyAreMadeOf) {
  WordSplitter splitter;
  std::vector<Word> words;
  splitter.split("\u00e9t\u00e9 42 -- !", words);
  ASSERT_EQ(words.size(), 4u);
  EXPECT_EQ(words[0].chars, 3u);
  EXPECT_TRUE(words[0].letter && !words[0].symbols);
  EXPECT_TRUE(!words[1].letter && !words[1].symbols);
  EXPECT_TRUE(words[2].symbols && words[2].punct && !words[2].ends_sentence);
  EXPECT_TRUE(words[3].ends_sentence);
}

TEST(Sentences, EndWithTheirPunctuation) {
  const auto found = sentences("It rains. \"Really?\" (Yes!) Dr. No came... and went");
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0], "It rains. \"");  // what follows a period is punctuation until a word comes
  EXPECT_EQ(found[1], "Really?\" (");
  EXPECT_EQ(found[2], "Yes!)");
  EXPECT_EQ(found[3], " Dr. No came... and went");
}

TEST(Sentences, CoverTheText) {
  EXPECT_EQ(sentences("").size(), 1u);
  EXPECT_EQ(sentences("no end").size(), 1u);
  EXPECT_EQ(sentences("ab. . cd").size(), 2u);
  EXPECT_EQ(sentences("ab.  . cd").size(), 3u);  // white space beyond one space is a word of its own
}

TEST(TextParts, LinesInTheirSenses) {
  std::vector<std::string_view> lines;
  split_lines("a\r\nb\rc\n\nd\u2028e\x1c", lines);
  EXPECT_EQ(lines, (std::vector<std::string_view>{"a", "b", "c", "", "d", "e"}));
  split_at_newlines("\na\n\nb\n", lines);
  EXPECT_EQ(lines, (std::vector<std::string_view>{"", "a", "", "b", ""}));
  split_at_newline_rows("\na\n\n\nb\nc\n", 1, lines);
  EXPECT_EQ(lines, (std::vector<std::string_view>{"", "a", "b", "c", ""}));
  split_at_newline_rows("a\n\n\nb\nc", 2, lines);
  EXPECT_EQ(lines, (std::vector<std::string_view>{"a", "b\nc"}));
  split_at_spaces(" a\u00a0 b\n", lines);
  EXPECT_EQ(lines, (std::vector<std::string_view>{"a", "b"}));
  EXPECT_EQ(count_of(".......", "..."), 2u);
}

}  // namespace
}  // namespace persea::curate
