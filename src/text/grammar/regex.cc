#include "text/grammar/regex.h"

#include <algorithm>

#include "text/grammar/characters.h"
#include "text/grammar/expression.h"
#include "text/unicode.h"

namespace persea::grammar {
namespace {

constexpr int kMaxNesting = 100;  // of groups
constexpr size_t kMaxPattern = size_t{1} << 16;
constexpr uint32_t kMostRepeats = 100000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

CharacterSet digits() {
  CharacterSet set;
  set.add('0', '9');
  return set;
}
CharacterSet word_characters() {
  CharacterSet set = digits();
  set.add('a', 'z');
  set.add('A', 'Z');
  set.add('_', '_');
  return set;
}
CharacterSet line_ends() {
  CharacterSet set;
  for (const uint32_t c : {0x0a, 0x0d, 0x2028, 0x2029}) set.add(c, c);
  return set;
}
CharacterSet spaces() {  // ECMA-262's WhiteSpace and LineTerminator
  CharacterSet set = line_ends();
  set.add(9, 13);
  for (const uint32_t c : {0x20, 0xa0, 0x1680, 0x202f, 0x205f, 0x3000, 0xfeff}) set.add(c, c);
  set.add(0x2000, 0x200a);
  return set;
}
// \p{L}, \p{N} and their long names: the classes that the program has Unicode's tables of.
CharacterSet unicode_class(unicode::CharClass wanted) {
  CharacterSet set;
  const auto& table = unicode::CharTable::get();
  for (uint32_t c = 0, begin = 0; c < 0x110000; ++c) {
    if (table.at(c) != wanted) {
      begin = c + 1;
    } else if (c + 1 == 0x110000 || table.at(c + 1) != wanted) {
      set.add(begin, c);
    }
  }
  return set;
}

class Parser {
 public:
  explicit Parser(std::string_view pattern) : rest_(pattern) {}

  Result<Expression> run() {
    PERSEA_TRY(Expression all, alternatives(0));
    if (!rest_.empty()) return fail("an unmatched )");
    return all;
  }

 private:
  bool take(std::string_view what) {
    if (!rest_.starts_with(what)) return false;
    rest_.remove_prefix(what.size());
    return true;
  }

  Result<Expression> alternatives(int depth) {
    if (depth > kMaxNesting) return fail("groups nested deeper than {} levels", kMaxNesting);
    std::vector<Expression> all;
    do {
      std::vector<Expression> parts;
      while (!rest_.empty() && rest_[0] != '|' && rest_[0] != ')') {
        PERSEA_TRY(Expression part, term(depth));
        parts.push_back(std::move(part));
      }
      all.push_back(sequence(std::move(parts)));
    } while (take("|"));
    return choice(std::move(all));
  }

  Result<Expression> term(int depth) {
    if (take("^")) return anchor(Expression::Is::at_start);
    if (take("$")) return anchor(Expression::Is::at_end);
    PERSEA_TRY(Expression one, atom(depth));
    return quantified(std::move(one));
  }

  Result<Expression> atom(int depth) {
    const char c = rest_[0];
    if (c == '(') return group(depth);
    if (c == '[') {
      PERSEA_TRY(const CharacterSet set, character_class());
      return characters(set);
    }
    if (take(".")) return characters(line_ends().complement());
    if (c == '\\') {
      if (rest_.size() > 1 && (rest_[1] == 'b' || rest_[1] == 'B')) return fail("\\{} is not supported", rest_[1]);
      PERSEA_TRY(const CharacterSet set, escape(false));
      return characters(set);
    }
    if (c == '*' || c == '+' || c == '?' || c == '{') return fail("nothing to repeat before {}", c);
    PERSEA_TRY(const uint32_t one, character());
    CharacterSet set;
    set.add(one, one);
    return characters(set);
  }

