#include "text/gbnf.h"

#include <algorithm>
#include <map>
#include <string>

#include "text/grammar/characters.h"
#include "text/unicode.h"

namespace persea {
namespace {

using grammar::CharacterSet;
using grammar::Expression;

constexpr int kMaxNesting = 200;           // of groups
constexpr uint32_t kMostRepeats = 100000;  // what a number in braces may be
constexpr int kMostMarks = 8;              // repetitions of a repetition of a ...

bool is_space(char c) { return c == ' ' || c == '\t'; }
bool is_line_end(char c) { return c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name(char c) { return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '-' || c == '_'; }

class Parser {
 public:
  Parser(std::string_view text, std::string_view where) : rest_(text), where_(where) {}

  Result<Grammar> run() {
    rules_.push_back({"root", {}});  // the first rule, wherever it is written
    numbers_["root"] = 0;
    defined_.push_back(0);
    space(true);
    while (!rest_.empty()) PERSEA_CHECK(rule());
    if (defined_[0] == 0) return fail("{}: there is no rule named root", where_);
    for (size_t i = 0; i < rules_.size(); ++i) {
      if (defined_[i] > 0) continue;
      line_ = used_[i];
      return error("there is no rule named {}", rules_[i].name);
    }
    return Grammar(std::move(rules_));
  }

 private:
  template <class... Args>
  Error error(fmt::format_string<Args...> format, Args&&... args) const {
    return Error{fmt::format("{}:{}: {}", where_, line_, fmt::format(format, std::forward<Args>(args)...))};
  }
  std::string shown() const {  // what stands here, for messages
    if (rest_.empty()) return "the end";
    const auto c = static_cast<unsigned char>(rest_[0]);
    if (c > 32 && c < 127) return fmt::format("'{}'", rest_[0]);
    return c == '\n' || c == '\r' ? "the end of the line" : fmt::format("the byte 0x{:02x}", c);
  }
  void skip(size_t bytes) {
    line_ += static_cast<int>(std::count(rest_.begin(), rest_.begin() + static_cast<ptrdiff_t>(bytes), '\n'));
    rest_.remove_prefix(bytes);
  }
  bool take(std::string_view what) {
    if (!rest_.starts_with(what)) return false;
    skip(what.size());
    return true;
  }
  // White space and comments; line ends too where `lines`.
  void space(bool lines) {
    while (!rest_.empty()) {
      if (is_space(rest_[0]) || (lines && is_line_end(rest_[0]))) {
        skip(1);
      } else if (rest_[0] == '#') {
        skip(std::find_if(rest_.begin(), rest_.end(), is_line_end) - rest_.begin());
      } else {
        return;
      }
    }
  }
  std::string_view name() {
    const auto size = static_cast<size_t>(std::find_if_not(rest_.begin(), rest_.end(), is_name) - rest_.begin());
    const std::string_view found = rest_.substr(0, size);
    skip(size);
    return found;
  }
  uint32_t number_of(std::string_view name) {
    const auto [it, fresh] = numbers_.emplace(std::string(name), static_cast<uint32_t>(rules_.size()));
    if (fresh) {
      rules_.push_back({std::string(name), {}});
      defined_.push_back(0);
    }
    used_.emplace(it->second, line_);
    return it->second;
  }

  Status rule() {
    const std::string_view rule_name = name();
    if (rule_name.empty()) return error("expected the name of a rule, found {}", shown());
    const uint32_t number = number_of(rule_name);
    if (defined_[number] > 0) return error("{} is defined a second time, after line {}", rule_name, defined_[number]);
    defined_[number] = line_;
    space(false);
    if (!take("::=")) return error("expected ::= behind {}, found {}", rule_name, shown());
    space(true);
    PERSEA_TRY(rules_[number].body, alternatives(0));
    if (!rest_.empty() && !is_line_end(rest_[0])) return error("expected the end of the rule, found {}", shown());
    space(true);
    return {};
  }

  Result<Expression> alternatives(int depth) {
    if (depth > kMaxNesting) return error("groups nested deeper than {} levels", kMaxNesting);
    std::vector<Expression> all;
    do {
      space(true);
      PERSEA_TRY(Expression one, sequence(depth));
      all.push_back(std::move(one));
    } while (take("|"));
    return all.size() == 1 ? std::move(all[0]) : grammar::choice(std::move(all));
  }

  Result<Expression> sequence(int depth) {
    std::vector<Expression> parts;
    while (!rest_.empty()) {
      const char c = rest_[0];
      Expression part;
      if (c == '"') {
        PERSEA_TRY(part, quoted());
      } else if (c == '[') {
        PERSEA_TRY(part, character_class());
      } else if (c == '.') {
        skip(1);
        part = characters(CharacterSet::all());
      } else if (c == '(') {
        skip(1);
        PERSEA_TRY(part, alternatives(depth + 1));
        if (!take(")")) return error("expected ), found {}", shown());
      } else if (is_name(c)) {
        const std::string_view before = rest_;
        const int line = line_;
        const std::string_view called = name();
        space(false);
        if (rest_.starts_with(
                "::=")) {  // the next rule, where the line end was taken for one within a group or after |
          rest_ = before, line_ = line;
          break;
        }
        part = grammar::call(number_of(called));
      } else if (c == '<' || c == '!') {
        return error("tokens by name or number are not supported, only text");
      } else {
        break;
      }
      space(depth > 0);
      PERSEA_TRY(part, repeated(std::move(part)));
      space(depth > 0);
      parts.push_back(std::move(part));
    }
    return parts.size() == 1 ? std::move(parts[0]) : grammar::sequence(std::move(parts));
  }

  Result<Expression> repeated(Expression part) {
    for (int times = 0; !rest_.empty(); ++times) {
      uint32_t least = 0, most = grammar::kNoLimit;
      if (take("*")) {
      } else if (take("+")) {
        least = 1;
      } else if (take("?")) {
        most = 1;
      } else if (take("{")) {
        space(true);
        PERSEA_TRY(least, count());
        most = least;
        space(true);
        if (take(",")) {
          space(true);
          most = grammar::kNoLimit;
          if (!rest_.empty() && is_digit(rest_[0])) {
            PERSEA_TRY(most, count());
          }
          space(true);
        }
        if (!take("}")) return error("expected }}, found {}", shown());
        if (most < least) return error("{{{},{}}}: the second number is the smaller one", least, most);
      } else {
        break;
      }
      part = grammar::repeat(std::move(part), least, most);
      if (times == kMostMarks) return error("more than {} repetitions of one thing", kMostMarks);
    }
    return part;
  }
  Result<uint32_t> count() {
    if (rest_.empty() || !is_digit(rest_[0])) return error("expected a number, found {}", shown());
    uint32_t value = 0;
    for (; !rest_.empty() && is_digit(rest_[0]); skip(1)) {
      value = value * 10 + static_cast<uint32_t>(rest_[0] - '0');
      if (value > kMostRepeats) return error("a repetition of more than {}", kMostRepeats);
    }
    return value;
  }

  // A character of a text or a class, which `end` closes.
  Result<uint32_t> character() {
    if (!take("\\")) {
      const std::string_view before = rest_;
      const auto c = grammar::take_character(rest_);
      if (!c) {
        rest_ = before;
        return error("broken UTF-8: {}", shown());
      }
      line_ += *c == '\n';
      return *c;
    }
    if (rest_.empty()) return error("the text ends within an escape");
    const char c = rest_[0];
    skip(1);
    switch (c) {
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case '\\':
      case '"':
      case '[':
      case ']':
      case '-':
      case '^':
        return static_cast<unsigned char>(c);
      case 'x':
        return hexadecimal(2);
      case 'u':
        return hexadecimal(4);
      case 'U':
        return hexadecimal(8);
      default:
        return error("unknown escape \\{}", static_cast<unsigned char>(c) < 127 && c > 32 ? c : '?');
    }
  }
  Result<uint32_t> hexadecimal(int digits) {
    uint32_t value = 0;
    for (int i = 0; i < digits; ++i, skip(1)) {
      const char c = rest_.empty() ? ' ' : static_cast<char>(rest_[0] | 32);
      if (!is_digit(c) && !(c >= 'a' && c <= 'f')) return error("an escape needs {} hexadecimal digits", digits);
      value = value * 16 + static_cast<uint32_t>(is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return error("U+{:04X} is no character", value);
    return value;
  }

  Result<Expression> quoted() {
    skip(1);
    std::string text;
    while (!take("\"")) {
      if (rest_.empty()) return error("a text without its closing \"");
      PERSEA_TRY(const uint32_t c, character());
      unicode::append_utf8(c, text);
    }
    return grammar::text(text);
  }

  Result<Expression> character_class() {
    skip(1);
    const bool negated = take("^");
    CharacterSet set;
    while (!take("]")) {
      if (rest_.empty()) return error("a class of characters without its closing ]");
      PERSEA_TRY(const uint32_t first, character());
      uint32_t last = first;
      if (rest_.starts_with("-") && !rest_.starts_with("-]")) {
        skip(1);
        if (rest_.empty()) return error("a class of characters without its closing ]");
        PERSEA_TRY(last, character());
        if (last < first) return error("a range of characters that ends before it begins");
      }
      set.add(first, last);
    }
    return characters(negated ? set.complement() : set);
  }

  static Expression characters(const CharacterSet& set) {
    return grammar::language(grammar::one_character(set, grammar::Spelling::utf8));
  }

  std::string_view rest_;
  const std::string_view where_;
  int line_ = 1;
  std::vector<grammar::Rule> rules_;
  std::map<std::string, uint32_t, std::less<>> numbers_;
  std::vector<int> defined_;      // of each rule, in which line; 0: nowhere yet
  std::map<uint32_t, int> used_;  // of each rule, in which line first
};

}  // namespace

Result<Grammar> grammar_from_gbnf(std::string_view text, std::string_view where) {
  if (text.size() > kMaxGbnf) return fail("{}: a grammar of more than {} bytes", where, kMaxGbnf);
  return Parser(text, where).run();
}

}  // namespace persea
