#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "text/jinja/builtins.h"
#include "text/jinja/parser.h"

namespace persea::jinja {
namespace {

using Is = Token::Is;
using Op = Expr::Op;

struct Spelling {
  std::string_view text;
  Sign sign;
};

}  // namespace

Result<Expr> Parser::tuple(const TupleRules& rules) {
  PERSEA_CHECK(nest());
  std::vector<Expr> parts;
  bool comma = false;
  for (;;) {
    if (!parts.empty() && !comma) break;
    if (is(Is::print_end) || is(Is::block_end) || sign(")") || (!rules.end_word.empty() && word(rules.end_word))) break;
    PERSEA_TRY(Expr part, rules.simple ? primary(rules.spaces) : expression(rules.condition));
    parts.push_back(std::move(part));
    const bool more = take_sign(",");
    comma = comma || more;
    if (!more) break;
  }
  --depth_;
  if (!comma && !parts.empty()) return std::move(parts[0]);
  if (!comma && !rules.parenthesized) return error("expected an expression, got {}", shown());
  return make(Op::tuple, std::move(parts));
}

Result<Expr> Parser::expression(bool with_condition) {
  PERSEA_CHECK(nest());
  PERSEA_TRY(Expr expr, with_condition ? condition() : chain(0));
  --depth_;
  PERSEA_CHECK(check_depth(expr));
  return expr;
}

Result<Expr> Parser::condition() {
  PERSEA_CHECK(nest());
  PERSEA_TRY(Expr expr, chain(0));
  while (take_word("if")) {
    PERSEA_TRY(Expr test, chain(0));
    Expr otherwise = make(Op::constant);
    otherwise.value = Value::of(program_.arena.make<Undefined>("", "an inline if was false and has no else"));
    if (take_word("else")) {
      PERSEA_TRY(otherwise, condition());
    }
    std::vector<Expr> parts;
    parts.push_back(std::move(expr));
    parts.push_back(std::move(test));
    parts.push_back(std::move(otherwise));
    expr = make(Op::condition, std::move(parts));
    PERSEA_CHECK(check_depth(expr));
  }
  --depth_;
  return expr;
}

Result<Expr> Parser::chain(int level) {
  static constexpr int kNot = 2, kCompare = 3, kUnary = 8;
  static const std::array<std::vector<Spelling>, kUnary> kLevels = {{
      {{"or", Sign::either}},
      {{"and", Sign::both}},
      {},
      {},
      {{"+", Sign::add}, {"-", Sign::subtract}},
      {{"~", Sign::join}},
      {{"*", Sign::multiply}, {"/", Sign::divide}, {"//", Sign::floor_divide}, {"%", Sign::modulo}},
      {{"**", Sign::power}},
  }};
  if (level == kUnary) return unary(true);
  if (level == kNot) {
    if (!take_word("not")) return chain(kCompare);
    PERSEA_CHECK(nest());
    PERSEA_TRY(Expr operand, chain(kNot));
    --depth_;
    std::vector<Expr> parts;
    parts.push_back(std::move(operand));
    return make(Op::not_, std::move(parts));
  }
  if (level == kCompare) return comparison();
  PERSEA_TRY(Expr first, chain(level + 1));
  std::vector<Expr> parts;
  std::vector<Sign> signs;
  parts.push_back(std::move(first));
  for (;;) {
    const auto& spellings = kLevels[level];
    const auto found = std::find_if(spellings.begin(), spellings.end(),
                                    [&](const Spelling& s) { return level < kNot ? word(s.text) : sign(s.text); });
    if (found == spellings.end()) break;
    next();
    PERSEA_TRY(Expr part, chain(level + 1));
    parts.push_back(std::move(part));
    signs.push_back(found->sign);
  }
  if (signs.empty()) return std::move(parts[0]);
  Expr expr = make(Op::chain, std::move(parts));
  expr.signs = std::move(signs);
  return expr;
}

Result<Expr> Parser::comparison() {
  static constexpr std::array<Spelling, 6> kSigns = {{{"==", Sign::equal},
                                                      {"!=", Sign::unequal},
                                                      {"<", Sign::less},
                                                      {"<=", Sign::less_equal},
                                                      {">", Sign::greater},
                                                      {">=", Sign::greater_equal}}};
  PERSEA_TRY(Expr first, chain(4));
  std::vector<Expr> parts;
  std::vector<Sign> signs;
  parts.push_back(std::move(first));
  for (;;) {
    const auto* found = std::find_if(kSigns.begin(), kSigns.end(), [&](const Spelling& s) { return sign(s.text); });
    if (found != kSigns.end()) {
      signs.push_back(found->sign);
    } else if (word("in")) {
      signs.push_back(Sign::in);
    } else if (word("not") && after().is == Is::name && after().value == "in") {
      next();
      signs.push_back(Sign::not_in);
    } else {
      break;
    }
    next();
    PERSEA_TRY(Expr part, chain(4));
    parts.push_back(std::move(part));
  }
  if (signs.empty()) return std::move(parts[0]);
  Expr expr = make(Op::compare, std::move(parts));
  expr.signs = std::move(signs);
  return expr;
}

Result<Expr> Parser::unary(bool filters) {
  Expr expr;
  if (sign("-") || sign("+")) {
    const Op op = sign("-") ? Op::negate : Op::plus;
    next();
    PERSEA_CHECK(nest());
    PERSEA_TRY(Expr operand, unary(false));
    --depth_;
    std::vector<Expr> parts;
    parts.push_back(std::move(operand));
    expr = make(op, std::move(parts));
  } else {
    PERSEA_TRY(expr, primary(false));
  }
  PERSEA_TRY(expr, postfix(std::move(expr)));
  if (filters) {
    PERSEA_TRY(expr, filters_and_tests(std::move(expr)));
  }
  return expr;
}

Result<Expr> Parser::primary(bool spaces) {
  Expr expr = make(Op::constant);
  const std::string& value = now().value;
  if (is(Is::name)) {
    if (value == "true" || value == "True" || value == "false" || value == "False") {
      expr.value = Value::of(value[0] == 't' || value[0] == 'T');
    } else if (value == "none" || value == "None") {
      expr.value = Value::none();
    } else {
      expr.op = Op::name;
      expr.name = program_.arena.copy(value);
      if (expr.name == "self") return error("the name 'self' is not supported here");
      if (spaces && after().is == Is::sign && after().value == ".") {
        next();
        next();
        PERSEA_TRY(expr.key, name("a name"));
        return expr;
      }
    }
    next();
  } else if (is(Is::text)) {
    std::string text;
    for (; is(Is::text); next()) text += now().value;
    expr.value = Value::of(program_.arena.copy(text));
  } else if (is(Is::integer)) {
    const bool prefixed = value.size() > 1 && (value[1] | 32) >= 'a';
    const int base = !prefixed ? 10 : (value[1] | 32) == 'x' ? 16 : (value[1] | 32) == 'o' ? 8 : 2;
    int64_t number = 0;
    const char* end = value.data() + value.size();
    const auto read = std::from_chars(value.data() + (prefixed ? 2 : 0), end, number, base);
    if (read.ec != std::errc() || read.ptr != end) return error("the number {:.40} needs more than 64 bits", value);
    expr.value = Value::of(number);
    next();
  } else if (is(Is::real)) {
    double number = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), number);
    if (read.ec != std::errc()) return error("the number {:.40} is out of range", value);
    expr.value = Value::of(number);
    next();
  } else if (take_sign("(")) {
    PERSEA_TRY(expr, tuple({.parenthesized = true}));
    PERSEA_CHECK(expect_sign(")"));
  } else if (take_sign("[")) {
    return list_display();
  } else if (take_sign("{")) {
    return dict_display();
  } else {
    return error("unexpected {}", shown());
  }
  return expr;
}

