// A grammar as it runs: the states of all its rules in flat tables, which are never changed. States from which the
// text could not be brought to an end are gone, so that whoever follows the edges can always finish.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/grammar/expression.h"

namespace persea::grammar {

// How many calls may lie open at once. A path that would need more is not taken. JSON values of this depth can be read
// by the readers of JSON that have a limit (ours has 256).
inline constexpr uint32_t kMaxDepth = 200;

class Machine {
 public:
  struct Edge {
    uint8_t low, high;
    uint32_t to;
  };
  struct Call {
    uint32_t start;  // the first state of the rule
    uint32_t to;     // where it goes on afterwards
    bool last;       // nothing is left to be done there, so that no return has to be remembered
  };

  // Errors begin with `where`: no text matches, or none within kMaxDepth; a rule that calls itself before it reads
  // anything; more states than kMostStates.
  static Result<Machine> compile(const std::vector<Rule>& rules, uint32_t root, std::string_view where);

  uint32_t start() const { return start_; }
  size_t size() const { return states_.size() - 1; }
  std::span<const Edge> edges(uint32_t state) const {
    return {edges_.data() + states_[state].edges, edges_.data() + states_[state + 1].edges};
  }
  std::span<const Call> calls(uint32_t state) const {
    return {calls_.data() + states_[state].calls, calls_.data() + states_[state + 1].calls};
  }
  bool final(uint32_t state) const { return states_[state].final; }
  // It has nothing but edges: to be there is all there is to know.
  bool plain(uint32_t state) const { return states_[state].plain; }
  // How many calls must be open at once, at the least, to reach the end of the rule from here.
  uint32_t height(uint32_t state) const { return states_[state].height; }

 private:
  struct State {
    uint32_t edges = 0, calls = 0;  // where its first ones lie
    uint32_t height = 0;
    bool final = false, plain = false;
  };
  friend class MachineCompiler;
  std::vector<State> states_;  // and one behind the last
  std::vector<Edge> edges_;
  std::vector<Call> calls_;
  uint32_t start_ = 0;
};

}  // namespace persea::grammar
