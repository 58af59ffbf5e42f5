// Python's str.format, as far as templates need it.
#include <algorithm>

#include "text/jinja/builtins.h"
#include "text/jinja/format_field.h"
#include "text/jinja/operations.h"
#include "text/jinja/pytext.h"

namespace persea::jinja {
namespace {

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

Result<Value> format_braces(Interpreter& in, std::string_view format, const Args& args) {
  PERSEA_CHECK(in.charge(format.size()));
  return Braces(in, format, args).run();
}

}  // namespace persea::jinja
