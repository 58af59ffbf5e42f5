// Python's two ways to format, as far as templates need them: text, whole numbers and fractions, filled up to a width.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "text/jinja/builtins.h"
#include "text/jinja/operations.h"
#include "text/jinja/pytext.h"

namespace persea::jinja {
namespace {

constexpr int64_t kMaxWidth = 10000;

// One field: what stands behind the % or within the {}.
struct Field {
  std::string fill = " ";
  char align = 0;  // < > ^, or = for after the sign
  char sign = '-';
  bool prefix = false;  // #
  char group = 0;       // , or _
  int64_t width = 0;
  int64_t precision = -1;
  char type = 0;
};

std::string filled(const Field& field, std::string_view sign, std::string_view body, char align) {
  const auto own = static_cast<int64_t>(char_count(sign) + char_count(body));
  const int64_t gap = std::max<int64_t>(field.width - own, 0);
  const int64_t left = align == '<' ? 0 : align == '^' ? gap / 2 : gap;
  const auto fill = [&](int64_t n) {
    std::string all;
    for (; n > 0; --n) all += field.fill;
    return all;
  };
  if (align == '=') return std::string(sign) + fill(gap) + std::string(body);
  return fill(left) + std::string(sign) + std::string(body) + fill(gap - left);
}

std::string grouped(std::string_view digits, char by) {
  std::string out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += by;
    out += digits[i];
  }
  return out;
}

std::string sign_of(const Field& field, bool negative) {
  return negative ? "-" : field.sign == '-' ? "" : std::string(1, field.sign);
}

std::string format_whole(const Field& field, int64_t value, int64_t least_digits) {
  const uint64_t size = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  std::string digits;
  switch (field.type) {
    case 'x':
      digits = fmt::format("{:x}", size);
      break;
    case 'X':
      digits = fmt::format("{:X}", size);
      break;
    case 'o':
      digits = fmt::format("{:o}", size);
      break;
    case 'b':
      digits = fmt::format("{:b}", size);
      break;
    default:
      digits = fmt::format("{}", size);
  }
  if (static_cast<int64_t>(digits.size()) < least_digits) digits.insert(0, least_digits - digits.size(), '0');
  if (field.group != 0) digits = grouped(digits, field.group);
  std::string sign = sign_of(field, value < 0);
  if (field.prefix && field.type != 'd' && field.type != 0) sign += std::string("0") + field.type;
  return filled(field, sign, digits, field.align == 0 ? '>' : field.align);
}

std::string format_real(const Field& field, double value) {
  const double size = std::abs(value);
  std::string digits;
  const int precision = static_cast<int>(field.precision < 0 ? 6 : field.precision);
  if (!std::isfinite(value)) {
    digits = std::isnan(value) ? "nan" : "inf";
  } else {
    switch (field.type) {
      case 'e':
        digits = fmt::format("{:.{}e}", size, precision);
        break;
      case 'E':
        digits = fmt::format("{:.{}E}", size, precision);
        break;
      case 'g':
        digits = fmt::format("{:.{}g}", size, std::max(precision, 1));
        break;
      case 'G':
        digits = fmt::format("{:.{}G}", size, std::max(precision, 1));
        break;
      case '%':
        digits = fmt::format("{:.{}f}%", size * 100, precision);
        break;
      default:
        digits = fmt::format("{:.{}f}", size, precision);
    }
  }
  if (field.group != 0) {
    const size_t whole = std::min(digits.find_first_not_of("0123456789"), digits.size());
    digits = grouped(digits.substr(0, whole), field.group) + digits.substr(whole);
  }
  return filled(field, sign_of(field, std::signbit(value)), digits, field.align == 0 ? '>' : field.align);
}

class Percent {
 public:
  Percent(Interpreter& in, std::string_view format, const Args& args, const Value* whole)
      : in_(in), rest_(format), args_(args), whole_(whole) {}