Result<Expr> Parser::list_display() {
  std::vector<Expr> items;
  while (!sign("]")) {
    if (!items.empty()) PERSEA_CHECK(expect_sign(","));
    if (sign("]")) break;
    PERSEA_TRY(Expr item, expression());
    items.push_back(std::move(item));
  }
  next();
  return make(Op::list, std::move(items));
}

Result<Expr> Parser::dict_display() {
  std::vector<Expr> items;
  while (!sign("}")) {
    if (!items.empty()) PERSEA_CHECK(expect_sign(","));
    if (sign("}")) break;
    PERSEA_TRY(Expr key, expression());
    PERSEA_CHECK(expect_sign(":"));
    PERSEA_TRY(Expr value, expression());
    items.push_back(std::move(key));
    items.push_back(std::move(value));
  }
  next();
  return make(Op::dict, std::move(items));
}

Result<Expr> Parser::postfix(Expr expr) {
  for (;;) {
    if (sign(".") || sign("[")) {
      PERSEA_TRY(expr, subscript(std::move(expr)));
    } else if (sign("(")) {
      PERSEA_TRY(expr, call(std::move(expr)));
    } else {
      return expr;
    }
    PERSEA_CHECK(check_depth(expr));
  }
}

Result<Expr> Parser::filters_and_tests(Expr expr) {
  for (;;) {
    if (take_sign("|")) {
      PERSEA_TRY(expr, filter(std::move(expr)));
    } else if (take_word("is")) {
      PERSEA_TRY(expr, test(std::move(expr)));
    } else if (sign("(")) {
      PERSEA_TRY(expr, call(std::move(expr)));
    } else {
      return expr;
    }
    PERSEA_CHECK(check_depth(expr));
  }
}

