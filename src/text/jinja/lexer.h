// The text of a template as tokens. White space around blocks is dealt with here: blocks are trimmed (the line end
// after one goes, and the blanks before one that begins its line), "-" strips more and "+" less.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace persea::jinja {

struct Token {
  enum class Is : uint8_t {
    data,
    block_begin,
    block_end,
    print_begin,
    print_end,
    name,
    text,
    integer,
    real,
    sign,
    end
  };
  Is is;
  int line;
  std::string value;  // data, name, the text without its quotes and escapes, digits, or the sign itself
};

// The last token is `end`. Errors: "WHERE:LINE: what".
Result<std::vector<Token>> tokenize(std::string_view source, std::string_view where);

}  // namespace persea::jinja
