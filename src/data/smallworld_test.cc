#include "data/smallworld.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "base/hash.h"
#include "data/smallworld/arithmetic.h"
#include "data/smallworld/lexicon.h"
#include "data/smallworld/plots.h"
#include "data/smallworld/quiz.h"
#include "data/smallworld/say.h"
#include "data/smallworld/world.h"

namespace persea {

using namespace smallworld;

namespace {

// Words of the lexicon by text: sort ('A' name, 'P' place, 'T' thing, 'C' colour, 'F' food, 'M' animal, 'X' pet name,
// 'E' feeling, 'I' countable) and index.
const std::map<std::string, std::pair<char, int>, std::less<>>& dictionary() {
  static const auto words = [] {
    std::map<std::string, std::pair<char, int>, std::less<>> all;
    auto put = [&](char sort, const auto& list) {
      for (int i = 0; i < static_cast<int>(list.size()); ++i) all.emplace(list[i], std::pair(sort, i));
    };
    for (int i = 0; i < static_cast<int>(names().size()); ++i) all.emplace(names()[i].text, std::pair('A', i));
    for (int i = 0; i < static_cast<int>(places().size()); ++i) all.emplace(places()[i].noun, std::pair('P', i));
    for (int i = 0; i < static_cast<int>(countables().size()); ++i) {
      all.emplace(countables()[i].one, std::pair('I', i));
      all.emplace(countables()[i].many, std::pair('I', i));
    }
    put('T', things()), put('C', colours()), put('F', foods()), put('M', animals()), put('X', pet_names());
    put('E', feelings());
    return all;
  }();
  return words;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      word += c;
    } else {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
      if (c == '+' || c == '-') words.emplace_back(1, c);
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

std::vector<std::string> sentences_of(std::string_view text) {
  std::vector<std::string> sentences(1);
  for (const char c : text) {
    if (c == '.' || c == '?' || c == '!' || c == '\n' || c == '"' || c == '>') {
      if (!sentences.back().empty()) sentences.emplace_back();
    } else if (c != ' ' || !sentences.back().empty()) {
      sentences.back() += c;
    }
  }
  if (sentences.back().empty()) sentences.pop_back();
  return sentences;
}

// A sentence with every word of the lexicon replaced by the name of its sort: what remains of a phrasing.
std::string skeleton(std::string sentence) {
  for (const std::string_view reason : reasons()) {
    for (size_t at = 0; (at = sentence.find(' ' + std::string(reason), at)) != std::string::npos;) {
      sentence.replace(at + 1, reason.size(), "R");
    }
  }
  for (const std::string_view opening : {"One day ", "In the morning ", "Then ", "Later "}) {
    if (sentence.starts_with(opening)) sentence.erase(0, opening.size());
  }
  std::string out;
  for (const std::string& word : words_of(sentence)) {
    const auto known = dictionary().find(word);
    if (known != dictionary().end()) {
      out += known->second.first;
    } else if (word == "He" || word == "She" || word == "he" || word == "she") {
      out += 'A';
    } else if (std::isdigit(static_cast<unsigned char>(word[0])) != 0) {
      out += 'N';
    } else {
      out += word == "in" ? "at" : word;
    }
    out += ' ';
  }
  return out;
}

Slots any_slots() {
  Slots slots;
  slots.person("A", 0).person("B", 1).place("P", 0).number("N", 2, 0);
  slots.set("T", things()[0])
      .set("C", colours()[0])
      .set("F", foods()[0])
      .set("M", animals()[0])
      .set("E", feelings()[0]);
  slots.set("M.name", pet_names()[0]).set("I", countables()[0].many).set("R", reasons()[0]);
  return slots.set("x", "1").set("y", "2");
}

TEST(Smallworld, IsTheSameOnEveryMachine) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += smallworld_document(1, i);
  EXPECT_EQ(sha256(text).substr(0, 16), "5e1291408a1328e6");
  std::string asked;
  for (const SmallworldQuestion& q : smallworld_questions(1, 200)) asked += q.prompt_text + '\n' + q.answer + '\n';
  EXPECT_EQ(sha256(asked).substr(0, 16), "abdd2a0434bd190c");
  EXPECT_EQ(smallworld_document(1, 7), smallworld_document(1, 7));
  EXPECT_NE(smallworld_document(1, 7), smallworld_document(2, 7));
}

// Nothing that is held out occurs in the documents, in some millions of words; and everything else does.
TEST(Smallworld, HoldsOut) {
  std::set<std::string> held_skeletons, known_skeletons, seen_skeletons;
  auto collect = [&](const Phrases& phrases) {
    for (const auto phrase : phrases.held) {
      for (const std::string& s : sentences_of(any_slots().fill(phrase))) held_skeletons.insert(skeleton(s));
    }
    for (const auto phrase : phrases.known)
      known_skeletons.insert(skeleton(sentences_of(any_slots().fill(phrase)).front()));
  };
  for (const Phrases& phrases : event_phrases()) collect(phrases);
  for (const Kind& kind : question_kinds()) collect(kind.phrases);
  for (const Kind& kind : sum_kinds()) collect(kind.phrases);
  for (const std::string& held : held_skeletons) ASSERT_FALSE(known_skeletons.contains(held)) << held;

  std::vector<int> in_chats(names().size()), in_stories(names().size());
  int64_t words = 0, sums = 0;
  for (int i = 0; i < 24000; ++i) {
    const std::string document = smallworld_document(77, i);
    const bool chat = document.find("<|user|>") != std::string::npos;
    std::map<char, std::set<int>> there;
    const std::vector<std::string> all = words_of(document);
    words += static_cast<int64_t>(all.size());
    for (const std::string& word : all) {
      const auto known = dictionary().find(word);
      if (known != dictionary().end()) there[known->second.first].insert(known->second.second);
    }
    for (const int name : there['A']) {
      ++(chat ? in_chats : in_stories)[name];
      ASSERT_FALSE(chat && held_name(name)) << document;
      for (const int p : there['P'])
        ASSERT_FALSE(held_pair(name, Sort::place, p)) << names()[name].text << '\n' << document;
      for (const int t : there['T'])
        ASSERT_FALSE(held_pair(name, Sort::thing, t)) << names()[name].text << '\n' << document;
      for (const int f : there['F'])
        ASSERT_FALSE(held_pair(name, Sort::food, f)) << names()[name].text << '\n' << document;
      for (const int m : there['M'])
        ASSERT_FALSE(held_pair(name, Sort::animal, m)) << names()[name].text << '\n' << document;
    }
    for (const int t : there['T']) {
      for (const int c : there['C']) ASSERT_FALSE(held_colour(t, c)) << document;
    }
    for (const std::string& sentence : sentences_of(document)) {
      const std::string bones = skeleton(sentence);
      ASSERT_FALSE(held_skeletons.contains(bones)) << sentence << '\n' << document;
      if (known_skeletons.contains(bones)) seen_skeletons.insert(bones);
    }
    std::istringstream stream(document);
    std::string a, sign, b;
    for (std::string next; stream >> next; a = sign, sign = b, b = next) {
      if (a.empty() || std::isdigit(static_cast<unsigned char>(a[0])) == 0) continue;
      const int x = std::atoi(a.c_str()), y = std::atoi(b.c_str());
      if (sign == "+" || sign == "plus") {
        ASSERT_FALSE(held_sum(x, y)) << document;
        ++sums;
      } else if (sign == "-" || sign == "minus") {
        ASSERT_FALSE(held_sum(x - y, y)) << document;
        ++sums;
      }
    }
  }
  EXPECT_GT(words, 2'000'000);
  EXPECT_GT(sums, 10'000);
  for (int name = 0; name < static_cast<int>(names().size()); ++name) {
    EXPECT_GT(in_stories[name], 20) << names()[name].text;
    EXPECT_EQ(in_chats[name] > 20, !held_name(name)) << names()[name].text;
  }
  for (const std::string& known : known_skeletons) EXPECT_TRUE(seen_skeletons.contains(known)) << known;
}

TEST(Smallworld, QuestionsAreHeldOutForTheirReason) {
  std::set<std::string> held_skeletons;
  auto collect = [&](const std::vector<Kind>& kinds) {
    for (const Kind& kind : kinds) {
      for (const auto phrase : kind.phrases.held)
        held_skeletons.insert(skeleton(sentences_of(any_slots().fill(phrase)).back()));
    }
  };
  collect(question_kinds());
  collect(sum_kinds());
  std::map<std::string, int> reasons, kinds;
  std::set<std::string> prompts;
  for (const SmallworldQuestion& q : smallworld_questions(5, 1500)) {
    ++reasons[q.held_out];
    ++kinds[q.kind];
    if (q.kind != "add" && q.kind != "subtract" && q.kind != "next" && q.kind != "larger") {
      EXPECT_TRUE(prompts.insert(q.prompt_text).second) << q.prompt_text;
    }
    std::set<int> people;
    bool held_name_there = false;
    std::map<char, std::set<int>> there;
    for (const std::string& word : words_of(q.prompt_text)) {
      const auto known = dictionary().find(word);
      if (known != dictionary().end()) there[known->second.first].insert(known->second.second);
    }
    for (const int name : there['A']) held_name_there = held_name_there || held_name(name);
    EXPECT_EQ(held_name_there, q.held_out == "names") << q.prompt_text;
    EXPECT_EQ(held_skeletons.contains(skeleton(sentences_of(q.prompt_text).back())), q.held_out == "templates")
        << q.prompt_text;
    if (q.held_out == "facts" && q.kind != "count" && q.kind != "together" && q.kind != "add" && q.kind != "subtract") {
      bool pair = false;
      for (const int name : there['A']) {
        for (const int p : there['P']) pair = pair || held_pair(name, Sort::place, p);
        for (const int t : there['T']) pair = pair || held_pair(name, Sort::thing, t);
        for (const int f : there['F']) pair = pair || held_pair(name, Sort::food, f);
        for (const int m : there['M']) pair = pair || held_pair(name, Sort::animal, m);
      }
      for (const int t : there['T']) {
        for (const int c : there['C']) pair = pair || held_colour(t, c);
      }
      EXPECT_TRUE(pair) << q.prompt_text;
    }
  }
  EXPECT_EQ(reasons.size(), 3U);
  for (const auto& [reason, n] : reasons) EXPECT_EQ(n, 500) << reason;
  EXPECT_EQ(kinds.size(), question_kinds().size() + sum_kinds().size());
}

// Reads a story by its words, knowing no template, and answers from what it read.
struct Reader {
  std::map<std::string, std::string> place, holder, lies, colour, food;  // of a person, a thing, ...
  std::map<std::string, int> count, first;

  void read(const std::string& sentence) {
    std::vector<std::string> people, numbers;
    std::string thing, where, tint, eaten;
    std::set<std::string> said;
    for (const std::string& word : words_of(sentence)) {
      const auto known = dictionary().find(word);
      const char sort = known == dictionary().end() ? ' ' : known->second.first;
      if (sort == 'A') people.push_back(word);
      if ((word == "He" || word == "She" || word == "he" || word == "she") && people.empty()) people.push_back(last);
      if (sort == 'T') thing = word;
      if (sort == 'P') where = word;
      if (sort == 'C') tint = word;
      if (sort == 'F') eaten = word;
      if (std::isdigit(static_cast<unsigned char>(word[0])) != 0) numbers.push_back(word);
      said.insert(word);
    }
    auto any = [&](std::initializer_list<const char*> verbs) {
      return std::any_of(verbs.begin(), verbs.end(), [&](const char* verb) { return said.contains(verb); });
    };
    if (!people.empty()) last = people[0];
    if (!numbers.empty()) {
      const int n = std::atoi(numbers[0].c_str());
      if (said.contains("had")) {
        count[people[0]] = first[people[0]] = n;
      } else if (said.contains("more")) {
        count[people[0]] += n;
      } else {
        count[people[0]] -= n;
        if (people.size() == 2) count[people[1]] += n;
      }
      return;
    }
    if (!thing.empty() && !tint.empty()) colour[thing] = tint;
    if (!thing.empty() && !where.empty()) {
      lies[thing] = where;
    } else if (!thing.empty() && any({"gave", "handed"})) {
      holder[thing] = people[1];
    } else if (!thing.empty() && any({"put", "dropped", "left"})) {
      holder.erase(thing);
      lies[thing] = place[people[0]];
    } else if (!thing.empty() && !people.empty()) {
      holder[thing] = people[0];
      lies.erase(thing);
    } else if (!where.empty()) {
      for (const std::string& who : people) place[who] = where;
    }
    if (!eaten.empty()) food[people[0]] = eaten;
  }

  std::string last;
};

TEST(Smallworld, AnswersFollowFromTheWords) {
  std::map<std::string, int> checked;
  for (const SmallworldQuestion& q : smallworld_questions(11, 3000)) {
    std::vector<std::string> sentences = sentences_of(q.prompt_text);
    const std::vector<std::string> asked = words_of(sentences.back());
    sentences.pop_back();
    Reader reader;
    for (const std::string& sentence : sentences) reader.read(sentence);
    std::string who, thing;
    for (const std::string& word : asked) {
      const auto known = dictionary().find(word);
      if (known != dictionary().end() && known->second.first == 'A' && who.empty()) who = word;
      if (known != dictionary().end() && known->second.first == 'T') thing = word;
    }
    std::string answer;
    if (q.kind == "where") {
      answer = reader.place.at(who);
    } else if (q.kind == "where_thing") {
      answer = reader.holder.contains(thing) ? reader.place.at(reader.holder[thing]) : reader.lies.at(thing);
    } else if (q.kind == "who_has") {
      answer = reader.holder.at(thing);
    } else if (q.kind == "what_has") {
      for (const auto& [held, holder] : reader.holder) {
        if (holder == who) answer += held;  // two would not match
      }
    } else if (q.kind == "colour") {
      answer = reader.colour.at(thing);
    } else if (q.kind == "with") {
      for (const auto& [other, place] : reader.place) {
        if (other != who && place == reader.place.at(who)) answer += other;
      }
    } else if (q.kind == "likes") {
      answer = reader.food.at(who);
    } else if (q.kind == "yes_thing") {
      answer = reader.holder.at(thing) == who ? "yes" : "no";
    } else if (q.kind == "count") {
      answer = std::to_string(reader.count.at(who));
    } else if (q.kind == "count_first") {
      answer = std::to_string(reader.first.at(who));
    } else if (q.kind == "together") {
      int sum = 0;
      for (const auto& [name, n] : reader.count) sum += n;
      answer = std::to_string(sum);
    } else {
      continue;
    }
    ++checked[q.kind];
    ASSERT_EQ(answer, q.accepted[0]) << q.kind << ": " << q.prompt_text;
  }
  EXPECT_EQ(checked.size(), 11U);
  for (const auto& [kind, n] : checked) EXPECT_GT(n, 20) << kind;
}

// What a program that has learnt nothing would get: always the most frequent answer.
TEST(Smallworld, ConstantAnswersGetLittle) {
  const std::vector<SmallworldQuestion> questions = smallworld_questions(3, 2000);
  std::map<std::string, std::map<std::string, int>> by_kind;
  std::map<std::string, int> overall, totals;
  for (const SmallworldQuestion& q : questions) {
    ++by_kind[q.kind][q.accepted[0]];
    ++overall[q.accepted[0]];
    ++totals[q.kind];
  }
  auto most = [](const std::map<std::string, int>& counts) {
    return *std::max_element(counts.begin(), counts.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; });
  };
  double best_by_kind = 0;
  std::string table;
  for (const auto& [kind, counts] : by_kind) {
    const auto [answer, n] = most(counts);
    best_by_kind += n;
    table += fmt::format("{} {:.0f}% ({}), ", kind, 100.0 * n / totals[kind], answer);
  }
  const std::string constant = most(overall).first;
  const auto right =
      std::count_if(questions.begin(), questions.end(), [&](const auto& q) { return smallworld_grade(q, constant); });
  RecordProperty("constant", table);
  std::cout << "always the commonest answer of the kind: " << table << "\nin all " << best_by_kind / 20
            << "%, always \"" << constant << "\": " << static_cast<double>(right) / 20 << "%\n";
  EXPECT_LT(static_cast<double>(right), 0.08 * 2000);
  EXPECT_LT(best_by_kind, 0.25 * 2000);
}

TEST(Smallworld, Grades) {
  const SmallworldQuestion where{"where",
                                 "Ben went to the park. Where is Ben?",
                                 "Ben is in the park.",
                                 {"park", "the park", "in the park"},
                                 {"garden", "lake"},
                                 "names"};
  for (const char* right :
       {"Ben is in the park.", "park", "In the PARK!", " the park ", "He is in the park now", "At the park."}) {
    EXPECT_TRUE(smallworld_grade(where, right)) << right;
  }
  for (const char* wrong : {"", "Ben", "the garden", "In the park or in the garden.", "Ben is not in the park.",
                            "parking", "Ben isn't in the park", "park lake"}) {
    EXPECT_FALSE(smallworld_grade(where, wrong)) << wrong;
  }
  const SmallworldQuestion sum{"add",  "What is 7 + 5?", "7 + 5 = 12.", {"12"}, {"7", "5", "11", "13", "1", "2"},
                               "facts"};
  for (const char* right : {"7 + 5 = 12.", "12", "twelve", "It is 12.", "7+5=12"})
    EXPECT_TRUE(smallworld_grade(sum, right)) << right;
  for (const char* wrong : {"7 + 5 = 13.", "1 2", "12 or 13", "7", "12 = 11"})
    EXPECT_FALSE(smallworld_grade(sum, wrong)) << wrong;
  const SmallworldQuestion no{"yes_place", "Is Ben in the park?", "No, Ben is in the garden.",
                              {"no"},      {"yes", "lake"},       "names"};
  for (const char* right : {"No.", "No, Ben is in the garden.", "No, he is not in the park."})
    EXPECT_TRUE(smallworld_grade(no, right));
  for (const char* wrong : {"Yes.", "No, Ben is at the lake.", "Ben is in the garden.", "Not sure"})
    EXPECT_FALSE(smallworld_grade(no, wrong));
  for (const SmallworldQuestion& q : smallworld_questions(9, 1000)) {
    EXPECT_TRUE(smallworld_grade(q, q.answer)) << q.answer;
    for (const std::string& form : q.accepted) EXPECT_TRUE(smallworld_grade(q, form)) << form;
    for (const std::string& other : q.wrong) ASSERT_FALSE(smallworld_grade(q, other)) << q.prompt_text << ": " << other;
  }
}

TEST(Smallworld, TheWorldRefusesWhatCannotHappen) {
  World world;
  world.cast = {{0}, {1}};
  world.places = {0, 1};
  world.things = {{0, 0}};
  EXPECT_THROW(world.happen({.kind = Event::take, .a = 0, .thing = 0}), std::logic_error);
  world.happen({.kind = Event::go, .a = 0, .place = 0});
  world.happen({.kind = Event::have, .a = 0, .thing = 0});
  world.happen({.kind = Event::go, .a = 1, .place = 1});
  EXPECT_THROW(world.happen({.kind = Event::give, .a = 0, .b = 1, .thing = 0}), std::logic_error);  // from afar
  EXPECT_THROW(world.happen({.kind = Event::drop, .a = 1, .thing = 0}), std::logic_error);
  EXPECT_THROW(world.happen({.kind = Event::go, .a = 1, .place = 1}), std::logic_error);
  EXPECT_THROW(world.happen({.kind = Event::be, .a = 2, .place = 1}), std::logic_error);
}

TEST(Smallworld, StoriesAreOfMiddlingLength) {
  for (int i = 0; i < 3000; ++i) {
    Random random(i);
    Casting casting(random, {.any_names = true});
    const Story story = make_story(casting);
    const size_t words = words_of(story.text).size();
    EXPECT_GE(words, 55U) << story.text;
    EXPECT_LE(words, 160U) << story.text;
    EXPECT_EQ(story.text.find('{'), std::string::npos);
  }
}

}  // namespace
}  // namespace persea
