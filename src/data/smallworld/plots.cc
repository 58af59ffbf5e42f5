#include "data/smallworld/plots.h"

#include <array>
#include <initializer_list>

#include "data/smallworld/lexicon.h"
#include "data/smallworld/phrase.h"

namespace persea::smallworld {
namespace {

// A is the hero, B a friend.
class Writer {
 public:
  explicit Writer(Casting& casting)
      : casting(casting), random(casting.random()), hero(casting.name()), second(casting.name()) {
    person("A", hero);
    person("B", second);
  }
  void person(std::string_view key, int name) {
    slots.person(key, name);
    slots.set(std::string(key) + ".child", names()[name].she ? "girl" : "boy");
  }
  void place(std::string_view key) { slots.place(key, casting.place()); }
  void thing(std::string_view key) {
    slots.set(key, things()[casting.thing()]);
    slots.set(std::string(key) + ".colour", colours()[casting.colour()]);
  }
  // Two things and their colours: the things first, because a colour has to go with both.
  void two_things() {
    slots.set("T", things()[casting.thing()]).set("U", things()[casting.thing()]);
    slots.set("T.colour", colours()[casting.colour()]).set("U.colour", colours()[casting.colour()]);
  }
  void word(std::string_view key, std::span<const std::string_view> words) {
    slots.set(key, words[random.below(words.size())]);
  }
  void animal(std::string_view key) { slots.set(key, animals()[casting.animal()]); }
  void food(std::string_view key) { slots.set(key, foods()[casting.food()]); }
  // Says one of the ways.
  void say(std::initializer_list<std::string_view> ways) {
    append(text, slots.fill(ways.begin()[random.below(ways.size())]));
  }
  void perhaps(std::initializer_list<std::string_view> ways) {
    if (random.chance(0.5)) say(ways);
  }
  void begin() {
    say({"Once there was a {A.child} named {A}.", "There was a {A.child} named {A}.",
         "Not long ago there was a kind {A.child} named {A}.", "Once upon a time there was a {A.child} named {A}."});
  }
  void thank() {
    say({"\"Thank you, {B}!\" said {A}.", "\"Thank you so much!\" said {A}.", "{A} thanked {B}.",
         "\"You are a good friend, {B},\" said {A}."});
  }
  void end() {
    say({"They were happy and went home.", "It was a good day.", "From that day on they were good friends.",
         "Then they went home and slept well.", "{A} and {B} smiled and hurried home.",
         "That night they both slept well.", "{A} and {B} are still friends today.",
         "They laughed and played until the sun went down."});
  }
  Casting& casting;
  Random& random;
  Slots slots;
  std::string text;
  int hero, second;
};

void lost(Writer& w) {
  w.thing("T");
  w.place("P"), w.place("Q"), w.place("S");
  w.begin();
  w.say({"{A.He} had a {T.colour} {T}.", "{A.He} had a {T.colour} {T} and took it everywhere.",
         "{A.He} loved {A.his} {T.colour} {T} very much."});
  w.say({"One day {A.he} could not find it.", "One morning the {T} was gone.", "But one day {A.he} lost the {T}."});
  w.say({"{A} looked {P.at}, but the {T} was not there.", "{A.He} went to {P} and looked for it. It was not there."});
  w.say({"Then {A.he} looked {Q.at}. It was not there either.", "Then {A.he} went to {Q}, but it was not there."});
  w.say({"{A} sat down and cried.", "{A} was very sad.", "{A} did not know what to do."});
  w.say({"{B} saw {A.him} and came over.", "Then {B} came by.", "{A.His} friend {B} was {Q.at} too."});
  w.say({"\"Why are you so sad?\" asked {B}.", "\"What is wrong?\" asked {B}."});
  w.say({"\"I lost my {T},\" said {A}.", "\"I can not find my {T},\" said {A}."});
  w.say({"\"Is it {T.colour}?\" asked {B}. \"Yes!\" said {A}. \"Then I know where it is. I saw it {S.at},\" said {B}.",
         "\"I saw a {T.colour} {T} {S.at},\" said {B}.", "\"Let us look {S.at},\" said {B}."});
  w.say({"They went to {S} together, and there was the {T.colour} {T}.",
         "They ran to {S}. The {T.colour} {T} was there!"});
  w.thank();
  w.end();
}

void gift(Writer& w) {
  w.thing("T");
  w.place("P"), w.place("Q");
  w.begin();
  w.say({"It was the birthday of {A.his} friend {B}.", "{A.His} friend {B} had a birthday."});
  w.say({"{A} wanted to give {B} something nice.", "{A} wanted to find a present for {B}."});
  w.say({"{A.He} went to {P} and looked around.", "So {A.he} walked to {P}."});
  w.say({"There {A.he} saw a {T.colour} {T}.", "{A.He} found a {T.colour} {T} there."});
  w.say({"\"I think {B} will like this {T},\" thought {A}.", "\"This is just right for {B},\" said {A}."});
  w.say({"{A} took the {T} and went to {Q}.", "{A.He} hid the {T} behind {A.his} back and walked to {Q}."});
  w.say({"{B} was {Q.at}.", "{B} sat {Q.at} and waited for {A}."});
  w.say({"\"Happy birthday!\" said {A}.", "\"Happy birthday, {B}!\" said {A}.",
         "\"I have something for you,\" said {A}."});
  w.say({"{A} gave {B} the {T}.", "{A} gave the {T} to {B}."});
  w.say({"\"A {T.colour} {T}! I always wanted one!\" said {B}.", "{B} looked at the {T.colour} {T} and smiled.",
         "\"Oh, what a nice {T}!\" said {B}."});
  w.say({"\"Thank you, {A}!\" said {B}.", "{B} was very happy.", "{B} thanked {A} and danced with the {T}."});
  w.end();
}

void share(Writer& w) {
  const int countable = w.casting.countable();
  int rest = 0, given = 0;
  do {
    rest = 1 + static_cast<int>(w.random.below(5));
    given = 1 + static_cast<int>(w.random.below(4));
  } while (!w.casting.sum_allowed(rest, given));
  w.slots.set("I", countables()[countable].many).number("N", rest + given, countable).number("K", given, countable);
  w.slots.number("R", rest, countable);
  w.place("P");
  w.begin();
  w.say({"{A} went to {P} and found {N} {N.items}.", "One day {A} had {N} {N.items} and took them to {P}."});
  w.say({"{A.He} was proud of them.", "\"I am so lucky,\" said {A}.", "{A.He} looked at the {I} and smiled."});
  w.say({"{B} was {P.at} too, but {B.he} had no {I}.", "Then {B} came to {P}. {B.He} had no {I}."});
  w.say({"{B} looked sad.", "{B} sat down under a tree and said nothing.",
         "\"I looked for {I} all day, but I found none,\" said {B}."});
  w.say({"{A} thought for a while.", "{A} wanted to be kind.", "\"Do not be sad, {B},\" said {A}."});
  w.say({"\"You can have {K} of my {I},\" said {A}.", "\"I will give you {K} {K.items},\" said {A}."});
  w.say({"So {A} gave {K} {K.items} to {B}.", "{A} gave {B} {K} {K.items}."});
  w.say({"Now {A} had {R} {R.items} and {B} had {K} {K.items}.",
         "Then {A} had {R} {R.items} left, and {B} had {K} {K.items}."});
  w.say({"\"Thank you, {A}! You are very kind,\" said {B}.", "{B} laughed and thanked {A}."});
  w.end();
}

void trip(Writer& w) {
  w.place("P"), w.place("Q");
  w.animal("M");
  w.word("R", reasons());
  w.say({"It was a warm day.", "The sun was up and the sky was clear.", "It was early in the morning."});
  w.say({"{A} and {B} were {P.at}.", "{A} met {B} {P.at}."});
  w.say({"\"What do you want to do?\" asked {A}.", "\"Let us do something,\" said {A}."});
  w.say({"\"Let us go to {Q}. I want to {R},\" said {B}.", "\"I want to {R}. Come with me to {Q},\" said {B}."});
  w.say({"So they walked to {Q}.", "They took hands and ran to {Q}.", "{A} said yes, and they went to {Q} together."});
  w.say({"On the way they saw a {M}.", "There they met a {M}.", "A {M} was there."});
  w.say({"The {M} was big and brave.", "The {M} was small and shy.", "The {M} looked at them and did not run away."});
  w.say({"\"Hello, little {M},\" said {A}.", "\"Look, a {M}!\" said {A}.", "{B} was scared, but {A} was not."});
  w.say({"The {M} came close and sat beside them.", "The {M} jumped around them.",
         "The {M} lay down and slept in the sun."});
  w.say({"They stayed {Q.at} all day.", "They played with the {M} for a long time.", "{B} told the {M} a story."});
  w.say({"When the sun went down, they said goodbye to the {M}.", "In the evening they had to leave."});
  w.end();
}

void hide(Writer& w) {
  static constexpr std::array<std::string_view, 7> spots = {"behind a tree",   "under the table", "behind the door",
                                                            "under the bed",   "behind a wall",   "on the roof",
                                                            "under the stairs"};
  const size_t first = w.random.below(7);
  w.slots.set("X", spots[first])
      .set("Y", spots[(first + 1 + w.random.below(3)) % 7])
      .set("Z", spots[(first + 4 + w.random.below(3)) % 7]);
  w.place("P");
  w.say({"One day {A} and {B} were {P.at}.", "Once {A} and {B} played {P.at}."});
  w.say({"\"Let us play hide and seek,\" said {B}.", "\"I will hide, and you look for me,\" said {B}."});
  w.say({"{A} closed {A.his} eyes and counted: 1, 2, 3, 4, 5.", "{A} turned around and waited for a while."});
  w.say({"{B} ran and hid {Z}.", "{B} hid {Z} and did not make a sound."});
  w.say({"\"I am coming!\" said {A}.", "\"Now I will find you!\" said {A}."});
  w.say({"First {A} looked {X}. {B} was not there.", "{A} looked {X}, but nobody was there."});
  w.say({"Then {A} looked {Y}. Nobody was there.", "Then {A} looked {Y}, but {B} was not there either."});
  w.say({"\"Where are you, {B}?\" asked {A}.", "{A} stood still and listened.", "\"This is hard,\" thought {A}."});
  w.say({"Then {A.he} heard a laugh.", "Then {A.he} saw a foot.", "Then somebody sneezed."});
  w.say({"{A} looked {Z}, and there was {B}!", "{B} was {Z}! {A} had found {B.him}."});
  w.say({"\"Now it is your turn to hide,\" said {B}.", "\"You are good at this,\" said {B}.", "They both laughed."});
  w.end();
}

void rain(Writer& w) {
  w.thing("T");
  w.place("P");
  w.food("F");
  w.say({"Once {A} was {P.at} with a {T.colour} {T}.", "One day {A} took a {T.colour} {T} to {P}."});
  w.say({"{A.He} played there for a long time.", "The sun was warm and {A.he} was happy."});
  w.say({"Then dark clouds came and it began to rain.", "Then the wind came up and it rained hard.",
         "But soon the sky was dark and there was a storm."});
  w.say({"{A} was wet and cold.", "{A.He} ran, but {A.he} was soon wet and cold.", "\"Oh no!\" said {A}."});
  w.say({"The house of {B} was near.", "{A} saw a light. It was the house of {B}."});
  w.say({"{A} knocked on the door, and {B} opened it.", "{B} opened the door and saw {A}."});
  w.say({"\"Come in!\" said {B}.", "\"You are all wet! Come in,\" said {B}."});
  w.say({"{B} grabbed {A.his} hand and took {A.him} to the fire.", "{A} sat down by the fire with {A.his} {T}."});
  w.say({"{B} gave {A} some {F}.", "They had some {F} together.",
         "\"Do you like {F}?\" asked {B}. \"Yes, very much,\" said {A}."});
  w.say({"{A} was soon warm and dry.", "After a while {A} was not cold any more."});
  w.say({"When the rain was over, {A} took the {T.colour} {T} and went home.",
         "Then the rain was over. {A} took {A.his} {T} and said goodbye."});
  w.perhaps({"\"Come again soon,\" said {B}.", "\"Thank you for the {F},\" said {A}."});
}

void swap(Writer& w) {
  w.two_things();
  w.place("P");
  w.say({"Once {A} had a {T.colour} {T}.", "There was a {A.child} named {A} who had a {T.colour} {T}."});
  w.say({"{B} had a {U.colour} {U}.", "{A.His} friend {B} had a {U.colour} {U}."});
  w.say({"One day they met {P.at}.", "They were both {P.at}."});
  w.say({"{A} looked at the {U}. \"I like your {U},\" said {A}.", "\"What a nice {U}!\" said {A}."});
  w.say({"\"And I like your {T},\" said {B}.", "\"I would like to have a {T} like yours,\" said {B}."});
  w.say({"\"Do you want to swap?\" asked {A}.", "\"Let us swap,\" said {A}."});
  w.say({"\"Yes!\" said {B}.", "{B} thought about it. Then {B.he} said yes."});
  w.say(
      {"{A} gave {B} the {T}, and {B} gave {A} the {U}.", "So {A} gave the {T} to {B}, and {B} gave the {U} to {A}."});
  w.say(
      {"Now {A} had the {U} and {B} had the {T}.", "Now {B} had the {T.colour} {T}, and {A} had the {U.colour} {U}."});
  w.say({"They both liked what they got.", "They showed everybody what they had.",
         "\"This was a good idea,\" said {B}."});
  w.end();
}

void runaway(Writer& w) {
  w.animal("M");
  w.word("M.name", pet_names());
  w.place("P"), w.place("Q");
  w.begin();
  w.say({"{A} had a {M} named {M.name}.", "{A.He} had a {M}. The {M} was named {M.name}."});
  w.say({"{A} and {M.name} did everything together.", "{A} loved {M.name} very much."});
  w.say({"One day {M.name} ran away.", "One morning {M.name} was gone."});
  w.say({"{A} looked {P.at} and called for {M.name}.", "{A} ran to {P}, but {M.name} was not there."});
  w.say({"Then {A.he} met {B}.", "{B} heard {A.him} and came over."});
  w.say({"\"Did you see a {M}?\" asked {A}.", "\"My {M} is gone,\" said {A}."});
  w.say({"\"Yes, I saw a {M} {Q.at},\" said {B}.", "\"There is a {M} {Q.at},\" said {B}. \"Come with me.\""});
  w.say({"They hurried there as fast as they could.", "They ran to {Q}."});
  w.say({"{M.name} was {Q.at} and slept in the grass.", "There was {M.name}! The {M} was tired and hungry."});
  w.say({"{A} took {M.name} in {A.his} arms.", "\"Never run away again, {M.name},\" said {A}.",
         "{M.name} was happy to see {A}."});
  w.thank();
  w.end();
}

void cook(Writer& w) {
  w.food("F"), w.food("G");
  w.place("P");
  w.begin();
  w.say({"{A} wanted to make {F}.", "One day {A} wanted to eat {F}, so {A.he} began to cook."});
  w.say({"But there was no {G} in the house.", "But {A.he} needed some {G} and had none."});
  w.say({"{A} did not want to give up.", "\"What can I do?\" asked {A}."});
  w.say({"{A.He} went to {P} to look for {G}.", "So {A.he} walked to {P}."});
  w.say({"{B} was {P.at}.", "{A.He} met {B} there."});
  w.say({"\"Do you have some {G}?\" asked {A}.", "\"I need some {G},\" said {A}."});
  w.say({"\"Yes, I have a lot of {G},\" said {B}. \"Here you are.\"", "\"I can give you some {G},\" said {B}."});
  w.say({"\"Come and eat with me,\" said {A}.", "\"Will you help me?\" asked {A}. \"Yes,\" said {B}."});
  w.say({"They went home and made {F} together.", "{A} and {B} walked home and cooked until it was ready."});
  w.say({"The {F} was very good.", "The {F} was hot, so they waited for a while."});
  w.say({"They ate all of it.", "\"This is the best {F} I ever had,\" said {B}."});
  w.end();
}

void talk(Writer& w) {
  w.place("P"), w.place("Q");
  w.word("R", reasons());
  w.food("F");
  w.say({"One day {A} met {B} {P.at}.", "One morning {A} saw {B} {P.at}."});
  w.say({"\"Hello, {B}! How are you?\" asked {A}.", "\"Good morning, {B}!\" said {A}. \"How are you today?\""});
  w.say({"\"I am well,\" said {B}. \"And you?\"", "\"I am a little tired,\" said {B}. \"How are you?\""});
  w.say({"\"I am well too,\" said {A}. \"Where are you going?\"",
         "\"Very well,\" said {A}. \"What are you going to do?\""});
  w.say({"\"I am going to {Q} to {R},\" said {B}.", "\"I am going to {Q}. I want to {R},\" said {B}."});
  w.say({"\"Can I come with you?\" asked {A}.", "\"That sounds nice,\" said {A}. \"May I come too?\""});
  w.say({"\"Yes, come with me!\" said {B}.", "\"Of course,\" said {B}."});
  w.say({"So they went to {Q} together.", "They walked to {Q} and talked all the way."});
  w.perhaps({"\"Are you hungry?\" asked {B}. \"Yes, I am,\" said {A}.", "After a while they were hungry."});
  w.say({"They sat down and ate some {F}.", "{B} had some {F}, and they shared it."});
  w.end();
}

void noise(Writer& w) {
  w.animal("M");
  w.place("P");
  w.say({"It was night.", "It was late and very dark.", "The moon was up."});
  w.say({"{A} and {B} were {P.at}.", "{A} and {B} stayed {P.at} that night."});
  w.say({"Then they heard a sound.", "Then {A} heard a strange noise."});
  w.say({"\"What was that?\" asked {B}.", "\"Did you hear that?\" asked {A}."});
  w.say({"{B} was scared and grabbed {A.his} hand.", "{B} was scared and wanted to run away."});
  w.say({"\"Maybe it is a ghost,\" said {B}.", "\"Maybe it is the wind,\" said {B}."});
  w.say({"\"Do not be scared,\" said {A}. \"I will look.\"", "{A} was brave. \"Let us look,\" said {A}."});
  w.say({"Slowly they walked on.", "They took a light and looked around."});
  w.say({"They heard the noise again. It came from behind a tree.", "Something moved in the grass."});
  w.say({"It was only a little {M}!", "There sat a {M} and looked at them."});
  w.say({"\"It is more scared than we are,\" said {A}.", "\"Hello, {M},\" said {B}, and was not scared any more."});
  w.say({"They laughed and sat down beside the {M}.", "They gave the {M} something to eat."});
  w.end();
}

void race(Writer& w) {
  w.place("P"), w.place("Q");
  w.say({"Once {A} and {B} met {P.at}.", "One day {A} and {B} were {P.at}."});
  w.say({"\"I am faster than you,\" said {B}.", "\"Nobody is as fast as I am,\" said {B}."});
  w.say({"\"Let us see,\" said {A}. \"Who is first at {Q}?\"", "\"Then let us race to {Q},\" said {A}."});
  w.say({"1, 2, 3, and they ran.", "They stood side by side. Then they ran."});
  w.say({"{B} was in front.", "{B} was very fast, and {A} was behind."});
  w.say({"But {B} did not look down and fell over a stone.", "Then {B} fell and hurt {B.his} foot."});
  w.say({"{A} could have won now.", "{A} saw it. \"Now I can win,\" thought {A}."});
  w.say({"But {A} stopped and helped {B}.", "But {A.he} went back. \"Are you hurt?\" asked {A}."});
  w.say({"\"Why did you stop?\" asked {B}.", "\"You could be first,\" said {B}."});
  w.say({"\"You are my friend,\" said {A}.", "\"A friend is more than a race,\" said {A}."});
  w.say({"They walked on together and came to {Q} at the same time.", "Hand in hand they walked to {Q}."});
  w.end();
}

}  // namespace

Story make_story(Casting& casting) {
  static constexpr std::array plots = {lost, gift, share, trip, hide, rain, swap, runaway, cook, talk, noise, race};
  Writer writer(casting);
  plots[casting.random().below(plots.size())](writer);
  return {std::move(writer.text), writer.hero, writer.second};
}

}  // namespace persea::smallworld
