#include "curate/language.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/random.h"
#include "curate/rule_pack.h"

namespace persea::curate {
namespace {

struct Phrase {
  const char *code, *text;
};
constexpr Phrase kPhrases[] = {
    {"en", "Nobody knows what the weather will be like on the other side of the mountains tomorrow."},
    {"de", "Niemand weiß, wie das Wetter morgen auf der anderen Seite der Berge sein wird."},
    {"fr", "Personne ne sait quel temps il fera demain de l'autre côté des montagnes."},
    {"es", "Nadie sabe qué tiempo hará mañana al otro lado de las montañas."},
    {"it", "Nessuno sa che tempo farà domani dall'altra parte delle montagne."},
    {"pt", "Ninguém sabe como vai estar o tempo amanhã do outro lado das montanhas."},
    {"nl", "Niemand weet hoe het weer morgen aan de andere kant van de bergen zal zijn."},
    {"sv", "Jag tycker om att läsa böcker på kvällen och dricka kaffe på morgonen."},
    {"pl", "Nikt nie wie, jaka pogoda będzie jutro po drugiej stronie gór."},
    {"cs", "Nikdo neví, jaké bude zítra počasí na druhé straně hor."},
    {"hu", "Senki sem tudja, milyen idő lesz holnap a hegyek túloldalán."},
    {"fi", "Kukaan ei tiedä, millainen sää on huomenna vuorten toisella puolella."},
    {"tr", "Yarın dağların öbür tarafında havanın nasıl olacağını kimse bilmiyor."},
    {"ru", "Никто не знает, какая погода будет завтра по ту сторону гор."},
    {"uk", "Ніхто не знає, яка погода буде завтра по той бік гір."},
    {"el", "Κανείς δεν ξέρει τι καιρό θα κάνει αύριο στην άλλη πλευρά των βουνών."},
    {"he", "אף אחד לא יודע איך יהיה מזג האוויר מחר בצד השני של ההרים."},
    {"ar", "لا أحد يعرف كيف سيكون الطقس غدا على الجانب الآخر من الجبال، ولا متى يعود المسافرون."},
    {"hi", "कोई नहीं जानता कि कल पहाड़ों के दूसरी तरफ़ मौसम कैसा होगा।"},
    {"zh", "没有人知道明天山的另一边天气会怎么样。"},
    {"ja", "山の向こう側で明日の天気がどうなるかは誰にもわかりません。"},
    {"ko", "내일 산 너머의 날씨가 어떨지는 아무도 모릅니다."},
};

std::string times(std::string_view part, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += part;
  return all;
}

Decision judged(std::string_view text, const Json& settings = Json::object()) {
  const auto pack = make_rule_pack("language", settings);
  EXPECT_TRUE(pack) << (pack ? "" : pack.error().message);
  Judging judging;
  Decision decision;
  judging.read(text);
  if (pack) (*pack)->judge(judging, decision);
  return decision;
}

TEST(Language, TellsThemApart) {
  for (const Phrase& phrase : kPhrases) {
    const Languages found = languages_of(phrase.text);
    EXPECT_EQ(found.top[0].code, phrase.code) << phrase.text;
    EXPECT_GT(found.top[0].score, 0.9) << phrase.text;
    EXPECT_TRUE(found.reliable && found.letters > 20) << phrase.text;
  }
}

TEST(Language, WhatItCannotTellIsUndetermined) {
  for (const char* text : {"", " ", "12345 6789 !!! ???", "ok", "\x80\xff\xfe", "\x01\x02\x03"}) {
    const Language found = language_of(text);
    EXPECT_EQ(found.code, "und") << text;
    EXPECT_EQ(found.score, 0) << text;
  }
  EXPECT_EQ(language_of("Hello").code, "und");
  EXPECT_EQ(language_of("Hello", {.guess_short = true}).code, "en");
}

TEST(Language, SharesOfTwoLanguages) {
  const std::string text = times(kPhrases[0].text, 3) + "\n" + times(kPhrases[1].text, 3);
  const Languages found = languages_of(text);
  EXPECT_NEAR(found.top[0].score, 0.5, 0.1);
  EXPECT_NEAR(found.top[1].score, 0.5, 0.1);
  EXPECT_NE(found.top[0].code, found.top[1].code);
}

TEST(Language, ControlCharactersDoNotMatter) {
  std::string text = kPhrases[1].text;
  for (const char* odd : {"\x01", "\x7f", "\xc2\x85", "\xef\xbf\xbf", "\xf0\x9f\xbf\xbe", "\xff"}) text += odd;
  EXPECT_EQ(language_of(text + kPhrases[1].text).code, "de");
}

TEST(Language, LongTextsAreJudgedByParts) {
  const std::string english = times(std::string(kPhrases[0].text) + "\n", 4000),
                    german = times(std::string(kPhrases[1].text) + "\n", 4000);
  EXPECT_EQ(language_of(english).code, "en");
  EXPECT_LE(languages_of(english).letters, 5000u);
  EXPECT_GT(languages_of(english, {.sample_bytes = 0}).letters, 300'000u);
  for (const size_t bytes : {size_t{0}, size_t{4096}}) {
    const Languages half = languages_of(english + german, {.sample_bytes = bytes});
    EXPECT_NEAR(half.top[0].score, 0.5, 0.1) << bytes;
    EXPECT_NEAR(half.top[1].score, 0.5, 0.1) << bytes;
  }
  const std::string chinese = times(kPhrases[19].text, 3000);  // parts that could begin within a character
  for (size_t bytes = 256; bytes < 280; ++bytes)
    EXPECT_EQ(language_of(chinese, {.sample_bytes = bytes}).code, "zh") << bytes;
}

TEST(Language, AnyThreadsAgree) {
  std::vector<std::string> texts;
  Random random(5);
  for (int i = 0; i < 400; ++i)
    texts.push_back(random.pick(std::vector<Phrase>(std::begin(kPhrases), std::end(kPhrases))).text +
                    times(random.pick(std::vector<Phrase>(std::begin(kPhrases), std::end(kPhrases))).text,
                          static_cast<int>(random.below(80))));
  std::vector<Languages> wanted;
  for (const std::string& text : texts) wanted.push_back(languages_of(text));
  std::vector<int> differ(4);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < differ.size(); ++t)
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < texts.size(); ++i) {
        const Languages found = languages_of(texts[i]);
        for (size_t k = 0; k < 3; ++k)
          differ[t] += found.top[k].code != wanted[i].top[k].code || found.top[k].score != wanted[i].top[k].score;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(differ, std::vector<int>(4));
}

TEST(LanguagePack, KeepsWhatIsAskedFor) {
  EXPECT_EQ(judged(kPhrases[0].text).verdict, Verdict::keep);
  const Decision german = judged(kPhrases[1].text);
  EXPECT_EQ(german.verdict, Verdict::drop);
  EXPECT_EQ(german.reason, "language_de");
  EXPECT_EQ(german.figure, 0);
  EXPECT_EQ(german.limit, 0.65);
  EXPECT_EQ(judged(kPhrases[1].text, {{"keep", {"fr", "de"}}}).verdict, Verdict::keep);
  EXPECT_EQ(judged("17").reason, "language_und");
  EXPECT_EQ(judged("17", {{"keep_unknown", true}}).verdict, Verdict::keep);
  EXPECT_EQ(judged("Hello").verdict, Verdict::drop);
  EXPECT_EQ(judged("Hello", {{"guess_short", true}}).verdict, Verdict::keep);
}

// Of two languages the kept ones' shares count together, and the other is shown.
TEST(LanguagePack, SharesAddUpAndTheStrangerIsShown) {
  const std::string english = times(kPhrases[0].text, 6) + "\n", german = times(kPhrases[1].text, 6);
  const Decision half = judged(english + german);
  EXPECT_EQ(half.reason, "language_de");
  EXPECT_NEAR(half.figure, 0.5, 0.1);
  EXPECT_NEAR(static_cast<double>(half.place.begin), static_cast<double>(english.size()), 60);
  EXPECT_EQ(half.place.end, english.size() + german.size());
  EXPECT_EQ(judged(english + german, {{"least", 0.4}}).verdict, Verdict::keep);
  EXPECT_EQ(judged(english + german, {{"keep", {"en", "de"}}}).verdict, Verdict::keep);
  const std::string wide = times(kPhrases[0].text, 400) + "\n", strange = times(kPhrases[1].text, 400);
  const Decision sampled = judged(wide + strange);  // in a part of the text that was looked at
  EXPECT_GE(sampled.place.begin + 600, wide.size());
  EXPECT_LE(sampled.place.end, wide.size() + strange.size());
}

TEST(LanguagePack, WrongSettingsAreRefused) {
  const auto complaint = [](const Json& settings) {
    const auto pack = make_rule_pack("language", settings);
    return pack ? std::string() : pack.error().message;
  };
  EXPECT_NE(complaint({{"keep", {"english"}}}).find("no language \"english\""), std::string::npos);
  EXPECT_NE(complaint({{"keep", {""}}}).find("no language"), std::string::npos);
  EXPECT_NE(complaint({{"keep", Json::array()}}).find("names no language"), std::string::npos);
  EXPECT_NE(complaint({{"sample_bytes", 100}}).find("at least 256"), std::string::npos);
  EXPECT_EQ(complaint({{"keep", {"zh", "he", "id"}}}), "");
}

TEST(Language, CodesMeanTheirVariants) {
  EXPECT_TRUE(means_language("zh", "zh-Hant"));
  EXPECT_TRUE(means_language("zh-Hant", "zh-Hant"));
  EXPECT_FALSE(means_language("zh-Hant", "zh"));
  EXPECT_FALSE(means_language("e", "en"));
  EXPECT_FALSE(means_language("en", "und"));
}

}  // namespace
}  // namespace persea::curate
