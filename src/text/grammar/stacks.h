// Where a text may stand in a grammar: places, each a state of the machine and a stack of the states that calls return
// to. Stacks are shared: equal ones are one number, so that places are compared and kept in small sets.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "text/grammar/machine.h"

namespace persea::grammar {

struct Place {
  uint32_t state, stack;
  bool operator==(const Place&) const = default;
};

// All places that one text can lead to. Only those are kept that read on; that the text may end here is a flag.
struct Places {
  std::vector<Place> places;
  bool complete = false;  // the bottom of the stacks was reached: the text may end here
  bool empty() const { return places.empty() && !complete; }
  void clear() {
    places.clear();
    complete = false;
  }
};

// The number of places that a text may lead to at once. A grammar so ambiguous that it needs more loses paths then:
// fewer texts match, never others.
inline constexpr size_t kMostPlaces = 256;

class Stacks {
 public:
  static constexpr uint32_t kBottom = 0;

  // `machine` must stay where it is. `limited`: calls deeper than kMaxDepth are not followed; without, the depth that
  // was needed is counted.
  explicit Stacks(const Machine& machine, bool limited = true);

  // Adds a place and all that is reached from it by reading nothing.
  void enter(Place place, Places& to);
  // The places after one more byte; `to` is another object than `from`.
  void step(const Places& from, uint8_t byte, Places& to);
  // Adds the places after the return from the rule whose stack this is; none at the bottom.
  void pop(uint32_t stack, Places& to);

  uint32_t depth(uint32_t stack) const { return frames_[stack].depth; }
  uint32_t deepest() const { return deepest_; }  // without a limit: calls open at once that a place could need
  size_t size() const { return frames_.size(); }

  // The places by themselves, whatever the numbers of their stacks: equal texts for equal places.
  std::string signature(const Places& places) const;
  // The same places with stacks of `to`.
  Places moved(const Places& places, Stacks& to) const;

 private:
  struct Frame {
    uint32_t returns_to, below, depth;
  };
  uint32_t push(uint32_t returns_to, uint32_t below);
  bool fits(uint32_t state, uint32_t depth);
  void spread(Places& to, size_t from);

  const Machine* machine_;
  bool limited_;
  uint32_t deepest_ = 0;
  std::vector<Frame> frames_;
  std::unordered_map<uint64_t, uint32_t> numbers_;  // of (returns_to, below)
};

}  // namespace persea::grammar
