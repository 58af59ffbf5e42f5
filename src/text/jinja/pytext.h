// Python's str on UTF-8: what is counted, cut and cased are code points. Text is valid UTF-8 throughout. The functions
// that give views give parts of their arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace persea::jinja {

bool is_space(uint32_t codepoint);      // str.isspace
bool is_printable(uint32_t codepoint);  // str.isprintable
bool is_word(uint32_t codepoint);       // \w

size_t char_count(std::string_view text);
// The bytes before the char of that index; those of all if there are fewer.
size_t char_offset(std::string_view text, size_t index);
std::vector<std::string_view> chars_of(std::string_view text);

// Without white space, or the chars given, at the sides asked for.
std::string_view strip(std::string_view text, bool left, bool right, std::optional<std::string_view> chars = {});
// By white space, or a separator that is not empty; at most `most` cuts (all if < 0), from the right if asked.
std::vector<std::string_view> split(std::string_view text, std::optional<std::string_view> separator, int64_t most,
                                    bool from_right);
std::vector<std::string_view> split_lines(std::string_view text, bool keep_ends);
std::string replaced(std::string_view text, std::string_view old, std::string_view fresh, int64_t most);
size_t occurrences(std::string_view text, std::string_view part);

std::string upper(std::string_view text);
std::string lower(std::string_view text);
std::string title(std::string_view text);       // str.title
std::string capitalize(std::string_view text);  // str.capitalize
bool is_upper(std::string_view text);
bool is_lower(std::string_view text);

std::string repr(std::string_view text);
std::string repr(double value);
std::string json_quoted(std::string_view text, bool ascii);  // json.dumps
std::string html_escaped(std::string_view text);             // markupsafe.escape

}  // namespace persea::jinja
