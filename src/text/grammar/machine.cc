#include "text/grammar/machine.h"

#include <algorithm>

namespace persea::grammar {
namespace {
constexpr uint32_t kNever = UINT32_MAX;
}

class MachineCompiler {
 public:
  MachineCompiler(const std::vector<Rule>& rules, std::string_view where) : rules_(rules), where_(where) {}

  Result<Machine> run(uint32_t root) {
    PERSEA_CHECK(compile_rules(root));
    find_heights();
    const uint32_t start = first_[root];
    if (height_[start] == kNever) return fail("{}: {} matches no text at all", where_, rules_[root].name);
    if (height_[start] > kMaxDepth)
      return fail("{}: {} matches only what is nested deeper than {} levels", where_, rules_[root].name, kMaxDepth);
    prune();
    PERSEA_CHECK(refuse_left_recursion());
    return flatten(start);
  }

 private:
  // The automata of all rules that can be reached, one behind the other.
  Status compile_rules(uint32_t root) {
    first_.assign(rules_.size(), kNever);
    std::vector<uint32_t> queue = {root};
    std::vector<bool> queued(rules_.size(), false);
    queued[root] = true;
    while (!queue.empty()) {
      const uint32_t rule = queue.back();
      queue.pop_back();
      auto dfa = compiled(rules_[rule].body);
      if (!dfa) return fail("{}: {}: {}", where_, rules_[rule].name, dfa.error().message);
      const auto base = static_cast<uint32_t>(states_.size());
      first_[rule] = base;
      for (Dfa::State& state : dfa->states) {
        for (Dfa::Edge& edge : state.edges) edge.to += base;
        for (Dfa::Call& call : state.calls) {
          call.to += base;
          if (!queued[call.rule]) queued[call.rule] = true, queue.push_back(call.rule);
        }
        states_.push_back(std::move(state));
      }
      if (states_.size() > kMostStates) return fail("{}: the grammar needs more than {} states", where_, kMostStates);
    }
    return {};
  }

  bool nothing_left(uint32_t state) const {
    return states_[state].final && states_[state].edges.empty() && states_[state].calls.empty();
  }
  uint32_t call_height(const Dfa::Call& call) const {
    const uint32_t inner = height_[first_[call.rule]];
    if (inner == kNever || height_[call.to] == kNever) return kNever;
    return std::max(inner + !nothing_left(call.to), height_[call.to]);
  }

  // The least fixed point, from the ends backwards.
  void find_heights() {
    const size_t count = states_.size();
    height_.assign(count, kNever);
    std::vector<std::vector<uint32_t>> before(count);
    std::vector<uint32_t> queue;
    for (uint32_t id = 0; id < count; ++id) {
      for (const Dfa::Edge& edge : states_[id].edges) before[edge.to].push_back(id);
      for (const Dfa::Call& call : states_[id].calls) {
        before[call.to].push_back(id);
        before[first_[call.rule]].push_back(id);
      }
      if (states_[id].final) height_[id] = 0, queue.push_back(id);
    }
    while (!queue.empty()) {
      const uint32_t changed = queue.back();
      queue.pop_back();
      for (const uint32_t id : before[changed]) {
        uint32_t best = height_[id];
        for (const Dfa::Edge& edge : states_[id].edges) best = std::min(best, height_[edge.to]);
        for (const Dfa::Call& call : states_[id].calls) best = std::min(best, call_height(call));
        if (best < height_[id]) height_[id] = best, queue.push_back(id);
      }
    }
  }

  void prune() {
    for (Dfa::State& state : states_) {
      std::erase_if(state.edges, [&](const Dfa::Edge& edge) { return height_[edge.to] == kNever; });
      std::erase_if(state.calls, [&](const Dfa::Call& call) { return call_height(call) == kNever; });
    }
  }

