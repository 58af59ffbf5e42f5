#include "text/grammar/automaton.h"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>

#include "base/hash.h"

namespace persea::grammar {
namespace {

using Members = std::vector<uint32_t>;  // the states of an Nfa that one state of the Dfa stands for, sorted

constexpr size_t kMostWork = size_t{1} << 24;        // members looked at while subsets are made
constexpr size_t kMinimizingWork = size_t{1} << 22;  // edges looked at while states are compared

struct MembersHash {
  size_t operator()(const Members& members) const {
    return hash64({reinterpret_cast<const char*>(members.data()), members.size() * sizeof(uint32_t)});
  }
};

class Determinizer {
 public:
  Determinizer(const Nfa& nfa, uint32_t end) : nfa_(nfa), end_(end), seen_(nfa.states.size(), 0) {}

  Result<Dfa> run(uint32_t start) {
    id_of({start}, true);
    for (size_t id = 0; id < subsets_.size(); ++id) {
      if (subsets_.size() > kMostStates) return fail("it needs more than {} states", kMostStates);
      if (work_ > kMostWork) return fail("it is too ambiguous to be compiled");
      expand(id);
    }
    return std::move(dfa_);
  }

 private:
  // The members and all that is reached from them by reading nothing.
  void close(Members& members, bool at_start, bool at_end) {
    ++mark_;
    for (const uint32_t member : members) seen_[member] = mark_;
    for (size_t i = 0; i < members.size(); ++i) {
      for (const Nfa::Edge& edge : nfa_.states[members[i]]) {
        const bool free = edge.is == Nfa::Is::empty || (at_start && edge.is == Nfa::Is::at_start) ||
                          (at_end && edge.is == Nfa::Is::at_end);
        if (!free || seen_[edge.to] == mark_) continue;
        seen_[edge.to] = mark_;
        members.push_back(edge.to);
      }
    }
    work_ += members.size();
    std::sort(members.begin(), members.end());
  }

  uint32_t id_of(Members members, bool at_start) {
    close(members, at_start, false);
    const auto id = static_cast<uint32_t>(subsets_.size());
    if (!at_start) {  // the first state is found again by nobody: what holds at the start holds nowhere else
      const auto [it, fresh] = ids_.emplace(members, id);
      if (!fresh) return it->second;
    }
    dfa_.states.emplace_back();
    Members at_end = members;
    close(at_end, at_start, true);
    dfa_.states.back().final = std::binary_search(at_end.begin(), at_end.end(), end_);
    subsets_.push_back(std::move(members));
    return id;
  }

  void expand(size_t id) {
    std::vector<Nfa::Edge> reads;
    std::map<uint32_t, Members> calls;
    std::array<bool, 257> cuts{};
    for (const uint32_t member : subsets_[id]) {
      for (const Nfa::Edge& edge : nfa_.states[member]) {
        if (edge.is == Nfa::Is::call) calls[edge.rule].push_back(edge.to);
        if (edge.is != Nfa::Is::bytes) continue;
        reads.push_back(edge);
        cuts[edge.low] = cuts[edge.high + 1] = true;
      }
    }
    std::vector<Dfa::Edge> edges;
    for (int low = 0; !reads.empty() && low < 256;) {
      int next = low + 1;
      while (next < 256 && !cuts[next]) ++next;
      Members to;
      for (const Nfa::Edge& edge : reads) {
        if (edge.low <= low && low <= edge.high) to.push_back(edge.to);
      }
      work_ += reads.size();
      if (!to.empty()) {
        const uint32_t target = id_of(unique(std::move(to)), false);
        if (!edges.empty() && edges.back().to == target && edges.back().high + 1 == low) {
          edges.back().high = static_cast<uint8_t>(next - 1);
        } else {
          edges.push_back({static_cast<uint8_t>(low), static_cast<uint8_t>(next - 1), target});
        }
      }
      low = next;
    }
    std::vector<Dfa::Call> called;
    for (auto& [rule, to] : calls) called.push_back({rule, id_of(unique(std::move(to)), false)});
    dfa_.states[id].edges = std::move(edges);
    dfa_.states[id].calls = std::move(called);
  }

