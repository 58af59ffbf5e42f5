// A template as a tree, and where each name of it is found. The tree's strings and constants lie in the program's
// arena.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/jinja/value.h"

namespace persea::jinja {

// A variable: a slot of the frame that is so many frames further out.
struct Place {
  uint32_t out = 0, slot = 0;
};

// The names of one frame, a slot each, and what they are when it is entered.
struct Scope {
  enum class Start : uint8_t {
    unset,      // undefined until it is set
    parameter,  // set by whoever enters
    given,      // a variable that the template was given, or a global
    outer,      // what the frame around has at that moment
  };
  struct Name {
    std::string_view name;
    Start start;
    Place outer;
  };
  std::vector<Name> names;
};

enum class Sign : uint8_t {
  add,
  subtract,
  multiply,
  divide,
  floor_divide,
  modulo,
  power,
  join,
  both,
  either,  // join is ~
  equal,
  unequal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  not_in,
};

struct NamedExpr;

struct Expr {
  enum class Op : uint8_t {
    constant,
    name,
    list,
    tuple,
    dict,  // keys and values by turns
    attribute,
    item,
    slice,  // of parts[0], from, to, step; what is left out is a missing constant
    call,   // parts[0], then the arguments
    filter,
    test,
    negate,
    plus,
    not_,
    chain,      // operators of one precedence, from the left
    compare,    // all of a < b < c
    condition,  // parts[0] if parts[1] else parts[2]
  };
  Op op = Op::constant;
  int line = 0;
  int depth = 1;  // of the tree under it
  Value value;
  std::string_view name;  // of a variable, attribute, filter or test; "space.name" targets have both
  std::string_view key;
  Place place;
  const Builtin* builtin = nullptr;
  std::vector<Expr> parts;
  std::vector<Sign> signs;  // one between each two parts
  std::vector<NamedExpr> named;
  std::vector<Expr> spread, spread_named;  // *args and **kwargs
};

struct NamedExpr {
  std::string_view name;
  Expr value;
};

struct Stmt {
  enum class Op : uint8_t {
    text,
    print,
    if_,  // branches, and `otherwise`
    for_,
    set,
    set_block,
    macro,
    call_block,
    filter_block,
    with,
    generation,
    break_,
    continue_,
  };
  struct Branch {
    Expr test;
    std::vector<Stmt> body;
  };
  Op op = Op::text;
  int line = 0;
  std::string_view text;      // also a macro's name
  std::vector<Expr> targets;  // for, set, with
  std::vector<Expr>
      values;              // what is printed, set, gone through, called or, with a first part to be replaced, filtered
  std::vector<Expr> test;  // of for: none or one
  std::vector<Branch> branches;
  std::vector<Stmt> body, otherwise;
  std::vector<Expr> parameters, defaults;  // of a macro or call; the defaults are the last parameters'
  bool takes_caller = false, takes_named = false, takes_more = false;  // the names caller, kwargs and varargs
  Place place;                                                         // of a macro's name
  Scope scope, test_scope, otherwise_scope;
};

struct Program {
  Arena arena;
  std::string where;
  std::vector<Stmt> body;
  Scope scope;
};

}  // namespace persea::jinja
