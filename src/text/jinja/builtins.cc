// Tests and functions, and the tables by which names are found.
#include "text/jinja/builtins.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include "text/jinja/operations.h"
#include "text/jinja/pytext.h"

namespace persea::jinja {
namespace {

using std::string_view_literals::operator""sv;

const Builtin* find(std::span<const Builtin> table, std::string_view name) {
  const auto it = std::find_if(table.begin(), table.end(), [&](const Builtin& one) { return one.name == name; });
  return it == table.end() ? nullptr : &*it;
}

// Tests.
template <class F>
Result<Value> plain_test(const Args& args, F test) {
  PERSEA_TRY(const auto none, bind("a test", args, {}));
  (void)none;
  return Value::of(test());
}
template <Kind kind>
Result<Value> of_kind(Interpreter&, const Value& self, const Args& args) {
  return plain_test(args, [&] { return self.is(kind); });
}
template <bool wanted>
Result<Value> is_bool(Interpreter&, const Value& self, const Args& args) {
  return plain_test(args, [&] { return self.is(Kind::boolean) && self.boolean == wanted; });
}
template <Sign sign>
Result<Value> compares(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("a comparison", args, {"other"}, 1));
  PERSEA_TRY(const bool holds, compare(in, sign, self, bound[0]));
  return Value::of(holds);
}
Result<Value> has_rest(Interpreter& in, const Value& self, int64_t divisor, int64_t rest) {
  PERSEA_TRY(const Value modulo, operate(in, Sign::modulo, self, Value::of(divisor)));
  PERSEA_TRY(const bool same, equal(in, modulo, Value::of(rest)));
  return Value::of(same);
}
Result<Value> odd(Interpreter& in, const Value& self, const Args&) { return has_rest(in, self, 2, 1); }
Result<Value> even(Interpreter& in, const Value& self, const Args&) { return has_rest(in, self, 2, 0); }
Result<Value> divisible_by(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("divisibleby", args, {"num"}, 1));
  PERSEA_TRY(const Value modulo, operate(in, Sign::modulo, self, bound[0]));
  PERSEA_TRY(const bool same, equal(in, modulo, Value::of(int64_t{0})));
  return Value::of(same);
}
Result<Value> defined(Interpreter&, const Value& self, const Args& args) {
  return plain_test(args, [&] { return !self.is(Kind::undefined); });
}
Result<Value> number(Interpreter&, const Value& self, const Args& args) {
  return plain_test(args, [&] { return self.is_number(); });
}
Result<Value> sequence(Interpreter&, const Value& self, const Args& args) {
  return plain_test(
      args, [&] { return iterable(self) && !self.is(Kind::view) && !self.is(Kind::iterator) && !self.is(Kind::loop); });
}
Result<Value> is_iterable(Interpreter&, const Value& self, const Args& args) {
  return plain_test(args, [&] { return iterable(self); });
}
Result<Value> is_callable(Interpreter&, const Value& self, const Args& args) {
  return plain_test(args, [&] {
    return self.is(Kind::undefined) || self.is(Kind::macro) || self.is(Kind::method) || self.is(Kind::function) ||
           self.is(Kind::joiner) || self.is(Kind::loop);
  });
}
Result<Value> escaped(Interpreter&, const Value& self, const Args& args) {
  return plain_test(args, [&] { return self.is(Kind::text) && self.safe; });
}
template <bool (*cased)(std::string_view)>
Result<Value> is_cased(Interpreter& in, const Value& self, const Args&) {
  PERSEA_TRY(const std::string text, str(in, self));
  return Value::of(cased(text));
}
Result<Value> same_as(Interpreter&, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("sameas", args, {"other"}, 1));
  const Value& other = bound[0];
  if (self.kind != other.kind || self.is(Kind::none)) return Value::of(self.kind == other.kind);
  if (self.is(Kind::boolean)) return Value::of(self.boolean == other.boolean);
  return fail("sameas is supported for none, true and false only");
}
template <const Builtin* (*find_it)(std::string_view)>
Result<Value> is_name_of(Interpreter&, const Value& self, const Args&) {
  PERSEA_TRY(const std::string_view name, text_of(self, "the name of a filter or test"));
  const Builtin* builtin = find_it(name);
  if (builtin && !builtin->run) return fail("'{}' is not supported", name);
  return Value::of(builtin != nullptr);
}

