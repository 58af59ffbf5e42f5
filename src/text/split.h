// Pre-tokenization: where text is cut into words, which byte-pair merges never cross. The rules are those of well-known
// regular expressions, but they are followed by hand; no expression is ever compiled or run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace persea {

enum class SplitRule : uint8_t {
  none,         // a text is one word
  gpt2,         // GPT-2: contractions, letters, numbers and signs, each with at most one space before it
  gpt2_digits,  // SmolLM, StarCoder: each digit apart, and what lies between as GPT-2
  o200k,  // GPT-4o, Llama 4: as GPT-4, and words end where lower case becomes upper; contractions go with their words
  gpt4,   // GPT-4 (cl100k), Llama 3, Qwen 2: any contraction case, short runs of digits, line ends kept apart
};

struct Split {
  SplitRule rule = SplitRule::gpt4;
  int digits = 3;  // gpt4: the most digits in one word, 1 to 9 (GPT-4 and Llama 3: 3, Qwen 2: 1)

  friend bool operator==(const Split&, const Split&) = default;
};

// The regular expression that stands for the rule in a tokenizer.json; "" where there is none.
std::string split_pattern(const Split& split);

// The rule that a regular expression stands for, where it is one of those above.
std::optional<Split> parse_split_pattern(std::string_view pattern);

// "none", "gpt2", "gpt2-1" (each digit apart), "gpt4" (three digits), "gpt4-1" (one digit), "o200k": names for settings
// and messages.
std::string split_name(const Split& split);
std::optional<Split> parse_split_name(std::string_view name);

}  // namespace persea
