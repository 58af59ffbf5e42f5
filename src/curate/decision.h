// What curation says of a text: a decision, with its reason. Where texts come from and what happens to them after a
// decision is known elsewhere.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace persea::curate {

inline constexpr size_t kKeptBytes = 1 << 20;  // of a text whose memory is kept for the next one

struct Place {
  size_t begin = 0, end = 0;  // bytes [begin, end) of the text that was judged
};

enum class Verdict { keep, change, drop };

// A part of the text that was taken out, and what stands there instead: nothing, a space or a line break.
struct Cut {
  Place place;
  std::string_view reason, instead;
};

struct Decision {
  Verdict verdict = Verdict::keep;
  std::string reason;            // of a drop, as the rule's authors name it
  double figure = 0, limit = 0;  // what was measured, and what it had to keep to
  Place place;                   // where the fault can be seen: the whole text where it is no one place
  std::vector<Cut> cuts;         // of a change, in order; they share no bytes
  std::string text;              // of a change: what is left, which is the text less its cuts

  // As new, with the memory it has, unless that is more than most texts need.
  void clear();
};

inline void Decision::clear() {
  verdict = Verdict::keep;
  reason.clear();
  figure = limit = 0;
  place = {};
  cuts.clear();
  text.clear();
  if (text.capacity() > kKeptBytes) text = std::string();
  if (cuts.capacity() > kKeptBytes / sizeof(Cut)) cuts = std::vector<Cut>();
}

}  // namespace persea::curate
