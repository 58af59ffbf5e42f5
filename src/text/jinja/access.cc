// Attributes, items and slices, and going through what can be gone through.
#include <algorithm>

#include "text/jinja/builtins.h"
#include "text/jinja/operations.h"
#include "text/jinja/pytext.h"

namespace persea::jinja {
namespace {

// object[index] where that is possible; nothing where Python raises a TypeError or LookupError.
Result<std::optional<Value>> plain_item(Interpreter& in, const Value& object, const Value& index) {
  using Found = std::optional<Value>;
  if (object.is(Kind::undefined)) return undefined_error(object);
  if (object.is(Kind::dict)) {
    if (!hashable(index)) return Found();
    PERSEA_TRY(const Value* value, look_up(in, *object.dict, index));
    return value ? Found(*value) : Found();
  }
  if (!index.is_whole()) return Found();
  int64_t at = index.whole();
  const auto within = [&](int64_t size) {
    if (at < 0) at += size;
    return at >= 0 && at < size;
  };
  if (object.is(Kind::list) || object.is(Kind::tuple)) return within(object.size) ? Found(object.items[at]) : Found();
  if (object.is(Kind::range)) {
    return within(object.range->size()) ? Found(Value::of(object.range->start + at * object.range->step)) : Found();
  }
  if (object.is(Kind::text)) {
    PERSEA_CHECK(in.charge(object.size));
    if (!within(static_cast<int64_t>(char_count(object.text())))) return Found();
    const std::string_view rest = object.text().substr(char_offset(object.text(), at));
    Value one = Value::of(rest.substr(0, char_offset(rest.substr(0, 4), 1)));
    one.safe = object.safe;
    return Found(one);
  }
  return Found();
}

Result<Value> loop_attribute(Interpreter& in, const Value& object, std::string_view name, bool& found) {
  Loop& loop = *object.loop;
  if (name == "index") return Value::of(loop.index0 + 1);
  if (name == "index0") return Value::of(loop.index0);
  if (name == "first") return Value::of(loop.index0 == 0);
  if (name == "depth") return Value::of(int64_t{1});
  if (name == "depth0") return Value::of(int64_t{0});
  if (name == "last") {
    PERSEA_TRY(const bool more, loop_peek(in, loop));
    return Value::of(!more);
  }
  if (name == "nextitem") {
    PERSEA_TRY(const bool more, loop_peek(in, loop));
    return more ? loop.after : in.undefined("nextitem", "there is no next item");
  }
  if (name == "previtem") return loop.index0 == 0 ? in.undefined("previtem", "there is no previous item") : loop.before;
  if (name == "length" || name == "revindex" || name == "revindex0") {
    PERSEA_TRY(const int64_t length, loop_length(in, loop));
    return Value::of(name == "length" ? length : length - loop.index0 - (name == "revindex0"));
  }
  found = false;
  return Value();
}

// What getattr() has of an object, other than its methods.
Result<Value> own_attribute(Interpreter& in, const Value& object, std::string_view name, bool& found) {
  found = true;
  if (object.is(Kind::loop)) return loop_attribute(in, object, name, found);
  if (object.is(Kind::space)) {
    for (const auto& [key, value] : object.space->pairs) {
      if (key.is(Kind::text) && key.text() == name) return value;
    }
  } else if (object.is(Kind::cycler) && name == "current") {
    return object.cycler->items[object.cycler->at];
  } else if (object.is(Kind::macro) && (name == "name" || name == "arguments")) {
    if (name == "name") return Value::of(object.macro->definition->text);
    std::vector<Value> names;
    for (const Expr& parameter : object.macro->definition->parameters) names.push_back(Value::of(parameter.name));
    return in.list(names);
  }
  found = false;
  return Value();
}

Result<Value> attribute_or_missing(Interpreter& in, const Value& object, std::string_view name) {
  bool found = false;
  PERSEA_TRY(const Value own, own_attribute(in, object, name, found));
  if (found) return own;
  if (name.starts_with("__") && name.ends_with("__") && !object.is(Kind::space))
    return in.undefined(name,
                        fmt::format("the attribute '{:.80}' of a {} is not for templates", name, type_name(object)));
  if (const Builtin* method = find_method(object, name)) {
    if (!method->run && (object.is(Kind::list) || object.is(Kind::dict)) && changes(*method))
      return in.undefined(
          name, fmt::format("the method {} would change a {}, which templates must not", name, type_name(object)));
    return Value::of(in.arena().make<Method>(object, method));
  }
  return Value();
}

Value no_such(Interpreter& in, const Value& object, const Value& name) {
  const std::string shown = name.is(Kind::text) ? fmt::format("'{:.80}'", name.text()) : std::string(type_name(name));
  return in.undefined(name.is(Kind::text) ? name.text() : "", fmt::format("a {} has no {}", type_name(object), shown));
}

class ManyItems final : public Iterator {
 public:
  explicit ManyItems(std::span<const Value> items) : items_(items) {}
  Result<bool> next(Interpreter&, Value& item) override {
    if (at_ == items_.size()) return false;
    item = items_[at_++];
    return true;
  }

