// The phrases by which C4 knows what is no prose, found in any case in one scan.
#pragma once

#include <cstdint>
#include <string_view>

namespace persea::curate {

enum Phrase : uint8_t { kLoremIpsum = 1, kJavascript = 2, kPolicy = 4 };

// Which of them stand in the lower case of `text`: bits. Beside A to Z one character has an ASCII letter for its lower
// case: the Kelvin sign.
uint8_t phrases_in(std::string_view text);

}  // namespace persea::curate
