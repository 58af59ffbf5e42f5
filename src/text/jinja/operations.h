// What Python's operators and protocols do with values, as Jinja's sandbox lets a template use them.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "text/jinja/ast.h"
#include "text/jinja/interpreter.h"

namespace persea::jinja {

bool truth(const Value& value);
Result<bool> equal(Interpreter& in, const Value& a, const Value& b);
Result<bool> less(Interpreter& in, const Value& a, const Value& b);
Result<bool> compare(Interpreter& in, Sign sign, const Value& a, const Value& b);
Result<bool> contains(Interpreter& in, const Value& all, const Value& one);
bool hashable(const Value& value);
Result<const Value*> look_up(Interpreter& in, const Dict& dict, const Value& key);  // null: not there
const Value* look_up(const Dict& dict, std::string_view key);
// `pairs` as a dict: of keys that are equal the first stays, with the last one's value.
Result<Value> make_dict(Interpreter& in, std::span<const Pair> pairs);

Result<Value> operate(Interpreter& in, Sign sign, const Value& a, const Value& b);  // + - * / // % **
Result<Value> percent(Interpreter& in, const Value& format, const Value& value);    // "..." % value
Result<Value> negated(Interpreter& in, const Value& value, bool minus);

Result<Value> attribute(Interpreter& in, const Value& object, std::string_view name);  // object.name
Result<Value> item(Interpreter& in, const Value& object, const Value& index);          // object[index]
Result<Value> slice(Interpreter& in, const Value& object, const Value& from, const Value& to, const Value& step);
Result<Value> path(Interpreter& in, Value object, const Value& attribute);  // of filters: "a.b.0", or a number
Error undefined_error(const Value& undefined);

Result<int64_t> length(Interpreter& in, const Value& value);
bool iterable(const Value& value);
Result<Iterator*> iterate(Interpreter& in, const Value& value);
Result<std::vector<Value>> items_of(Interpreter& in, const Value& value);
Result<int64_t> loop_length(Interpreter& in, Loop& loop);
Result<bool> loop_peek(Interpreter& in, Loop& loop);  // whether there is a next item; it is loop.after then

Status append_str(Interpreter& in, const Value& value, std::string& out);   // str()
Status append_repr(Interpreter& in, const Value& value, std::string& out);  // repr()
Result<std::string> str(Interpreter& in, const Value& value);
struct JsonStyle {
  bool ascii = false, sorted = false, pretty = false;
  std::string indent, between = ", ", after_key = ": ";
};
Status append_json(Interpreter& in, const Value& value, const JsonStyle& style, std::string& out);

// The values for a callee's parameters, of which the first `required` must be given; others may be missing.
Result<std::vector<Value>> bind(std::string_view callee, const Args& args,
                                std::initializer_list<std::string_view> parameters, size_t required = 0);
// A given value as what a parameter needs, or what it is otherwise.
Result<int64_t> whole_or(const Value& value, int64_t otherwise, std::string_view what);
Result<std::string_view> text_of(const Value& value, std::string_view what);

}  // namespace persea::jinja