  Result<Expression> group(int depth) {
    rest_.remove_prefix(1);
    if (take("?")) {
      if (rest_.starts_with("=") || rest_.starts_with("!") || rest_.starts_with("<=") || rest_.starts_with("<!"))
        return fail("looking ahead or behind, (?{}, is not supported", rest_.substr(0, rest_[0] == '<' ? 2 : 1));
      if (take("<")) {  // a name that nothing can refer to
        const size_t end = rest_.find('>');
        if (end == std::string_view::npos || end == 0) return fail("a group's name without its end");
        rest_.remove_prefix(end + 1);
      } else if (!take(":")) {
        return fail("an unknown kind of group");
      }
    }
    PERSEA_TRY(Expression inside, alternatives(depth + 1));
    if (!take(")")) return fail("a group without its )");
    return inside;
  }

  Result<Expression> quantified(Expression part) {
    uint32_t least = 0, most = kNoLimit;
    if (take("*")) {
    } else if (take("+")) {
      least = 1;
    } else if (take("?")) {
      most = 1;
    } else if (take("{")) {
      PERSEA_TRY(least, count());
      most = least;
      if (take(",")) {
        most = kNoLimit;
        if (!rest_.empty() && is_digit(rest_[0])) {
          PERSEA_TRY(most, count());
        }
      }
      if (!take("}")) return fail("a quantifier without its }}");
      if (most < least) return fail("a quantifier whose second number is the smaller one");
    } else {
      return part;
    }
    take("?");  // lazy or not, it finds the same
    if (!rest_.empty() && (rest_[0] == '*' || rest_[0] == '+' || rest_[0] == '?' || rest_[0] == '{'))
      return fail("nothing to repeat before {}", rest_[0]);
    return repeat(std::move(part), least, most);
  }
  Result<uint32_t> count() {
    if (rest_.empty() || !is_digit(rest_[0])) return fail("a quantifier without a number");
    uint32_t value = 0;
    for (; !rest_.empty() && is_digit(rest_[0]); rest_.remove_prefix(1)) {
      value = value * 10 + static_cast<uint32_t>(rest_[0] - '0');
      if (value > kMostRepeats) return fail("a repetition of more than {}", kMostRepeats);
    }
    return value;
  }

  Result<uint32_t> character() {
    const auto c = take_character(rest_);
    if (!c) return fail("broken UTF-8");
    return *c;
  }

  Result<CharacterSet> character_class() {
    rest_.remove_prefix(1);
    const bool negated = take("^");
    CharacterSet set;
    while (!take("]")) {
      if (rest_.empty()) return fail("a class of characters without its ]");
      PERSEA_TRY(const CharacterSet first, class_member());
      if (!rest_.starts_with("-") || rest_.starts_with("-]")) {
        set.add(first);
        continue;
      }
      rest_.remove_prefix(1);
      if (rest_.empty()) return fail("a class of characters without its ]");
      PERSEA_TRY(const CharacterSet last, class_member());
      const auto single = [](const CharacterSet& s) {
        return s.ranges().size() == 1 && s.ranges()[0].first == s.ranges()[0].second;
      };
      if (!single(first) || !single(last)) return fail("a range between classes of characters");
      const uint32_t low = first.ranges()[0].first, high = last.ranges()[0].first;
      if (high < low) return fail("a range of characters that ends before it begins");
      set.add(low, high);
    }
    return negated ? set.complement() : set;
  }
  Result<CharacterSet> class_member() {
    if (rest_[0] == '\\') return escape(true);
    PERSEA_TRY(const uint32_t c, character());
    CharacterSet set;
    set.add(c, c);
    return set;
  }