constexpr Builtin kTests[] = {
    {"odd", odd},
    {"even", even},
    {"divisibleby", divisible_by},
    {"defined", defined},
    {"undefined", of_kind<Kind::undefined>},
    {"filter", is_name_of<find_filter>},
    {"test", is_name_of<find_test>},
    {"none", of_kind<Kind::none>},
    {"boolean", of_kind<Kind::boolean>},
    {"false", is_bool<false>},
    {"true", is_bool<true>},
    {"integer", of_kind<Kind::integer>},
    {"float", of_kind<Kind::real>},
    {"lower", is_cased<is_lower>},
    {"upper", is_cased<is_upper>},
    {"string", of_kind<Kind::text>},
    {"mapping", of_kind<Kind::dict>},
    {"number", number},
    {"sequence", sequence},
    {"iterable", is_iterable},
    {"callable", is_callable},
    {"sameas", same_as},
    {"escaped", escaped},
    {"in", compares<Sign::in>},
    {"==", compares<Sign::equal>},
    {"eq", compares<Sign::equal>},
    {"equalto", compares<Sign::equal>},
    {"!=", compares<Sign::unequal>},
    {"ne", compares<Sign::unequal>},
    {">", compares<Sign::greater>},
    {"gt", compares<Sign::greater>},
    {"greaterthan", compares<Sign::greater>},
    {">=", compares<Sign::greater_equal>},
    {"ge", compares<Sign::greater_equal>},
    {"<", compares<Sign::less>},
    {"lt", compares<Sign::less>},
    {"lessthan", compares<Sign::less>},
    {"<=", compares<Sign::less_equal>},
    {"le", compares<Sign::less_equal>},
};

// Functions.
Result<Value> range(Interpreter& in, const Value&, const Args& args) {
  constexpr int64_t kMost = 100000;
  PERSEA_TRY(const auto bound, bind("range", args, {"", "", ""}, 1));
  int64_t numbers[3] = {0, 0, 1};
  for (size_t i = 0; i < 3; ++i) {
    PERSEA_TRY(numbers[i], whole_or(bound[i], numbers[i], "range"));
    if (std::max(numbers[i], -numbers[i]) > int64_t{1} << 60) return fail("a range of such numbers is not supported");
  }
  if (!bound[1].given()) numbers[1] = std::exchange(numbers[0], 0);
  if (numbers[2] == 0) return fail("the step of a range cannot be zero");
  const Range made{numbers[0], numbers[1], numbers[2]};
  if (made.size() > kMost) return fail("a range of more than {} numbers", kMost);
  return Value::of(in.arena().make<Range>(made));
}

Result<Value> dict(Interpreter& in, const Value&, const Args& args) {
  if (args.positional.size() > 1) return fail("dict takes at most one argument without a name");
  std::vector<Pair> pairs;
  if (!args.positional.empty()) {
    const Value& from = args.positional[0];
    if (from.is(Kind::dict)) {
      pairs.assign(from.dict->pairs.begin(), from.dict->pairs.end());
    } else {
      PERSEA_TRY(const std::vector<Value> items, items_of(in, from));
      for (const Value& item : items) {
        PERSEA_TRY(const std::vector<Value> both, items_of(in, item));
        if (both.size() != 2) return fail("dict needs pairs, not {} values", both.size());
        pairs.emplace_back(both[0], both[1]);
      }
    }
  }
  for (const auto& [name, value] : args.named) pairs.emplace_back(Value::of(name), value);
  return make_dict(in, pairs);
}

Result<Value> namespace_of(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const Value made, dict(in, self, args));
  for (const auto& [key, value] : made.dict->pairs) {
    if (key.is(Kind::text) && key.text().starts_with('_'))
      return fail("a namespace cannot have '{}': it begins with an underscore", key.text());
  }
  const auto& pairs = made.dict->pairs;
  return Value::of(in.arena().make<Space>(std::pmr::vector<Pair>(pairs.begin(), pairs.end(), in.arena().resource())));
}

