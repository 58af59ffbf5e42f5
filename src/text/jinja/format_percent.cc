// Python's % of a text, as far as templates need it.
#include <algorithm>
#include <cmath>

#include "text/jinja/builtins.h"
#include "text/jinja/format_field.h"
#include "text/jinja/operations.h"
#include "text/jinja/pytext.h"

namespace persea::jinja {
namespace {

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

}  // namespace persea::jinja
