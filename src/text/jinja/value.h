// The values of templates: what Python's are, as far as templates see them. All of them lie in an arena and none is
// freed before the arena, so values are plain words that are copied, parts of text are views of it, and what refers to
// itself harms nothing. Integers have 64 bits; what needs more is an error.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace persea::jinja {

class Interpreter;
struct Dict;
struct Frame;
struct Stmt;
struct Value;

enum class Kind : uint8_t {
  missing,  // no value: an argument that was not given
  undefined,
  none,
  boolean,
  integer,
  real,
  text,
  list,
  tuple,
  dict,
  range,
  view,  // keys(), values() and items() of a dict
  iterator,
  space,  // namespace()
  macro,
  loop,
  method,
  function,
  cycler,
  joiner,
};

struct Undefined {
  std::string_view name;
  std::string_view message;  // why, or empty: the name is undefined
};
struct Range {
  int64_t start, stop, step;
  int64_t size() const {
    const int64_t gap = step > 0 ? stop - start : start - stop, stride = step > 0 ? step : -step;
    return gap > 0 ? (gap - 1) / stride + 1 : 0;
  }
};
struct View;
struct Iterator;
struct Space;
struct Macro;
struct Loop;
struct Method;
struct Builtin;
struct Cycler;
struct Joiner;

struct Value {
  Kind kind = Kind::missing;
  bool safe = false;  // text that |safe or |escape has marked
  uint32_t size = 0;  // bytes of text, items of a list or tuple
  union {
    int64_t integer = 0;
    bool boolean;
    double real;
    const char* chars;
    const Value* items;
    const Dict* dict;
    const Undefined* undefined;
    const Range* range;
    const View* view;
    Iterator* iterator;
    Space* space;
    const Macro* macro;
    Loop* loop;
    const Method* method;
    const Builtin* function;
    Cycler* cycler;
    Joiner* joiner;
  };

  Value() {}
  static Value none() { return of(Kind::none); }
  static Value of(bool value) { return with(Kind::boolean, &Value::boolean, value); }
  static Value of(int64_t value) { return with(Kind::integer, &Value::integer, value); }
  static Value of(double value) { return with(Kind::real, &Value::real, value); }
  static Value of(std::string_view lasting) { return many(Kind::text, &Value::chars, lasting.data(), lasting.size()); }
  static Value of(const char*) = delete;
  static Value of(const Dict* value) { return with(Kind::dict, &Value::dict, value); }
  static Value of(const Undefined* value) { return with(Kind::undefined, &Value::undefined, value); }
  static Value of(const Range* value) { return with(Kind::range, &Value::range, value); }
  static Value of(const View* value) { return with(Kind::view, &Value::view, value); }
  static Value of(Iterator* value) { return with(Kind::iterator, &Value::iterator, value); }
  static Value of(Space* value) { return with(Kind::space, &Value::space, value); }
  static Value of(const Macro* value) { return with(Kind::macro, &Value::macro, value); }
  static Value of(Loop* value) { return with(Kind::loop, &Value::loop, value); }
  static Value of(const Method* value) { return with(Kind::method, &Value::method, value); }
  static Value of(const Builtin* value) { return with(Kind::function, &Value::function, value); }
  static Value of(Cycler* value) { return with(Kind::cycler, &Value::cycler, value); }
  static Value of(Joiner* value) { return with(Kind::joiner, &Value::joiner, value); }
  static Value list(std::span<const Value> lasting) {
    return many(Kind::list, &Value::items, lasting.data(), lasting.size());
  }
  static Value tuple(std::span<const Value> lasting) {
    return many(Kind::tuple, &Value::items, lasting.data(), lasting.size());
  }

  bool is(Kind k) const { return kind == k; }
  bool given() const { return kind != Kind::missing; }
  bool is_number() const { return kind == Kind::boolean || kind == Kind::integer || kind == Kind::real; }
  bool is_whole() const {
    return kind == Kind::boolean || kind == Kind::integer;
  }  // Python's int, of which bool is one
  int64_t whole() const { return kind == Kind::boolean ? boolean : integer; }
  double number() const { return kind == Kind::real ? real : static_cast<double>(whole()); }
  std::string_view text() const { return {chars, size}; }
  std::span<const Value> sequence() const { return {items, size}; }

 private:
  static Value of(Kind kind) {
    Value v;
    v.kind = kind;
    return v;
  }
  template <class Member, class T>
  static Value with(Kind kind, Member Value::*member, T value) {
    Value v = of(kind);
    v.*member = value;
    return v;
  }
  template <class Member, class T>
  static Value many(Kind kind, Member Value::*member, T value, size_t size) {
    Value v = with(kind, member, value);
    v.size = static_cast<uint32_t>(size);
    return v;
  }
};

using Pair = std::pair<Value, Value>;
using NamedValue = std::pair<std::string_view, Value>;

struct Dict {
  std::span<const Pair> pairs;  // no two keys are equal
};
struct View {
  enum class Of : uint8_t { keys, values, items } of;
  const Dict* dict;
};
// One after the other, once: Python's generators and iterators.
struct Iterator {
  virtual Result<bool> next(Interpreter& in, Value& item) = 0;

 protected:
  ~Iterator() = default;
};
struct Space {
  std::pmr::vector<Pair> pairs;
};
struct Macro {
  const Stmt* definition;
  Frame* around;  // the names it sees beside its own
};
struct Loop {
  Iterator* rest;
  int64_t index0 = -1;
  int64_t length = -1;  // -1: not known yet
  Value before, current, after, changed;
};
struct Cycler {
  std::span<const Value> items;
  size_t at = 0;
};
struct Joiner {
  Value separator;
  bool used = false;
};

struct Args {
  std::vector<Value> positional;
  std::vector<NamedValue> named;
};
// A filter, test, method or function: `self` is what it is applied to.
using Native = Result<Value> (*)(Interpreter& in, const Value& self, const Args& args);
struct Builtin {
  std::string_view name;
  Native run;  // null: Jinja or Python has it, but it is not supported here
};
struct Method {
  Value self;
  const Builtin* builtin;
};

class Arena {
 public:
  std::string_view copy(std::string_view text);
  std::span<Value> values(size_t count);
  std::span<const Value> copy(std::span<const Value> values);
  const Dict* dict(std::span<const Pair> pairs);  // of keys of which no two are equal
  template <class T, class... A>
  T* make(A&&... args) {
    return new (memory_.allocate(sizeof(T), alignof(T))) T{std::forward<A>(args)...};
  }
  std::pmr::memory_resource* resource() { return &memory_; }

 private:
  std::pmr::monotonic_buffer_resource memory_;
};

std::string_view type_name(const Value& value);  // Python's: str, NoneType ...

}  // namespace persea::jinja
