// The walk through statements.
#include <algorithm>

#include "text/jinja/builtins.h"
#include "text/jinja/operations.h"

namespace persea::jinja {

using Op = Stmt::Op;

// What is left of a loop's items by its own `if`, tested one by one as the loop comes to them.
class FilteredItems final : public Iterator {
 public:
  FilteredItems(Iterator* source, const Stmt& loop, Frame& around) : source_(source), loop_(loop), around_(around) {}

  Result<bool> next(Interpreter& in, Value& item) override {
    if (!frame_) frame_ = in.enter(loop_.test_scope, &around_);
    for (;;) {
      PERSEA_TRY(const bool more, source_->next(in, item));
      if (!more) return false;
      PERSEA_CHECK(in.assign(loop_.targets[0], item, *frame_));
      PERSEA_TRY(const Value kept, in.evaluate(loop_.test[0], *frame_));
      if (truth(kept)) return true;
    }
  }

 private:
  Iterator* source_;
  const Stmt& loop_;
  Frame& around_;
  Frame* frame_ = nullptr;
};

Result<ChatTemplate::Rendered> Interpreter::run() {
  ChatTemplate::Rendered rendered;
  whole_ = &rendered.text;
  Frame* frame = enter(program_.scope, nullptr);
  const auto flow = execute(program_.body, *frame, rendered.text);
  if (!flow) return fail("{}:{}: {}", program_.where, line_, flow.error().message);
  rendered.answers = std::move(answers_);
  return rendered;
}

Result<Value> Interpreter::text(std::string_view made, bool safe) {
  PERSEA_CHECK(charge(made.size()));
  Value value = Value::of(arena_.copy(made));
  value.safe = safe;
  return value;
}
Result<Value> Interpreter::list(std::span<const Value> items) {
  PERSEA_CHECK(charge(items.size_bytes()));
  return Value::list(arena_.copy(items));
}
Result<Value> Interpreter::tuple(std::span<const Value> items) {
  PERSEA_CHECK(charge(items.size_bytes()));
  return Value::tuple(arena_.copy(items));
}
Value Interpreter::undefined(std::string_view name, std::string_view message) {
  return Value::of(arena_.make<Undefined>(arena_.copy(name.substr(0, 200)), arena_.copy(message)));
}

Frame* Interpreter::enter(const Scope& scope, Frame* around) {
  Frame* frame = arena_.make<Frame>(arena_.values(scope.names.size()), around);
  begin(*frame, scope);
  return frame;
}

void Interpreter::begin(Frame& frame, const Scope& scope) {
  for (size_t i = 0; i < scope.names.size(); ++i) {
    const Scope::Name& name = scope.names[i];
    switch (name.start) {
      case Scope::Start::parameter:
        break;
      case Scope::Start::unset:
        frame.slots[i] = Value();
        break;
      case Scope::Start::given:
        frame.slots[i] = given(name.name);
        break;
      case Scope::Start::outer:
        frame.slots[i] = slot(name.outer, *frame.around);
        break;
    }
  }
}

Value Interpreter::given(std::string_view name) const {
  if (const auto it = given_.values.find(name); it != given_.values.end()) return it->second;
  if (const Builtin* function = find_function(name)) return Value::of(function);
  return {};
}

Status Interpreter::append(std::string_view text, std::string& out) {
  PERSEA_CHECK(charge(text.size()));
  if (out.size() + text.size() > ChatTemplate::kMaxOutput)
    return fail("the template makes more than {} bytes", ChatTemplate::kMaxOutput);
  out += text;
  return {};
}

Status Interpreter::append_made(const Value& made, std::string& out) {
  if (!made.is(Kind::text)) return fail("a call or filter block made {}, not text", type_name(made));
  return append(made.text(), out);
}

Status Interpreter::assign(const Expr& target, const Value& value, Frame& frame) {
  if (target.op == Expr::Op::tuple) {
    PERSEA_TRY(const std::vector<Value> items, items_of(*this, value));
    if (items.size() != target.parts.size()) return fail("{} values for {} names", items.size(), target.parts.size());
    for (size_t i = 0; i < items.size(); ++i) PERSEA_CHECK(assign(target.parts[i], items[i], frame));
    return {};
  }
  Value& to = slot(target.place, frame);
  if (target.key.empty()) {
    to = value;
    return {};
  }
  if (!to.is(Kind::space)) return fail("'{}' is no namespace, so '{}' of it cannot be set", target.name, target.key);
  if (target.key.starts_with('_'))
    return fail("a namespace cannot have '{}': it begins with an underscore", target.key);
  PERSEA_CHECK(charge(16 * to.space->pairs.size() + sizeof(Pair)));
  for (auto& [key, held] : to.space->pairs) {
    if (key.is(Kind::text) && key.text() == target.key) {
      held = value;
      return {};
    }
  }
  to.space->pairs.emplace_back(Value::of(target.key), value);
  return {};
}

Result<Interpreter::Flow> Interpreter::execute(const std::vector<Stmt>& body, Frame& frame, std::string& out) {
  const Nesting nesting(*this);
  PERSEA_CHECK(nesting.check());
  for (const Stmt& stmt : body) {
    line_ = stmt.line;
    PERSEA_CHECK(step());
    PERSEA_TRY(const Flow flow, execute(stmt, frame, out));
    if (flow != Flow::on) return flow;
  }
  return Flow::on;
}

Result<Interpreter::Flow> Interpreter::execute(const Stmt& stmt, Frame& frame, std::string& out) {
  switch (stmt.op) {
    case Op::text:
      PERSEA_CHECK(append(stmt.text, out));
      break;
    case Op::print:
      for (const Expr& expr : stmt.values) {
        PERSEA_TRY(const Value value, evaluate(expr, frame));
        if (value.is(Kind::text)) {
          PERSEA_CHECK(append(value.text(), out));
        } else {
          PERSEA_TRY(const std::string text, str(*this, value));
          PERSEA_CHECK(append(text, out));
        }
      }
      break;
    case Op::if_:
      for (const Stmt::Branch& branch : stmt.branches) {
        PERSEA_TRY(const Value test, evaluate(branch.test, frame));
        if (truth(test)) return execute(branch.body, frame, out);
      }
      return execute(stmt.otherwise, frame, out);
    case Op::for_:
      return execute_for(stmt, frame, out);
    case Op::set: {
      PERSEA_TRY(const Value value, evaluate(stmt.values[0], frame));
      PERSEA_CHECK(assign(stmt.targets[0], value, frame));
      break;
    }
    case Op::set_block:
    case Op::filter_block:
      return execute_captured(stmt, frame, out);
    case Op::macro:
      slot(stmt.place, frame) = Value::of(arena_.make<Macro>(&stmt, &frame));
      break;
    case Op::call_block: {
      const Expr& called = stmt.values[0];
      PERSEA_TRY(const Value callee, evaluate(called.parts[0], frame));
      PERSEA_TRY(Args args, arguments(called, 1, frame));
      args.named.emplace_back("caller", Value::of(arena_.make<Macro>(&stmt, &frame)));
      PERSEA_TRY(const Value made, call(callee, args));
      PERSEA_CHECK(append_made(made, out));
      break;
    }
    case Op::with: {
      PERSEA_CHECK(charge(stmt.scope.names.size() * sizeof(Value)));
      Frame* inner = enter(stmt.scope, &frame);
      for (size_t i = 0; i < stmt.targets.size(); ++i) {
        PERSEA_TRY(const Value value, evaluate(stmt.values[i], frame));
        PERSEA_CHECK(assign(stmt.targets[i], value, *inner));
      }
      return execute(stmt.body, *inner, out);
    }
    case Op::generation: {
      PERSEA_CHECK(charge(stmt.scope.names.size() * sizeof(Value)));
      const size_t begins = out.size();
      PERSEA_TRY(const Flow flow, execute(stmt.body, *enter(stmt.scope, &frame), out));
      (void)flow;
      if (&out == whole_) answers_.emplace_back(begins, out.size());
      break;
    }
    case Op::break_:
      return Flow::leave;
    case Op::continue_:
      return Flow::next;
  }
  return Flow::on;
}

Result<Interpreter::Flow> Interpreter::execute_for(const Stmt& stmt, Frame& frame, std::string& out) {
  PERSEA_TRY(const Value all, evaluate(stmt.values[0], frame));
  Loop* loop = arena_.make<Loop>();
  PERSEA_TRY(loop->rest, iterate(*this, all));
  if (!stmt.test.empty()) {
    loop->rest = new (arena_.resource()->allocate(sizeof(FilteredItems), alignof(FilteredItems)))
        FilteredItems(loop->rest, stmt, frame);
  } else if (!all.is(Kind::iterator) && !all.is(Kind::loop)) {
    PERSEA_TRY(loop->length, length(*this, all));
  }
  PERSEA_CHECK(charge((stmt.scope.names.size() + stmt.test_scope.names.size()) * sizeof(Value)));
  Frame* inner = enter(stmt.scope, &frame);
  const auto own = std::find_if(stmt.scope.names.begin(), stmt.scope.names.end(),
                                [](const Scope::Name& name) { return name.name == "loop"; });
  inner->slots[own - stmt.scope.names.begin()] = Value::of(loop);
  bool ended = false;  // an item's turn, neither left nor cut short: if none was, `else` follows
  for (;;) {
    PERSEA_CHECK(charge(64 + stmt.scope.names.size() * sizeof(Value)));
    PERSEA_TRY(const bool more, loop_peek(*this, *loop));
    if (!more) break;
    ++loop->index0;
    loop->before = std::exchange(loop->current, std::exchange(loop->after, Value()));
    begin(*inner, stmt.scope);
    PERSEA_CHECK(assign(stmt.targets[0], loop->current, *inner));
    PERSEA_TRY(const Flow flow, execute(stmt.body, *inner, out));
    if (flow == Flow::leave) break;
    ended = ended || flow == Flow::on;
  }
  if (ended || stmt.otherwise.empty()) return Flow::on;
  PERSEA_CHECK(charge(stmt.otherwise_scope.names.size() * sizeof(Value)));
  return execute(stmt.otherwise, *enter(stmt.otherwise_scope, &frame), out);
}

Result<Interpreter::Flow> Interpreter::execute_captured(const Stmt& stmt, Frame& frame, std::string& out) {
  PERSEA_CHECK(charge(stmt.scope.names.size() * sizeof(Value)));
  Frame* inner = enter(stmt.scope, &frame);
  std::string made;
  PERSEA_TRY(const Flow flow, execute(stmt.body, *inner, made));
  if (flow != Flow::on) return flow;
  PERSEA_TRY(Value value, text(made));
  if (!stmt.values.empty()) {
    PERSEA_TRY(value, filtered(stmt.values[0], value, *inner));
  }
  if (stmt.op == Op::set_block) {
    PERSEA_CHECK(assign(stmt.targets[0], value, frame));
  } else {
    PERSEA_CHECK(append_made(value, out));
  }
  return Flow::on;
}

Result<Value> Interpreter::call(const Value& callee, const Args& args) {
  const Nesting nesting(*this);
  PERSEA_CHECK(nesting.check());
  switch (callee.kind) {
    case Kind::macro:
      return call_macro(*callee.macro, args);
    case Kind::method:
      if (!callee.method->builtin->run)
        return fail("the method {} of {} is not supported", callee.method->builtin->name,
                    type_name(callee.method->self));
      return callee.method->builtin->run(*this, callee.method->self, args);
    case Kind::function:
      if (!callee.function->run) return fail("the function {} is not supported", callee.function->name);
      return callee.function->run(*this, callee, args);
    case Kind::joiner:
      if (!args.positional.empty() || !args.named.empty()) return fail("a joiner takes no arguments");
      return std::exchange(callee.joiner->used, true) ? callee.joiner->separator : Value::of(std::string_view(""));
    case Kind::undefined:
      return undefined_error(callee);
    case Kind::loop:
      return fail("recursive loops are not supported");
    default:
      return fail("'{}' object is not callable", type_name(callee));
  }
}

Result<Value> Interpreter::call_macro(const Macro& macro, const Args& args) {
  const Stmt& own = *macro.definition;
  PERSEA_CHECK(charge(own.scope.names.size() * sizeof(Value)));
  Frame* frame = enter(own.scope, macro.around);
  std::vector<NamedValue> named = args.named;
  const auto take = [&](std::string_view name) {
    const auto it = std::find_if(named.begin(), named.end(), [&](const NamedValue& one) { return one.first == name; });
    if (it == named.end()) return Value();
    const Value value = it->second;
    named.erase(it);
    return value;
  };
  const size_t count = own.parameters.size();
  for (size_t i = 0; i < count; ++i)
    frame->slots[i] = i < args.positional.size() ? args.positional[i] : take(own.parameters[i].name);
  size_t slot = count;
  if (own.takes_caller) {
    const Value caller = take("caller");
    frame->slots[slot++] = caller.given() ? caller : undefined("caller", "No caller defined");
  }
  if (own.takes_named) {
    std::vector<Pair> pairs;
    for (const auto& [name, value] : named) pairs.emplace_back(Value::of(name), value);
    PERSEA_TRY(frame->slots[slot++], make_dict(*this, pairs));
  } else if (!named.empty()) {
    return fail("macro '{}' takes no keyword argument '{}'", own.text, named[0].first);
  }
  const std::span<const Value> more = std::span(args.positional).subspan(std::min(count, args.positional.size()));
  if (own.takes_more) {
    PERSEA_TRY(frame->slots[slot++], tuple(more));
  } else if (!more.empty()) {
    return fail("macro '{}' takes not more than {} argument(s)", own.text, count);
  }
  const size_t needed = count - own.defaults.size();
  for (size_t i = 0; i < count; ++i) {
    if (frame->slots[i].given()) continue;
    if (i < needed) {
      frame->slots[i] =
          undefined(own.parameters[i].name, fmt::format("parameter '{}' was not provided", own.parameters[i].name));
    } else {
      PERSEA_TRY(frame->slots[i], evaluate(own.defaults[i - needed], *frame));
    }
  }
  std::string made;
  PERSEA_TRY(const Flow flow, execute(own.body, *frame, made));
  (void)flow;
  return text(made);
}

}  // namespace persea::jinja