Result<Value> cycler(Interpreter& in, const Value&, const Args& args) {
  if (args.positional.empty() || !args.named.empty()) return fail("cycler needs values without names");
  PERSEA_TRY(const Value items, in.tuple(args.positional));
  return Value::of(in.arena().make<Cycler>(items.sequence()));
}

Result<Value> joiner(Interpreter& in, const Value&, const Args& args) {
  PERSEA_TRY(const auto bound, bind("joiner", args, {"sep"}));
  return Value::of(in.arena().make<Joiner>(bound[0].given() ? bound[0] : Value::of(", "sv)));
}

Result<Value> raise_exception(Interpreter& in, const Value&, const Args& args) {
  PERSEA_TRY(const auto bound, bind("raise_exception", args, {"message"}, 1));
  PERSEA_TRY(const std::string message, str(in, bound[0]));
  return fail("{}", message);
}

Result<Value> strftime_now(Interpreter& in, const Value&, const Args& args) {
  PERSEA_TRY(const auto bound, bind("strftime_now", args, {"format"}, 1));
  PERSEA_TRY(const std::string_view given, text_of(bound[0], "strftime_now"));
  std::string format(given);
  if (format.size() > 1000 || format.find('\0') != std::string::npos)
    return fail("a format for the time that is too long");
  // What strftime() has not, or has for a time zone, which datetime.now() is without.
  const auto ticks = std::chrono::system_clock::now().time_since_epoch() / std::chrono::microseconds(1) % 1000000;
  for (size_t i = 0; (i = format.find('%', i)) != std::string::npos && i + 1 < format.size();) {
    if (format[i + 1] == 'f') {
      format.replace(i, 2, fmt::format("{:06}", in.now() == 0 ? ticks : 0));
    } else if (format[i + 1] == 'z' || format[i + 1] == 'Z') {
      format.erase(i, 2);
    } else {
      i += 2;
    }
  }
  const std::time_t now = in.now() == 0 ? std::time(nullptr) : in.now();
  std::tm local{};
  localtime_r(&now, &local);
  char buffer[8192];
  return in.text({buffer, std::strftime(buffer, sizeof buffer, format.c_str(), &local)});
}

constexpr Builtin kFunctions[] = {
    {"range", range},   {"dict", dict},      {"namespace", namespace_of},          {"cycler", cycler},
    {"joiner", joiner}, {"lipsum", nullptr}, {"raise_exception", raise_exception}, {"strftime_now", strftime_now},
};

// Methods of other things than text.
template <View::Of of>
Result<Value> view(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto none, bind("keys(), values() or items()", args, {}));
  (void)none;
  return Value::of(in.arena().make<View>(of, self.dict));
}
Result<Value> dict_get(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("get", args, {"", ""}, 1));
  PERSEA_TRY(const Value* value, look_up(in, *self.dict, bound[0]));
  return value ? *value : bound[1].given() ? bound[1] : Value::none();
}
Result<Value> copy(Interpreter&, const Value& self, const Args& args) {
  PERSEA_TRY(const auto none, bind("copy", args, {}));
  (void)none;
  return self;  // nothing can change it
}
Result<Value> count(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("count", args, {""}, 1));
  int64_t n = 0;
  for (const Value& item : self.sequence()) {
    PERSEA_TRY(const bool same, equal(in, item, bound[0]));
    n += same;
  }
  return Value::of(n);
}
Result<Value> index(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("index", args, {""}, 1));
  for (uint32_t i = 0; i < self.size; ++i) {
    PERSEA_TRY(const bool same, equal(in, self.items[i], bound[0]));
    if (same) return Value::of(int64_t{i});
  }
  return fail("the value is not in the {}", type_name(self));
}
Result<Value> cycle(Interpreter&, const Value& self, const Args& args) {
  if (args.positional.empty()) return fail("no items for cycling given");
  return args.positional[self.loop->index0 % args.positional.size()];
}
Result<Value> changed(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const Value now, in.tuple(args.positional));
  const Value before = std::exchange(self.loop->changed, now);
  if (!before.given()) return Value::of(true);
  PERSEA_TRY(const bool same, equal(in, before, now));
  return Value::of(!same);
}
Result<Value> cycler_next(Interpreter&, const Value& self, const Args&) {
  Cycler& own = *self.cycler;
  const Value value = own.items[own.at];
  own.at = (own.at + 1) % own.items.size();
  return value;
}
Result<Value> cycler_reset(Interpreter&, const Value& self, const Args&) {
  self.cycler->at = 0;
  return Value::none();
}

