// Short lines that stand in pages without being anybody's text: "Advertisement", "Share this:", "Posted on". By their
// words, in the languages that most pages are written in.
#pragma once

#include <string_view>

namespace persea::read {

bool is_label(std::string_view line);

}  // namespace persea::read
