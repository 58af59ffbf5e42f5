// Values as text: Python's str() and repr(), and json.dumps.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "text/jinja/operations.h"
#include "text/jinja/pytext.h"

namespace persea::jinja {
namespace {

Status append_pairs(Interpreter& in, std::span<const Pair> pairs, std::string& out) {
  out += '{';
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (i > 0) out += ", ";
    PERSEA_CHECK(append_repr(in, pairs[i].first, out));
    out += ": ";
    PERSEA_CHECK(append_repr(in, pairs[i].second, out));
  }
  out += '}';
  return {};
}

Status append_items(Interpreter& in, std::span<const Value> items, std::string& out) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += ", ";
    PERSEA_CHECK(append_repr(in, items[i], out));
  }
  return {};
}

Result<std::string> json_key(const Value& key) {
  switch (key.kind) {
    case Kind::text:
      return std::string(key.text());
    case Kind::none:
      return std::string("null");
    case Kind::boolean:
      return std::string(key.boolean ? "true" : "false");
    case Kind::integer:
      return fmt::format("{}", key.integer);
    case Kind::real:
      return std::isfinite(key.real) ? repr(key.real)
                                     : std::string(std::isnan(key.real) ? "NaN"
                                                   : key.real > 0       ? "Infinity"
                                                                        : "-Infinity");
    default:
      return fail("a {} cannot be a key in JSON", type_name(key));
  }
}

class JsonWriter {
 public:
  JsonWriter(Interpreter& in, const JsonStyle& style, std::string& out) : in_(in), style_(style), out_(out) {}

  Status write(const Value& value, int depth) {
    const Interpreter::Nesting nesting(in_);
    PERSEA_CHECK(nesting.check());
    PERSEA_CHECK(in_.charge(32));
    switch (value.kind) {
      case Kind::none:
        out_ += "null";
        return {};
      case Kind::boolean:
      case Kind::integer:
      case Kind::real: {
        PERSEA_TRY(const std::string number, json_key(value));
        out_ += number;
        return {};
      }
      case Kind::text:
        PERSEA_CHECK(in_.charge(value.size));
        out_ += json_quoted(value.text(), style_.ascii);
        return {};
      case Kind::list:
      case Kind::tuple:
        if (value.size == 0) return add("[]");
        out_ += '[';
        for (uint32_t i = 0; i < value.size; ++i) {
          PERSEA_CHECK(separate(i == 0, depth + 1));
          PERSEA_CHECK(write(value.items[i], depth + 1));
        }
        PERSEA_CHECK(line(depth));
        return add("]");
      case Kind::dict:
        return write(*value.dict, depth);
      case Kind::undefined:
        return fail("what is undefined cannot be JSON: {}", undefined_error(value).message);
      default:
        return fail("a {} cannot be JSON", type_name(value));
    }
  }

 private:
  Status add(std::string_view text) {
    out_ += text;
    return {};
  }
  Status line(int depth) {
    if (!style_.pretty) return {};
    PERSEA_CHECK(in_.charge(1 + style_.indent.size() * depth));
    out_ += '\n';
    for (int i = 0; i < depth; ++i) out_ += style_.indent;
    return {};
  }
  Status separate(bool first, int depth) {
    if (!first) out_ += style_.between;
    return line(depth);
  }
  Status write(const Dict& dict, int depth) {
    if (dict.pairs.empty()) return add("{}");
    std::vector<Pair> pairs(dict.pairs.begin(), dict.pairs.end());
    if (style_.sorted) {
      for (const Pair& pair : pairs) {
        if (!pair.first.is(Kind::text)) return fail("sorted JSON of a dict needs keys that are text");
      }
      PERSEA_CHECK(in_.charge(pairs.size() * 64));
      std::stable_sort(pairs.begin(), pairs.end(),
                       [](const Pair& a, const Pair& b) { return a.first.text() < b.first.text(); });
    }
    out_ += '{';
    for (size_t i = 0; i < pairs.size(); ++i) {
      PERSEA_CHECK(separate(i == 0, depth + 1));
      PERSEA_TRY(const std::string key, json_key(pairs[i].first));
      PERSEA_CHECK(in_.charge(key.size()));
      out_ += json_quoted(key, style_.ascii);
      out_ += style_.after_key;
      PERSEA_CHECK(write(pairs[i].second, depth + 1));
    }
    PERSEA_CHECK(line(depth));
    return add("}");
  }

  Interpreter& in_;
  const JsonStyle& style_;
  std::string& out_;
};

}  // namespace

Status append_str(Interpreter& in, const Value& value, std::string& out) {
  if (value.is(Kind::undefined)) return {};
  if (!value.is(Kind::text)) return append_repr(in, value, out);
  PERSEA_CHECK(in.charge(value.size));
  out += value.text();
  return {};
}

Result<std::string> str(Interpreter& in, const Value& value) {
  std::string out;
  PERSEA_CHECK(append_str(in, value, out));
  return out;
}

Status append_repr(Interpreter& in, const Value& value, std::string& out) {
  const Interpreter::Nesting nesting(in);
  PERSEA_CHECK(nesting.check());
  PERSEA_CHECK(in.charge(32));
  switch (value.kind) {
    case Kind::undefined:
      out += "Undefined";
      return {};
    case Kind::none:
      out += "None";
      return {};
    case Kind::boolean:
      out += value.boolean ? "True" : "False";
      return {};
    case Kind::integer:
      out += fmt::format("{}", value.integer);
      return {};
    case Kind::real:
      out += repr(value.real);
      return {};
    case Kind::text:
      PERSEA_CHECK(in.charge(4 * size_t{value.size}));
      out += value.safe ? "Markup(" + repr(value.text()) + ")" : repr(value.text());
      return {};
    case Kind::list:
    case Kind::tuple:
      out += value.is(Kind::list) ? '[' : '(';
      PERSEA_CHECK(append_items(in, value.sequence(), out));
      out += value.is(Kind::list) ? "]" : value.size == 1 ? ",)" : ")";
      return {};
    case Kind::dict:
      return append_pairs(in, value.dict->pairs, out);
    case Kind::range:
      out += fmt::format("range({}, {}", value.range->start, value.range->stop);
      out += value.range->step == 1 ? ")" : fmt::format(", {})", value.range->step);
      return {};
    case Kind::view: {
      out += value.view->of == View::Of::keys     ? "dict_keys(["
             : value.view->of == View::Of::values ? "dict_values(["
                                                  : "dict_items([";
      PERSEA_TRY(const std::vector<Value> items, items_of(in, value));
      PERSEA_CHECK(append_items(in, items, out));
      out += "])";
      return {};
    }
    case Kind::space:
      out += "<Namespace ";
      PERSEA_CHECK(append_pairs(in, value.space->pairs, out));
      out += '>';
      return {};
    case Kind::macro:
      out += value.macro->definition->op == Stmt::Op::macro
                 ? fmt::format("<Macro {}>", repr(value.macro->definition->text))
                 : "<Macro anonymous>";
      return {};
    case Kind::loop: {
      PERSEA_TRY(const int64_t length, loop_length(in, *value.loop));
      out += fmt::format("<LoopContext {}/{}>", value.loop->index0 + 1, length);
      return {};
    }
    default:
      return fail("a {} cannot be printed; a generator can with |list", type_name(value));
  }
}

Status append_json(Interpreter& in, const Value& value, const JsonStyle& style, std::string& out) {
  return JsonWriter(in, style, out).write(value, 0);
}

}  // namespace persea::jinja
