#include "text/unicode.h"

#include <gtest/gtest.h>
#include <utf8proc.h>

namespace persea::unicode {
namespace {

TEST(Unicode, ClassesAgreeWithUtf8procWhereItKnowsTheCharacter) {
  const CharTable& table = CharTable::get();
  int letters = 0, numbers = 0;
  for (utf8proc_int32_t c = 0; c < 0x110000; ++c) {
    const CharClass kind = table.at(c);
    letters += kind == CharClass::letter, numbers += kind == CharClass::number;
    const std::string_view category = utf8proc_category_string(c);
    if (category == "Cn") continue;  // an older library does not know the youngest characters
    ASSERT_EQ(kind == CharClass::letter, category[0] == 'L') << std::hex << c;
    ASSERT_EQ(kind == CharClass::number, category[0] == 'N') << std::hex << c;
    ASSERT_TRUE(category[0] != 'Z' || kind == CharClass::space) << std::hex << c;
  }
  EXPECT_EQ(letters, 141028);  // Unicode 16.0
  EXPECT_EQ(numbers, 1911);
  for (const char space : {'\t', '\v', '\f', ' '}) EXPECT_EQ(table.ascii(space), CharClass::space);
  for (const char line : {'\r', '\n'}) EXPECT_EQ(table.ascii(line), CharClass::newline);
  EXPECT_EQ(table.at(0x85), CharClass::space);
}

TEST(Unicode, EveryCharacterIsWrittenAndRead) {
  for (uint32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xd800 && c < 0xe000) continue;
    std::string text;
    append_utf8(c, text);
    const Decoded read = decode_utf8(text.data(), text.data() + text.size());
    ASSERT_TRUE(read.valid && read.codepoint == c && read.bytes == static_cast<int>(text.size())) << std::hex << c;
    ASSERT_EQ(incomplete_suffix(text), 0u);
    for (size_t cut = 1; cut < text.size(); ++cut) {
      const std::string part = text.substr(0, cut);
      const Decoded begun = decode_utf8(part.data(), part.data() + cut);
      ASSERT_TRUE(!begun.valid && begun.bytes == static_cast<int>(cut)) << std::hex << c;
      ASSERT_EQ(incomplete_suffix("x" + part), cut) << std::hex << c;
    }
  }
}

TEST(Unicode, BrokenSequencesBecomeOneReplacementEach) {
  // Unicode 16, table 3-8 and its like: overlong, surrogate, too high, cut short, alone.
  const std::string r = "\xef\xbf\xbd";
  EXPECT_EQ(to_valid_utf8("\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41"), r + r + r + r + r + r + r + r + "A");
  EXPECT_EQ(to_valid_utf8("\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41"), r + r + r + r + r + r + r + r + "A");
  EXPECT_EQ(to_valid_utf8("\xf4\x91\x92\x93\xff\x41\x80\xbf\x42"), r + r + r + r + r + "A" + r + r + "B");
  EXPECT_EQ(to_valid_utf8("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41"), r + r + r + r + "A");
}

TEST(Unicode, IncompleteSuffixIsOnlyWhatCanStillBecomeACharacter) {
  EXPECT_EQ(incomplete_suffix(""), 0u);
  EXPECT_EQ(incomplete_suffix("a\xff"), 0u);
  EXPECT_EQ(incomplete_suffix("a\x80"), 0u);
  EXPECT_EQ(incomplete_suffix("\xed\xa0"), 0u);  // a surrogate
  EXPECT_EQ(incomplete_suffix("\xf0\x9f\x98"), 3u);
  EXPECT_EQ(incomplete_suffix("\xf0\x9f\x98\x80"), 0u);
}

TEST(Unicode, NfcComposesAndLeavesBrokenBytes) {
  EXPECT_EQ(nfc("e\u0301a"), "\u00e9a");
  EXPECT_EQ(nfc("\u1112\u1161\u11ab"), "\ud55c");
  EXPECT_EQ(nfc("\xff"
                "e\u0301\xf0\x9f"),
            "\xff\u00e9\xf0\x9f");
  EXPECT_EQ(nfc(""), "");
}

}  // namespace
}  // namespace persea::unicode
