// The filters, tests, functions and methods that a template can name, by name. One without code is known to Jinja or
// Python but not supported.
#pragma once

#include <span>
#include <string_view>

#include "text/jinja/value.h"

namespace persea::jinja {

const Builtin* find_filter(std::string_view name);
const Builtin* find_test(std::string_view name);
const Builtin* find_function(std::string_view name);
const Builtin* find_method(const Value& value, std::string_view name);
bool changes(const Builtin& method);  // its list or dict, which the sandbox forbids

std::span<const Builtin> text_filters();
std::span<const Builtin> sequence_filters();
std::span<const Builtin> value_filters();
std::span<const Builtin> text_methods();

// Python's two ways to format: "%d" % x and "{}".format(x).
Result<Value> format_percent(Interpreter& in, std::string_view format, const Args& args);
Result<Value> format_braces(Interpreter& in, std::string_view format, const Args& args);

// What filters and methods share.
Result<Value> replaced_text(Interpreter& in, std::string_view text, std::string_view old, std::string_view fresh,
                            int64_t most);
// side: where the filling goes, -1 behind, 1 before, 0 both.
Result<Value> padded(Interpreter& in, const Value& text, int64_t width, std::string_view fill, int side);

}  // namespace persea::jinja