 private:
  std::span<const Value> items_;
  size_t at_ = 0;
};

class DictItems final : public Iterator {
 public:
  DictItems(const Dict& dict, View::Of of) : dict_(dict), of_(of) {}
  Result<bool> next(Interpreter& in, Value& item) override {
    if (at_ == dict_.pairs.size()) return false;
    const auto& [key, value] = dict_.pairs[at_++];
    if (of_ != View::Of::items) {
      item = of_ == View::Of::keys ? key : value;
      return true;
    }
    const Value both[] = {key, value};
    PERSEA_TRY(item, in.tuple(both));
    return true;
  }

 private:
  const Dict& dict_;
  View::Of of_;
  size_t at_ = 0;
};

class RangeItems final : public Iterator {
 public:
  explicit RangeItems(const Range& range) : range_(range) {}
  Result<bool> next(Interpreter&, Value& item) override {
    if (at_ == range_.size()) return false;
    item = Value::of(range_.start + at_++ * range_.step);
    return true;
  }

 private:
  const Range& range_;
  int64_t at_ = 0;
};

class Chars final : public Iterator {
 public:
  explicit Chars(const Value& text) : rest_(text) { rest_.safe = false; }  // as iter() of marked text does
  Result<bool> next(Interpreter&, Value& item) override {
    if (rest_.size == 0) return false;
    item = rest_;
    item.size = static_cast<uint32_t>(char_offset(rest_.text().substr(0, 4), 1));
    rest_.chars += item.size;
    rest_.size -= item.size;
    return true;
  }

