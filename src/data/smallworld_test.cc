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
#include "data/smallworld/words_for_test.h"
#include "data/smallworld/world.h"

namespace persea {

using namespace smallworld;

namespace {

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
