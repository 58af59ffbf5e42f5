#include "text/split.h"

#include <fmt/format.h>

namespace persea {
namespace {

constexpr int kMaxDigits = 9;
constexpr std::string_view kGpt2 = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kO200k =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kGpt4Head = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N})";
constexpr std::string_view kGpt4Tail = R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

// Every rule there is, so that parsing is a search among what is written.
template <class Text>
std::optional<Split> find(std::string_view text, Text text_of) {
  for (const SplitRule rule :
       {SplitRule::none, SplitRule::gpt2, SplitRule::gpt2_digits, SplitRule::o200k, SplitRule::gpt4}) {
    for (int digits = rule == SplitRule::gpt4 ? 1 : 3; digits <= (rule == SplitRule::gpt4 ? kMaxDigits : 3); ++digits) {
      if (const Split split{rule, digits}; text == text_of(split)) return split;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string split_pattern(const Split& split) {
  switch (split.rule) {
    case SplitRule::none:
    case SplitRule::gpt2_digits:
      return "";
    case SplitRule::gpt2:
      return std::string(kGpt2);
    case SplitRule::o200k:
      return std::string(kO200k);
    case SplitRule::gpt4:
      break;
  }
  return fmt::format("{}{}{}", kGpt4Head, split.digits == 1 ? "" : fmt::format("{{1,{}}}", split.digits), kGpt4Tail);
}

std::optional<Split> parse_split_pattern(std::string_view pattern) {
  if (pattern.empty()) return std::nullopt;
  return find(pattern, split_pattern);
}

std::string split_name(const Split& split) {
  switch (split.rule) {
    case SplitRule::none:
      return "none";
    case SplitRule::gpt2:
      return "gpt2";
    case SplitRule::gpt2_digits:
      return "gpt2-1";
    case SplitRule::o200k:
      return "o200k";
    case SplitRule::gpt4:
      break;
  }
  return split.digits == 3 ? "gpt4" : fmt::format("gpt4-{}", split.digits);
}

std::optional<Split> parse_split_name(std::string_view name) { return find(name, split_name); }

}  // namespace persea