Result<Expr> Parser::subscript(Expr expr) {
  std::vector<Expr> parts;
  parts.push_back(std::move(expr));
  if (take_sign(".")) {
    if (is(Is::name)) {
      Expr attribute = make(Op::attribute, std::move(parts));
      PERSEA_TRY(attribute.name, name("a name"));
      return attribute;
    }
    if (!is(Is::integer)) return error("expected a name or a number, got {}", shown());
    PERSEA_TRY(Expr index, primary(false));
    parts.push_back(std::move(index));
    return make(Op::item, std::move(parts));
  }
  PERSEA_CHECK(expect_sign("["));
  if (sign("]")) return error("an item without its index");
  Expr index = make(Op::constant);
  if (!sign(":")) {
    PERSEA_TRY(index, expression());
  }
  if (sign(",")) return error("more than one index is not supported");
  parts.push_back(std::move(index));
  if (!sign(":")) {
    PERSEA_CHECK(expect_sign("]"));
    return make(Op::item, std::move(parts));
  }
  for (int i = 0; i < 2; ++i) {
    Expr bound = make(Op::constant);
    if (take_sign(":") && !sign(":") && !sign("]")) {
      PERSEA_TRY(bound, expression());
    }
    parts.push_back(std::move(bound));
  }
  PERSEA_CHECK(expect_sign("]"));
  return make(Op::slice, std::move(parts));
}

Result<Expr> Parser::call(Expr expr) {
  std::vector<Expr> parts;
  parts.push_back(std::move(expr));
  Expr call = make(Op::call, std::move(parts));
  PERSEA_CHECK(arguments(call));
  return call;
}

Status Parser::arguments(Expr& call) {
  PERSEA_CHECK(expect_sign("("));
  for (bool first = true; !sign(")"); first = false) {
    if (!first) PERSEA_CHECK(expect_sign(","));
    if (sign(")")) break;
    std::string_view key;
    std::vector<Expr>* into = &call.parts;
    if (take_sign("*")) {
      if (!call.spread.empty() || !call.spread_named.empty()) return error("more than one *arguments");
      into = &call.spread;
    } else if (take_sign("**")) {
      if (!call.spread_named.empty()) return error("more than one **arguments");
      into = &call.spread_named;
    } else if (is(Is::name) && after().is == Is::sign && after().value == "=") {
      if (!call.spread_named.empty()) return error("an argument follows **arguments");
      PERSEA_TRY(key, name("a name"));
      for (const auto& [other, value] : call.named) {
        if (other == key) return error("the argument '{:.40}' is given twice", key);
      }
      next();
    } else if (!call.spread.empty() || !call.spread_named.empty() || !call.named.empty()) {
      return error("an argument without a name follows one with a name");
    }
    PERSEA_TRY(Expr value, expression());
    call.depth = std::max(call.depth, value.depth + 1);
    if (key.empty()) {
      into->push_back(std::move(value));
    } else {
      call.named.push_back({key, std::move(value)});
    }
  }
  return expect_sign(")");
}

Result<Expr> Parser::filter(Expr subject) {
  std::vector<Expr> parts;
  parts.push_back(std::move(subject));
  Expr expr = make(Op::filter, std::move(parts));
  PERSEA_TRY(expr.name, name("the name of a filter"));
  expr.builtin = find_filter(expr.name);
  if (expr.builtin ? !expr.builtin->run : ifs_ == 0)
    return error("the filter '{:.40}' is not known or not supported", expr.name);
  if (sign("(")) PERSEA_CHECK(arguments(expr));
  return expr;
}

Result<Expr> Parser::test(Expr subject) {
  const bool negated = take_word("not");
  std::vector<Expr> parts;
  parts.push_back(std::move(subject));
  Expr expr = make(Op::test, std::move(parts));
  PERSEA_TRY(expr.name, name("the name of a test"));
  expr.builtin = find_test(expr.name);
  if (expr.builtin ? !expr.builtin->run : ifs_ == 0)
    return error("the test '{:.40}' is not known or not supported", expr.name);
  if (sign("(")) {
    PERSEA_CHECK(arguments(expr));
  } else if ((is(Is::name) || is(Is::text) || is(Is::integer) || is(Is::real) || sign("[") || sign("{")) &&
             !word("else") && !word("or") && !word("and")) {
    if (word("is")) return error("tests cannot follow each other with 'is'");
    PERSEA_CHECK(nest());
    PERSEA_TRY(Expr argument, primary(false));
    PERSEA_TRY(argument, postfix(std::move(argument)));
    --depth_;
    expr.depth = std::max(expr.depth, argument.depth + 1);
    expr.parts.push_back(std::move(argument));
  }
  if (!negated) return expr;
  std::vector<Expr> operand;
  operand.push_back(std::move(expr));
  return make(Op::not_, std::move(operand));
}

}  // namespace persea::jinja