  // The rules that match the empty text; by how many calls does not matter.
  std::vector<bool> empty_rules() const {
    std::vector<bool> empty(rules_.size(), false);
    for (bool changed = true; changed;) {
      changed = false;
      for (size_t rule = 0; rule < rules_.size(); ++rule) {
        if (empty[rule] || first_[rule] == kNever) continue;
        for (const uint32_t state : reached_by_nothing(first_[rule], empty)) {
          if (!states_[state].final) continue;
          empty[rule] = changed = true;
          break;
        }
      }
    }
    return empty;
  }
  std::vector<uint32_t> reached_by_nothing(uint32_t from, const std::vector<bool>& empty) const {
    std::vector<uint32_t> reached = {from};
    for (size_t i = 0; i < reached.size(); ++i) {
      for (const Dfa::Call& call : states_[reached[i]].calls) {
        if (empty[call.rule] && std::find(reached.begin(), reached.end(), call.to) == reached.end())
          reached.push_back(call.to);
      }
    }
    return reached;
  }

  Status refuse_left_recursion() const {
    const std::vector<bool> empty = empty_rules();
    std::vector<std::vector<uint32_t>> begins_with(rules_.size());
    for (size_t rule = 0; rule < rules_.size(); ++rule) {
      if (first_[rule] == kNever) continue;
      for (const uint32_t state : reached_by_nothing(first_[rule], empty)) {
        for (const Dfa::Call& call : states_[state].calls) begins_with[rule].push_back(call.rule);
      }
    }
    enum : uint8_t { unknown, open, done };
    std::vector<uint8_t> seen(rules_.size(), unknown);
    for (uint32_t root = 0; root < rules_.size(); ++root) {
      if (seen[root] != unknown) continue;
      std::vector<std::pair<uint32_t, size_t>> path = {{root, 0}};
      seen[root] = open;
      while (!path.empty()) {
        auto& [rule, next] = path.back();
        if (next == begins_with[rule].size()) {
          seen[rule] = done;
          path.pop_back();
          continue;
        }
        const uint32_t child = begins_with[rule][next++];
        if (seen[child] == open)
          return fail("{}: {} begins with itself (left recursion); write it as a repetition", where_,
                      rules_[child].name);
        if (seen[child] == unknown) {
          seen[child] = open;
          path.emplace_back(child, 0);
        }
      }
    }
    return {};
  }

  Machine flatten(uint32_t start) const {
    Machine machine;
    // What was pruned has left states behind that nobody reaches.
    std::vector<uint32_t> number(states_.size(), kNever), order = {start};
    number[start] = 0;
    const auto visit = [&](uint32_t state) {
      if (number[state] != kNever) return;
      number[state] = static_cast<uint32_t>(order.size());
      order.push_back(state);
    };
    for (size_t i = 0; i < order.size(); ++i) {
      const Dfa::State& state = states_[order[i]];
      for (const Dfa::Edge& edge : state.edges) visit(edge.to);
      for (const Dfa::Call& call : state.calls) visit(first_[call.rule]), visit(call.to);
    }
    for (const uint32_t id : order) {
      const Dfa::State& state = states_[id];
      Machine::State& out = machine.states_.emplace_back();
      out.edges = static_cast<uint32_t>(machine.edges_.size());
      out.calls = static_cast<uint32_t>(machine.calls_.size());
      out.height = height_[id];
      out.final = state.final;
      out.plain = !state.final && state.calls.empty();
      for (const Dfa::Edge& edge : state.edges) machine.edges_.push_back({edge.low, edge.high, number[edge.to]});
      for (const Dfa::Call& call : state.calls)
        machine.calls_.push_back({number[first_[call.rule]], number[call.to], nothing_left(call.to)});
    }
    Machine::State& behind = machine.states_.emplace_back();
    behind.edges = static_cast<uint32_t>(machine.edges_.size());
    behind.calls = static_cast<uint32_t>(machine.calls_.size());
    return machine;
  }

  const std::vector<Rule>& rules_;
  const std::string_view where_;
  std::vector<Dfa::State> states_;
  std::vector<uint32_t> first_, height_;  // of each rule, of each state
};

Result<Machine> Machine::compile(const std::vector<Rule>& rules, uint32_t root, std::string_view where) {
  return MachineCompiler(rules, where).run(root);
}

}  // namespace persea::grammar
