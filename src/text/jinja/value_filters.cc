// Filters of single values: defaults, numbers and JSON.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "text/jinja/builtins.h"
#include "text/jinja/operations.h"
#include "text/jinja/pytext.h"

namespace persea::jinja {
namespace {

Result<Value> otherwise(Interpreter&, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("default", args, {"default_value", "boolean"}));
  if (!self.is(Kind::undefined) && !(truth(bound[1]) && !truth(self))) return self;
  return bound[0].given() ? bound[0] : Value::of(std::string_view(""));
}

// A number as Python's int() and float() read it: white space around and "_" between digits are allowed.
std::optional<std::string> digits_of(std::string_view text) {
  std::string digits(strip(text, true, true));
  for (size_t i = 0; i < digits.size(); ++i) {
    const auto is_digit = [&](size_t at) {
      return at < digits.size() && std::isalnum(static_cast<unsigned char>(digits[at])) != 0;
    };
    if (digits[i] == '_' && (i == 0 || !is_digit(i - 1) || !is_digit(i + 1))) return {};
    if (static_cast<unsigned char>(digits[i]) >= 0x80) return {};
  }
  std::erase(digits, '_');
  return digits;
}

// Nothing: no number. An error: a number that does not fit.
Result<std::optional<int64_t>> parse_whole(std::string_view text, int64_t base) {
  using Found = std::optional<int64_t>;
  std::optional<std::string> digits = digits_of(text);
  if (!digits || digits->empty()) return Found();
  const bool minus = (*digits)[0] == '-';
  std::string rest = digits->substr(minus || (*digits)[0] == '+');
  for (const auto& [prefix, radix] : {std::pair("x", 16), std::pair("o", 8), std::pair("b", 2)}) {
    if (rest.size() > 1 && rest[0] == '0' && (rest[1] | 32) == prefix[0] && (base == radix || base == 0)) {
      rest.erase(0, 2);
      base = radix;
    }
  }
  if (base == 0) base = 10;
  if (base < 2 || base > 36 || rest.empty() || rest[0] == '-' || rest[0] == '+') return Found();
  rest.insert(0, minus ? "-" : "");
  int64_t value = 0;
  const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), value, static_cast<int>(base));
  if (read.ec == std::errc::result_out_of_range) return fail("a number needs more than 64 bits");
  return read.ec == std::errc() && read.ptr == rest.data() + rest.size() ? Found(value) : Found();
}

Result<std::optional<double>> parse_real(std::string_view text) {
  using Found = std::optional<double>;
  const std::optional<std::string> digits = digits_of(text);
  if (!digits || digits->empty()) return Found();
  const bool sign = (*digits)[0] == '-' || (*digits)[0] == '+';
  const std::string rest = lower(digits->substr(sign));
  double value = 0;
  if (rest == "inf" || rest == "infinity") {
    value = HUGE_VAL;
  } else if (rest == "nan") {
    value = NAN;
  } else {
    if (rest.empty() || !(std::isdigit(static_cast<unsigned char>(rest[0])) != 0 || rest[0] == '.')) return Found();
    const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (read.ptr != rest.data() + rest.size() || read.ec == std::errc::invalid_argument) return Found();
    if (read.ec == std::errc::result_out_of_range) return fail("the number {:.40} is out of range", rest);
  }
  return Found((*digits)[0] == '-' ? -value : value);
}

Result<std::optional<int64_t>> truncated(double value) {
  if (std::abs(value) >= 9.2e18) return fail("a number needs more than 64 bits");
  return std::optional<int64_t>(static_cast<int64_t>(value));
}

Result<Value> to_whole(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("int", args, {"default", "base"}));
  PERSEA_TRY(const int64_t base, whole_or(bound[1], 10, "int"));
  const Value fallback = bound[0].given() ? bound[0] : Value::of(int64_t{0});
  if (self.is(Kind::undefined)) return undefined_error(self);
  if (self.is_whole()) return Value::of(self.whole());
  std::optional<int64_t> whole;
  if (self.is(Kind::real)) {
    if (std::isinf(self.real)) return fail("infinity is no whole number");
    if (std::isnan(self.real)) return fallback;
    PERSEA_TRY(whole, truncated(self.real));
  } else if (self.is(Kind::text)) {
    PERSEA_CHECK(in.charge(2 * size_t{self.size}));
    PERSEA_TRY(whole, parse_whole(self.text(), base));
    if (!whole) {
      PERSEA_TRY(const std::optional<double> real, parse_real(self.text()));
      if (real && std::isfinite(*real)) {
        PERSEA_TRY(whole, truncated(*real));
      }
    }
  }
  return whole ? Value::of(*whole) : fallback;
}

