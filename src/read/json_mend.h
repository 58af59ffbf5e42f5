// JSON as programs write it that look less closely than the parser: what it refuses is put right, as far as it is no
// text. Private to this folder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace persea::read {

// Writes `json` with U+FFFD for each escaped half of a pair of UTF-16 that stands alone, which is what is left where a
// program cut a text between the two, and with 0 for numbers of more than 15 characters. Says how many of the former
// there were; `out` equals `json` where there is nothing to mend.
int64_t mend_json(std::string_view json, std::string& out);

}  // namespace persea::read
