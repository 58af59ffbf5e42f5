#include "text/jinja/parser.h"

#include <algorithm>

#include "text/jinja/builtins.h"
#include "text/jinja/scope.h"

namespace persea::jinja {

using Is = Token::Is;

Result<std::shared_ptr<const Program>> parse_program(std::string_view source, std::string_view where) {
  auto program = std::make_shared<Program>();
  program->where = where;
  PERSEA_TRY(auto tokens, tokenize(source, where));
  PERSEA_TRY(program->body, Parser(*program, std::move(tokens)).run());
  resolve_names(*program);
  return std::shared_ptr<const Program>(std::move(program));
}

bool Parser::take_sign(std::string_view s) {
  if (!sign(s)) return false;
  next();
  return true;
}
bool Parser::take_word(std::string_view w) {
  if (!word(w)) return false;
  next();
  return true;
}
Status Parser::expect_sign(std::string_view s) {
  return take_sign(s) ? Status() : Status(error("expected '{}', got {}", s, shown()));
}
Status Parser::expect(Is kind, std::string_view what) {
  if (!is(kind)) return error("expected {}, got {}", what, shown());
  next();
  return {};
}
Result<std::string_view> Parser::name(std::string_view what) {
  if (!is(Is::name)) return error("expected {}, got {}", what, shown());
  const std::string_view text = program_.arena.copy(now().value);
  next();
  return text;
}

std::string Parser::shown() const {
  switch (now().is) {
    case Is::data:
      return "text";
    case Is::block_begin:
      return "'{%'";
    case Is::block_end:
      return "'%}'";
    case Is::print_begin:
      return "'{{'";
    case Is::print_end:
      return "'}}'";
    case Is::text:
      return "a string";
    case Is::end:
      return "the end of the template";
    default:
      return fmt::format("'{:.40}'", now().value);
  }
}

Expr Parser::make(Expr::Op op, std::vector<Expr> parts) const {
  Expr expr;
  expr.op = op;
  expr.line = now().line;
  for (const Expr& part : parts) expr.depth = std::max(expr.depth, part.depth + 1);
  expr.parts = std::move(parts);
  return expr;
}

Result<std::vector<Stmt>> Parser::run() {
  PERSEA_TRY(auto body, statements_until({}));
  if (!is(Is::end)) return error("unexpected {}", shown());
  return body;
}

Result<std::vector<Stmt>> Parser::statements_until(const Words& ends) {
  PERSEA_CHECK(nest());
  std::vector<Stmt> body;
  while (!is(Is::end)) {
    Stmt stmt;
    stmt.line = now().line;
    if (is(Is::data)) {
      stmt.text = program_.arena.copy(now().value);
      next();
    } else if (is(Is::print_begin)) {
      next();
      stmt.op = Stmt::Op::print;
      PERSEA_TRY(Expr expr, tuple({}));
      stmt.values.push_back(std::move(expr));
      PERSEA_CHECK(expect(Is::print_end, "'}}'"));
    } else {
      PERSEA_CHECK(expect(Is::block_begin, "'{%'"));
      if (std::any_of(ends.begin(), ends.end(), [&](std::string_view w) { return word(w); })) break;
      PERSEA_TRY(stmt, statement());
      PERSEA_CHECK(expect(Is::block_end, "'%}'"));
    }
    body.push_back(std::move(stmt));
  }
  --depth_;
  if (is(Is::end) && !ends.empty()) return error("the template ends before {{% {} %}}", ends.back());
  return body;
}

Result<std::vector<Stmt>> Parser::body_until(const Words& ends) {
  (void)take_sign(":");
  PERSEA_CHECK(expect(Is::block_end, "'%}'"));
  return statements_until(ends);
}

Result<std::vector<Stmt>> Parser::last_body(std::string_view end) {
  PERSEA_TRY(auto body, body_until({end}));
  next();
  return body;
}

Result<Stmt> Parser::statement() {
  Stmt stmt;
  stmt.line = now().line;
  PERSEA_TRY(const std::string_view tag, name("the name of a tag"));
  Status status;
  if (tag == "for") {
    status = for_statement(stmt);
  } else if (tag == "if") {
    status = if_statement(stmt);
  } else if (tag == "set") {
    status = set_statement(stmt);
  } else if (tag == "macro") {
    status = macro_statement(stmt);
  } else if (tag == "call") {
    status = call_block(stmt);
  } else if (tag == "filter") {
    status = filter_block(stmt);
  } else if (tag == "with") {
    status = with_statement(stmt);
  } else if (tag == "generation") {
    stmt.op = Stmt::Op::generation;
    const int loops = std::exchange(loops_, 0);
    PERSEA_TRY(stmt.body, last_body("endgeneration"));
    loops_ = loops;
  } else if (tag == "break" || tag == "continue") {
    stmt.op = tag == "break" ? Stmt::Op::break_ : Stmt::Op::continue_;
    if (loops_ == 0) return error("{{% {} %}} is in no loop", tag);
  } else if (tag == "print") {
    stmt.op = Stmt::Op::print;
    while (!is(Is::block_end)) {
      if (!stmt.values.empty()) PERSEA_CHECK(expect_sign(","));
      PERSEA_TRY(Expr expr, expression());
      stmt.values.push_back(std::move(expr));
    }
  } else {
    return error("the tag '{:.40}' is not known or not supported here", tag);
  }
  PERSEA_CHECK(std::move(status));
  return stmt;
}

Status Parser::for_statement(Stmt& stmt) {
  stmt.op = Stmt::Op::for_;
  PERSEA_TRY(Expr what, target(false, true));
  PERSEA_CHECK(check_target(what, true));
  stmt.targets.push_back(std::move(what));
  if (!take_word("in")) return error("expected 'in', got {}", shown());
  PERSEA_TRY(Expr all, tuple({.condition = false, .end_word = "recursive"}));
  stmt.values.push_back(std::move(all));
  if (take_word("if")) {
    PERSEA_TRY(Expr test, expression());
    stmt.test.push_back(std::move(test));
  }
  if (word("recursive")) return error("recursive loops are not supported; a macro can call itself");
  ++loops_;
  PERSEA_TRY(stmt.body, body_until({"else", "endfor"}));
  --loops_;
  const bool otherwise = word("else");
  next();
  if (otherwise) {
    PERSEA_TRY(stmt.otherwise, last_body("endfor"));
  }
  return {};
}

Status Parser::if_statement(Stmt& stmt) {
  stmt.op = Stmt::Op::if_;
  ++ifs_;
  for (;;) {
    Stmt::Branch branch;
    PERSEA_TRY(branch.test, tuple({.condition = false}));
    PERSEA_TRY(branch.body, body_until({"elif", "else", "endif"}));
    stmt.branches.push_back(std::move(branch));
    if (take_word("elif")) continue;
    const bool otherwise = word("else");
    next();
    if (otherwise) {
      PERSEA_TRY(stmt.otherwise, last_body("endif"));
    }
    --ifs_;
    return {};
  }
}

Status Parser::set_statement(Stmt& stmt) {
  PERSEA_TRY(Expr what, target(true, false));
  PERSEA_CHECK(check_target(what, false));
  stmt.targets.push_back(std::move(what));
  if (take_sign("=")) {
    stmt.op = Stmt::Op::set;
    PERSEA_TRY(Expr value, tuple({}));
    stmt.values.push_back(std::move(value));
    return {};
  }
  stmt.op = Stmt::Op::set_block;
  if (sign("|")) {
    Expr subject = make(Expr::Op::constant);
    while (take_sign("|")) {
      PERSEA_TRY(subject, filter(std::move(subject)));
    }
    stmt.values.push_back(std::move(subject));
  }
  PERSEA_TRY(stmt.body, last_body("endset"));
  return {};
}

Status Parser::signature(Stmt& stmt) {
  PERSEA_CHECK(expect_sign("("));
  while (!sign(")")) {
    if (!stmt.parameters.empty()) PERSEA_CHECK(expect_sign(","));
    Expr parameter = make(Expr::Op::name);
    PERSEA_TRY(parameter.name, name("the name of a parameter"));
    PERSEA_CHECK(check_target(parameter, false));
    for (const Expr& other : stmt.parameters) {
      if (other.name == parameter.name) return error("two parameters are called '{:.40}'", parameter.name);
    }
    stmt.parameters.push_back(std::move(parameter));
    if (take_sign("=")) {
      PERSEA_TRY(Expr value, expression());
      stmt.defaults.push_back(std::move(value));
    } else if (!stmt.defaults.empty()) {
      return error("a parameter without a default follows one with a default");
    }
  }
  return expect_sign(")");
}

Status Parser::macro_statement(Stmt& stmt) {
  stmt.op = Stmt::Op::macro;
  Expr own = make(Expr::Op::name);
  PERSEA_TRY(own.name, name("the name of a macro"));
  PERSEA_CHECK(check_target(own, false));
  stmt.text = own.name;
  PERSEA_CHECK(signature(stmt));
  const int loops = std::exchange(loops_, 0);
  PERSEA_TRY(stmt.body, last_body("endmacro"));
  loops_ = loops;
  return {};
}

Status Parser::call_block(Stmt& stmt) {
  stmt.op = Stmt::Op::call_block;
  if (sign("(")) PERSEA_CHECK(signature(stmt));
  PERSEA_TRY(Expr called, expression());
  if (called.op != Expr::Op::call) return error("{{% call %}} needs a call");
  stmt.values.push_back(std::move(called));
  const int loops = std::exchange(loops_, 0);
  PERSEA_TRY(stmt.body, last_body("endcall"));
  loops_ = loops;
  return {};
}

Status Parser::filter_block(Stmt& stmt) {
  stmt.op = Stmt::Op::filter_block;
  Expr subject = make(Expr::Op::constant);
  do {
    PERSEA_TRY(subject, filter(std::move(subject)));
  } while (take_sign("|"));
  stmt.values.push_back(std::move(subject));
  PERSEA_TRY(stmt.body, last_body("endfilter"));
  return {};
}

Status Parser::with_statement(Stmt& stmt) {
  stmt.op = Stmt::Op::with;
  while (!is(Is::block_end)) {
    if (!stmt.targets.empty()) PERSEA_CHECK(expect_sign(","));
    PERSEA_TRY(Expr what, target(false, false));
    PERSEA_CHECK(check_target(what, false));
    stmt.targets.push_back(std::move(what));
    PERSEA_CHECK(expect_sign("="));
    PERSEA_TRY(Expr value, expression());
    stmt.values.push_back(std::move(value));
  }
  PERSEA_TRY(stmt.body, last_body("endwith"));
  return {};
}

Result<Expr> Parser::target(bool spaces, bool until_in) {
  return tuple({.simple = true, .spaces = spaces, .end_word = until_in ? "in" : ""});
}

Status Parser::check_target(const Expr& target, bool of_loop) const {
  if (target.op == Expr::Op::tuple) {
    for (const Expr& part : target.parts) PERSEA_CHECK(check_target(part, of_loop));
    return {};
  }
  if (target.op != Expr::Op::name) return error("this cannot be set: a name or a tuple of names can");
  if (!target.key.empty()) return {};
  if (target.name == "loop" && (of_loop || loops_ > 0)) return error("a loop's own 'loop' cannot be set");
  if (target.name == "self" || target.name == "super") return error("the name '{}' is not supported here", target.name);
  for (const std::string_view constant : {"true", "True", "false", "False", "none", "None"}) {
    if (target.name == constant) return error("the constant {} cannot be set", constant);
  }
  return {};
}

}  // namespace persea::jinja
