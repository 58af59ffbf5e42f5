// Tokens as a tree of statements and expressions. What Jinja has and a chat template cannot need (other files, blocks
// to inherit, recursive loops, automatic escaping) is refused here, as are filters and tests that are not known: within
// {% if %} only those that are not supported, while one that Jinja does not know either fails, as there, where it is
// used.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/jinja/ast.h"
#include "text/jinja/lexer.h"

namespace persea::jinja {

// Errors: "WHERE:LINE: what".
Result<std::shared_ptr<const Program>> parse_program(std::string_view source, std::string_view where);

class Parser {
 public:
  Parser(Program& program, std::vector<Token> tokens) : program_(program), tokens_(std::move(tokens)) {}
  Result<std::vector<Stmt>> run();

 private:
  static constexpr int kMaxDepth = 100;  // of statements within statements and of expressions

  // parser.cc
  using Words = std::vector<std::string_view>;
  Result<std::vector<Stmt>> statements_until(const Words& ends);  // stops at the word, behind its {%
  Result<std::vector<Stmt>> body_until(const Words& ends);        // from the %} of the block's own head
  Result<std::vector<Stmt>> last_body(std::string_view end);      // ... and past the word
  Result<Stmt> statement();
  Status for_statement(Stmt& stmt);
  Status if_statement(Stmt& stmt);
  Status set_statement(Stmt& stmt);
  Status macro_statement(Stmt& stmt);
  Status call_block(Stmt& stmt);
  Status filter_block(Stmt& stmt);
  Status with_statement(Stmt& stmt);
  Status signature(Stmt& stmt);
  Result<Expr> target(bool spaces, bool until_in);
  Status check_target(const Expr& target, bool inside_loop) const;

  // parse_expression.cc
  struct TupleRules {
    bool simple = false, condition = true, spaces = false, parenthesized = false;
    std::string_view end_word = {};
  };
  Result<Expr> tuple(const TupleRules& rules);
  Result<Expr> expression(bool condition = true);
  Result<Expr> condition();
  Result<Expr> chain(int level);  // or, and, not, comparisons, + -, ~, * / // %, **, each binding more
  Result<Expr> comparison();
  Result<Expr> unary(bool filters);
  Result<Expr> primary(bool spaces);
  Result<Expr> postfix(Expr expr);
  Result<Expr> filters_and_tests(Expr expr);
  Result<Expr> subscript(Expr expr);
  Result<Expr> call(Expr expr);
  Status arguments(Expr& call);
  Result<Expr> filter(Expr subject);  // past its |
  Result<Expr> test(Expr subject);
  Result<Expr> list_display();
  Result<Expr> dict_display();

  template <class... Args>
  Error error(fmt::format_string<Args...> format, Args&&... args) const {
    return fail("{}:{}: {}", program_.where, now().line, fmt::format(format, std::forward<Args>(args)...));
  }
  const Token& now() const { return tokens_[at_]; }
  const Token& after() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  void next() { at_ += at_ + 1 < tokens_.size(); }
  bool is(Token::Is is) const { return now().is == is; }
  bool sign(std::string_view s) const { return is(Token::Is::sign) && now().value == s; }
  bool word(std::string_view w) const { return is(Token::Is::name) && now().value == w; }
  bool take_sign(std::string_view s);
  bool take_word(std::string_view w);
  Status expect_sign(std::string_view s);
  Status expect(Token::Is is, std::string_view what);
  Result<std::string_view> name(std::string_view what);
  std::string shown() const;  // the token, for messages
  Expr make(Expr::Op op, std::vector<Expr> parts = {}) const;
  Status nest() { return ++depth_ > kMaxDepth ? Status(error("nested deeper than {} levels", kMaxDepth)) : Status(); }
  Status check_depth(const Expr& expr) const {
    return expr.depth > kMaxDepth ? Status(error("an expression nested deeper than {} levels", kMaxDepth)) : Status();
  }

  Program& program_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
  int loops_ = 0;  // around the statement, within the same macro
  int ifs_ = 0;    // around it
};

}  // namespace persea::jinja
