// Each rule at its border: just kept, just dropped.
#include <gtest/gtest.h>

#include "curate/rule_pack.h"

namespace persea::curate {
namespace {

std::string less_cuts(std::string_view text, const std::vector<Cut>& cuts) {
  std::string left;
  size_t behind = 0;
  for (const Cut& cut : cuts) {
    EXPECT_GE(cut.place.begin, behind);
    left.append(text.substr(behind, cut.place.begin - behind)).append(cut.instead);
    behind = cut.place.end;
  }
  return left.append(text.substr(behind));
}

Decision judged(const std::string& pack, std::string_view text, const Json& settings = Json::object()) {
  const auto made = make_rule_pack(pack, settings);
  EXPECT_TRUE(made) << (made ? "" : made.error().message);
  Judging judging;
  Decision decision;
  judging.read(text);
  if (made) (*made)->judge(judging, decision);
  if (decision.verdict == Verdict::change) {
    EXPECT_EQ(less_cuts(text, decision.cuts), decision.text) << text;
  }
  return decision;
}

std::string reason_of(const std::string& pack, std::string_view text, const Json& settings = Json::object()) {
  const Decision decision = judged(pack, text, settings);
  return decision.verdict == Verdict::drop ? decision.reason : "";
}

std::string times(std::string_view part, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += part;
  return all;
}

// Gopher's quality rules with all turned off but `said`.
Json only(const Json& said) {
  Json all = {{"min_doc_words", 0},
              {"max_doc_words", 0},
              {"min_avg_word_length", 0},
              {"max_avg_word_length", 0},
              {"max_symbol_word_ratio", 0},
              {"max_bullet_lines_ratio", 0},
              {"max_ellipsis_lines_ratio", 0},
              {"max_non_alpha_words_ratio", 0},
              {"min_stop_words", 0}};
  all.update(said);
  return all;
}

std::string quality(std::string_view text, const Json& said) { return reason_of("gopher-quality", text, only(said)); }

TEST(GopherQuality, CountsWordsThatAreNoSymbols) {
  EXPECT_EQ(quality("one two three . ! --", {{"min_doc_words", 3}}), "");
  EXPECT_EQ(quality("one two . ! --", {{"min_doc_words", 3}}), "gopher_short_doc");
  EXPECT_EQ(quality("one two three .", {{"max_doc_words", 3}}), "");
  EXPECT_EQ(quality("one two three four .", {{"max_doc_words", 3}}), "gopher_long_doc");
  EXPECT_EQ(quality("", {{"min_doc_words", 1}}), "gopher_short_doc");
}

TEST(GopherQuality, MeanLengthIsInCharacters) {
  EXPECT_EQ(quality("ab abcd .", {{"min_avg_word_length", 3}}), "");
  EXPECT_EQ(quality("ab abc .", {{"min_avg_word_length", 3}}), "gopher_below_avg_threshold");
  EXPECT_EQ(quality("\u00e9t\u00e9 \u00e9t\u00e9", {{"max_avg_word_length", 3}}), "");
  EXPECT_EQ(quality("\u00e9t\u00e9s \u00e9t\u00e9", {{"max_avg_word_length", 3}}), "gopher_above_avg_threshold");
}

TEST(GopherQuality, SymbolsAreOfAllWords) {
  EXPECT_EQ(quality("# a b c d e f g h i", {{"max_symbol_word_ratio", 0.1}}), "");
  EXPECT_EQ(quality("# b c d e f g h i", {{"max_symbol_word_ratio", 0.1}}), "gopher_too_many_hashes");
  EXPECT_EQ(quality("a b c d e f g h i...", {{"max_symbol_word_ratio", 0.1}}), "");
  EXPECT_EQ(quality("a b c d e f g h... i\u2026", {{"max_symbol_word_ratio", 0.1}}), "gopher_too_many_ellipsis");
  const Decision decision = judged("gopher-quality", "a b #tag #x", only({{"max_symbol_word_ratio", 0.1}}));
  EXPECT_EQ(decision.place.begin, 4u);
  EXPECT_EQ(decision.place.end, 5u);
  EXPECT_DOUBLE_EQ(decision.figure, 2. / 6);
  EXPECT_DOUBLE_EQ(decision.limit, 0.1);
}

TEST(GopherQuality, LinesOfListsAndTeasers) {
  EXPECT_EQ(quality("- a\n \u2022 b\nc\nd", {{"max_bullet_lines_ratio", 0.5}}), "");
  EXPECT_EQ(quality("- a\n \u2022 b\nc", {{"max_bullet_lines_ratio", 0.5}}), "gopher_too_many_bullets");
  EXPECT_EQ(quality("* a\n* b", {{"max_bullet_lines_ratio", 0.5}}), "");
  EXPECT_EQ(quality("a... \nb\u2026\nc\nd", {{"max_ellipsis_lines_ratio", 0.5}}), "");
  EXPECT_EQ(quality("a... \nb\u2026\nc", {{"max_ellipsis_lines_ratio", 0.5}}), "gopher_too_many_end_ellipsis");
}

TEST(GopherQuality, LettersAndStopWords) {
  EXPECT_EQ(quality("a b c d 5", {{"max_non_alpha_words_ratio", 0.8}}), "");
  EXPECT_EQ(quality("a b c d 5 6", {{"max_non_alpha_words_ratio", 0.8}}), "gopher_below_alpha_threshold");
  EXPECT_EQ(quality("the the with", {{"min_stop_words", 2}}), "");
  EXPECT_EQ(quality("the the The", {{"min_stop_words", 2}}), "gopher_enough_stop_words");
  EXPECT_EQ(quality("eins zwei", {{"min_stop_words", 2}, {"stop_words", Json::array({"eins", "zwei"})}}), "");
}

TEST(GopherQuality, DolmaCountsInItsOwnWay) {
  const auto dolma = [](std::string_view text, Json said) {
    said["dialect"] = "dolma";
    return quality(text, said);
  };
  EXPECT_EQ(dolma("a, b, -- !", {{"min_doc_words", 4}}), "");  // datatrove counts two
  EXPECT_EQ(quality("a, b, -- !", {{"min_doc_words", 4}}), "gopher_short_doc");
  EXPECT_EQ(dolma("a ab abcd abcdefghijkl", {{"max_avg_word_length", 3}}), "");  // the median is 3, the mean 4.75
  EXPECT_EQ(dolma("a abcd abcde", {{"max_avg_word_length", 3}}), "median_word_length");
  EXPECT_EQ(dolma("- a\n* b\n\u2022 c\n - d", {{"max_bullet_lines_ratio", 0.5}}), "");
  EXPECT_EQ(dolma("- a\n* b\n\u2022 c", {{"max_bullet_lines_ratio", 0.5}}),
            "fraction_of_lines_starting_with_bullet_point");
  EXPECT_EQ(dolma("a...\nb...", {{"max_ellipsis_lines_ratio", 0.3}}), "");
  EXPECT_EQ(dolma("##a b", {{"max_symbol_word_ratio", 0.5}}), "");  // one word, whatever it holds
  EXPECT_EQ(dolma("the the", {{"min_stop_words", 2}}), "");         // each time counts
  EXPECT_EQ(dolma("the The", {{"min_stop_words", 2}}), "required_word_count");
}

// Repetition with all turned off but `said`.
std::string repetition(std::string_view text, const Json& said) {
  Json all = {{"dup_line_frac", 0},      {"dup_para_frac", 0},           {"dup_line_char_frac", 0},
              {"dup_para_char_frac", 0}, {"top_n_grams", Json::array()}, {"dup_n_grams", Json::array()}};
  all.update(said);
  return reason_of("gopher-repetition", text, all);
}

TEST(GopherRepetition, LinesAndParagraphs) {
  EXPECT_EQ(repetition("a\nb\nc\na", {{"dup_line_frac", 0.25}}), "");
  EXPECT_EQ(repetition("a\nb\na", {{"dup_line_frac", 0.25}}), "dup_line_frac");
  EXPECT_EQ(repetition("a\n\n\nb\na\nb\nc", {{"dup_line_frac", 0.25}}), "dup_line_frac");  // rows of breaks are one
  EXPECT_EQ(repetition("\n\na\n\nb\n\nc\n\na\n\n", {{"dup_para_frac", 0.25}}), "");
  EXPECT_EQ(repetition("a\n\n\nb\n\na\n", {{"dup_para_frac", 0.25}}), "dup_para_frac");
  EXPECT_EQ(repetition("abcd\nabcd\nx", {{"dup_line_char_frac", 0.36}}), "dup_line_char_frac");  // 4 of 11
  EXPECT_EQ(repetition("abcd\nabcd\nx", {{"dup_line_char_frac", 0.37}}), "");
  EXPECT_EQ(repetition("abcd\n\nabcd\n\nx", {{"dup_para_char_frac", 0.31}}), "");  // 4 of 13
  EXPECT_EQ(repetition("abcd\n\nabcd\n\nx", {{"dup_para_char_frac", 0.30}}), "dup_para_char_frac");
  EXPECT_EQ(repetition("", {{"dup_line_frac", 0}}), "empty");
}

TEST(GopherRepetition, RowsOfWords) {
  const Json pair = Json::array({Json::array({2, 0.5})}), stricter = Json::array({Json::array({2, 0.54})});
  EXPECT_EQ(repetition("ab cd ef ab cd x y", {{"top_n_grams", pair}}), "top_2_gram");  // "ab cd" twice: 10 of 18
  EXPECT_EQ(repetition("ab cd ef ab cd xx yyyy", {{"top_n_grams", pair}}), "");        // 10 of 22
  EXPECT_EQ(repetition("ab cd", {{"top_n_grams", stricter}}), "top_2_gram");           // once is enough
  EXPECT_EQ(repetition("a", {{"top_n_grams", pair}}), "");
  const Json rows = Json::array({Json::array({3, 0.3})});
  EXPECT_EQ(repetition("aa bb cc x aa bb cc", {{"dup_n_grams", rows}}), "duplicated_3_n_grams");  // 6 of 19
  EXPECT_EQ(repetition("aa bb cc xxx aa bb cc", {{"dup_n_grams", rows}}), "");                    // 6 of 21
}

TEST(GopherRepetition, SaysWhere) {
  const Decision decision = judged("gopher-repetition", "first\nsecond\nfirst\nfirst\n");
  EXPECT_EQ(decision.reason, "dup_line_frac");
  EXPECT_EQ(decision.place.begin, 13u);
  EXPECT_EQ(decision.place.end, 18u);
}

TEST(GopherRepetition, DolmaCountsFirstCopies) {
  const Json dolma = {{"dialect", "dolma"}, {"dup_line_frac", 0.5}};
  EXPECT_EQ(repetition("a\nb\nc\na", dolma), "");
  EXPECT_EQ(repetition("a\nb\na", dolma), "fraction_of_duplicate_lines");
  EXPECT_EQ(repetition("a\nb\na", {{"dup_line_frac", 0.5}}), "");
  EXPECT_EQ(repetition("", dolma), "");  // it measures 0
  EXPECT_EQ(repetition("", {{"dialect", "datatrove"}}), "empty");
}

TEST(GopherRepetition, DolmaCountsRowsOfWordsInItsWay) {
  const auto rows = [](const char* rule, int words, double limit) {
    return Json{{"dialect", "dolma"}, {rule, Json::array({Json::array({words, limit})})}};
  };
  const std::string text = "ab cd ef ab cd xx yyyy";  // 16 characters, "ab cd" twice: 8 of them
  EXPECT_EQ(repetition(text, rows("top_n_grams", 2, 0.5)), "");
  EXPECT_EQ(repetition(text, rows("top_n_grams", 2, 0.49)), "fraction_of_characters_in_most_common_2grams");
  // Pairs: 4, 4, 4, 4, 4, 6 characters; two of 4 come twice.
  EXPECT_EQ(repetition(text, rows("dup_n_grams", 2, 8. / 26)), "");
  EXPECT_EQ(repetition(text, rows("dup_n_grams", 2, 0.3)), "fraction_of_characters_in_duplicate_2grams");
  EXPECT_EQ(repetition("a", rows("dup_n_grams", 2, 0.1)), "");
}

TEST(GopherRepetition, DolmaHasNoParagraphs) {
  EXPECT_FALSE(make_rule_pack("gopher-repetition", {{"dialect", "dolma"}, {"dup_para_frac", 0.3}}));
  const auto pack = make_rule_pack("gopher-repetition", {{"dialect", "dolma"}});
  ASSERT_TRUE(pack);
  EXPECT_TRUE(make_rule_pack("gopher-repetition", (*pack)->settings()));
}

TEST(C4Quality, TakesLinesOut) {
  const std::string prose = times("This is a line of prose.\n", 5);
  EXPECT_EQ(judged("c4-quality", times("This is a line of prose.\n", 4) + "This is a line of prose.").verdict,
            Verdict::keep);
  const Decision decision =
      judged("c4-quality", "Menu\n" + prose +
                               "Too short.\nEnable Javascript to go on.\n"
                               "We have a Cookie Policy here.\nIt went on and on...\nA claim[12] of it [edit].\n");
  ASSERT_EQ(decision.verdict, Verdict::change);
  EXPECT_EQ(decision.text, prose + "A claim of it .");
  std::vector<std::string_view> reasons;
  for (const Cut& cut : decision.cuts) reasons.push_back(cut.reason);
  EXPECT_EQ(reasons, (std::vector<std::string_view>{
                         "line-filter-no_terminal_punc", "line-filter-too_few_words", "line-filter-javascript",
                         "line-filter-policy", "line-filter-no_terminal_punc", "citation", "citation", "white space"}));
  EXPECT_EQ(decision.cuts[0].place.end, 5u);  // with its break
}

TEST(C4Quality, WhiteSpaceIsCutToo) {
  const Json one = {{"min_num_sentences", 1}};
  const auto left = [&](std::string_view text, const Json& settings) {
    return judged("c4-quality", text, settings).text;
  };
  EXPECT_EQ(left("One is here.\r\nTwo is there.", one), "One is here.\nTwo is there.");
  EXPECT_EQ(left("  One is here. \n\n\n\tTwo is there.\n", one), "One is here.\nTwo is there.");
  EXPECT_EQ(left("One is here.\u2028no prose\n\n", one), "One is here.");
  EXPECT_EQ(left("no prose\n\nOne is here.\n \nno prose", one), "One is here.");
  EXPECT_EQ(left("One is here [1]\u00a0.\r\n", one), "One is here \u00a0.");
  const Decision blank = judged("c4-quality", "One is here.\nno prose\n" + times("\n", 1000) + "Two is there.", one);
  EXPECT_EQ(blank.cuts.size(), 1u);
  EXPECT_EQ(blank.text, "One is here.\nTwo is there.");
  const Json all = {{"min_num_sentences", -1}, {"min_words_per_line", -1}, {"filter_no_terminal_punct", false}};
  EXPECT_EQ(left("\n\n[1]\na[2] [3]\n\n", all), "a");
  EXPECT_EQ(left("\n[1] \r\n", all), "");
  EXPECT_EQ(judged("c4-quality", "a\n\n  b", all).text, "a\n\nb");
}

TEST(C4Quality, SentencesInsteadOfLines) {
  const Json settings = {{"split_paragraph", false}, {"min_num_sentences", 1}};
  EXPECT_EQ(judged("c4-quality", "One is here. Two is there.", settings).verdict, Verdict::keep);
  EXPECT_EQ(judged("c4-quality", " One is here.\n\nTwo is there. No. \r\nThree is not[4] here. ", settings).text,
            "One is here. Two is there. Three is not here.");
  const Json all = {{"split_paragraph", false},
                    {"min_num_sentences", -1},
                    {"min_words_per_line", -1},
                    {"filter_no_terminal_punct", false}};
  EXPECT_EQ(judged("c4-quality", "What?!(Yes", all).verdict, Verdict::keep);
  EXPECT_EQ(judged("c4-quality", "\u3002\u65e5", all).text, "\u3002 \u65e5");  // a cut of nothing
  EXPECT_EQ(judged("c4-quality", "ab.  . cd", all).text, "ab. . cd");
}

TEST(C4Quality, DropsPages) {
  EXPECT_EQ(reason_of("c4-quality", times("This is a line of prose.\n", 4)), "too_few_sentences");
  EXPECT_EQ(reason_of("c4-quality", times("One is here. Two is there.\n", 2) + "And one more."), "");
  EXPECT_EQ(reason_of("c4-quality", times("This is a line of prose.\n", 5) + "Lorem IPSUM is no prose."),
            "lorem_ipsum");
  EXPECT_EQ(reason_of("c4-quality", times("This is a line of prose.\n", 5) + "int main() { no }"), "");  // no prose
  EXPECT_EQ(reason_of("c4-quality", times("This is a line of prose.\n", 5) + "int main() { no }."), "curly_bracket");
}

TEST(C4Quality, LongWordsAreMeasuredInCharacters) {
  const Json settings = {{"max_word_length", 4}, {"min_num_sentences", 1}};
  EXPECT_EQ(reason_of("c4-quality", "\u00e9\u00e9\u00e9. two two.", settings), "");
  EXPECT_EQ(reason_of("c4-quality", "\u00e9\u00e9\u00e9\u00e9. two two.", settings), "too_few_sentences");
}

TEST(C4Quality, SeesThroughCase) {
  const Json one = {{"min_num_sentences", 1}};
  EXPECT_EQ(reason_of("c4-quality", "This site USES COOKIES always.", one), "too_few_sentences");
  EXPECT_EQ(reason_of("c4-quality", "This site uses coo\u212aies always.", one), "too_few_sentences");  // Kelvin
  EXPECT_EQ(reason_of("c4-quality", "This site uses no cookies.", one), "");
}

TEST(C4Paragraphs, ThreeOfSomeLength) {
  const std::string line = times("\u00e9", 200) + "\n";
  EXPECT_EQ(reason_of("c4-paragraphs", times(line, 3)), "");
  EXPECT_EQ(reason_of("c4-paragraphs", times(line, 2) + times("e", 199)), "< 3 paragraphs");
}

std::string fineweb(std::string_view text, const Json& said) {
  Json all = {{"line_punct_thr", 0}, {"short_line_thr", 1}, {"char_duplicates_ratio", 1}, {"new_line_ratio", 100}};
  all.update(said);
  return reason_of("fineweb-quality", text, all);
}

TEST(FinewebQuality, EndsOfLines) {
  EXPECT_EQ(fineweb("a.\n\nb\nc\nd", {{"line_punct_thr", 0.25}}), "");  // blank lines are none
  EXPECT_EQ(fineweb("a.\nb\nc\nd\ne", {{"line_punct_thr", 0.25}}), "line_punct_ratio");
  EXPECT_EQ(fineweb("a\u3002\nb\u061f", {{"line_punct_thr", 1}}), "");
  EXPECT_EQ(fineweb("a\nb", {{"line_punct_thr", 0.25}, {"line_punct_exclude_zero", true}}), "");
  EXPECT_EQ(fineweb(" \n ", Json::object()), "empty");
}

TEST(FinewebQuality, ShortRepeatedAndBrokenLines) {
  EXPECT_EQ(fineweb(times("\u00e9", 30) + "\n" + times("e", 31), {{"short_line_thr", 0.5}}), "");
  EXPECT_EQ(fineweb(times("\u00e9", 30) + "\n" + times("e", 30), {{"short_line_thr", 0.5}}), "short_line_ratio");
  EXPECT_EQ(fineweb("ab\nab\nabcd", {{"char_duplicates_ratio", 0.25}}), "");  // 2 of 8
  EXPECT_EQ(fineweb("ab\nab\nabc", {{"char_duplicates_ratio", 0.25}}), "char_dup_ratio");
  EXPECT_EQ(fineweb("a b\nc d\n", {{"new_line_ratio", 0.5}}), "");
  EXPECT_EQ(fineweb("a b\nc\n", {{"new_line_ratio", 0.5}}), "list_ratio");
}

TEST(RulePack, RefusesWhatItDoesNotKnow) {
  EXPECT_NE(make_rule_pack("gopher-qualty", Json::object()).error().message.find("gopher-quality"), std::string::npos);
  EXPECT_NE(make_rule_pack("gopher-quality", {{"min_doc_word", 1}}).error().message.find("min_doc_words"),
            std::string::npos);
  EXPECT_FALSE(make_rule_pack("gopher-quality", {{"min_doc_words", 1.5}}));
  EXPECT_FALSE(make_rule_pack("gopher-quality", {{"dialect", "gopher"}}));
  EXPECT_FALSE(make_rule_pack("gopher-repetition", {{"top_n_grams", Json::array({Json::array({0, 0.1})})}}));
  EXPECT_FALSE(make_rule_pack("c4-quality", Json::array()));
}

TEST(RulePack, NullTurnsLimitsOff) {
  EXPECT_EQ(quality("a", {{"min_doc_words", nullptr}}), "");
  EXPECT_EQ(quality("eins zwei", {{"min_stop_words", 1}, {"stop_words", nullptr}}), "gopher_enough_stop_words");
  EXPECT_EQ(quality("the", {{"min_stop_words", 1}, {"stop_words", nullptr}}), "");
  EXPECT_EQ(repetition("a\na", {{"dup_line_frac", nullptr}}), "");
  EXPECT_FALSE(make_rule_pack("c4-quality", {{"min_num_sentences", nullptr}}));
  EXPECT_FALSE(make_rule_pack("gopher-repetition", {{"top_n_grams", nullptr}}));
  const Json none = Json::array({Json::array({2, 0})});
  EXPECT_EQ(repetition("ab cd", {{"top_n_grams", none}}), "top_2_gram");  // 0 is a limit like any other here
}

TEST(RulePack, BrokenBytesAreCharacters) {
  const std::string broken = times("\x80", 300) + "\n" + times("\xe2\x82", 300) + "\n" + times("\x80", 300);
  for (const std::string& name : rule_pack_names()) {
    const Decision decision = judged(name, broken);
    EXPECT_LE(decision.place.end, broken.size());
  }
  EXPECT_LE(judged("gopher-repetition", "\xff\xff\n\xff\xff", {{"dup_line_frac", 0}}).figure, 1);
  EXPECT_EQ(judged("gopher-quality", "\x80\x80\x80\x80", only({{"min_avg_word_length", 2}})).figure, 1);
}

TEST(RulePack, TextsThatAreTooLongAreDroppedUnread) {
  const auto pack = make_rule_pack("c4-paragraphs", Json::object());
  Judging judging;
  judging.longest_text = 3;
  Decision decision;
  const std::string text = "abcd";
  judging.read(text);
  (*pack)->judge(judging, decision);
  EXPECT_EQ(decision.reason, "too_long_to_judge");
  EXPECT_EQ(decision.figure, 4);
  judging.read(std::string_view(text).substr(1));
  (*pack)->judge(judging, decision);
  EXPECT_EQ(decision.reason, "< 3 paragraphs");
}

// What costs most: each text is a row of what some rule could look at again and again.
TEST(RulePackSlow, HostileTextsTakeLinearTime) {
  Judging judging;
  Decision decision;
  for (const char* part :
       {"!", "\n", ".", "@a.", "[1", "a ", "a.", "\x80", "x\n", ":)", "\u2026", "l", "https://", "1.1"}) {
    const std::string text = times(part, 3'000'000 / static_cast<int>(std::string_view(part).size()));
    judging.read(text);
    for (const std::string& name : rule_pack_names()) {
      const auto pack = make_rule_pack(name, Json::object());
      (*pack)->judge(judging, decision);
      EXPECT_LE(decision.place.end, text.size());
    }
  }
}

TEST(RulePack, SettingsComeBack) {
  for (const std::string& name : rule_pack_names()) {
    const auto pack = make_rule_pack(name, Json::object());
    ASSERT_TRUE(pack);
    EXPECT_EQ((*pack)->name(), name);
    const auto again = make_rule_pack(name, (*pack)->settings());
    ASSERT_TRUE(again);
    EXPECT_EQ((*again)->settings(), (*pack)->settings());
  }
}

}  // namespace
}  // namespace persea::curate
