// The walk through expressions.
#include "text/jinja/operations.h"

namespace persea::jinja {

using Op = Expr::Op;

Value& Interpreter::slot(const Place& place, Frame& frame) const {
  Frame* at = &frame;
  for (uint32_t i = 0; i < place.out; ++i) at = at->around;
  return at->slots[place.slot];
}

Result<Value> Interpreter::evaluate(const Expr& expr, Frame& frame) {
  const Nesting nesting(*this);
  PERSEA_CHECK(nesting.check());
  PERSEA_CHECK(step());
  line_ = expr.line;
  switch (expr.op) {
    case Op::constant:
      return expr.value;
    case Op::name: {
      const Value& value = slot(expr.place, frame);
      return value.given() ? value : undefined(expr.name, "");
    }
    case Op::list:
    case Op::tuple: {
      std::vector<Value> items;
      for (const Expr& part : expr.parts) {
        PERSEA_TRY(const Value value, evaluate(part, frame));
        items.push_back(value);
      }
      return expr.op == Op::list ? list(items) : tuple(items);
    }
    case Op::dict:
      return evaluate_dict(expr, frame);
    case Op::attribute: {
      PERSEA_TRY(const Value object, evaluate(expr.parts[0], frame));
      return attribute(*this, object, expr.name);
    }
    case Op::item: {
      PERSEA_TRY(const Value object, evaluate(expr.parts[0], frame));
      PERSEA_TRY(const Value index, evaluate(expr.parts[1], frame));
      return item(*this, object, index);
    }
    case Op::slice: {
      std::vector<Value> parts;
      for (const Expr& part : expr.parts) {
        PERSEA_TRY(const Value value, evaluate(part, frame));
        parts.push_back(value);
      }
      return slice(*this, parts[0], parts[1], parts[2], parts[3]);
    }
    case Op::call: {
      PERSEA_TRY(const Value callee, evaluate(expr.parts[0], frame));
      PERSEA_TRY(const Args args, arguments(expr, 1, frame));
      line_ = expr.line;
      return call(callee, args);
    }
    case Op::filter:
      return filtered(expr, Value(), frame);
    case Op::test: {
      PERSEA_TRY(const Value subject, evaluate(expr.parts[0], frame));
      PERSEA_TRY(const Args args, arguments(expr, 1, frame));
      if (!expr.builtin) return fail("the test '{:.40}' is not known", expr.name);
      return expr.builtin->run(*this, subject, args);
    }
    case Op::negate:
    case Op::plus: {
      PERSEA_TRY(const Value value, evaluate(expr.parts[0], frame));
      return negated(*this, value, expr.op == Op::negate);
    }
    case Op::not_: {
      PERSEA_TRY(const Value value, evaluate(expr.parts[0], frame));
      return Value::of(!truth(value));
    }
    case Op::chain:
      return evaluate_chain(expr, frame);
    case Op::compare:
      return evaluate_comparison(expr, frame);
    case Op::condition: {
      PERSEA_TRY(const Value test, evaluate(expr.parts[1], frame));
      return evaluate(expr.parts[truth(test) ? 0 : 2], frame);
    }
  }
  return fail("an expression of no kind");
}

// `innermost` stands for the subject of a filter block, which the tree has no expression for.
Result<Value> Interpreter::filtered(const Expr& expr, const Value& innermost, Frame& frame) {
  const Nesting nesting(*this);
  PERSEA_CHECK(nesting.check());
  Value subject = innermost;
  if (innermost.given() && expr.parts[0].op == Op::filter) {
    PERSEA_TRY(subject, filtered(expr.parts[0], innermost, frame));
  } else if (!innermost.given()) {
    PERSEA_TRY(subject, evaluate(expr.parts[0], frame));
  }
  PERSEA_TRY(const Args args, arguments(expr, 1, frame));
  line_ = expr.line;
  if (!expr.builtin) return fail("the filter '{:.40}' is not known", expr.name);
  return expr.builtin->run(*this, subject, args);
}

Result<Value> Interpreter::evaluate_chain(const Expr& expr, Frame& frame) {
  PERSEA_TRY(Value left, evaluate(expr.parts[0], frame));
  if (expr.signs[0] == Sign::join) {
    std::string joined;
    PERSEA_CHECK(append_str(*this, left, joined));
    for (size_t i = 1; i < expr.parts.size(); ++i) {
      PERSEA_TRY(const Value part, evaluate(expr.parts[i], frame));
      PERSEA_CHECK(append_str(*this, part, joined));
    }
    return text(joined);
  }
  for (size_t i = 0; i < expr.signs.size(); ++i) {
    const Sign sign = expr.signs[i];
    if (sign == Sign::both || sign == Sign::either) {
      if (truth(left) == (sign == Sign::either)) return left;
      PERSEA_TRY(left, evaluate(expr.parts[i + 1], frame));
    } else {
      PERSEA_TRY(const Value right, evaluate(expr.parts[i + 1], frame));
      PERSEA_TRY(left, operate(*this, sign, left, right));
    }
  }
  return left;
}

Result<Value> Interpreter::evaluate_comparison(const Expr& expr, Frame& frame) {
  PERSEA_TRY(Value left, evaluate(expr.parts[0], frame));
  for (size_t i = 0; i < expr.signs.size(); ++i) {
    PERSEA_TRY(const Value right, evaluate(expr.parts[i + 1], frame));
    PERSEA_TRY(const bool holds, compare(*this, expr.signs[i], left, right));
    if (!holds) return Value::of(false);
    left = right;
  }
  return Value::of(true);
}

Result<Value> Interpreter::evaluate_dict(const Expr& expr, Frame& frame) {
  std::vector<Pair> pairs;
  for (size_t i = 0; i < expr.parts.size(); i += 2) {
    PERSEA_TRY(const Value key, evaluate(expr.parts[i], frame));
    PERSEA_TRY(const Value value, evaluate(expr.parts[i + 1], frame));
    pairs.emplace_back(key, value);
  }
  return make_dict(*this, pairs);
}

Result<Args> Interpreter::arguments(const Expr& expr, size_t first, Frame& frame) {
  Args args;
  for (size_t i = first; i < expr.parts.size(); ++i) {
    PERSEA_TRY(const Value value, evaluate(expr.parts[i], frame));
    args.positional.push_back(value);
  }
  for (const Expr& spread : expr.spread) {
    PERSEA_TRY(const Value all, evaluate(spread, frame));
    PERSEA_TRY(const std::vector<Value> items, items_of(*this, all));
    args.positional.insert(args.positional.end(), items.begin(), items.end());
  }
  for (const auto& [name, value] : expr.named) {
    PERSEA_TRY(const Value given, evaluate(value, frame));
    args.named.emplace_back(name, given);
  }
  for (const Expr& spread : expr.spread_named) {
    PERSEA_TRY(const Value all, evaluate(spread, frame));
    if (!all.is(Kind::dict)) return fail("** needs a dict, not {}", type_name(all));
    PERSEA_CHECK(charge(all.dict->pairs.size() * (sizeof(Pair) + 16 * args.named.size())));
    for (const auto& [key, value] : all.dict->pairs) {
      if (!key.is(Kind::text)) return fail("** needs a dict whose keys are text");
      for (const auto& [name, other] : expr.named) {
        if (name == key.text()) return fail("the argument '{}' is given twice", name);
      }
      args.named.emplace_back(key.text(), value);
    }
  }
  return args;
}

}  // namespace persea::jinja
