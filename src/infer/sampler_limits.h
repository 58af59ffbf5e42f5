// What the sampler and the check of its options have to agree on.
#pragma once

namespace persea {

inline constexpr float kMostBias = 100;  // of a token: beyond it there is only never, and always

}  // namespace persea
