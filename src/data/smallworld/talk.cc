#include "data/smallworld/talk.h"

#include "data/smallworld/lexicon.h"

namespace persea::smallworld {

std::vector<Turn> small_talk(Casting& casting) {
  Random& random = casting.random();
  using Words = std::vector<std::string_view>;
  static const Words hellos = {"Hello!", "Hi!", "Hello.", "Hi there!", "Good morning!", "Hey!", "hello", "hi"};
  static const Words greetings = {"Hello! How can I help you?", "Hi! What can I do for you?",
                                  "Hello! Tell me a story, or ask me for one."};
  static const Words who = {"Who are you?", "What are you?", "What is your name?", "Tell me who you are."};
  static const Words what = {"What can you do?", "How can you help me?", "What do you know?"};
  static const Words well = {"How are you?", "How are you today?", "How do you do?"};
  static const Words thanks = {"Thank you!", "Thanks!", "Thank you very much.", "Thank you, that is right."};
  static const Words byes = {"Goodbye!", "Bye!", "See you soon!", "Good night!"};
  auto say = [&](const Words& words) { return std::string(random.pick(words)); };

  std::vector<Turn> turns;
  switch (random.below(6)) {
    case 0:
      turns.push_back({say(hellos), say(greetings)});
      break;
    case 1:
      turns.push_back({say(who), "I am Persea, a small language model. I tell stories and answer questions."});
      break;
    case 2:
      turns.push_back({say(what), "I can tell you a story, answer questions about a story, and do small sums."});
      break;
    case 3:
      turns.push_back({say(well), "I am well, thank you. How can I help you?"});
      break;
    case 4: {
      const std::string name(names()[casting.name()].text);
      turns.push_back({(random.chance(0.5) ? "Hello! I am " : "Hi, my name is ") + name + ".",
                       "Hello, " + name + "! How can I help you?"});
      if (random.chance(0.7))
        turns.push_back({random.chance(0.5) ? "What is my name?" : "Who am I?", "You are " + name + "."});
      break;
    }
    default:
      turns.push_back({say(hellos) + ' ' + say(well), "Hello! I am well, thank you."});
      break;
  }
  if (random.chance(0.3)) turns.push_back({say(thanks), "You are welcome!"});
  if (random.chance(0.3)) turns.push_back({say(byes), "Goodbye!"});
  return turns;
}

}  // namespace persea::smallworld
