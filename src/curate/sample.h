// Which parts of a long text are looked at where not all of it need be: eight, spread evenly, so that they are the same
// for the same text. It reads no meaning into what lies there.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "curate/decision.h"

namespace persea::curate {

struct Sample {
  static constexpr size_t kParts = 8;
  std::array<Place, kParts> parts;  // in order, apart from each other, none empty
  size_t count = 0;

  const Place* begin() const { return parts.data(); }
  const Place* end() const { return parts.data() + count; }
};

// At most `bytes` of `text` in whole characters: all of it where it is not longer, or `bytes` is 0. Parts begin at a
// space where there is one near.
Sample sample_of(std::string_view text, size_t bytes);

}  // namespace persea::curate
