// Smallworld: a seeded little world of people, places and things, written down as stories, chats, questions whose
// answers follow from the story, and small arithmetic in simple English. Unlimited and deterministic: a document is a
// pure function of (seed, index). Some names, facts and phrasings are held out of every document, so that
// smallworld_questions() measures what a model has learnt, exactly. It refuses to be a benchmark of knowledge: nothing
// in it is true of the real world.
//
// Held out of the documents of every seed:
//   names      some names stand in plain stories only, never in a chat (so never in a question)
//   facts      some pairs of words (a name and a place, thing, food or animal; a thing and a colour) never stand in one
//              document; some sums (7 and 5, in either order, also as 12 - 7) are never computed
//   templates  some phrasings of questions and story sentences are never used
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace persea {

// Document `index` of `seed`: a plain story, or a chat with the markers of the chat format (<|user|> ... <|end|>) as
// text.
std::string smallworld_document(uint64_t seed, int64_t index);

struct SmallworldQuestion {
  std::string kind;                   // "where", "who_has", "count", "add", ...
  std::string prompt_text;            // the user's message: a short story and the question
  std::string answer;                 // the full sentence that the documents would answer with
  std::vector<std::string> accepted;  // short forms that are right as well; the first is the bare answer
  std::vector<std::string> wrong;     // other possible answers: a reply that names one of them is wrong
  std::string held_out;               // "names", "facts" or "templates": why no document holds this question
};

// `count` held-out questions, the three reasons in equal parts and the kinds in fixed shares.
std::vector<SmallworldQuestion> smallworld_questions(uint64_t seed, int count);

// Whether `reply` is right: equal to an accepted form after normalization (case, punctuation, number words), or a
// sentence that holds the bare answer and none of the wrong ones.
bool smallworld_grade(const SmallworldQuestion& question, std::string_view reply);

}  // namespace persea
