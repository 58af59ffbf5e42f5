// The text as datatrove's MinHash compares it (its simplify_text with the settings that it has by itself): lower case,
// every number "0", marks and white space one space, letters without their accents. It refuses to know words.
#pragma once

#include <string>
#include <string_view>

namespace persea::curate {

// Writes the simplified `text` over `out`, whose memory is kept. Broken UTF-8 counts as U+FFFD.
//
// In this order: letters become lower case; digits of any script become "0", with one decimal mark and the digits
// behind it; datatrove's marks and control characters become spaces, rows of white space one ' '; characters are taken
// apart (NFD) and lose their combining marks (Mn); no white space is left at the ends. Letters that came into Unicode
// between 14 and utf8proc's version may differ from Python's.
void simplify_text(std::string_view text, std::string& out);

}  // namespace persea::curate