  Result<Value> run() {
    while (!rest_.empty()) {
      const size_t at = std::min(rest_.find('%'), rest_.size());
      out_ += rest_.substr(0, at);
      rest_.remove_prefix(at);
      if (!rest_.empty()) PERSEA_CHECK(field());
    }
    // Python takes whatever has items for a mapping, of which not all need be used.
    const auto has_items = [](const Value& v) {
      return v.is(Kind::dict) || v.is(Kind::list) || v.is(Kind::range) || v.is(Kind::undefined);
    };
    const bool mapping = !args_.named.empty() || (whole_ && has_items(*whole_));
    if (used_ < args_.positional.size() && !mapping) return fail("not all arguments were used by the format");
    return in_.text(out_);
  }

 private:
  char peek() const { return rest_.empty() ? 0 : rest_[0]; }
  Result<Value> argument() {
    if (used_ >= args_.positional.size()) return fail("not enough arguments for the format");
    return args_.positional[used_++];
  }
  Result<Value> named(std::string_view name) {
    for (const auto& [key, value] : args_.named) {
      if (key == name) return value;
    }
    if (!whole_ || !whole_->is(Kind::dict)) return fail("the format needs a dict for its '{:.40}'", name);
    PERSEA_CHECK(in_.charge(4 * whole_->dict->pairs.size()));
    if (const Value* value = look_up(*whole_->dict, name)) return *value;
    return fail("the format needs '{:.40}'", name);
  }
  Result<int64_t> number() {
    int64_t n = 0;
    for (; peek() >= '0' && peek() <= '9'; rest_.remove_prefix(1)) {
      n = n * 10 + (peek() - '0');
      if (n > kMaxWidth) return fail("a format with a width over {}", kMaxWidth);
    }
    return n;
  }

  Status field() {
    rest_.remove_prefix(1);
    Field field;
    field.fill = " ";
    std::optional<Value> value;
    if (peek() == '(') {
      const size_t end = rest_.find(')');
      if (end == std::string_view::npos) return fail("a format with a ( that is not closed");
      PERSEA_TRY(value, named(rest_.substr(1, end - 1)));
      rest_.remove_prefix(end + 1);
    }
    bool zero = false, left = false;
    for (; !rest_.empty() && std::string_view("-+ 0#").find(peek()) != std::string_view::npos; rest_.remove_prefix(1)) {
      zero = zero || peek() == '0';
      left = left || peek() == '-';
      if (peek() == '+' || (peek() == ' ' && field.sign != '+')) field.sign = peek();
      if (peek() == '#') return fail("the flag # of a format is not supported");
    }
    if (peek() == '*') return fail("a * in a format is not supported");
    PERSEA_TRY(field.width, number());
    if (peek() == '.') {
      rest_.remove_prefix(1);
      if (peek() == '*') return fail("a * in a format is not supported");
      PERSEA_TRY(field.precision, number());
    }
    while (peek() == 'h' || peek() == 'l' || peek() == 'L') rest_.remove_prefix(1);
    if (rest_.empty()) return fail("an incomplete format");
    field.type = peek();
    rest_.remove_prefix(1);
    PERSEA_CHECK(in_.charge(field.width + std::max<int64_t>(field.precision, 0)));
    if (field.type == '%') {
      out_ += '%';
      return {};
    }
    if (!value) {
      PERSEA_TRY(value, argument());
    }
    field.align = left ? '<' : zero ? '=' : '>';
    if (zero && !left) field.fill = "0";
    return add(field, *value);
  }

