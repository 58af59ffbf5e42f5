// Whether smallworld's answers follow from what is told, what guessing gets, and how replies are graded.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <set>

#include "base/result.h"
#include "data/smallworld.h"
#include "data/smallworld/words_for_test.h"

namespace persea {

using namespace smallworld;

namespace {

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

TEST(SmallworldAnswers, AnswersFollowFromTheWords) {
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
TEST(SmallworldAnswers, ConstantAnswersGetLittle) {
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

TEST(SmallworldAnswers, Grades) {
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

}  // namespace
}  // namespace persea