 private:
  Value rest_;
};

}  // namespace

Error undefined_error(const Value& undefined) {
  if (!undefined.undefined->message.empty()) return fail("{}", undefined.undefined->message);
  return fail("'{}' is undefined", undefined.undefined->name);
}

Result<Value> attribute(Interpreter& in, const Value& object, std::string_view name) {
  if (object.is(Kind::undefined)) return undefined_error(object);
  PERSEA_TRY(const Value own, attribute_or_missing(in, object, name));
  if (own.given()) return own;
  if (object.is(Kind::dict)) {
    PERSEA_CHECK(in.charge(4 * object.dict->pairs.size()));
    if (const Value* value = look_up(*object.dict, name)) return *value;
  }
  return no_such(in, object, Value::of(name));
}

Result<Value> item(Interpreter& in, const Value& object, const Value& index) {
  PERSEA_TRY(const std::optional<Value> plain, plain_item(in, object, index));
  if (plain) return *plain;
  if (index.is(Kind::text)) {
    PERSEA_TRY(const Value own, attribute_or_missing(in, object, index.text()));
    if (own.given()) return own;
  }
  return no_such(in, object, index);
}

Result<Value> slice(Interpreter& in, const Value& object, const Value& from, const Value& to, const Value& step) {
  if (object.is(Kind::undefined)) return undefined_error(object);
  for (const Value* bound : {&from, &to, &step}) {
    if (bound->given() && !bound->is_whole() && !bound->is(Kind::none))
      return fail("a slice needs whole numbers, not {}", type_name(*bound));
  }
  int64_t size = 0;
  if (object.is(Kind::text)) {
    PERSEA_CHECK(in.charge(object.size));
    size = static_cast<int64_t>(char_count(object.text()));
  } else if (object.is(Kind::list) || object.is(Kind::tuple)) {
    size = object.size;
  } else if (object.is(Kind::range)) {
    size = object.range->size();
  } else {
    return fail("a {} cannot be sliced", type_name(object));
  }
  const int64_t stride = std::clamp(step.is_whole() ? step.whole() : 1, -INT64_MAX, INT64_MAX);
  if (stride == 0) return fail("the step of a slice cannot be zero");
  const bool up = stride > 0;
  const auto bound = [&](const Value& given, int64_t otherwise) {
    if (!given.is_whole()) return otherwise;
    const int64_t at = given.whole() < 0 ? given.whole() + size : given.whole();
    return std::clamp(at, int64_t{up ? 0 : -1}, up ? size : size - 1);
  };
  const int64_t first = bound(from, up ? 0 : size - 1), end = bound(to, up ? size : -1);
  const int64_t count = Range{first, end, stride}.size();
  if (object.is(Kind::range)) {
    const Range& all = *object.range;
    int64_t by = 0;
    if (__builtin_mul_overflow(all.step, stride, &by)) return fail("a number needs more than 64 bits");
    return Value::of(in.arena().make<Range>(all.start + first * all.step, all.start + end * all.step, by));
  }
  if (object.is(Kind::text)) {
    Value part = object;
    if (stride == 1) {
      const size_t begin = char_offset(object.text(), first);
      part = Value::of(object.text().substr(begin, count == 0 ? 0 : char_offset(object.text().substr(begin), count)));
      part.safe = object.safe;
      return part;
    }
    const std::vector<std::string_view> chars = chars_of(object.text());
    PERSEA_CHECK(in.charge(chars.size() * sizeof(chars[0])));
    std::string made;
    for (int64_t i = 0; i < count; ++i) made += chars[first + i * stride];
    return in.text(made, object.safe);
  }
  std::vector<Value> items;
  for (int64_t i = 0; i < count; ++i) items.push_back(object.items[first + i * stride]);
  return object.is(Kind::list) ? in.list(items) : in.tuple(items);
}

Result<Value> path(Interpreter& in, Value object, const Value& attribute) {
  if (!attribute.given() || attribute.is(Kind::none)) return object;
  if (!attribute.is(Kind::text)) return item(in, object, attribute);
  PERSEA_CHECK(in.charge(attribute.size));
  for (const std::string_view part : split(attribute.text(), ".", -1, false)) {
    const bool number = !part.empty() && part.size() < 10 &&
                        std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    int64_t index = 0;
    for (const char c : part) index = number ? index * 10 + (c - '0') : 0;
    PERSEA_TRY(object, item(in, object, number ? Value::of(index) : Value::of(part)));
  }
  return object;
}

Result<int64_t> length(Interpreter& in, const Value& value) {
  switch (value.kind) {
    case Kind::undefined:
      return int64_t{0};
    case Kind::text:
      PERSEA_CHECK(in.charge(value.size / 8));
      return static_cast<int64_t>(char_count(value.text()));
    case Kind::list:
    case Kind::tuple:
      return int64_t{value.size};
    case Kind::dict:
      return static_cast<int64_t>(value.dict->pairs.size());
    case Kind::view:
      return static_cast<int64_t>(value.view->dict->pairs.size());
    case Kind::range:
      return value.range->size();
    case Kind::loop:
      return loop_length(in, *value.loop);
    default:
      return fail("a {} has no length", type_name(value));
  }
}

bool iterable(const Value& value) {
  switch (value.kind) {
    case Kind::undefined:
    case Kind::text:
    case Kind::list:
    case Kind::tuple:
    case Kind::dict:
    case Kind::view:
    case Kind::range:
    case Kind::loop:
    case Kind::iterator:
      return true;
    default:
      return false;
  }
}

Result<Iterator*> iterate(Interpreter& in, const Value& value) {
  PERSEA_CHECK(in.step());
  const auto place = [&]<class T>(T made) -> Iterator* {
    return new (in.arena().resource()->allocate(sizeof(T), alignof(T))) T(made);
  };
  switch (value.kind) {
    case Kind::undefined:
      return place(ManyItems({}));
    case Kind::text:
      return place(Chars(value));
    case Kind::list:
    case Kind::tuple:
      return place(ManyItems(value.sequence()));
    case Kind::dict:
      return place(DictItems(*value.dict, View::Of::keys));
    case Kind::view:
      return place(DictItems(*value.view->dict, value.view->of));
    case Kind::range:
      return place(RangeItems(*value.range));
    case Kind::iterator:
      return value.iterator;
    case Kind::loop:
      return fail("going through 'loop' itself is not supported");
    default:
      return fail("a {} cannot be gone through", type_name(value));
  }
}

Result<std::vector<Value>> items_of(Interpreter& in, const Value& value) {
  PERSEA_TRY(Iterator * all, iterate(in, value));
  std::vector<Value> items;
  for (Value item;;) {
    PERSEA_CHECK(in.charge(sizeof(Value)));
    PERSEA_TRY(const bool more, all->next(in, item));
    if (!more) return items;
    items.push_back(item);
  }
}

Result<bool> loop_peek(Interpreter& in, Loop& loop) {
  if (loop.after.given()) return true;
  PERSEA_TRY(const bool more, loop.rest->next(in, loop.after));
  if (!more) loop.after = Value();
  return more;
}

Result<int64_t> loop_length(Interpreter& in, Loop& loop) {
  if (loop.length < 0) {
    PERSEA_TRY(const std::vector<Value> rest, items_of(in, Value::of(loop.rest)));
    PERSEA_TRY(const Value held, in.list(rest));
    PERSEA_TRY(loop.rest, iterate(in, held));
    loop.length = static_cast<int64_t>(rest.size()) + loop.index0 + 1 + loop.after.given();
  }
  return loop.length;
}

Result<std::vector<Value>> bind(std::string_view callee, const Args& args,
                                std::initializer_list<std::string_view> parameters, size_t required) {
  if (args.positional.size() > parameters.size())
    return fail("{} takes at most {} argument(s), not {}", callee, parameters.size(), args.positional.size());
  std::vector<Value> bound = args.positional;
  bound.resize(parameters.size());
  for (const auto& [name, value] : args.named) {
    const auto* parameter = std::find(parameters.begin(), parameters.end(), name);
    if (parameter == parameters.end()) return fail("{} has no parameter '{:.80}'", callee, name);
    Value& to = bound[parameter - parameters.begin()];
    if (to.given()) return fail("{} got '{}' twice", callee, name);
    to = value;
  }
  for (size_t i = 0; i < required; ++i) {
    if (!bound[i].given()) return fail("{} needs '{}'", callee, parameters.begin()[i]);
  }
  return bound;
}

Result<int64_t> whole_or(const Value& value, int64_t otherwise, std::string_view what) {
  if (!value.given()) return otherwise;
  if (value.is(Kind::undefined)) return undefined_error(value);
  if (!value.is_whole()) return fail("{} needs a whole number, not {}", what, type_name(value));
  return value.whole();
}

Result<std::string_view> text_of(const Value& value, std::string_view what) {
  if (value.is(Kind::undefined)) return undefined_error(value);
  if (!value.is(Kind::text)) return fail("{} needs text, not {}", what, type_name(value));
  return value.text();
}

}  // namespace persea::jinja