constexpr Builtin kDictMethods[] = {
    {"items", view<View::Of::items>},
    {"keys", view<View::Of::keys>},
    {"values", view<View::Of::values>},
    {"get", dict_get},
    {"copy", copy},
    {"fromkeys", nullptr},
    {"clear", nullptr},
    {"pop", nullptr},
    {"popitem", nullptr},
    {"setdefault", nullptr},
    {"update", nullptr},
};
constexpr Builtin kListMethods[] = {
    {"count", count},    {"index", index},     {"copy", copy},      {"append", nullptr},
    {"clear", nullptr},  {"extend", nullptr},  {"insert", nullptr}, {"pop", nullptr},
    {"remove", nullptr}, {"reverse", nullptr}, {"sort", nullptr},
};
constexpr Builtin kTupleMethods[] = {{"count", count}, {"index", index}};
constexpr Builtin kLoopMethods[] = {{"cycle", cycle}, {"changed", changed}};
constexpr Builtin kCyclerMethods[] = {{"next", cycler_next}, {"reset", cycler_reset}};
// What Python has and nobody needs.
constexpr Builtin kNumberMethods[] = {{"as_integer_ratio", nullptr}, {"bit_count", nullptr},   {"bit_length", nullptr},
                                      {"conjugate", nullptr},        {"denominator", nullptr}, {"from_bytes", nullptr},
                                      {"fromhex", nullptr},          {"hex", nullptr},         {"imag", nullptr},
                                      {"is_integer", nullptr},       {"numerator", nullptr},   {"real", nullptr},
                                      {"to_bytes", nullptr}};
constexpr Builtin kViewMethods[] = {{"isdisjoint", nullptr}, {"mapping", nullptr}};
constexpr Builtin kRangeMethods[] = {
    {"count", nullptr}, {"index", nullptr}, {"start", nullptr}, {"step", nullptr}, {"stop", nullptr}};
constexpr Builtin kIteratorMethods[] = {{"close", nullptr}, {"send", nullptr}, {"throw", nullptr}};

}  // namespace

const Builtin* find_filter(std::string_view name) {
  for (const auto table : {text_filters(), sequence_filters(), value_filters()}) {
    if (const Builtin* found = find(table, name)) return found;
  }
  return nullptr;
}
const Builtin* find_test(std::string_view name) { return find(kTests, name); }
const Builtin* find_function(std::string_view name) { return find(kFunctions, name); }

const Builtin* find_method(const Value& value, std::string_view name) {
  switch (value.kind) {
    case Kind::text:
      return find(text_methods(), name);
    case Kind::dict:
      return find(kDictMethods, name);
    case Kind::list:
      return find(kListMethods, name);
    case Kind::tuple:
      return find(kTupleMethods, name);
    case Kind::loop:
      return find(kLoopMethods, name);
    case Kind::cycler:
      return find(kCyclerMethods, name);
    case Kind::boolean:
    case Kind::integer:
    case Kind::real:
      return find(kNumberMethods, name);
    case Kind::view:
      return find(kViewMethods, name);
    case Kind::range:
      return find(kRangeMethods, name);
    case Kind::iterator:
      return find(kIteratorMethods, name);
    default:
      return nullptr;
  }
}

bool changes(const Builtin& method) { return !method.run && method.name != "fromkeys"; }

}  // namespace persea::jinja