  // An escape outside or inside of [ ].
  Result<CharacterSet> escape(bool in_class) {
    rest_.remove_prefix(1);
    if (rest_.empty()) return fail("the pattern ends within an escape");
    const char c = rest_[0];
    CharacterSet set;
    const auto just = [&](uint32_t one) {
      set.add(one, one);
      return set;
    };
    if (c >= '1' && c <= '9') return fail("references to groups, \\{}, are not supported", c);
    if (c == 'k') return fail("references to groups, \\k, are not supported");
    rest_.remove_prefix(1);
    switch (c) {
      case 'd':
        return digits();
      case 'D':
        return digits().complement();
      case 'w':
        return word_characters();
      case 'W':
        return word_characters().complement();
      case 's':
        return spaces();
      case 'S':
        return spaces().complement();
      case 'p':
      case 'P':
        return property(c == 'P');
      case 't':
        return just('\t');
      case 'n':
        return just('\n');
      case 'v':
        return just('\v');
      case 'f':
        return just('\f');
      case 'r':
        return just('\r');
      case 'b':
        if (in_class) return just('\b');
        return fail("\\b is not supported");
      case '0':
        if (!rest_.empty() && is_digit(rest_[0])) return fail("octal escapes are not supported");
        return just(0);
      case 'c':
        if (!rest_.empty() && (rest_[0] | 32) >= 'a' && (rest_[0] | 32) <= 'z') {
          just(static_cast<uint32_t>(rest_[0] & 31));
          rest_.remove_prefix(1);
          return set;
        }
        return fail("\\c without a letter");
      case 'x': {
        PERSEA_TRY(const uint32_t code, hexadecimal(2));
        return just(code);
      }
      case 'u': {
        PERSEA_TRY(const uint32_t code, unicode_escape());
        return just(code);
      }
      default:
        // Punctuation stands for itself; other letters have no meaning.
        if (std::string_view("^$\\.*+?()[]{}|/-").find(c) != std::string_view::npos)
          return just(static_cast<uint32_t>(c));
        return fail("the escape \\{} has no meaning", static_cast<unsigned char>(c) < 127 && c > 32 ? c : '?');
    }
  }
  Result<uint32_t> hexadecimal(int count) {
    uint32_t value = 0;
    for (int i = 0; i < count; ++i, rest_.remove_prefix(1)) {
      const char c = rest_.empty() ? ' ' : static_cast<char>(rest_[0] | 32);
      if (!is_digit(c) && !(c >= 'a' && c <= 'f')) return fail("an escape needs {} hexadecimal digits", count);
      value = value * 16 + static_cast<uint32_t>(is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    return value;
  }
  Result<uint32_t> unicode_escape() {
    uint32_t code = 0;
    if (take("{")) {
      size_t digits = 0;
      for (; !take("}"); ++digits) {
        PERSEA_TRY(const uint32_t digit, hexadecimal(1));
        code = code * 16 + digit;
        if (code > 0x10ffff) return fail("\\u{{...}} of more than 10ffff");
      }
      if (digits == 0) return fail("\\u{{}} without digits");
    } else {
      PERSEA_TRY(code, hexadecimal(4));
      if (code >= 0xd800 && code < 0xdc00 && take("\\u")) {
        PERSEA_TRY(const uint32_t second, hexadecimal(4));
        if (second < 0xdc00 || second > 0xdfff) return fail("half a pair of surrogates");
        code = 0x10000 + ((code - 0xd800) << 10) + (second - 0xdc00);
      }
    }
    if (code >= 0xd800 && code < 0xe000) return fail("half a pair of surrogates");
    return code;
  }
  Result<CharacterSet> property(bool negated) {
    const size_t end = rest_.find('}');
    if (!take("{") || end == std::string_view::npos) return fail("\\p without a property in braces");
    const std::string_view name = rest_.substr(0, end - 1);
    rest_.remove_prefix(end);
    CharacterSet set;
    if (name == "L" || name == "Letter") {
      set = unicode_class(unicode::CharClass::letter);
    } else if (name == "N" || name == "Number") {
      set = unicode_class(unicode::CharClass::number);
    } else {
      return fail("the property \\p{{{}}} is not supported: only L and N are", name.substr(0, 40));
    }
    return negated ? set.complement() : set;
  }

  static Expression characters(const CharacterSet& set) { return language(one_character(set, Spelling::json)); }

  std::string_view rest_;
};

}  // namespace

Result<Dfa> pattern_language(std::string_view pattern) {
  if (pattern.size() > kMaxPattern) return fail("a pattern of more than {} bytes", kMaxPattern);
  PERSEA_TRY(Expression found, Parser(pattern).run());
  const Expression anything = repeat(language(one_character(CharacterSet::all(), Spelling::json)), 0, kNoLimit);
  return compiled(sequence({anything, std::move(found), anything}));
}

}  // namespace persea::grammar
