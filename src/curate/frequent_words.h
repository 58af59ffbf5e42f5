// The words that stand most often in English and German prose, each with how much it says: the bits of its share of
// all words, rounded. Counted over novels, textbooks, encyclopedias, laws, plays and pages of the web in equal parts. As
// PlainWords has them: without case, accents and apostrophes. Single letters and small numbers are set by hand. It
// refuses to know rare words: what is not here is one.
#pragma once

#include <string_view>

namespace persea::curate {

struct FrequentWords {
  int bits;
  std::string_view words;  // between single spaces
};

// clang-format off
inline constexpr FrequentWords kFrequentWords[] = {
  {4,
   "the"},
  {5,
   "and der die of to und"},
  {6,
   "a in sie"},
  {7,
   "as auf das dem den des ein er es for he i ich is ist it mit nicht oder on that von was with you zu"},
  {8,
   "aber als an are at auch be but by dass du eine est from had have her his im nach not or she sich sind so "
   "they this we wenn werden wie wird"},
  {9,
   "about all aus bei bis can da de diese do doch durch einem einen einer government haben has hat him how if "
   "ihm ihn ihr into its kann like man me mich mir more my no noch note nur one other our out said sein some "
   "their them there time uber um up vor war web were what when which who will wir would your zum zur"},
  {10,
   "after alle alles also am any back because been before bin city const content could dann data day denn dich "
   "did dies diesem dieser dieses dir down each eines federal first frau ganz get go good habe hatte help herr "
   "hier ihnen ihre ihrer immer information jetzt just keine know konnen land little made make many may mehr "
   "mein meine most much national new nichts now nr nummer nun ohne only over people population public px rate "
   "reference satz schon see sehr seine seiner selbst services should soll sowie such td team than then these "
   "through total two uns unter us use vater very vom way well wert where while wieder wohl work years"},
  {11,
   "ab ach across again age agencies agency air allein along always andere anderen another area around art asked "
   "augen away based began being beispiel best better between big billion bist both called came change children "
   "class color come country current darf daten dein deren design development diesen different digital dont dort "
   "during eigenschaft einmal elements end etwas euch even every example exchange experience eyes father female "
   "few find five form fort found funktion gar gegen geht gesetzes gibt gilt gleich going got gott great gsa "
   "guides gut hab hand hast head here herz high home house however id ihrem ihren including indem innerhalb "
   "input ins insbesondere kein km kommen kommt konnte large lassen last leben left li liebe life live log long "
   "look looked machen making male mann men menschen meridian might military million mobile mother mr muss "
   "mussen must mutter name need nein never next night north number o ob off often old once open own part party "
   "per place process product project prufung put questions real recht research resources richmond right sagen "
   "sagte same saw say school security sehen sei seinem seinen seite service several siehe since site small "
   "social sohn sollte something song source south soweit state states still support system tag take teil tell "
   "text th things think those though thought three together too took top tr type under upon used user users "
   "using value verordnung verwenden verwendet verwendung viel vorschriften wahrend want ware waren water weil "
   "weiss welche welt went wer werte white why width without wo wollen wollte worden working world wurde year "
   "zeit zuruck zwei zwischen"},
};
// clang-format on

// What formulas and tables are made of says little too, but they can only be told by it.
inline constexpr int kSignBits = 6, kSmallNumberBits = 9;
inline constexpr std::string_view kSigns = "b c d e f g h j k l m n p q r s t u v w x y z 0 1 2 3 4 5 6 7 8 9";
inline constexpr std::string_view kSmallNumbers =
    "10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 40 50 60 64 70 80 90 100 1000";

}  // namespace persea::curate