  static Members unique(Members members) {
    std::sort(members.begin(), members.end());
    members.erase(std::unique(members.begin(), members.end()), members.end());
    return members;
  }

  const Nfa& nfa_;
  const uint32_t end_;
  std::vector<uint32_t> seen_;
  uint32_t mark_ = 0;
  size_t work_ = 0;
  Dfa dfa_;
  std::vector<Members> subsets_;
  std::unordered_map<Members, uint32_t, MembersHash> ids_;
};

// Without the states from which no end is reached (the first stays).
Dfa trimmed(const Dfa& dfa) {
  const size_t count = dfa.states.size();
  std::vector<std::vector<uint32_t>> before(count);
  std::vector<uint32_t> queue;
  std::vector<bool> alive(count, false);
  for (uint32_t id = 0; id < count; ++id) {
    for (const Dfa::Edge& edge : dfa.states[id].edges) before[edge.to].push_back(id);
    if (dfa.states[id].final) alive[id] = true, queue.push_back(id);
  }
  while (!queue.empty()) {
    const uint32_t id = queue.back();
    queue.pop_back();
    for (const uint32_t from : before[id]) {
      if (!alive[from]) alive[from] = true, queue.push_back(from);
    }
  }
  std::vector<uint32_t> number(count, 0);
  uint32_t next = 1;
  for (size_t id = 1; id < count; ++id) {
    if (alive[id]) number[id] = next++;
  }
  Dfa out;
  out.states.resize(next);
  for (size_t id = 0; id < count; ++id) {
    if (id > 0 && !alive[id]) continue;
    Dfa::State& state = out.states[number[id]];
    state.final = dfa.states[id].final;
    for (const Dfa::Edge& edge : dfa.states[id].edges) {
      if (alive[edge.to]) state.edges.push_back({edge.low, edge.high, number[edge.to]});
    }
  }
  return out;
}

constexpr uint32_t kNowhere = UINT32_MAX;

// The pairs of states that texts lead to; the second may be nowhere where `need_b` is false.
Result<Dfa> product(const Dfa& a, const Dfa& b, bool need_b) {
  Dfa out;
  std::vector<std::pair<uint32_t, uint32_t>> pairs;
  std::unordered_map<uint64_t, uint32_t> ids;
  const auto id_of = [&](uint32_t left, uint32_t right) {
    const auto [it, fresh] = ids.emplace(uint64_t{left} << 32 | right, static_cast<uint32_t>(pairs.size()));
    if (fresh) {
      pairs.emplace_back(left, right);
      const bool in_b = right != kNowhere && b.states[right].final;
      out.states.emplace_back().final = a.states[left].final && in_b == need_b;
    }
    return it->second;
  };
  id_of(0, 0);
  for (size_t id = 0; id < pairs.size(); ++id) {
    if (pairs.size() > kMostStates) return fail("it needs more than {} states", kMostStates);
    const auto [left, right] = pairs[id];
    std::vector<Dfa::Edge> edges;
    const auto add = [&](int low, int high, uint32_t to_a, uint32_t to_b) {
      if (low <= high && (to_b != kNowhere || !need_b))
        edges.push_back({static_cast<uint8_t>(low), static_cast<uint8_t>(high), id_of(to_a, to_b)});
    };
    for (const Dfa::Edge& edge : a.states[left].edges) {
      int low = edge.low;
      if (right != kNowhere) {
        for (const Dfa::Edge& other : b.states[right].edges) {
          if (other.high < low || other.low > edge.high) continue;
          add(low, other.low - 1, edge.to, kNowhere);
          const int high = std::min<int>(edge.high, other.high);
          add(std::max<int>(low, other.low), high, edge.to, other.to);
          low = high + 1;
        }
      }
      add(low, edge.high, edge.to, kNowhere);
    }
    out.states[id].edges = std::move(edges);
  }
  return minimized(trimmed(out));
}

}  // namespace

bool Dfa::accepts(std::string_view text) const {
  uint32_t at = 0;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    const auto& edges = states[at].edges;
    const auto edge = std::find_if(edges.begin(), edges.end(), [&](const Edge& e) { return byte <= e.high; });
    if (edge == edges.end() || byte < edge->low) return false;
    at = edge->to;
  }
  return states[at].final;
}

