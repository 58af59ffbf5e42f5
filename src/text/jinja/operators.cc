// Comparison, arithmetic and membership, as Python has them.
#include <algorithm>
#include <cmath>

#include "text/jinja/operations.h"
#include "text/jinja/pytext.h"

namespace persea::jinja {
namespace {

constexpr int64_t kExact = int64_t{1} << 53;  // whole numbers up to here are doubles

std::string_view spelling(Sign sign) {
  switch (sign) {
    case Sign::add:
      return "+";
    case Sign::subtract:
      return "-";
    case Sign::multiply:
      return "*";
    case Sign::divide:
      return "/";
    case Sign::floor_divide:
      return "//";
    case Sign::modulo:
      return "%";
    case Sign::power:
      return "**";
    case Sign::less:
      return "<";
    case Sign::less_equal:
      return "<=";
    case Sign::greater:
      return ">";
    case Sign::greater_equal:
      return ">=";
    default:
      return "?";
  }
}

Error unsupported(Sign sign, const Value& a, const Value& b) {
  for (const Value* v : {&a, &b}) {
    if (v->is(Kind::undefined)) return undefined_error(*v);
  }
  return fail("'{}' is not possible between {} and {}", spelling(sign), type_name(a), type_name(b));
}

bool is_many(const Value& v) { return v.is(Kind::list) || v.is(Kind::tuple); }

// Numbers of both kinds compared exactly.
template <class Compare>
bool compare_numbers(const Value& a, const Value& b, Compare compare) {
  if (a.is_whole() && b.is_whole()) return compare(a.whole(), b.whole());
  const auto wide = [](const Value& v) {
    return v.is_whole() ? static_cast<long double>(v.whole()) : static_cast<long double>(v.real);
  };
  return compare(wide(a), wide(b));
}

Result<Value> whole_power(int64_t base, int64_t exponent) {
  if (exponent < 0) {
    if (base == 0) return fail("0 cannot be raised to a negative power");
    return Value::of(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
  }
  int64_t result = 1;
  for (;;) {
    if ((exponent & 1) != 0 && __builtin_mul_overflow(result, base, &result)) break;
    exponent >>= 1;
    if (exponent == 0) return Value::of(result);
    if (__builtin_mul_overflow(base, base, &base)) break;
  }
  return fail("a number needs more than 64 bits");
}

Result<Value> operate_whole(Sign sign, int64_t a, int64_t b) {
  int64_t result = 0;
  bool over = false;
  switch (sign) {
    case Sign::add:
      over = __builtin_add_overflow(a, b, &result);
      break;
    case Sign::subtract:
      over = __builtin_sub_overflow(a, b, &result);
      break;
    case Sign::multiply:
      over = __builtin_mul_overflow(a, b, &result);
      break;
    case Sign::power:
      return whole_power(a, b);
    case Sign::divide:
      if (b == 0) return fail("division by zero");
      if (std::max(a, b) > kExact || std::min(a, b) < -kExact)
        return fail("a division of numbers beyond 53 bits is not supported");
      return Value::of(static_cast<double>(a) / static_cast<double>(b));
    default:
      if (b == 0) return fail("division by zero");
      if (b == -1) {
        over = sign == Sign::floor_divide && __builtin_sub_overflow(int64_t{0}, a, &result);
      } else {
        const int64_t rest = a % b, up = rest != 0 && (rest < 0) != (b < 0);
        result = sign == Sign::modulo ? rest + up * b : a / b - up;
      }
  }
  if (over) return fail("a number needs more than 64 bits");
  return Value::of(result);
}

Result<Value> operate_real(Sign sign, double a, double b) {
  switch (sign) {
    case Sign::add:
      return Value::of(a + b);
    case Sign::subtract:
      return Value::of(a - b);
    case Sign::multiply:
      return Value::of(a * b);
    case Sign::power: {
      if (a == 0 && b < 0) return fail("0 cannot be raised to a negative power");
      if (a < 0 && std::isfinite(b) && b != std::floor(b)) return fail("complex numbers are not supported");
      const double power = std::pow(a, b);
      if (std::isinf(power) && std::isfinite(a) && std::isfinite(b)) return fail("a number is out of range");
      return Value::of(power);
    }
    default:
      break;
  }
  if (b == 0) return fail("division by zero");
  if (sign == Sign::divide) return Value::of(a / b);
  double rest = std::fmod(a, b);
  double whole = (a - rest) / b;
  if (rest != 0) {
    if ((rest < 0) != (b < 0)) rest += b, whole -= 1;
  } else {
    rest = std::copysign(0.0, b);
  }
  if (sign == Sign::modulo) return Value::of(rest);
  if (whole == 0) return Value::of(std::copysign(0.0, a / b));
  const double floored = std::floor(whole);
  return Value::of(whole - floored > 0.5 ? floored + 1 : floored);
}

Result<Value> repeated(Interpreter& in, const Value& what, int64_t times) {
  times = std::max<int64_t>(times, 0);
  if (what.size == 0 || times == 0) times = 0;
  PERSEA_CHECK(in.charge(std::min<int64_t>(times, INT32_MAX) * (what.is(Kind::text) ? 1 : sizeof(Value)) *
                         std::max<uint32_t>(what.size, 1)));
  if (what.is(Kind::text)) {
    std::string all;
    for (int64_t i = 0; i < times; ++i) all += what.text();
    return in.text(all, what.safe);
  }
  std::vector<Value> all;
  for (int64_t i = 0; i < times; ++i) all.insert(all.end(), what.sequence().begin(), what.sequence().end());
  return what.is(Kind::list) ? in.list(all) : in.tuple(all);
}

Result<Value> concatenated(Interpreter& in, const Value& a, const Value& b) {
  if (a.is(Kind::text)) {
    // Marked text escapes what is added to it.
    const bool safe = a.safe || b.safe;
    const auto part = [&](const Value& v) { return safe && !v.safe ? html_escaped(v.text()) : std::string(v.text()); };
    PERSEA_CHECK(in.charge(a.size + size_t{b.size}));
    return in.text(part(a) + part(b), safe);
  }
  std::vector<Value> all(a.sequence().begin(), a.sequence().end());
  all.insert(all.end(), b.sequence().begin(), b.sequence().end());
  return a.is(Kind::list) ? in.list(all) : in.tuple(all);
}

}  // namespace

bool truth(const Value& value) {
  switch (value.kind) {
    case Kind::missing:
    case Kind::undefined:
    case Kind::none:
      return false;
    case Kind::boolean:
      return value.boolean;
    case Kind::integer:
      return value.integer != 0;
    case Kind::real:
      return value.real != 0;
    case Kind::text:
    case Kind::list:
    case Kind::tuple:
      return value.size > 0;
    case Kind::dict:
      return !value.dict->pairs.empty();
    case Kind::range:
      return value.range->size() > 0;
    case Kind::view:
      return !value.view->dict->pairs.empty();
    default:
      return true;
  }
}

Result<bool> equal(Interpreter& in, const Value& a, const Value& b) {
  const Interpreter::Nesting nesting(in);
  PERSEA_CHECK(nesting.check());
  PERSEA_CHECK(in.charge(16));
  if (a.is_number() && b.is_number()) return compare_numbers(a, b, [](auto x, auto y) { return x == y; });
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Kind::undefined:
    case Kind::none:
      return true;
    case Kind::text:
      PERSEA_CHECK(in.charge(std::min(a.size, b.size) / 8));
      return a.text() == b.text();
    case Kind::list:
    case Kind::tuple:
      if (a.size != b.size) return false;
      for (uint32_t i = 0; i < a.size; ++i) {
        PERSEA_TRY(const bool same, equal(in, a.items[i], b.items[i]));
        if (!same) return false;
      }
      return true;
    case Kind::dict:
      if (a.dict->pairs.size() != b.dict->pairs.size()) return false;
      for (const auto& [key, value] : a.dict->pairs) {
        PERSEA_TRY(const Value* other, look_up(in, *b.dict, key));
        if (!other) return false;
        PERSEA_TRY(const bool same, equal(in, value, *other));
        if (!same) return false;
      }
      return true;
    case Kind::range: {
      const int64_t size = a.range->size();
      return size == b.range->size() &&
             (size == 0 || (a.range->start == b.range->start && (size == 1 || a.range->step == b.range->step)));
    }
    case Kind::view:
    case Kind::method:
      return fail("two of '{}' cannot be compared here", type_name(a));
    default:
      return a.integer == b.integer;  // the same object
  }
}

Result<bool> less(Interpreter& in, const Value& a, const Value& b) {
  const Interpreter::Nesting nesting(in);
  PERSEA_CHECK(nesting.check());
  PERSEA_CHECK(in.charge(16));
  if (a.is_number() && b.is_number()) return compare_numbers(a, b, [](auto x, auto y) { return x < y; });
  if (a.kind == b.kind && a.is(Kind::text)) {
    PERSEA_CHECK(in.charge(std::min(a.size, b.size) / 8));
    return a.text() < b.text();  // UTF-8 is in the order of code points
  }
  if (a.kind == b.kind && is_many(a)) {
    for (uint32_t i = 0; i < std::min(a.size, b.size); ++i) {
      PERSEA_TRY(const bool same, equal(in, a.items[i], b.items[i]));
      if (!same) return less(in, a.items[i], b.items[i]);
    }
    return a.size < b.size;
  }
  return unsupported(Sign::less, a, b);
}

Result<bool> compare(Interpreter& in, Sign sign, const Value& a, const Value& b) {
  switch (sign) {
    case Sign::equal:
      return equal(in, a, b);
    case Sign::unequal: {
      PERSEA_TRY(const bool same, equal(in, a, b));
      return !same;
    }
    case Sign::in:
      return contains(in, b, a);
    case Sign::not_in: {
      PERSEA_TRY(const bool there, contains(in, b, a));
      return !there;
    }
    case Sign::less:
      return less(in, a, b);
    case Sign::greater:
      return less(in, b, a);
    default:
      break;
  }
  // <= and >= are no negations: NaN is neither, and the first difference in lists decides.
  const bool up = sign == Sign::less_equal;
  if (a.is_number() && b.is_number()) {
    return compare_numbers(a, b, [&](auto x, auto y) { return up ? x <= y : x >= y; });
  }
  if (a.kind == b.kind && is_many(a)) {
    for (uint32_t i = 0; i < std::min(a.size, b.size); ++i) {
      PERSEA_TRY(const bool same, equal(in, a.items[i], b.items[i]));
      if (!same) return compare(in, sign, a.items[i], b.items[i]);
    }
    return up ? a.size <= b.size : a.size >= b.size;
  }
  if (!a.is(Kind::text) || !b.is(Kind::text)) return unsupported(sign, a, b);
  PERSEA_TRY(const bool opposite, up ? less(in, b, a) : less(in, a, b));
  return !opposite;
}

bool hashable(const Value& value) {
  if (value.is(Kind::tuple)) {
    return std::all_of(value.sequence().begin(), value.sequence().end(), [](const Value& v) { return hashable(v); });
  }
  return !value.is(Kind::list) && !value.is(Kind::dict) && !value.is(Kind::view);
}

Result<const Value*> look_up(Interpreter& in, const Dict& dict, const Value& key) {
  if (!hashable(key)) return fail("a {} cannot be a key of a dict", type_name(key));
  PERSEA_CHECK(in.charge(4 * dict.pairs.size()));
  if (key.is(Kind::text)) return look_up(dict, key.text());
  for (const auto& [other, value] : dict.pairs) {
    if (other.kind == Kind::text) continue;
    PERSEA_TRY(const bool same, equal(in, other, key));
    if (same) return &value;
  }
  return static_cast<const Value*>(nullptr);
}

const Value* look_up(const Dict& dict, std::string_view key) {
  for (const auto& [other, value] : dict.pairs) {
    if (other.is(Kind::text) && other.text() == key) return &value;
  }
  return nullptr;
}

Result<Value> make_dict(Interpreter& in, std::span<const Pair> pairs) {
  std::vector<Pair> unique;
  for (const auto& [key, value] : pairs) {
    PERSEA_TRY(const Value* there, look_up(in, Dict{unique}, key));
    if (there) {
      *const_cast<Value*>(there) = value;
    } else {
      unique.emplace_back(key, value);
    }
  }
  PERSEA_CHECK(in.charge(unique.size() * sizeof(Pair)));
  return Value::of(in.arena().dict(unique));
}

Result<bool> contains(Interpreter& in, const Value& all, const Value& one) {
  switch (all.kind) {
    case Kind::text:
      if (!one.is(Kind::text)) return fail("'in' text needs text, not {}", type_name(one));
      PERSEA_CHECK(in.charge(all.size + (one.size <= all.size ? size_t{all.size - one.size} * one.size / 64 : 0)));
      return all.text().find(one.text()) != std::string_view::npos;
    case Kind::dict: {
      PERSEA_TRY(const Value* there, look_up(in, *all.dict, one));
      return there != nullptr;
    }
    default: {
      if (all.is(Kind::view) && all.view->of == View::Of::keys) return contains(in, Value::of(all.view->dict), one);
      PERSEA_TRY(Iterator * items, iterate(in, all));
      for (Value item;;) {
        PERSEA_CHECK(in.charge(16));
        PERSEA_TRY(const bool more, items->next(in, item));
        if (!more) return false;
        PERSEA_TRY(const bool same, equal(in, item, one));
        if (same) return true;
      }
    }
  }
}

Result<Value> operate(Interpreter& in, Sign sign, const Value& a, const Value& b) {
  if (a.is_whole() && b.is_whole()) return operate_whole(sign, a.whole(), b.whole());
  if (a.is_number() && b.is_number()) return operate_real(sign, a.number(), b.number());
  const auto many = [](const Value& v) { return v.is(Kind::text) || is_many(v); };
  if (sign == Sign::add && a.kind == b.kind && many(a)) return concatenated(in, a, b);
  if (sign == Sign::multiply && many(a) && b.is_whole()) return repeated(in, a, b.whole());
  if (sign == Sign::multiply && many(b) && a.is_whole()) return repeated(in, b, a.whole());
  if (sign == Sign::modulo && a.is(Kind::text)) return percent(in, a, b);
  return unsupported(sign, a, b);
}

Result<Value> negated(Interpreter&, const Value& value, bool minus) {
  if (value.is(Kind::real)) return Value::of(minus ? -value.real : value.real);
  if (value.is(Kind::undefined)) return undefined_error(value);
  if (!value.is_whole()) return fail("a {} has no sign", type_name(value));
  if (value.whole() == INT64_MIN && minus) return fail("a number needs more than 64 bits");
  return Value::of(minus ? -value.whole() : value.whole());
}

}  // namespace persea::jinja
