#include "text/grammar/token_masks.h"

namespace persea::grammar {
namespace {

void set(TokenMasks::Mask& mask, int32_t token) {
  mask[static_cast<size_t>(token) / 64] |= uint64_t{1} << (static_cast<uint32_t>(token) % 64);
}

}  // namespace

// Calls visit(node, places) for each node below `node` that is reached from the places `from`.
template <class Visit>
void TokenMasks::walk(uint32_t node, const Places& from, Stacks& stacks, Visit&& visit) const {
  const auto nodes = vocabulary_.nodes();
  const size_t top = nodes[node].depth;
  std::vector<Places> path;  // by depth below `node`
  for (uint32_t i = node + 1; i < nodes[node].end;) {
    const size_t depth = nodes[i].depth - top;
    if (path.size() < depth) path.resize(depth);
    Places& here = path[depth - 1];
    stacks.step(depth == 1 ? from : path[depth - 2], nodes[i].byte, here);
    if (!here.empty()) visit(i, here);
    i = here.places.empty() ? nodes[i].end : i + 1;
  }
}

TokenMasks::Reach TokenMasks::reach(uint32_t state) const {
  Reach reach;
  Stacks stacks(machine_, false);
  Places from;
  from.places.push_back({state, Stacks::kBottom});
  reach.deepest = machine_.height(state);
  walk(0, from, stacks, [&](uint32_t node, const Places& places) {
    const auto tokens = vocabulary_.tokens(node);
    reach.tokens.insert(reach.tokens.end(), tokens.begin(), tokens.end());
    if (places.complete && vocabulary_.nodes()[node].end > node + 1) reach.exits.push_back(node);
  });
  reach.deepest = std::max(reach.deepest, stacks.deepest());
  if (reach.tokens.size() * sizeof(int32_t) > vocabulary_.words() * sizeof(uint64_t)) {
    reach.bits.resize(vocabulary_.words());
    for (const int32_t token : reach.tokens) set(reach.bits, token);
    reach.tokens = {};
  }
  reach.tokens.shrink_to_fit();
  reach.exits.shrink_to_fit();
  return reach;
}

std::shared_ptr<const TokenMasks::Reach> TokenMasks::reach_of(uint32_t state) {
  {
    const std::lock_guard lock(mutex_);
    if (auto found = by_state_.find(state)) return found;
  }
  auto made = std::make_shared<const Reach>(reach(state));
  const size_t bytes = sizeof(Reach) + 64 + made->bits.size() * sizeof(uint64_t) +
                       (made->tokens.size() + made->exits.size()) * sizeof(uint32_t);
  const std::lock_guard lock(mutex_);
  return by_state_.put(state, std::move(made), bytes);
}

void TokenMasks::add_place(const Place& place, Stacks& stacks, Mask& mask) {
  const auto add_tokens = [&](uint32_t node, const Places&) {
    for (const int32_t token : vocabulary_.tokens(node)) set(mask, token);
  };
  const auto reach = reach_of(place.state);
  if (stacks.depth(place.stack) + reach->deepest > kMaxDepth) {  // the limit is near: step by step
    Places from;
    from.places.push_back(place);
    walk(0, from, stacks, add_tokens);
    return;
  }
  for (size_t i = 0; i < reach->bits.size(); ++i) mask[i] |= reach->bits[i];
  for (const int32_t token : reach->tokens) set(mask, token);
  if (reach->exits.empty()) return;
  Places after;
  stacks.pop(place.stack, after);
  if (after.places.empty()) return;
  for (const uint32_t node : reach->exits) walk(node, after, stacks, add_tokens);
}

std::shared_ptr<const TokenMasks::Mask> TokenMasks::at(const Places& places, Stacks& stacks) {
  std::string key = stacks.signature(places);
  {
    const std::lock_guard lock(mutex_);
    if (auto found = by_places_.find(key)) return found;
  }
  auto mask = std::make_shared<Mask>(vocabulary_.words());
  for (const Place& place : places.places) add_place(place, stacks, *mask);
  const size_t bytes = 2 * key.size() + 128 + mask->size() * sizeof(uint64_t);
  const std::lock_guard lock(mutex_);
  return by_places_.put(key, std::move(mask), bytes);
}

}  // namespace persea::grammar