Result<Value> to_real(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("float", args, {"default"}));
  const Value fallback = bound[0].given() ? bound[0] : Value::of(0.0);
  if (self.is(Kind::undefined)) return undefined_error(self);
  if (self.is_number()) return Value::of(self.number());
  if (!self.is(Kind::text)) return fallback;
  PERSEA_CHECK(in.charge(2 * size_t{self.size}));
  PERSEA_TRY(const std::optional<double> real, parse_real(self.text()));
  return real ? Value::of(*real) : fallback;
}

Result<Value> absolute(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto none, bind("abs", args, {}));
  (void)none;
  if (self.is(Kind::real)) return Value::of(std::abs(self.real));
  return negated(in, self, self.is_whole() && self.whole() < 0);
}

Result<Value> rounded(Interpreter&, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("round", args, {"precision", "method"}));
  PERSEA_TRY(const int64_t precision, whole_or(bound[0], 0, "round"));
  PERSEA_TRY(const std::string_view method,
             bound[1].given() ? text_of(bound[1], "round") : Result<std::string_view>("common"));
  if (method != "common" && method != "ceil" && method != "floor")
    return fail("round: the method must be common, ceil or floor");
  if (self.is(Kind::undefined)) return undefined_error(self);
  if (!self.is_number()) return fail("a {} cannot be rounded", type_name(self));
  if (precision < 0 || precision > 100) return fail("round to {} digits is not supported", precision);
  if (method == "common") {
    if (self.is_whole()) return Value::of(self.whole());
    if (!std::isfinite(self.real)) return self;
    return Value::of(std::strtod(fmt::format("{:.{}f}", self.real, precision).c_str(), nullptr));
  }
  // 10 ** precision is a whole number in Python, and ceil() and floor() give whole numbers.
  const double scale = std::pow(10.0, static_cast<double>(precision)), scaled = self.number() * scale;
  const double whole = method == "ceil" ? std::ceil(scaled) : std::floor(scaled);
  if (!(std::abs(whole) < 9e15) || precision > 15) return fail("round of so large a number is not supported");
  return Value::of((whole == 0 ? 0.0 : whole) / scale);
}

Result<Value> to_json(Interpreter& in, const Value& self, const Args& args) {
  PERSEA_TRY(const auto bound, bind("tojson", args, {"ensure_ascii", "indent", "separators", "sort_keys"}));
  JsonStyle style;
  style.ascii = truth(bound[0]);
  style.sorted = truth(bound[3]);
  if (bound[1].given() && !bound[1].is(Kind::none)) {
    style.pretty = true;
    style.between = ",";
    if (bound[1].is(Kind::text)) {
      style.indent = bound[1].text();
    } else {
      PERSEA_TRY(const int64_t width, whole_or(bound[1], 0, "the indent of tojson"));
      PERSEA_CHECK(in.charge(std::max<int64_t>(width, 0)));
      style.indent.assign(std::max<int64_t>(width, 0), ' ');
    }
  }
  if (bound[2].given() && !bound[2].is(Kind::none)) {
    PERSEA_TRY(const std::vector<Value> both, items_of(in, bound[2]));
    if (both.size() != 2) return fail("the separators of tojson are two texts");
    PERSEA_TRY(style.between, text_of(both[0], "a separator of tojson"));
    PERSEA_TRY(style.after_key, text_of(both[1], "a separator of tojson"));
  }
  std::string out;
  PERSEA_CHECK(append_json(in, self, style, out));
  return in.text(out);
}

constexpr Builtin kFilters[] = {
    {"default", otherwise}, {"d", otherwise},    {"int", to_whole}, {"float", to_real},  {"abs", absolute},
    {"round", rounded},     {"tojson", to_json}, {"attr", nullptr}, {"pprint", nullptr}, {"filesizeformat", nullptr},
};

}  // namespace

std::span<const Builtin> value_filters() { return kFilters; }

}  // namespace persea::jinja
