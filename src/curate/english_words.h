// English words that are split in their own way, or not at all, as spaCy 3.8 has them: the lists that make them up.
// SpecialWords (special_words.h) puts them together.
#pragma once

#include <string_view>

namespace persea::curate {

// "stems + endings": each stem, also with a capital first letter, before each ending; '|' stands where the word is cut.
// An ending with an apostrophe holds for the same letters without it too.
struct ContractionGroup {
  std::string_view stems, endings;
};

inline constexpr ContractionGroup kContractions[] = {
    {"i", "|'m |'m|a"},
    {"i you he she it we they", "|'ll |'ll|'ve |'d |'d|'ve"},
    {"i you we they", "|'ve"},
    {"you we they", "|'re"},
    {"he she it", "|'s"},
    {"who what when where why how there that this", "|'s"},
    {"who what when where why how there that this these those", "|'ll |'ll|'ve |'d |'d|'ve"},
    {"who what when where why how there these those", "|'re |'ve"},
    {"ca could do does did had may might must need ought sha should wo would", "|n't |n't|'ve"},
    {"could might must should would", "|'ve"},
    {"ai are is was were have has dare", "|n't"},
};

// Common words that the lists above would make; they are words like any other.
inline constexpr std::string_view kNoContractions =
    "Ill ill Its its Hell hell Shell shell Shed shed were Were Well well Whore whore";

// Hours: each number from 1 to 12 before each of these.
inline constexpr std::string_view kHourEndings = "a.m. am p.m. pm";

// Single words, cut where '|' stands.
inline constexpr std::string_view kCutWords =
    "y'|all y|all how|'d|'y How|'d|'y not|'ve not|ve Not|'ve Not|ve can|not Can|not gon|na Gon|na got|ta Got|ta let|'s "
    "Let|'s c'm|on C'm|on °|c|. °|f|. °|k|. °|C|. °|F|. °|K|.";

// Words that stay whole: informal ones and abbreviations.
inline constexpr std::string_view kWholeWords =
    "doin Doin goin Goin nothin Nothin nuthin Nuthin ol Ol somethin Somethin doin' Doin' goin' Goin' nothin' Nothin' "
    "nuthin' Nuthin' ol' Ol' somethin' Somethin' em ll nuff 'em 'll 'nuff 'S 's \u2018S \u2018s and/or w/o 're 'Cause "
    "'cause 'cos 'Cos 'coz 'Coz 'cuz 'Cuz 'bout ma'am Ma'am o'clock O'clock lovin' Lovin' lovin Lovin havin' Havin' "
    "havin Havin Mt. Ak. Ala. Apr. Ariz. Ark. Aug. Calif. Colo. Conn. Dec. Del. Feb. Fla. Ga. Ia. Id. Ill. Ind. Jan. "
    "Jul. Jun. Kan. Kans. Ky. La. Mar. Mass. Mich. Minn. Miss. N.C. N.D. N.H. N.J. N.M. N.Y. Neb. Nebr. Nev. Nov. Oct. "
    "Okla. Ore. Pa. S.C. Sep. Sept. Tenn. Va. Wash. Wis. 'd a.m. Adm. Bros. co. Co. Corp. D.C. Dr. e.g. E.g. E.G. Gen. "
    "Gov. i.e. I.e. I.E. Inc. Jr. Ltd. Md. Messrs. Mo. Mont. Mr. Mrs. Ms. p.m. Ph.D. Prof. Rep. Rev. Sen. St. vs. v.s. "
    "\\t \\n \u2014 ' \\\") <space> '' C++ a. b. c. d. e. f. g. h. i. j. k. l. m. n. o. p. q. r. s. t. u. v. w. x. y. "
    "z. "
    "ä. ö. ü.";

// Faces that stay whole.
inline constexpr std::string_view kFaces =
    ":) :-) :)) :-)) :))) :-))) (: (-: =) (= :] :-] [: [-: [= =] :o) (o: :} :-} 8) 8-) (-8 ;) ;-) (; (-; :( :-( :(( "
    ":-(( :((( :-((( ): )-: =( >:( :') :'-) :'( :'-( :/ :-/ =/ =| :| :-| ]= =[ :1 :P :-P :p :-p :O :-O :o :-o :0 :-0 "
    ":() >:o :* :-* :3 :-3 =3 :> :-> :X :-X :x :-x :D :-D ;D ;-D =D xD XD xDD XDD 8D 8-D ^_^ ^__^ ^___^ >.< >.> <.< "
    "._. "
    ";_; -_- -__- v.v V.V v_v V_V o_o o_O O_o O_O 0_o o_0 0_0 o.O O.o O.O o.o 0.0 o.0 0.o @_@ <3 <33 <333 </3 (^_^) "
    "(-_-) (._.) (>_<) (*_*) (¬_¬) ಠ_ಠ ಠ︵ಠ (ಠ_ಠ) ¯\\(ツ)/¯ (╯°□°）╯︵┻━┻ ><(((*>";

// What is cut off behind a digit: units of measurement and money.
inline constexpr std::string_view kUnits =
    "km km² km³ m m² m³ dm dm² dm³ cm cm² cm³ mm mm² mm³ ha µm nm yd in ft kg g mg µg t lb oz m/s km/h kmh mph hPa Pa "
    "mbar mb MB kb KB gb GB tb TB T G M K % км км² км³ м м² м³ дм дм² дм³ см см² см³ мм мм² мм³ нм кг г мг м/с км/ч "
    "кПа "
    "Па мбар Кб КБ кб Мб МБ мб Гб ГБ гб Тб ТБ тбكم كم² كم³ م م² م³ سم سم² سم³ مم مم² مم³ كم غرام جرام جم كغ ملغ كوب "
    "اكواب $ £ € ¥ ฿ US$ C$ A$ ₽ ﷼ ₴ ₠ ₡ ₢ ₣ ₤ ₥ ₦ ₧ ₨ ₩ ₪ ₫ ₭ ₮ ₯ ₰ ₱ ₲ ₳ ₵ ₶ ₷ ₸ ₹ ₺ ₻ "
    "₼ "
    "₾ "
    "₿";

}  // namespace persea::curate
