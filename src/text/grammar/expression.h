// What a grammar's rules say, as trees: bytes, regular languages, calls of rules, and how they are put together. Rules
// call each other by their number in one list.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "text/grammar/automaton.h"

namespace persea::grammar {

inline constexpr uint32_t kNoLimit = UINT32_MAX;

struct Expression {
  enum class Is : uint8_t { text, language, call, sequence, choice, repeat, network, at_start, at_end };
  Is is = Is::sequence;
  std::string text;
  DfaPtr language;
  uint32_t rule = 0;
  std::vector<Expression> parts;  // of a sequence or a choice, the one of a repeat, those of a network's ways
  uint32_t least = 0, most = 0;   // of a repeat; most may be kNoLimit
  // Of a network: way i leads from ways[i].first to ways[i].second by parts[i]; it starts at node 0 and ends at node 1.
  std::vector<std::pair<uint32_t, uint32_t>> ways;
};

Expression text(std::string_view bytes);  // "" matches nothing but the empty text
Expression language(Dfa dfa);
Expression language(DfaPtr dfa);
Expression call(uint32_t rule);
Expression sequence(std::vector<Expression> parts);
Expression choice(std::vector<Expression> parts);  // of none: matches nothing at all
Expression repeat(Expression part, uint32_t least, uint32_t most);
inline Expression optional(Expression part) { return repeat(std::move(part), 0, 1); }
Expression anchor(Expression::Is is);  // at_start or at_end

// A network is made way by way.
class Network {
 public:
  static constexpr uint32_t kStart = 0, kEnd = 1;
  uint32_t add() { return nodes_++; }
  void way(uint32_t from, Expression by, uint32_t to) {
    network_.ways.emplace_back(from, to);
    network_.parts.push_back(std::move(by));
  }
  void way(uint32_t from, uint32_t to) { way(from, sequence({}), to); }
  Expression take() {
    network_.is = Expression::Is::network;
    return std::move(network_);
  }

 private:
  Expression network_;
  uint32_t nodes_ = 2;
};

struct Rule {
  std::string name;  // for messages
  Expression body;
};

// Errors: more states than an automaton may have. Anchors have a meaning only where there is no call before them.
Result<Dfa> compiled(const Expression& expression);

}  // namespace persea::grammar
