// Finds added tokens in text: at each place the longest that stands there, from left to right.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"

namespace persea {

class AddedTokenFinder {
 public:
  // Looks for those of `tokens` whose `normalized` is as given; keeps pointers into `tokens`.
  AddedTokenFinder(const std::vector<AddedToken>& tokens, bool normalized);

  struct Match {
    size_t begin, end;
    const AddedToken* token;
  };
  // The first match in text[from..]; white space that the token takes along lies within it, back to `from` at most.
  std::optional<Match> find(std::string_view text, size_t from) const;
  bool empty() const { return first_bytes_ == 0; }

 private:
  std::array<std::vector<const AddedToken*>, 256> by_first_byte_;  // the longest first
  int first_bytes_ = 0;                                            // how many bytes begin a token
  unsigned char first_byte_ = 0;                                   // one of them
};

}  // namespace persea
