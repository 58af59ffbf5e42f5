// What curation works on and what it says: a text from somewhere, and the decision on it with its reason. How documents
// are read and what happens to them after a decision is known elsewhere.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace persea::curate {

struct Document {
  std::string id;      // of its source: a name and a number, say
  std::string source;  // the name that a recipe has for where it comes from
  std::string text;    // UTF-8
};

struct Place {
  size_t begin = 0, end = 0;  // bytes [begin, end) of the text that was judged
};

enum class Verdict { keep, change, drop };

// A part of the text that was taken out.
struct Cut {
  Place place;
  std::string_view reason;
};

struct Decision {
  Verdict verdict = Verdict::keep;
  std::string reason;            // of a drop, as the rule's authors name it
  double figure = 0, limit = 0;  // what was measured, and what it had to keep to
  Place place;                   // where the fault can be seen: the whole text where it is no one place
  std::vector<Cut> cuts;         // of a change
  std::string text;              // of a change: what is left

  // As new, with the memory it has.
  void clear();
};

inline void Decision::clear() {
  verdict = Verdict::keep;
  reason.clear();
  figure = limit = 0;
  place = {};
  cuts.clear();
  text.clear();
}

}  // namespace persea::curate
