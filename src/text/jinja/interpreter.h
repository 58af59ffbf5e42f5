// One rendering of a program: its arena, what it may still cost, and the walk through statements and expressions.
// The operations on values are in operations.h, filters, tests, methods and functions in builtins.h.
#pragma once

#include <ctime>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/jinja.h"
#include "text/jinja/ast.h"

namespace persea::jinja {

// The variables given to a template, in an arena of their own.
struct Bindings {
  Arena arena;
  std::map<std::string, Value, std::less<>> values;
};

struct Frame {
  std::span<Value> slots;
  Frame* around;
};

class Interpreter {
 public:
  Interpreter(const Program& program, const Bindings& given, std::time_t now)
      : program_(program), given_(given), now_(now) {}
  Result<ChatTemplate::Rendered> run();

  Arena& arena() { return arena_; }
  std::time_t now() const { return now_; }

  // Every evaluation and every byte that is made or looked at is charged for, so a rendering ends.
  Status charge(size_t bytes) {
    if (bytes >= budget_) return fail("the template takes too much work or memory");
    budget_ -= bytes;
    return {};
  }
  Status step() { return charge(64); }

  Result<Value> text(std::string_view made, bool safe = false);  // a copy
  Result<Value> list(std::span<const Value> items);              // a copy
  Result<Value> tuple(std::span<const Value> items);
  Value undefined(std::string_view name, std::string_view message);

  Result<Value> call(const Value& callee, const Args& args);
  Status assign(const Expr& target, const Value& value, Frame& frame);
  Result<Value> evaluate(const Expr& expr, Frame& frame);

  // Recursion of any kind: the stack is bounded.
  class Nesting {
   public:
    explicit Nesting(Interpreter& in) : in_(in) { ++in_.depth_; }
    ~Nesting() { --in_.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    Status check() const {
      return in_.depth_ > kMaxDepth ? Status(fail("nested deeper than {} levels", kMaxDepth)) : Status();
    }

   private:
    Interpreter& in_;
  };

 private:
  static constexpr int kMaxDepth = 600;
  enum class Flow : uint8_t { on, next, leave };  // next and leave: of a loop

  // execute.cc
  Frame* enter(const Scope& scope, Frame* around);
  void begin(Frame& frame, const Scope& scope);
  Value given(std::string_view name) const;
  Result<Flow> execute(const std::vector<Stmt>& body, Frame& frame, std::string& out);
  Result<Flow> execute(const Stmt& stmt, Frame& frame, std::string& out);
  Result<Flow> execute_for(const Stmt& stmt, Frame& frame, std::string& out);
  Result<Flow> execute_captured(const Stmt& stmt, Frame& frame, std::string& out);  // set and filter blocks
  Status append(std::string_view text, std::string& out);
  Status append_made(const Value& made, std::string& out);  // by a call or a filter, which must make text
  Result<Value> call_macro(const Macro& macro, const Args& args);

  // evaluate.cc
  Result<Value> filtered(const Expr& expr, const Value& innermost, Frame& frame);
  Result<Value> evaluate_chain(const Expr& expr, Frame& frame);
  Result<Value> evaluate_comparison(const Expr& expr, Frame& frame);
  Result<Value> evaluate_dict(const Expr& expr, Frame& frame);
  Result<Args> arguments(const Expr& expr, size_t first, Frame& frame);
  Value& slot(const Place& place, Frame& frame) const;

  const Program& program_;
  const Bindings& given_;
  const std::time_t now_;
  Arena arena_;
  size_t budget_ = ChatTemplate::kMaxWork;
  int depth_ = 0;
  int line_ = 1;
  std::string* whole_ = nullptr;  // the rendered text, as opposed to a macro's
  std::vector<std::pair<size_t, size_t>> answers_;

  friend class FilteredItems;
};

}  // namespace persea::jinja