  Status add(Field& field, const Value& value) {
    switch (field.type) {
      case 's':
      case 'r': {
        std::string text;
        PERSEA_CHECK(field.type == 's' ? append_str(in_, value, text) : append_repr(in_, value, text));
        if (field.precision >= 0) text.resize(char_offset(text, field.precision));
        field.fill = " ";
        out_ += filled(field, "", text, field.align == '<' ? '<' : '>');
        return {};
      }
      case 'd':
      case 'i':
      case 'u': {
        if (!value.is_number()) return fail("a format of a number needs one, not {}", type_name(value));
        field.type = 'd';
        int64_t whole = 0;
        if (value.is(Kind::real)) {
          if (!(std::abs(value.real) < 9.2e18)) return fail("a number needs more than 64 bits");
          whole = static_cast<int64_t>(value.real);
        } else {
          whole = value.whole();
        }
        out_ += format_whole(field, whole, field.precision);
        return {};
      }
      case 'x':
      case 'X':
      case 'o':
        if (!value.is_whole()) return fail("a format of a whole number needs one, not {}", type_name(value));
        out_ += format_whole(field, value.whole(), field.precision);
        return {};
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
        if (!value.is_number()) return fail("a format of a number needs one, not {}", type_name(value));
        out_ += format_real(field, value.number());
        return {};
      default:
        return fail("the format %{} is not supported", repr(std::string_view(&field.type, 1)));
    }
  }

  Interpreter& in_;
  std::string_view rest_;
  const Args& args_;
  const Value* whole_;
  size_t used_ = 0;
  std::string out_;
};

class Braces {
 public:
  Braces(Interpreter& in, std::string_view format, const Args& args) : in_(in), rest_(format), args_(args) {}

  Result<Value> run() {
    while (!rest_.empty()) {
      const size_t at = std::min(rest_.find_first_of("{}"), rest_.size());
      out_ += rest_.substr(0, at);
      rest_.remove_prefix(at);
      if (rest_.size() >= 2 && rest_[0] == rest_[1]) {
        out_ += rest_[0];
        rest_.remove_prefix(2);
      } else if (!rest_.empty()) {
        PERSEA_CHECK(field());
      }
    }
    return in_.text(out_);
  }

 private:
  Status field() {
    const size_t end = rest_.find('}');
    if (rest_[0] == '}' || end == std::string_view::npos) return fail("a format with a single brace");
    std::string_view inside = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    if (inside.find('{') != std::string_view::npos) return fail("a format within a format is not supported");
    std::string_view spec, conversion;
    if (const size_t colon = inside.find(':'); colon != std::string_view::npos) {
      spec = inside.substr(colon + 1);
      inside = inside.substr(0, colon);
    }
    if (const size_t mark = inside.find('!'); mark != std::string_view::npos) {
      conversion = inside.substr(mark + 1);
      inside = inside.substr(0, mark);
    }
    PERSEA_TRY(Value value, argument(inside));
    if (!conversion.empty()) {
      if (conversion != "s" && conversion != "r") return fail("the conversion !{:.10} is not supported", conversion);
      std::string text;
      PERSEA_CHECK(conversion == "s" ? append_str(in_, value, text) : append_repr(in_, value, text));
      PERSEA_TRY(value, in_.text(text));
    }
    return add(value, spec);
  }

  Result<Value> argument(std::string_view name) {
    if (name.find_first_of(".[") != std::string_view::npos) return fail("a path in a format is not supported");
    const bool number = std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!number) {
      for (const auto& [key, value] : args_.named) {
        if (key == name) return value;
      }
      return fail("the format needs '{:.40}'", name);
    }
    if (name.size() > 6) return fail("a format with too large a number");
    if (name.empty() ? counting_ == Counting::explicitly : counting_ == Counting::itself)
      return fail("a format counts its fields either itself or explicitly");
    counting_ = name.empty() ? Counting::itself : Counting::explicitly;
    const size_t index = name.empty() ? used_++ : std::stoul(std::string(name));
    if (index >= args_.positional.size()) return fail("the format needs {} argument(s)", index + 1);
    return args_.positional[index];
  }

