// English words that are split in their own way, or not at all: the lists that make them up, sorted. SpecialWords
// (special_words.h) puts them together. Which words these are is a fact about the tokenizer that the published rules
// are defined over, spaCy 3.8's for English (https://spacy.io, MIT licence, Copyright (C) 2016-2024 ExplosionAI GmbH,
// 2016 spaCy GmbH, 2015 Matthew Honnibal), and one more or less would change decisions; bench/peers/make_char_flags.py
// holds them to it.
#pragma once

#include <string_view>

namespace persea::curate {

// clang-format off
// "stems + endings": each stem, also with a capital first letter, before each ending; '|' stands where the word is cut.
// An ending with an apostrophe holds for the same letters without it too.
struct ContractionGroup {
  std::string_view stems, endings;
};

inline constexpr ContractionGroup kContractions[] = {
    {"i", "|'m |'m|a"},
    {"he i it she they we you", "|'d |'d|'ve |'ll |'ll|'ve"},
    {"i they we you", "|'ve"},
    {"they we you", "|'re"},
    {"he it she", "|'s"},
    {"how that there this what when where who why", "|'s"},
    {"how that there these this those what when where who why", "|'d |'d|'ve |'ll |'ll|'ve"},
    {"how there these those what when where who why", "|'re |'ve"},
    {"ca could did do does had may might must need ought sha should wo would", "|n't |n't|'ve"},
    {"could might must should would", "|'ve"},
    {"ai are dare has have is was were", "|n't"},
};

// Common words that the lists above would make; they are words like any other.
inline constexpr std::string_view kNoContractions =
    "Hell Ill Its Shed Shell Well Were Whore hell ill its shed shell well were whore";

// Hours: each number from 1 to 12 before each of these.
inline constexpr std::string_view kHourEndings =
    "a.m. am p.m. pm";

// Single words, cut where '|' stands.
inline constexpr std::string_view kCutWords =
    "C'm|on Can|not Gon|na Got|ta How|'d|'y Let|'s Not|'ve Not|ve c'm|on can|not gon|na got|ta how|'d|'y let|'s "
    "not|'ve not|ve y'|all y|all °|C|. °|F|. °|K|. °|c|. °|f|. °|k|.";

// Words that stay whole: informal ones and abbreviations.
inline constexpr std::string_view kWholeWords =
    "' '' 'Cause 'Cos 'Coz 'Cuz 'S 'bout 'cause 'cos 'coz 'cuz 'd 'em 'll 'nuff 're 's <space> Adm. Ak. Ala. "
    "Apr. Ariz. Ark. Aug. Bros. C++ Calif. Co. Colo. Conn. Corp. D.C. Dec. Del. Doin Doin' Dr. E.G. E.g. Feb. "
    "Fla. Ga. Gen. Goin Goin' Gov. Havin Havin' I.E. I.e. Ia. Id. Ill. Inc. Ind. Jan. Jr. Jul. Jun. Kan. Kans. "
    "Ky. La. Lovin Lovin' Ltd. Ma'am Mar. Mass. Md. Messrs. Mich. Minn. Miss. Mo. Mont. Mr. Mrs. Ms. Mt. N.C. "
    "N.D. N.H. N.J. N.M. N.Y. Neb. Nebr. Nev. Nothin Nothin' Nov. Nuthin Nuthin' O'clock Oct. Okla. Ol Ol' Ore. "
    "Pa. Ph.D. Prof. Rep. Rev. S.C. Sen. Sep. Sept. Somethin Somethin' St. Tenn. Va. Wash. Wis. \\\") \\n \\t "
    "\u2014 \u2018S \u2018s a. a.m. and/or b. c. co. d. doin doin' e. e.g. em f. g. goin goin' h. havin havin' "
    "i. i.e. j. k. l. ll lovin lovin' m. ma'am n. nothin nothin' nuff nuthin nuthin' o'clock o. ol ol' p. p.m. "
    "q. r. s. somethin somethin' t. u. v. v.s. vs. w. w/o x. y. z. ä. ö. ü.";

// Faces that stay whole.
inline constexpr std::string_view kFaces =
    "(*_*) (-8 (-: (-; (-_-) (._.) (: (; (= (>_<) (^_^) (o: (¬_¬) (ಠ_ಠ) (╯°□°）╯︵┻━┻ )-: ): -_- -__- ._. 0.0 0.o "
    "0_0 0_o 8) 8-) 8-D 8D :'( :') :'-( :'-) :( :(( :((( :() :) :)) :))) :* :-( :-(( :-((( :-) :-)) :-))) :-* "
    ":-/ :-0 :-3 :-> :-D :-O :-P :-X :-] :-o :-p :-x :-| :-} :/ :0 :1 :3 :> :D :O :P :X :] :o :o) :p :x :| :} ;) "
    ";-) ;-D ;D ;_; <.< </3 <3 <33 <333 =( =) =/ =3 =D =[ =] =| >.< >.> >:( >:o ><(((*> @_@ O.O O.o O_O O_o V.V "
    "V_V XD XDD [-: [: [= ]= ^_^ ^__^ ^___^ o.0 o.O o.o o_0 o_O o_o v.v v_v xD xDD ¯\\(ツ)/¯ ಠ_ಠ ಠ︵ಠ";

// What is cut off behind a digit: units of measurement and money. One of them is two words without the space between.
inline constexpr std::string_view kUnits =
    "$ % A$ C$ G GB K KB M MB Pa T TB US$ cm cm² cm³ dm dm² dm³ ft g gb hPa ha in kb kg km km/h kmh km² km³ lb m "
    "m/s mb mbar mg mm mm² mm³ mph m² m³ nm oz t tb yd £ ¥ µg µm ГБ Гб КБ Кб МБ Мб Па ТБ Тб г гб дм дм² дм³ кПа "
    "кб кг км км/ч км² км³ м м/с м² м³ мб мбар мг мм мм² мм³ нм см см² см³ тбكم اكواب جرام جم سم سم² سم³ غرام كغ "
    "كم كم² كم³ كوب م م² م³ ملغ مم مم² مم³ ฿ ₠ ₡ ₢ ₣ ₤ ₥ ₦ ₧ ₨ ₩ ₪ ₫ € ₭ ₮ ₯ ₰ ₱ ₲ ₳ ₴ ₵ ₶ ₷ ₸ ₹ ₺ ₻ ₼ ₽ ₾ ₿ ﷼";
// clang-format on

}  // namespace persea::curate
