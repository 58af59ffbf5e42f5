// The arithmetic of MinHash: the least value of each of many hash functions over a set of numbers. It knows no texts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace persea::curate {

// Functions come in whole groups of this many.
inline constexpr size_t kMinHashGroup = 16;

// least[i] = min(least[i], factors[i] * x + terms[i] mod 2^32) for every x of `numbers`; `functions` is a multiple of
// kMinHashGroup. The instruction set is chosen when the program runs, the result is the same under all.
void lower_minima(const uint32_t* numbers, size_t count, const uint32_t* factors, const uint32_t* terms,
                  uint32_t* least, size_t functions);

}  // namespace persea::curate