  Result<Field> parse(std::string_view spec) {
    Field field;
    const auto is_align = [](std::string_view s) {
      return !s.empty() && std::string_view("<>=^").find(s[0]) != std::string_view::npos;
    };
    const auto peek = [&] { return spec.empty() ? 0 : spec[0]; };
    const size_t first = char_offset(spec.substr(0, 4), 1);
    bool filled = false;
    if (is_align(spec.substr(first))) {
      field.fill = spec.substr(0, first);
      field.align = spec[first];
      spec.remove_prefix(first + 1);
      filled = true;
    } else if (is_align(spec)) {
      field.align = spec[0];
      spec.remove_prefix(1);
    }
    if (peek() == '+' || peek() == '-' || peek() == ' ') field.sign = spec[0], spec.remove_prefix(1);
    if (peek() == '#') return fail("the flag # of a format is not supported");
    if (peek() == '0') {
      if (!filled) field.fill = "0";
      if (field.align == 0) field.align = '=';
      spec.remove_prefix(1);
    }
    const auto number = [&](int64_t& n) -> Status {
      for (n = 0; peek() >= '0' && peek() <= '9'; spec.remove_prefix(1)) {
        n = n * 10 + (peek() - '0');
        if (n > kMaxWidth) return fail("a format with a width over {}", kMaxWidth);
      }
      return {};
    };
    PERSEA_CHECK(number(field.width));
    if (peek() == ',' || peek() == '_') field.group = spec[0], spec.remove_prefix(1);
    if (peek() == '.') {
      spec.remove_prefix(1);
      if (!(peek() >= '0' && peek() <= '9')) return fail("a format without its precision");
      PERSEA_CHECK(number(field.precision));
    }
    if (!spec.empty()) field.type = spec[0], spec.remove_prefix(1);
    if (!spec.empty()) return fail("a format that is not understood");
    if (field.group != 0 && field.fill == "0" && field.align == '=')
      return fail("a format of zeros in groups is not supported");
    return field;
  }

  Status add(const Value& value, std::string_view spec) {
    if (spec.empty()) return append_str(in_, value, out_);
    PERSEA_TRY(const Field field, parse(spec));
    PERSEA_CHECK(in_.charge(field.width * field.fill.size() + std::max<int64_t>(field.precision, 0)));
    const std::string_view type(&field.type, field.type != 0);
    if (value.is(Kind::text)) {
      if ((!type.empty() && type != "s") || field.sign != '-' || field.group != 0 || field.align == '=')
        return fail("a format of text that is not supported");
      std::string_view text = value.text();
      if (field.precision >= 0) text = text.substr(0, char_offset(text, field.precision));
      out_ += filled(field, "", text, field.align == 0 ? '<' : field.align);
    } else if (value.is_whole() && std::string_view("dxXob").find(type) != std::string_view::npos) {
      if (field.precision >= 0 || (field.group != 0 && !type.empty() && type != "d"))
        return fail("a format of a whole number that is not supported");
      out_ += format_whole(field, value.whole(), 0);
    } else if (value.is_number() && !type.empty() && std::string_view("eEfFgG%").find(type) != std::string_view::npos) {
      out_ += format_real(field, value.number());
    } else {
      return fail("the format '{:.40}' of a {} is not supported", spec, type_name(value));
    }
    return {};
  }

  enum class Counting : uint8_t { not_yet, itself, explicitly };
  Interpreter& in_;
  std::string_view rest_;
  const Args& args_;
  Counting counting_ = Counting::not_yet;
  size_t used_ = 0;
  std::string out_;
};

}  // namespace

Result<Value> format_percent(Interpreter& in, std::string_view format, const Args& args) {
  PERSEA_CHECK(in.charge(format.size()));
  return Percent(in, format, args, nullptr).run();
}

Result<Value> percent(Interpreter& in, const Value& format, const Value& value) {
  if (format.safe) return fail("% of text that is marked safe is not supported");
  PERSEA_CHECK(in.charge(format.size));
  Args args;
  if (value.is(Kind::tuple)) {
    args.positional.assign(value.sequence().begin(), value.sequence().end());
  } else {
    args.positional.push_back(value);
  }
  return Percent(in, format.text(), args, &value).run();
}

Result<Value> format_braces(Interpreter& in, std::string_view format, const Args& args) {
  PERSEA_CHECK(in.charge(format.size()));
  return Braces(in, format, args).run();
}

}  // namespace persea::jinja
