#include "text/grammar/expression.h"

#include <algorithm>

namespace persea::grammar {
namespace {

using Is = Expression::Is;

constexpr size_t kMostNfaStates = size_t{1} << 20;

class Builder {
 public:
  // Reads the expression from `from` on; where it ends.
  Result<uint32_t> build(const Expression& e, uint32_t from) {
    if (nfa.states.size() > kMostNfaStates) return fail("it is too long to be compiled");
    switch (e.is) {
      case Is::text:
        for (const char c : e.text) {
          const uint32_t to = nfa.add();
          nfa.bytes(from, static_cast<uint8_t>(c), static_cast<uint8_t>(c), to);
          from = to;
        }
        return from;
      case Is::language:
        return embed(nfa, from, *e.language);
      case Is::call: {
        const uint32_t to = nfa.add();
        nfa.call(from, e.rule, to);
        return to;
      }
      case Is::sequence:
        for (const Expression& part : e.parts) {
          PERSEA_TRY(from, build(part, from));
        }
        return from;
      case Is::choice: {
        const uint32_t to = nfa.add();
        for (const Expression& part : e.parts) {
          const uint32_t begin = nfa.add();
          nfa.empty(from, begin);
          PERSEA_TRY(const uint32_t end, build(part, begin));
          nfa.empty(end, to);
        }
        return to;
      }
      case Is::repeat:
        return build_repeat(e, from);
      case Is::network:
        return build_network(e, from);
      case Is::at_start:
      case Is::at_end: {
        const uint32_t to = nfa.add();
        nfa.mark(from, e.is == Is::at_start ? Nfa::Is::at_start : Nfa::Is::at_end, to);
        return to;
      }
    }
    return from;
  }

  Nfa nfa;

 private:
  Result<uint32_t> build_repeat(const Expression& e, uint32_t from) {
    const Expression& part = e.parts[0];
    for (uint32_t i = 0; i < e.least; ++i) {
      const size_t before = nfa.states.size();
      PERSEA_TRY(from, build(part, from));
      if (nfa.states.size() == before) break;  // it reads nothing, however often
    }
    const uint32_t to = nfa.add();
    if (e.most == kNoLimit) {
      const uint32_t loop = nfa.add();
      nfa.empty(from, loop);
      PERSEA_TRY(const uint32_t end, build(part, loop));
      nfa.empty(end, loop);
      nfa.empty(loop, to);
      return to;
    }
    for (uint32_t i = e.least; i < e.most; ++i) {
      nfa.empty(from, to);
      const uint32_t begin = nfa.add();  // no loop of the copy before leads on to the end
      nfa.empty(from, begin);
      PERSEA_TRY(from, build(part, begin));
    }
    nfa.empty(from, to);
    return to;
  }

  Result<uint32_t> build_network(const Expression& e, uint32_t from) {
    uint32_t last = Network::kEnd;
    for (const auto& [a, b] : e.ways) last = std::max({last, a, b});
    const auto base = static_cast<uint32_t>(nfa.states.size());
    nfa.states.resize(base + last + 1);
    nfa.empty(from, base + Network::kStart);
    for (size_t i = 0; i < e.ways.size(); ++i) {
      const uint32_t begin = nfa.add();
      nfa.empty(base + e.ways[i].first, begin);
      PERSEA_TRY(const uint32_t end, build(e.parts[i], begin));
      nfa.empty(end, base + e.ways[i].second);
    }
    return base + Network::kEnd;
  }
};

}  // namespace

Expression text(std::string_view bytes) {
  Expression e;
  e.is = Is::text;
  e.text = bytes;
  return e;
}

Expression language(Dfa dfa) { return language(std::make_shared<const Dfa>(std::move(dfa))); }
Expression language(DfaPtr dfa) {
  Expression e;
  e.is = Is::language;
  e.language = std::move(dfa);
  return e;
}

Expression call(uint32_t rule) {
  Expression e;
  e.is = Is::call;
  e.rule = rule;
  return e;
}

Expression sequence(std::vector<Expression> parts) {
  Expression e;
  e.is = Is::sequence;
  e.parts = std::move(parts);
  return e;
}

Expression choice(std::vector<Expression> parts) {
  Expression e;
  e.is = Is::choice;
  e.parts = std::move(parts);
  return e;
}

Expression repeat(Expression part, uint32_t least, uint32_t most) {
  Expression e;
  e.is = Is::repeat;
  e.parts.push_back(std::move(part));
  e.least = least;
  e.most = most;
  return e;
}

Expression anchor(Is is) {
  Expression e;
  e.is = is;
  return e;
}

Result<Dfa> compiled(const Expression& expression) {
  Builder builder;
  const uint32_t start = builder.nfa.add();
  PERSEA_TRY(const uint32_t end, builder.build(expression, start));
  PERSEA_TRY(Dfa dfa, determinized(builder.nfa, start, end));
  return minimized(std::move(dfa));
}

}  // namespace persea::grammar
