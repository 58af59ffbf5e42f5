// Finite automata over bytes, in which an edge may also be a call of a grammar's rule: made as nondeterministic ones,
// brought to deterministic form, and calculated with as the regular languages that they are. It knows no stack:
// machine.h follows the calls.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace persea::grammar {

// Under construction. State numbers are indices.
struct Nfa {
  enum class Is : uint8_t {
    bytes,     // one byte in [low, high]
    call,      // what the rule matches
    empty,     // nothing
    at_start,  // nothing, and only where nothing has been read
    at_end     // nothing, and only where nothing follows
  };
  struct Edge {
    Is is;
    uint8_t low, high;
    uint32_t rule, to;
  };
  std::vector<std::vector<Edge>> states;

  uint32_t add() {
    states.emplace_back();
    return static_cast<uint32_t>(states.size() - 1);
  }
  void bytes(uint32_t from, uint8_t low, uint8_t high, uint32_t to) {
    states[from].push_back({Is::bytes, low, high, 0, to});
  }
  void call(uint32_t from, uint32_t rule, uint32_t to) { states[from].push_back({Is::call, 0, 0, rule, to}); }
  void mark(uint32_t from, Is is, uint32_t to) { states[from].push_back({is, 0, 0, 0, to}); }
  void empty(uint32_t from, uint32_t to) { mark(from, Is::empty, to); }
};

// A deterministic one: from a state each byte leads to at most one state, and so does the call of each rule. Without
// calls it is a regular language.
struct Dfa {
  struct Edge {
    uint8_t low, high;
    uint32_t to;
    bool operator==(const Edge&) const = default;
  };
  struct Call {
    uint32_t rule, to;
    bool operator==(const Call&) const = default;
  };
  struct State {
    std::vector<Edge> edges;  // in the order of their bytes
    std::vector<Call> calls;  // in the order of their rules
    bool final = false;
  };
  std::vector<State> states;  // at least one; the first is where it starts

  // Those below are for automata without calls.
  bool accepts(std::string_view text) const;
  bool nothing() const;  // it accepts no text at all
};
using DfaPtr = std::shared_ptr<const Dfa>;

inline constexpr size_t kMostStates = size_t{1} << 18;  // of one automaton

// Errors say that more than kMostStates, or too much work, would be needed.
Result<Dfa> determinized(const Nfa& nfa, uint32_t start, uint32_t end);

// Fewer states for the same language; the automaton as it is where that would be too much work.
Dfa minimized(Dfa dfa);

// Of automata without calls: what both accept, and what the first accepts and the second does not.
Result<Dfa> intersection(const Dfa& a, const Dfa& b);
Result<Dfa> difference(const Dfa& a, const Dfa& b);

// Copies a language into an automaton under construction, to be read from `from` on; the state where it ends.
uint32_t embed(Nfa& nfa, uint32_t from, const Dfa& dfa);

}  // namespace persea::grammar
