#include "text/grammar/stacks.h"

#include <algorithm>

namespace persea::grammar {

Stacks::Stacks(const Machine& machine, bool limited) : machine_(&machine), limited_(limited) {
  frames_.push_back({0, 0, 0});
}

uint32_t Stacks::push(uint32_t returns_to, uint32_t below) {
  const auto [it, fresh] = numbers_.emplace(uint64_t{below} << 32 | returns_to, static_cast<uint32_t>(frames_.size()));
  if (fresh) frames_.push_back({returns_to, below, frames_[below].depth + 1});
  return it->second;
}

// Whether the rule can be brought to its end from `state` with so many calls open.
bool Stacks::fits(uint32_t state, uint32_t depth) {
  const uint32_t needed = depth + machine_->height(state);
  if (limited_) return needed <= kMaxDepth;
  deepest_ = std::max(deepest_, needed);
  return needed <= 2 * kMaxDepth;  // whoever counts sees that this is too deep
}

// Follows the calls and returns of the places from number `from` on, and drops what reads nothing by itself.
void Stacks::spread(Places& to, size_t from) {
  auto& places = to.places;
  const auto add = [&](uint32_t state, uint32_t stack) {
    const Place place{state, stack};
    if (places.size() < kMostPlaces && std::find(places.begin(), places.end(), place) == places.end())
      places.push_back(place);
  };
  bool silent = false;
  for (size_t i = from; i < places.size(); ++i) {
    const Place at = places[i];
    if (machine_->plain(at.state)) continue;
    silent = silent || machine_->edges(at.state).empty();
    const uint32_t depth = frames_[at.stack].depth;
    for (const Machine::Call& call : machine_->calls(at.state)) {
      if (call.last) {
        if (fits(call.start, depth)) add(call.start, at.stack);
      } else if (fits(call.start, depth + 1) && fits(call.to, depth)) {
        add(call.start, push(call.to, at.stack));
      }
    }
    if (!machine_->final(at.state)) continue;
    if (at.stack == kBottom) {
      to.complete = true;
    } else {
      add(frames_[at.stack].returns_to, frames_[at.stack].below);
    }
  }
  if (silent) std::erase_if(places, [&](const Place& place) { return machine_->edges(place.state).empty(); });
}

void Stacks::enter(Place place, Places& to) {
  if (!fits(place.state, frames_[place.stack].depth)) return;
  if (to.places.size() >= kMostPlaces || std::find(to.places.begin(), to.places.end(), place) != to.places.end())
    return;
  to.places.push_back(place);
  spread(to, to.places.size() - 1);
}

void Stacks::pop(uint32_t stack, Places& to) {
  if (stack != kBottom) enter({frames_[stack].returns_to, frames_[stack].below}, to);
}

void Stacks::step(const Places& from, uint8_t byte, Places& to) {
  to.clear();
  bool plain = true;
  for (const Place& place : from.places) {
    for (const Machine::Edge& edge : machine_->edges(place.state)) {
      if (byte > edge.high) continue;
      if (byte < edge.low) break;
      const Place next{edge.to, place.stack};
      if (!fits(next.state, frames_[next.stack].depth)) break;
      if (std::find(to.places.begin(), to.places.end(), next) == to.places.end()) to.places.push_back(next);
      plain = plain && machine_->plain(next.state);
      break;
    }
  }
  if (!plain) spread(to, 0);
}

std::string Stacks::signature(const Places& places) const {
  std::vector<std::string> texts;
  for (const Place& place : places.places) {
    std::string& text = texts.emplace_back();
    const auto append = [&](uint32_t number) { text.append(reinterpret_cast<const char*>(&number), sizeof number); };
    append(frames_[place.stack].depth);  // tells where the next place begins
    append(place.state);
    for (uint32_t stack = place.stack; stack != kBottom; stack = frames_[stack].below)
      append(frames_[stack].returns_to);
  }
  std::sort(texts.begin(), texts.end());
  std::string all;
  for (const std::string& text : texts) all += text;
  return all;
}

Places Stacks::moved(const Places& places, Stacks& to) const {
  Places out;
  out.complete = places.complete;
  std::vector<uint32_t> returns;
  for (const Place& place : places.places) {
    returns.clear();
    for (uint32_t stack = place.stack; stack != kBottom; stack = frames_[stack].below)
      returns.push_back(frames_[stack].returns_to);
    uint32_t stack = kBottom;
    for (size_t i = returns.size(); i > 0; --i) stack = to.push(returns[i - 1], stack);
    out.places.push_back({place.state, stack});
  }
  return out;
}

}  // namespace persea::grammar