bool Dfa::nothing() const {
  std::vector<bool> seen(states.size(), false);
  std::vector<uint32_t> queue = {0};
  seen[0] = true;
  while (!queue.empty()) {
    const State& state = states[queue.back()];
    queue.pop_back();
    if (state.final) return false;
    for (const Edge& edge : state.edges) {
      if (!seen[edge.to]) seen[edge.to] = true, queue.push_back(edge.to);
    }
  }
  return true;
}

Result<Dfa> determinized(const Nfa& nfa, uint32_t start, uint32_t end) { return Determinizer(nfa, end).run(start); }

// Moore's partition refinement: states stay together while their edges lead to states that are together.
Dfa minimized(Dfa dfa) {
  const size_t count = dfa.states.size();
  std::vector<uint32_t> group(count);
  for (size_t id = 0; id < count; ++id) group[id] = dfa.states[id].final;
  size_t work = 0, groups = 0;
  std::vector<uint32_t> next(count);
  Members signature;
  for (bool first = true;; first = false) {
    std::unordered_map<Members, uint32_t, MembersHash> ids;
    for (size_t id = 0; id < count; ++id) {
      const Dfa::State& state = dfa.states[id];
      signature.assign(1, group[id]);
      for (size_t i = 0; i < state.edges.size(); ++i) {
        const Dfa::Edge& edge = state.edges[i];
        const bool longer = signature.size() > 1 && signature.back() == group[edge.to] &&
                            (signature[signature.size() - 2] & 255) + 1u == edge.low;
        if (longer) {  // one range with the edge before
          signature[signature.size() - 2] = (signature[signature.size() - 2] & ~255u) | edge.high;
        } else {
          signature.push_back(uint32_t{edge.low} << 8 | edge.high);
          signature.push_back(group[edge.to]);
        }
      }
      signature.push_back(kNowhere);
      for (const Dfa::Call& call : state.calls) {
        signature.push_back(call.rule);
        signature.push_back(group[call.to]);
      }
      work += signature.size();
      next[id] = ids.emplace(signature, static_cast<uint32_t>(ids.size())).first->second;
    }
    group.swap(next);
    if (!first && ids.size() == groups) break;
    groups = ids.size();
    if (groups == count || work > kMinimizingWork) return dfa;
  }
  // The first state is the first of its group, so its group has the number 0.
  Dfa out;
  out.states.resize(groups);
  std::vector<bool> made(groups, false);
  for (size_t id = 0; id < count; ++id) {
    if (made[group[id]]) continue;
    made[group[id]] = true;
    Dfa::State& state = out.states[group[id]];
    state.final = dfa.states[id].final;
    for (const Dfa::Edge& edge : dfa.states[id].edges) {
      const uint32_t to = group[edge.to];
      if (!state.edges.empty() && state.edges.back().to == to && state.edges.back().high + 1 == edge.low) {
        state.edges.back().high = edge.high;
      } else {
        state.edges.push_back({edge.low, edge.high, to});
      }
    }
    for (const Dfa::Call& call : dfa.states[id].calls) state.calls.push_back({call.rule, group[call.to]});
  }
  return out;
}

Result<Dfa> intersection(const Dfa& a, const Dfa& b) { return product(a, b, true); }
Result<Dfa> difference(const Dfa& a, const Dfa& b) { return product(a, b, false); }

uint32_t embed(Nfa& nfa, uint32_t from, const Dfa& dfa) {
  const auto base = static_cast<uint32_t>(nfa.states.size());
  nfa.states.resize(base + dfa.states.size() + 1);
  const auto end = static_cast<uint32_t>(base + dfa.states.size());
  nfa.empty(from, base);
  for (uint32_t id = 0; id < dfa.states.size(); ++id) {
    for (const Dfa::Edge& edge : dfa.states[id].edges) nfa.bytes(base + id, edge.low, edge.high, base + edge.to);
    for (const Dfa::Call& call : dfa.states[id].calls) nfa.call(base + id, call.rule, base + call.to);
    if (dfa.states[id].final) nfa.empty(base + id, end);
  }
  return end;
}

}  // namespace persea::grammar
