#include "curate/window_anchors.h"

#include <bit>

#include "curate/span_tokens.h"

namespace persea::curate {
namespace {

constexpr uint32_t kMostWindows = 64;

uint64_t spread(uint64_t hash) {
  hash *= 0x9e3779b97f4a7c15;
  hash ^= hash >> 32;
  hash *= 0xd1b54a32d192ed03;
  return hash ^ hash >> 29;
}

}  // namespace

RowHash::RowHash(size_t tokens) {
  __extension__ using Wide = unsigned __int128;
  uint64_t power = 1;
  for (size_t i = 0; i < tokens; ++i) power = static_cast<uint64_t>(static_cast<Wide>(power) * kBase % kPrime);
  minus_power_ = kPrime - power;
}

WindowAnchors::WindowAnchors(size_t tokens)
    : tokens_(tokens),
      half_(std::max<size_t>(1, tokens / 2)),
      row_(half_),
      hashes_(std::bit_ceil(tokens + 2)),
      orders_(hashes_.size()),
      begins_(hashes_.size()) {}

Status WindowAnchors::scan(std::string_view text, uint32_t document,
                           const std::function<Status(const AnchoredWindows&)>& use) {
  const size_t mask = hashes_.size() - 1;
  uint64_t least = ~uint64_t{0};  // the order of the anchor of the last window
  size_t anchor = 0;
  size_t run = 0;  // equal tokens up to this one
  uint64_t row = 0;
  std::string_view before;
  AnchoredWindows open{0, document, 0, 0, 0};
  size_t open_anchor = 0;
  bool waits = false;  // whether the last window equals the one before and was not given
  const auto give = [&](size_t window) -> Status {
    if (open.windows > 0 && open_anchor == anchor && open.windows < kMostWindows &&
        open.token + open.windows == window) {
      ++open.windows;
      return {};
    }
    if (open.windows > 0) PERSEA_CHECK(use(open));
    open = {least, document, begins_[window & mask], static_cast<uint32_t>(window), 1};
    open_anchor = anchor;
    return {};
  };
  size_t token = 0;
  for (SpanTokens tokens(text); tokens.next(); ++token) {
    const std::string_view bytes = tokens.token();
    const uint64_t gone = token >= half_ ? hashes_[(token - half_) & mask] : 0;
    hashes_[token & mask] = hash_.of(bytes, text);
    run = bytes == before ? run + 1 : 1;
    before = bytes;
    row = row_.next(row, hashes_[token & mask], gone);
    if (waits && run <= tokens_) PERSEA_CHECK(give(token - tokens_));
    waits = false;
    begins_[token & mask] = static_cast<uint32_t>(tokens.begin());
    if (token + 1 < half_) continue;
    const size_t first = token + 1 - half_;
    const uint64_t order = spread(row);
    orders_[first & mask] = order;
    if (order < least) {
      least = order;
      anchor = first;
    }
    if (token + 1 < tokens_) continue;
    const size_t window = token + 1 - tokens_;
    if (anchor < window) {  // every half window or so
      least = orders_[window & mask];
      anchor = window;
      for (size_t i = window + 1; i <= first; ++i) {
        if (orders_[i & mask] >= least) continue;
        least = orders_[i & mask];
        anchor = i;
      }
    }
    // A window that equals the one before and the one behind it adds nothing to them, but for one in each length.
    waits = run > tokens_ && (run - tokens_) % tokens_ != 0;
    if (!waits) PERSEA_CHECK(give(window));
  }
  if (waits) PERSEA_CHECK(give(token - tokens_));
  return open.windows > 0 ? use(open) : Status();
}

}  // namespace persea::curate
